//! Taking texts and publications out of a room's log: in steps, with publishing between them, and then out of the files.

use crate::redis::forms::{Record, read_offset};
use crate::redis::pages::unreadable;
use crate::redis::room::Room;
use crate::redis::scripts;
use crate::redis::shared::Shared;
use crate::redis::values::{bytes, elements, texts};
use crate::{BrokerError, envelope, telemetry};
use kkanbu_model::{Offset, ProgrammeId, RoomAddress};
use std::collections::BTreeSet;
use std::sync::Arc;

/// Publications whose text one step takes out.
const ERASE_PUBLICATIONS_MAX: usize = 128;

/// Publications that one step deletes.
const TRIM_PUBLICATIONS_MAX: u64 = 1_024;

/// What one step of erasing found.
#[derive(Default)]
struct WithoutText {
    records: Vec<(Offset, Vec<u8>)>,
    unopened: Option<Offset>,
}

impl Shared {
    pub(crate) async fn erase(self: &Arc<Self>, address: &RoomAddress, offsets: &[Offset]) -> Result<(), BrokerError> {
        let room = self.room(address).await?;
        let offsets: BTreeSet<_> = offsets.iter().copied().filter(|offset| *offset > Offset::ZERO).collect();
        let offsets: Vec<_> = offsets.into_iter().collect();
        let mut damaged = None;
        for step in offsets.chunks(ERASE_PUBLICATIONS_MAX) {
            let WithoutText { records, unopened } = self.without_text(&room, step).await?;
            damaged = damaged.or(unopened);
            if records.is_empty() {
                // Another node may have done it while this one did not hear of it.
                room.erased(&step.iter().copied().collect());
                continue;
            }
            self.will_scrub().await?;
            let mut call = scripts::ERASE.on(&room.key);
            for (offset, record) in &records {
                call.arg(offset.get()).arg(record);
            }
            let erased = self.servers.ask(&room.key, &call).await;
            let offsets = records.iter().map(|(offset, _)| *offset).collect();
            // Where it is not known whether it was done, nobody is shown what may be gone.
            room.erased(&offsets);
            erased?;
            telemetry::retained_less(records.len(), 0);
        }
        self.scrub().await?;
        damaged.map_or(Ok(()), |offset| Err(BrokerError::Damaged(address.clone(), offset)))
    }

    async fn without_text(&self, room: &Room, offsets: &[Offset]) -> Result<WithoutText, BrokerError> {
        let content_key = self.content_key(&room.address.programme)?;
        let mut ask = redis::cmd("HMGET");
        ask.arg(&room.key);
        for offset in offsets {
            ask.arg(offset.get());
        }
        let mut found = WithoutText::default();
        for (offset, record) in offsets.iter().zip(elements(self.servers.ask(&room.key, &ask).await?)) {
            let Some(record) = bytes(record) else { continue };
            let record = Record::read(&record);
            let opened = record.and_then(|record| Some((record.key, self.publication(room, *offset, record)?)));
            let Some((key, publication)) = opened else {
                telemetry::record_damaged();
                found.unopened = found.unopened.or(Some(*offset));
                continue;
            };
            let Some(event) = publication.event.without_text() else { continue };
            let sealed = envelope::seal(&content_key, &room.address, key, publication.minute, &event)
                .map_err(|_| BrokerError::Unavailable { reason: "sealing failed".to_owned() })?;
            found.records.push((*offset, Record::write(key, &sealed)));
        }
        Ok(found)
    }

    pub(crate) async fn trim(self: &Arc<Self>, address: &RoomAddress, kept_from: Offset) -> Result<(), BrokerError> {
        let room = self.room(address).await?;
        let stand = self.stand(&room).await?.standing;
        // What is published from now on is not meant.
        let goal = kept_from.min(stand.head.next());
        let mut kept = stand.kept_from;
        while kept < goal {
            self.will_scrub().await?;
            let mut call = scripts::TRIM.on(&room.key);
            call.arg(goal.get()).arg(TRIM_PUBLICATIONS_MAX);
            let trimmed = elements(self.servers.ask(&room.key, &call).await?);
            let reached = trimmed.into_iter().next().and_then(bytes).and_then(|offset| read_offset(&offset));
            let reached = reached.ok_or_else(|| unreadable("a trim"))?;
            room.trimmed(reached);
            if reached <= kept {
                break;
            }
            telemetry::retained_less(0, reached.get() - kept.get());
            kept = reached;
        }
        self.scrub().await
    }

    /// Deletes all rooms of a programme. Its key may be gone already.
    pub(crate) async fn destroy(&self, programme: &ProgrammeId) -> Result<(), BrokerError> {
        let key = self.names.programme(programme);
        let mut ask = redis::cmd("SMEMBERS");
        ask.arg(&key);
        let tags = texts(self.servers.ask(&key, &ask).await?);
        self.registry.remove_all(Some(programme));
        if tags.is_empty() {
            return Ok(());
        }
        self.will_scrub().await?;
        for tag in &tags {
            let room = crate::redis::names::room_of(tag);
            self.servers.ask(&room, &scripts::DESTROY.on(&room)).await?;
            let mut remove = redis::cmd("SREM");
            remove.arg(&key).arg(tag);
            self.servers.ask(&key, &remove).await?;
        }
        telemetry::programme_destroyed();
        // What is left in the files is unreadable without the key. It is gone with the next scrub at the latest.
        let _ = self.scrub().await;
        Ok(())
    }
}
