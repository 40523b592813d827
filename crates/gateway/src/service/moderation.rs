//! What administrators do in a room: decided here, kept by the store with its entry in the audit log, and told to the room by the log.

use super::Service;
use crate::feed::Feed;
use kkanbu_broker::{BrokerError, Entry, IdempotencyKey, PublishError};
use kkanbu_keys::ContentKey;
use kkanbu_model::{
    CommandKey, Hour, Offset, PendingAct, Programme, ProgrammeId, RoomAct, RoomAddress, RoomId, Sanction,
};
use kkanbu_store::{ActError, Acted, StoreError};
use std::sync::Arc;
use std::time::Duration;

/// Wait before acts that the log could not take are offered to it again.
const RELAY_PAUSE: Duration = Duration::from_secs(1);

/// What came of an act.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Done {
    /// Its entry in the audit log.
    pub(crate) number: u64,
    /// The same key had done the same before.
    pub(crate) again: bool,
    /// Its place in the room's log, where it has one.
    pub(crate) offset: Option<Offset>,
    /// What now holds for the member concerned, where there is one.
    pub(crate) sanction: Option<Sanction>,
}

/// Why an act was not done.
#[derive(Debug, thiserror::Error)]
pub(crate) enum NotDone {
    /// No such programme runs here.
    #[error("no such programme runs on this server")]
    UnknownProgramme,
    /// The programme has no such room.
    #[error("the programme has no such room")]
    UnknownRoom,
    /// There is no such post.
    #[error("there is no post at this offset, or it is no longer kept")]
    UnknownPost,
    /// Nobody has this handle.
    #[error("nobody in this room has this handle")]
    UnknownHandle,
    /// The key has named another act.
    #[error("the key was used for another act")]
    KeyReused,
    /// The store or the log can't be used. What the store took is done, and the log will be told.
    #[error("{0}")]
    Unavailable(String),
}

impl From<StoreError> for NotDone {
    fn from(error: StoreError) -> Self {
        Self::Unavailable(error.to_string())
    }
}

impl From<BrokerError> for NotDone {
    fn from(error: BrokerError) -> Self {
        Self::Unavailable(error.to_string())
    }
}

impl Service {
    /// A programme that runs here, by the name that somebody typed.
    pub(crate) fn programme(&self, id: &str) -> Result<Arc<Programme>, NotDone> {
        let id = ProgrammeId::new(id).map_err(|_| NotDone::UnknownProgramme)?;
        self.programmes.get(&id).ok_or(NotDone::UnknownProgramme)
    }

    /// A room of a programme, by the name that somebody typed, and what this node knows of it.
    pub(crate) async fn room(&self, programme: &Programme, room: &str) -> Result<Arc<Feed>, NotDone> {
        let room = RoomId::new(room).map_err(|_| NotDone::UnknownRoom)?;
        let room = programme.room(&room).ok_or(NotDone::UnknownRoom)?;
        let address = RoomAddress { programme: programme.id.clone(), room: room.id.clone() };
        Ok(self.feeds.get(&address).await?)
    }

    /// Does an act, and returns when it is kept, entered into the audit log, and in the room's log where it belongs there. Where the
    /// log can't take it now, the act is kept all the same, the relay goes on offering it, and the same key asks for it again.
    pub(crate) async fn act(&self, feed: &Feed, act: RoomAct, key: CommandKey) -> Result<Done, NotDone> {
        if let RoomAct::HidePost(target) | RoomAct::RestorePost(target) = act {
            feed.with_state(|state| state.post(target).map(drop)).ok_or(NotDone::UnknownPost)?;
        }
        let hour = Hour::containing(self.clock.minute());
        let acted = self.store.act(&feed.address, &act, key, hour).await.map_err(|error| match error {
            ActError::UnknownHandle => NotDone::UnknownHandle,
            ActError::KeyReused => NotDone::KeyReused,
            ActError::Store(error) => NotDone::Unavailable(error.to_string()),
        })?;
        self.telemetry.acted(act.name());
        self.tell_member(feed, &acted).await;
        let offset = if act.event().is_some() { self.published(feed, key).await? } else { None };
        Ok(Done { number: acted.number, again: acted.again, offset, sanction: acted.sanction })
    }

    /// Lets the member's sessions know, and the room's size and badges follow.
    async fn tell_member(&self, feed: &Feed, acted: &Acted) {
        if let Some((membership, sanction)) = acted.member.zip(acted.sanction) {
            feed.sanctioned(membership, sanction);
            self.feeds.refresh_members(feed).await;
        }
    }

    /// Waits until the room's log has the act of this key, and this node has seen it.
    async fn published(&self, feed: &Feed, key: CommandKey) -> Result<Option<Offset>, NotDone> {
        let relayed = tokio::time::timeout(self.limits.publish, self.relay()).await;
        relayed.map_err(|_| NotDone::Unavailable("the room's log does not answer".to_owned()))??;
        let content_key = self.programmes.key(&feed.address.programme).map_err(|_| NotDone::UnknownProgramme)?;
        let found = self.broker.find(&feed.address, name_of(&content_key, &feed.address, key)).await?;
        if let Some(found) = found {
            feed.reached(kkanbu_model::StateVersion(found.offset)).await;
        }
        Ok(found.map(|found| found.offset))
    }

    /// Offers every act that the logs do not have yet to them, the oldest first. One at a time does this, so that the order of acts is the
    /// order of their publications.
    pub(crate) async fn relay(&self) -> Result<(), NotDone> {
        let _turn = self.relaying.lock().await;
        for pending in self.store.pending().await? {
            self.offer(&pending).await?;
            self.store.confirm(pending.number).await?;
        }
        Ok(())
    }

    async fn offer(&self, pending: &PendingAct) -> Result<(), NotDone> {
        let Some(event) = pending.act.event() else { return Ok(()) };
        // A programme that is ending takes nothing more, and what was pending ends with it.
        let Ok(content_key) = self.programmes.key(&pending.room.programme) else { return Ok(()) };
        let entry = Entry {
            key: name_of(&content_key, &pending.room, pending.key),
            fingerprint: fingerprint(&content_key, pending.number),
            decided_on: None,
            minute: self.clock.minute(),
            event,
        };
        match self.broker.publish(&pending.room, entry).await {
            // Nothing but the same act can have this key: what is in the log under it is what was to be put there.
            Ok(_) | Err(PublishError::KeyReused | PublishError::Stale { .. }) => Ok(()),
            Err(PublishError::Unavailable(error)) => Err(error.into()),
        }
    }

    /// Goes on offering what a broken log or a killed process has left pending.
    pub(crate) async fn relay_forever(&self) {
        loop {
            if let Err(error) = self.relay().await {
                self.telemetry.relay_failed(&error.to_string());
            }
            tokio::time::sleep(RELAY_PAUSE).await;
        }
    }
}

/// Names an act in its room's log.
fn name_of(content_key: &ContentKey, room: &RoomAddress, key: CommandKey) -> IdempotencyKey {
    let parts = [room.programme.as_str().as_bytes(), room.room.as_str().as_bytes(), key.as_bytes()];
    IdempotencyKey(super::half(content_key.tag("act", &parts)))
}

fn fingerprint(content_key: &ContentKey, number: u64) -> [u8; 16] {
    super::half(content_key.tag("act number", &[&number.to_be_bytes()]))
}
