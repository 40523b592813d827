//! What is kept no longer: posts whose days are over, and texts that were replaced or taken back.

use super::Service;
use crate::feed::Feed;
use kkanbu_broker::{BrokerError, Entry, IdempotencyKey, PublishError};
use kkanbu_model::{Event, Minute, Offset, Programme, RoomAddress, StateVersion};

/// Minutes of a day.
const DAY: u64 = 24 * 60;

/// Texts that are erased from the log at once. More take several steps, so that posts get in between.
const ERASE_MAX: usize = 256;

impl Service {
    /// Deletes what may be kept no longer in every room. A room where that fails is taken up again by the next pass.
    pub(crate) async fn delete_expired(&self) {
        for programme in self.programmes.all() {
            for room in &programme.rooms {
                let address = RoomAddress { programme: programme.id.clone(), room: room.id.clone() };
                if let Err(error) = self.delete_in(&programme, &address).await {
                    self.telemetry.retention_failed(&error);
                }
            }
        }
    }

    async fn delete_in(&self, programme: &Programme, address: &RoomAddress) -> Result<(), BrokerError> {
        let feed = self.feeds.get(address).await?;
        let now = self.clock.minute();
        let cutoff = now.minus(u64::from(programme.retention_days) * DAY);
        if let Some(kept_from) = feed.with_state(|state| state.kept_from(cutoff, now)) {
            self.trim(&feed, kept_from).await?;
        }
        let leftover = feed.with_state(kkanbu_room::RoomState::leftover);
        for offsets in leftover.chunks(ERASE_MAX) {
            self.broker.erase(address, offsets).await?;
            feed.erased(offsets);
            self.telemetry.erased(offsets.len());
        }
        Ok(())
    }

    async fn trim(&self, feed: &Feed, kept_from: Offset) -> Result<(), BrokerError> {
        if let Some(event) = feed.with_state(|state| state.to_repeat(kept_from)) {
            self.repeat(feed, kept_from, event).await?;
        }
        self.broker.trim(&feed.address, kept_from).await?;
        feed.trim(kept_from);
        self.telemetry.trimmed();
        Ok(())
    }

    /// Publishes what moderators have set, before the log forgets it. Interrupted and begun again, it is the same publication.
    async fn repeat(&self, feed: &Feed, kept_from: Offset, event: Event) -> Result<(), BrokerError> {
        let RoomAddress { programme, room } = &feed.address;
        let content_key = self.programmes.key(programme).map_err(|unknown| BrokerError::UnknownProgramme(unknown.0))?;
        let version = feed.with_state(kkanbu_room::RoomState::version);
        let parts: [&[u8]; 4] = [
            programme.as_str().as_bytes(),
            room.as_str().as_bytes(),
            &kept_from.get().to_be_bytes(),
            &version.0.get().to_be_bytes(),
        ];
        let key = super::half(content_key.tag("settings", &parts));
        let minute: Minute = self.clock.minute();
        let entry = Entry { key: IdempotencyKey(key), fingerprint: key, decided_on: Some(version), minute, event };
        match self.broker.publish(&feed.address, entry).await {
            Ok(published) => {
                feed.reached(StateVersion(published.offset)).await;
                Ok(())
            }
            // A moderator was faster: the next pass looks again.
            Err(PublishError::Stale { .. } | PublishError::KeyReused) => Err(BrokerError::Overloaded),
            Err(PublishError::Unavailable(error)) => Err(error),
        }
    }
}
