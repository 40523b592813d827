//! What one sync makes durable: entries are judged and numbered against the log plus what the batch has accepted so far.

use crate::local::Standing;
use crate::local::{RoomLog, Rooms};
use crate::memory::journal::{Journal, JournalError, Record};
use crate::memory::writer::{KnownRoom, Writer};
use crate::{BrokerError, Entry, Found, IdempotencyKey, PublishError, Published};
use kkanbu_model::{Publication, RoomAddress, StateVersion};
use std::collections::HashMap;
use std::sync::Arc;

/// Entries accepted, and what to answer once they are durable. It is thrown away whole when writing it fails, the answers
/// too: each of them may rest on an entry that then is not in the log.
#[derive(Default)]
pub(crate) struct Batch {
    rooms: HashMap<RoomAddress, Tentative>,
    records: Vec<Record>,
    verdicts: Vec<Result<Published, PublishError>>,
}

/// A room as it will be when the batch is durable.
struct Tentative {
    standing: Standing,
    /// Where it stood before, if that is not in the journal yet.
    new: Option<Standing>,
    changed: bool,
    log: Option<Arc<RoomLog>>,
    keys: HashMap<IdempotencyKey, Found>,
    publications: Vec<Arc<Publication>>,
}

impl Batch {
    /// Judges an entry, and numbers it where it may be published.
    pub(crate) fn accept<J: Journal>(
        &mut self,
        writer: &mut Writer<J>,
        address: &RoomAddress,
        entry: Entry,
        sealed: Vec<u8>,
    ) -> Result<(), JournalError> {
        // The programme may have ended while the entry waited, and nothing may be written after that.
        if writer.keyring.get(&address.programme).is_err() {
            self.verdicts.push(Err(BrokerError::UnknownProgramme(address.programme.clone()).into()));
            return Ok(());
        }
        if !self.rooms.contains_key(address) {
            self.rooms.insert(address.clone(), Tentative::of(writer.standing(address)?));
        }
        let Some(room) = self.rooms.get_mut(address) else { return Ok(()) };
        let verdict = match room.find(writer, address, entry.key)? {
            Some(found) if found.fingerprint == entry.fingerprint => {
                Ok(Published { offset: found.offset, duplicate: true })
            }
            Some(_) => Err(PublishError::KeyReused),
            None if entry.decided_on.is_some_and(|decided_on| decided_on != room.standing.version) => {
                Err(PublishError::Stale { now: room.standing.version })
            }
            None => {
                let (record, published) = room.number(address, entry, sealed);
                self.records.push(record);
                Ok(published)
            }
        };
        self.verdicts.push(verdict);
        Ok(())
    }

    /// Whether there is anything to write.
    pub(crate) fn changes_anything(&self) -> bool {
        self.rooms.values().any(|room| room.changed)
    }

    /// What to append, in the order of acceptance.
    pub(crate) fn records(&self) -> &[Record] {
        &self.records
    }

    /// Rooms that the journal does not know yet, and where they stand before the records.
    pub(crate) fn new_rooms(&self) -> impl Iterator<Item = (&RoomAddress, &Standing)> {
        let changed = self.rooms.iter().filter(|(_, room)| room.changed);
        changed.filter_map(|(address, room)| Some((address, room.new.as_ref()?)))
    }

    /// All rooms that the batch looked at.
    pub(crate) fn rooms(&self) -> impl Iterator<Item = &RoomAddress> {
        self.rooms.keys()
    }

    /// Shows everybody what has become durable, and gives back the answers in the order of acceptance.
    pub(crate) fn show(self, rooms: &Rooms, ring_max: usize) -> Vec<Result<Published, PublishError>> {
        for (address, tentative) in self.rooms {
            if tentative.changed {
                let room = tentative.log.unwrap_or_else(|| {
                    let room = Arc::new(RoomLog::new(address, tentative.standing));
                    rooms.insert(Arc::clone(&room));
                    room
                });
                room.advance(tentative.standing, tentative.publications, ring_max);
            }
        }
        self.verdicts
    }
}

impl Tentative {
    fn of(room: Option<KnownRoom>) -> Self {
        let (standing, new, log) = room.map_or_else(
            || {
                let standing = Standing::new_room();
                (standing, Some(standing), None)
            },
            |room| (room.standing, None, room.log),
        );
        Self { standing, new, changed: false, log, keys: HashMap::new(), publications: Vec::new() }
    }

    /// Looks among what the batch has accepted, then in the journal.
    fn find<J: Journal>(
        &self,
        writer: &mut Writer<J>,
        address: &RoomAddress,
        key: IdempotencyKey,
    ) -> Result<Option<Found>, JournalError> {
        match self.keys.get(&key) {
            Some(found) => Ok(Some(*found)),
            None => writer.journal.find(address, key),
        }
    }

    fn number(&mut self, address: &RoomAddress, entry: Entry, sealed: Vec<u8>) -> (Record, Published) {
        let Entry { key, fingerprint, decided_on: _, minute, event } = entry;
        let offset = self.standing.head.next();
        self.standing.head = offset;
        if event.changes_state() {
            self.standing.version = StateVersion(offset);
        }
        self.changed = true;
        self.keys.insert(key, Found { offset, fingerprint });
        self.publications.push(Arc::new(Publication { offset, minute, event }));
        let version = self.standing.version;
        let record = Record { room: address.clone(), offset, version, key, fingerprint, sealed };
        (record, Published { offset, duplicate: false })
    }
}
