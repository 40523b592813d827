//! Taking texts and publications out of a room's log: in steps on the writer's thread, with publishing between them, and
//! then out of the files.

use crate::local::Standing;
use crate::memory::MemoryBroker;
use crate::memory::journal::{Journal, JournalError, StoredRecord};
use crate::memory::writer::{Control, KnownRoom, Writer};
use crate::{BrokerError, envelope, telemetry};
use kkanbu_model::{Offset, RoomAddress};
use std::collections::BTreeSet;
use tokio::time::Instant;

/// Publications whose text one step takes out. More take more steps, and what is published meanwhile waits for one.
const ERASE_PUBLICATIONS_MAX: usize = 256;

/// Publications that one step deletes. More take more steps, and what is published meanwhile waits for one.
const TRIM_PUBLICATIONS_MAX: u64 = 1_024;

impl MemoryBroker {
    pub(crate) async fn erase_in_steps(&self, room: &RoomAddress, offsets: &[Offset]) -> Result<(), BrokerError> {
        self.content_key(&room.programme)?;
        let mut damaged = None;
        for step in offsets.chunks(ERASE_PUBLICATIONS_MAX) {
            let offsets = step.iter().copied().collect();
            let unopened = self.ask(|reply| Control::Erase { room: room.clone(), offsets, reply }).await?;
            damaged = damaged.or(unopened);
        }
        self.ask(|reply| Control::Scrub { reply }).await?;
        damaged.map_or(Ok(()), |offset| Err(BrokerError::Damaged(room.clone(), offset)))
    }

    pub(crate) async fn trim_in_steps(&self, room: &RoomAddress, kept_from: Offset) -> Result<(), BrokerError> {
        self.content_key(&room.programme)?;
        let mut remaining = Some(kept_from);
        while let Some(kept_from) = remaining {
            remaining = self.ask(|reply| Control::Trim { room: room.clone(), kept_from, reply }).await?;
        }
        self.ask(|reply| Control::Scrub { reply }).await
    }
}

/// Records as they will lie on the disk, and the first one that does not open.
#[derive(Default)]
struct WithoutText {
    records: Vec<StoredRecord>,
    unopened: Option<Offset>,
}

impl<J: Journal> Writer<J> {
    /// One step of erasing. What is asked for is out of the ring afterwards, also where the journal did not hold it any more.
    pub(crate) fn erase(
        &mut self,
        address: &RoomAddress,
        offsets: &BTreeSet<Offset>,
    ) -> Result<Option<Offset>, JournalError> {
        let Some(room) = self.standing(address)? else { return Ok(None) };
        let WithoutText { records, unopened } = self.without_text(address, offsets)?;
        if !records.is_empty() {
            self.journal.rewrite(address, &records)?;
            self.sync(records.len())?;
        }
        if let Some(log) = room.log {
            log.erase(offsets);
        }
        telemetry::retained_less(records.len(), 0);
        Ok(unopened)
    }

    /// Nothing is published while this looks at the journal, so that what it finds is what will be rewritten.
    fn without_text(&self, address: &RoomAddress, offsets: &BTreeSet<Offset>) -> Result<WithoutText, JournalError> {
        let ended = |_| JournalError("the programme's content key is gone".to_owned());
        let content_key = self.keyring.get(&address.programme).map_err(ended)?;
        let reader = self.journal.reader();
        let mut found = WithoutText::default();
        for offset in offsets.iter().filter(|offset| **offset > Offset::ZERO) {
            let before = Offset::new(offset.get() - 1);
            let page = reader.read(address, before, *offset, 1)?;
            let Some(record) = page.and_then(|page| page.records.into_iter().next()) else { continue };
            let Ok(publication) = envelope::open(&content_key, address, record.key, *offset, &record.sealed) else {
                telemetry::record_damaged();
                found.unopened = found.unopened.or(Some(*offset));
                continue;
            };
            let Some(event) = publication.event.without_text() else { continue };
            let sealed = envelope::seal(&content_key, address, record.key, publication.minute, &event)
                .map_err(|_| JournalError("sealing failed".to_owned()))?;
            found.records.push(StoredRecord { sealed, ..record });
        }
        Ok(found)
    }

    /// One step of trimming. The log is whole from the step's end on. Answers what is left to do.
    pub(crate) fn trim(&mut self, address: &RoomAddress, kept_from: Offset) -> Result<Option<Offset>, JournalError> {
        let Some(KnownRoom { standing, log }) = self.standing(address)? else { return Ok(None) };
        // What is published after the first step is not meant: the goal is never further than the head was then.
        let goal = kept_from.min(standing.head.next());
        if goal <= standing.kept_from {
            return Ok(None);
        }
        let reached = goal.min(Offset::new(standing.kept_from.get().saturating_add(TRIM_PUBLICATIONS_MAX)));
        let trimmed = Standing { kept_from: reached, ..standing };
        self.journal.trim(address, reached)?;
        self.journal.set_standing(address, &trimmed)?;
        self.sync(0)?;
        if let Some(log) = log {
            log.stands_at(trimmed);
        }
        telemetry::retained_less(0, reached.get() - standing.kept_from.get());
        Ok((reached < goal).then_some(goal))
    }

    pub(crate) fn scrub(&mut self) -> Result<(), JournalError> {
        let began = Instant::now();
        let scrubbed = self.journal.scrub();
        match &scrubbed {
            Ok(()) => telemetry::scrubbed(began.elapsed()),
            Err(JournalError(reason)) => telemetry::scrub_failed(reason),
        }
        scrubbed
    }

    /// After a failed step the journal may hold less than the ring does, so that only the journal is asked from now on.
    pub(crate) fn or_forgotten<T>(
        &mut self,
        room: &RoomAddress,
        done: Result<T, JournalError>,
    ) -> Result<T, BrokerError> {
        if let Some(log) = self.rooms.get(room).filter(|_| done.is_err()) {
            log.forget();
        }
        self.or_rolled_back(room, done)
    }
}
