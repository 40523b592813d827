//! A journal that keeps unsynced writes apart, throws them away when it crashes, and fails, stalls or fills up on command.

use kkanbu_broker::memory::{Journal, JournalError, JournalReader, Record, Standing, StoredPage, StoredRecord};
use kkanbu_broker::{Found, IdempotencyKey};
use kkanbu_model::{Offset, ProgrammeId, RoomAddress};
use parking_lot::{Condvar, Mutex};
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

/// What goes wrong with the next write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    /// `append` fails.
    Append,
    /// `sync` fails and nothing was written.
    Sync,
    /// `sync` fails, yet everything was written, as when a server's answer is lost.
    SyncButWritten,
    /// `sync` fails, and what was written is there after a crash unless something else was synced in between, as when
    /// fsync fails after the bytes have reached the disk.
    SyncWrittenIfCrashed,
    /// `rewrite` or `trim` fails half way through.
    TakeOut,
    /// `set_standing` fails.
    SetStanding,
    /// `scrub` fails, and the traces stay.
    Scrub,
    /// The writer's thread dies, as of a bug.
    Panic,
}

/// The disk. It outlives the journals that are opened on it, as a disk outlives a process.
#[derive(Clone, Default)]
pub(crate) struct Disk(Arc<Shared>);

#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default, Clone)]
struct Data {
    records: BTreeMap<(RoomAddress, Offset), Record>,
    keys: HashMap<(RoomAddress, IdempotencyKey), Found>,
    standings: HashMap<RoomAddress, Standing>,
    /// What was taken out and can still be found in the files.
    traces: Vec<Record>,
}

#[derive(Default)]
struct Gathered {
    records: Vec<Record>,
    rewritten: Vec<(RoomAddress, StoredRecord)>,
    trimmed: Vec<(RoomAddress, Offset)>,
    standings: Vec<(RoomAddress, Standing)>,
}

#[derive(Default)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch that a test flips")]
struct State {
    durable: Data,
    gathered: Gathered,
    in_doubt: Option<Gathered>,
    next_fault: Option<Fault>,
    full: bool,
    readers_aside: usize,
    hold: bool,
    one_through: bool,
    held: bool,
    syncs: u64,
    /// Counts crashes. A journal of an earlier life can't write any more.
    life: u64,
}

/// A journal on a [`Disk`], for one life of the process.
pub(crate) struct FaultJournal {
    disk: Disk,
    life: u64,
}

impl Data {
    fn take_in(&mut self, gathered: Gathered) {
        self.standings.extend(gathered.standings);
        for record in gathered.records {
            let standing = self.standings.get_mut(&record.room).expect("a room's standing is set before its records");
            (standing.head, standing.version) = (record.offset, record.version);
            let found = Found { offset: record.offset, fingerprint: record.fingerprint };
            let earlier = self.keys.insert((record.room.clone(), record.key), found);
            assert_eq!(earlier, None, "a key is unique in its room");
            let earlier = self.records.insert((record.room.clone(), record.offset), record);
            assert_eq!(earlier, None, "an offset is unique in its room");
        }
        for (room, StoredRecord { offset, key, sealed }) in gathered.rewritten {
            let there = self.records.get_mut(&(room, offset)).filter(|record| record.key == key);
            if let Some(record) = there {
                self.traces.push(record.clone());
                record.sealed = sealed;
            }
        }
        for (room, kept_from) in gathered.trimmed {
            let trimmed = |(of, offset): &(RoomAddress, Offset), _: &mut Record| *of == room && *offset < kept_from;
            for (_, record) in self.records.extract_if(.., trimmed) {
                self.keys.remove(&(record.room.clone(), record.key));
                self.traces.push(record);
            }
        }
    }

    fn of_room(&self, room: &RoomAddress) -> impl Iterator<Item = &Record> {
        self.records.values().filter(move |record| record.room == *room)
    }
}

impl Disk {
    pub(crate) fn journal(&self) -> FaultJournal {
        let mut state = self.0.state.lock();
        // Opening scrubs.
        if state.readers_aside == 0 {
            state.durable.traces.clear();
        }
        FaultJournal { disk: self.clone(), life: state.life }
    }

    /// Loses power: what was not synced is gone, what was in doubt is there or not, and nothing of this life writes again.
    pub(crate) fn crash(&self) {
        let mut state = self.0.state.lock();
        state.life += 1;
        state.gathered = Gathered::default();
        if let Some(gathered) = state.in_doubt.take() {
            state.durable.take_in(gathered);
        }
        (state.hold, state.next_fault, state.full) = (false, None, false);
        self.0.changed.notify_all();
    }

    /// Something goes wrong once.
    pub(crate) fn fail_next(&self, fault: Fault) {
        self.0.state.lock().next_fault = Some(fault);
    }

    /// Every write fails while it is full.
    pub(crate) fn set_full(&self, full: bool) {
        self.0.state.lock().full = full;
    }

    /// Somebody else reads, so that nothing can be scrubbed.
    pub(crate) fn read_aside(&self, read: bool) {
        self.0.state.lock().readers_aside = usize::from(read);
    }

    /// Every sync waits while it holds.
    pub(crate) fn hold(&self, hold: bool) {
        self.0.state.lock().hold = hold;
        self.0.changed.notify_all();
    }

    /// Lets the sync that waits go through, and holds the next one.
    pub(crate) fn let_one_through(&self) {
        let mut state = self.0.state.lock();
        (state.one_through, state.held) = (true, false);
        self.0.changed.notify_all();
    }

    /// Whether a sync is waiting.
    pub(crate) fn is_holding(&self) -> bool {
        self.0.state.lock().held
    }

    /// How many syncs there were.
    pub(crate) fn syncs(&self) -> u64 {
        self.0.state.lock().syncs
    }

    pub(crate) fn change_record(&self, room: &RoomAddress, offset: Offset, change: impl FnOnce(&mut Record)) {
        let mut state = self.0.state.lock();
        change(state.durable.records.get_mut(&(room.clone(), offset)).unwrap());
    }

    pub(crate) fn expire(&self, room: &RoomAddress, through: Offset) {
        let mut state = self.0.state.lock();
        state.durable.records.retain(|(of, offset), _| of != room || *offset > through);
        state.durable.standings.get_mut(room).unwrap().kept_from = through.next();
    }

    pub(crate) fn plant(&self, record: Record) {
        self.0.state.lock().durable.records.insert((record.room.clone(), record.offset), record);
    }

    pub(crate) fn records(&self) -> Vec<Record> {
        let state = self.0.state.lock();
        state.durable.records.values().chain(&state.gathered.records).chain(&state.durable.traces).cloned().collect()
    }
}

impl FaultJournal {
    fn alive(&self, state: &State) -> Result<(), JournalError> {
        if state.life == self.life { Ok(()) } else { Err(JournalError("the power is off".to_owned())) }
    }
}

fn refused(what: &str) -> Result<(), JournalError> {
    Err(JournalError(what.to_owned()))
}

impl Journal for FaultJournal {
    fn standing(&mut self, room: &RoomAddress) -> Result<Option<Standing>, JournalError> {
        let state = self.disk.0.state.lock();
        self.alive(&state)?;
        Ok(state.durable.standings.get(room).copied())
    }

    fn find(&mut self, room: &RoomAddress, key: IdempotencyKey) -> Result<Option<Found>, JournalError> {
        let state = self.disk.0.state.lock();
        self.alive(&state)?;
        Ok(state.durable.keys.get(&(room.clone(), key)).copied())
    }

    fn append(&mut self, records: &[Record]) -> Result<(), JournalError> {
        let mut state = self.disk.0.state.lock();
        self.alive(&state)?;
        if state.next_fault.take_if(|fault| *fault == Fault::Append).is_some() {
            // A write may fail half way through.
            let half = records.len() / 2;
            state.gathered.records.extend_from_slice(&records[..half]);
            return refused("append failed");
        }
        state.gathered.records.extend_from_slice(records);
        Ok(())
    }

    fn rewrite(&mut self, room: &RoomAddress, records: &[StoredRecord]) -> Result<(), JournalError> {
        let mut state = self.disk.0.state.lock();
        self.alive(&state)?;
        let fails = state.next_fault.take_if(|fault| *fault == Fault::TakeOut).is_some();
        let gathered = if fails { &records[..records.len() / 2] } else { records };
        state.gathered.rewritten.extend(gathered.iter().map(|record| (room.clone(), record.clone())));
        if fails { refused("rewrite failed") } else { Ok(()) }
    }

    fn trim(&mut self, room: &RoomAddress, kept_from: Offset) -> Result<(), JournalError> {
        let mut state = self.disk.0.state.lock();
        self.alive(&state)?;
        state.gathered.trimmed.push((room.clone(), kept_from));
        let fails = state.next_fault.take_if(|fault| *fault == Fault::TakeOut).is_some();
        if fails { refused("trim failed") } else { Ok(()) }
    }

    fn scrub(&mut self) -> Result<(), JournalError> {
        let mut state = self.disk.0.state.lock();
        self.alive(&state)?;
        let fails = state.next_fault.take_if(|fault| *fault == Fault::Scrub).is_some();
        if state.full || state.readers_aside > 0 || fails {
            return refused("somebody is reading");
        }
        state.durable.traces.clear();
        Ok(())
    }

    fn set_standing(&mut self, room: &RoomAddress, standing: &Standing) -> Result<(), JournalError> {
        let mut state = self.disk.0.state.lock();
        self.alive(&state)?;
        if state.next_fault.take_if(|fault| *fault == Fault::SetStanding).is_some() {
            return refused("set_standing failed");
        }
        state.gathered.standings.push((room.clone(), *standing));
        Ok(())
    }

    fn sync(&mut self) -> Result<(), JournalError> {
        let mut state = self.disk.0.state.lock();
        state.held = true;
        while state.hold && !state.one_through && state.life == self.life {
            self.disk.0.changed.wait(&mut state);
        }
        state.one_through = false;
        state.held = false;
        self.alive(&state)?;
        if state.full {
            return refused("the disk is full");
        }
        match state.next_fault.take_if(|fault| *fault != Fault::Scrub) {
            Some(Fault::SyncButWritten) => {
                let gathered = std::mem::take(&mut state.gathered);
                state.durable.take_in(gathered);
                state.in_doubt = None;
                refused("sync failed, but it was written")
            }
            Some(Fault::SyncWrittenIfCrashed) => {
                state.in_doubt = Some(std::mem::take(&mut state.gathered));
                refused("sync failed in doubt")
            }
            Some(Fault::Panic) => {
                drop(state);
                panic!("a bug")
            }
            Some(Fault::Append | Fault::Sync | Fault::TakeOut | Fault::SetStanding) => refused("sync failed"),
            Some(Fault::Scrub) | None => {
                let gathered = std::mem::take(&mut state.gathered);
                state.durable.take_in(gathered);
                state.in_doubt = None;
                state.syncs += 1;
                Ok(())
            }
        }
    }

    fn rollback(&mut self) {
        let mut state = self.disk.0.state.lock();
        if state.life == self.life {
            state.gathered = Gathered::default();
        }
    }

    fn destroy(&mut self, programme: &ProgrammeId) -> Result<(), JournalError> {
        let mut state = self.disk.0.state.lock();
        self.alive(&state)?;
        if state.full {
            return refused("the disk is full");
        }
        state.durable.records.retain(|(room, _), _| room.programme != *programme);
        state.durable.keys.retain(|(room, _), _| room.programme != *programme);
        state.durable.standings.retain(|room, _| room.programme != *programme);
        Ok(())
    }

    fn check(&mut self) -> Result<(), JournalError> {
        let state = self.disk.0.state.lock();
        self.alive(&state)?;
        if state.full { refused("the disk is full") } else { Ok(()) }
    }

    fn reader(&self) -> Arc<dyn JournalReader> {
        Arc::new(self.disk.clone())
    }
}

impl JournalReader for Disk {
    fn read(
        &self,
        room: &RoomAddress,
        after: Offset,
        through: Offset,
        limit: usize,
    ) -> Result<Option<StoredPage>, JournalError> {
        let state = self.0.state.lock();
        let Some(standing) = state.durable.standings.get(room) else { return Ok(None) };
        let wanted = state.durable.of_room(room).filter(|record| after < record.offset && record.offset <= through);
        let stored =
            |record: &Record| StoredRecord { offset: record.offset, key: record.key, sealed: record.sealed.clone() };
        Ok(Some(StoredPage { kept_from: standing.kept_from, records: wanted.take(limit).map(stored).collect() }))
    }

    fn find(&self, room: &RoomAddress, key: IdempotencyKey) -> Result<Option<Found>, JournalError> {
        Ok(self.0.state.lock().durable.keys.get(&(room.clone(), key)).copied())
    }
}
