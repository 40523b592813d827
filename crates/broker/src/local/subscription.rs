//! A cursor on one room: behind the ring it reads storage, near the head the ring, at the head it waits.

use crate::local::History;
use crate::local::room_log::{RoomLog, Step};
use crate::{BrokerError, Subscribed, Subscription};
use async_trait::async_trait;
use kkanbu_model::{Epoch, Offset};
use std::sync::Arc;
use tokio::sync::watch;

/// Publications that are handed out at once. It bounds what a subscriber far behind holds in memory.
const PAGE_PUBLICATIONS_MAX: usize = 256;

/// One subscriber's place in a room's log.
pub(crate) struct RoomSubscription {
    room: Arc<RoomLog>,
    history: Arc<dyn History>,
    changed: watch::Receiver<()>,
    epoch: Epoch,
    cursor: Offset,
}

impl RoomSubscription {
    /// Follows the room after `cursor`, in this epoch.
    pub(crate) fn new(room: Arc<RoomLog>, history: Arc<dyn History>, epoch: Epoch, cursor: Offset) -> Self {
        Self { changed: room.watch(), room, history, epoch, cursor }
    }

    /// Goes on where the log is kept from, and tells so.
    fn gap(&mut self, kept_from: Offset) -> Subscribed {
        self.cursor = Offset::new(kept_from.get().saturating_sub(1));
        Subscribed::Gap { kept_from }
    }
}

#[async_trait]
impl Subscription for RoomSubscription {
    async fn next(&mut self) -> Result<Subscribed, BrokerError> {
        loop {
            // Seen before looking: what comes after the look wakes the wait.
            self.changed.mark_unchanged();
            match self.room.step(self.epoch, self.cursor, PAGE_PUBLICATIONS_MAX) {
                Step::End => return Err(BrokerError::Closed),
                Step::Wait => self.changed.changed().await.map_err(|_| BrokerError::Closed)?,
                Step::TellGap(kept_from) => return Ok(self.gap(kept_from)),
                Step::TellNewEpoch(head) => {
                    self.epoch = head.position.epoch;
                    self.cursor = head.position.offset;
                    return Ok(Subscribed::NewEpoch(head));
                }
                Step::HandOut(following) => {
                    let read = self.history.complete(&self.room, self.cursor, following, PAGE_PUBLICATIONS_MAX).await?;
                    if self.cursor > Offset::ZERO && self.cursor.next() < read.kept_from {
                        return Ok(self.gap(read.kept_from));
                    }
                    match (read.publications.last(), read.stopped_by) {
                        (Some(last), _) => {
                            self.cursor = last.offset;
                            return Ok(Subscribed::Publications(read.publications));
                        }
                        (None, Some(error)) => return Err(error),
                        (None, None) => {}
                    }
                }
            }
        }
    }
}
