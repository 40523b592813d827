//! Reading a room's log from Redis: where it stands, and stretches of it.

use crate::local::{Following, History, Read, RoomLog, Standing, random_epoch};
use crate::redis::forms::{Record, read_offset};
use crate::redis::room::{Arrived, Room, Seen, Stand};
use crate::redis::scripts;
use crate::redis::shared::Shared;
use crate::redis::values::{bytes, elements};
use crate::{BrokerError, IdempotencyKey, envelope, telemetry};
use async_trait::async_trait;
use kkanbu_model::{Epoch, Event, MembershipId, Minute, Offset, Publication, Reaction, RoomAddress, StateVersion};
use redis::Value;
use std::sync::Arc;

/// Publications that one read asks for at most. It bounds what a read holds in memory.
pub(crate) const PAGE_PUBLICATIONS_MAX: usize = 256;

/// Publications that are put back at most. Where more are missing, the log is begun anew.
const RESTORED_MAX: u64 = 1_024;

/// The fields that say where a room stands.
const STAND: [&str; 5] = ["e", "h", "v", "b", "f"];

/// A stretch of a log as it lay in Redis at one moment.
pub(crate) struct Stretch {
    pub(crate) stand: Stand,
    pub(crate) records: Vec<(Offset, Option<Vec<u8>>)>,
}

impl Shared {
    /// Where a room stands, after it was made, or begun anew, if that had to be.
    pub(crate) async fn stand(&self, room: &Room) -> Result<Stand, BrokerError> {
        loop {
            let seen = room.seen();
            let mut ask = redis::cmd("HMGET");
            ask.arg(&room.key).arg(&STAND).arg(seen.offset.get());
            let mut found = elements(self.servers.ask(&room.key, &ask).await?).into_iter();
            let stand = read_stand(&mut found);
            let tip = found.next().and_then(bytes);
            let agrees = tip.is_none_or(|record| {
                Record::read(&record).is_some_and(|record| seen.tip.is_none_or(|tip| tip == record.key))
            });
            match stand {
                Some(stand) if stand.standing.head >= seen.offset && agrees => {
                    room.saw(&stand);
                    return Ok(stand);
                }
                Some(stand) if stand.standing.head < seen.offset && is_near(&stand, seen) => {
                    self.restore(room, &stand, seen).await?;
                }
                _ => {
                    let made = self.make(&room.address, &room.key, seen).await?;
                    room.begins_anew(&made);
                    room.doubt();
                    self.attend();
                    return Ok(made);
                }
            }
        }
    }

    /// Puts back what Redis lost at the end of a log and this node has seen. What is not here any more is put back as
    /// something that changes nothing, and then a new epoch begins.
    async fn restore(&self, room: &Room, stand: &Stand, seen: Seen) -> Result<(), BrokerError> {
        let content_key = self.content_key(&room.address.programme)?;
        let (standing, mut version, mut whole) = (stand.standing, stand.standing.version, true);
        let mut rest = Vec::new();
        for offset in (standing.head.get() + 1..=seen.offset.get()).map(Offset::new) {
            let (fingerprint, record) = if let Some(kept) = room.kept(offset) {
                if kept.changes_state {
                    version = StateVersion(offset);
                }
                (kept.fingerprint, Record::write(kept.key, &kept.sealed))
            } else {
                whole = false;
                let key = IdempotencyKey(rand::random());
                let nothing = Event::React {
                    target: offset,
                    reaction: Reaction::Heart,
                    on: false,
                    by: MembershipId::from_bytes([0; 16]),
                };
                let sealed = envelope::seal(&content_key, &room.address, key, Minute::new(0), &nothing)
                    .map_err(|_| BrokerError::Unavailable { reason: "sealing failed".to_owned() })?;
                ([0; 16], Record::write(key, &sealed))
            };
            rest.push((offset, version, fingerprint, record));
        }
        let mut call = scripts::RESTORE.on(&room.key);
        call.arg(standing.epoch.to_string()).arg(standing.head.get());
        call.arg(room.kept(standing.head).map_or(Vec::new(), |kept| kept.key.0.to_vec()));
        call.arg(if whole { "1" } else { "" }).arg(random_epoch().to_string());
        for (offset, version, fingerprint, record) in rest {
            call.arg(offset.get()).arg(version.0.get()).arg(&fingerprint[..]).arg(record);
        }
        match bytes(self.servers.ask(&room.key, &call).await?).as_deref() {
            Some(b"S") => telemetry::redis_restored(seen.offset.get() - standing.head.get()),
            Some(b"E") => {
                room.put_back_in_part();
                telemetry::redis_lost();
            }
            // Somebody else was quicker.
            _ => {}
        }
        room.doubt();
        self.attend();
        Ok(())
    }

    /// Makes a room, or begins an epoch where Redis has lost what was seen of it.
    pub(crate) async fn make(&self, address: &RoomAddress, key: &str, seen: Seen) -> Result<Stand, BrokerError> {
        // First the programme knows of the room, so that destroying it finds the room whatever happens.
        let tag = self.names.tag(address);
        let programme = self.names.programme(&address.programme);
        let mut add = redis::cmd("SADD");
        add.arg(&programme).arg(tag);
        self.servers.ask(&programme, &add).await?;
        let mut call = scripts::STAND.on(key);
        call.arg(random_epoch().to_string()).arg(seen.offset.get()).arg(seen.version.0.get());
        call.arg(seen.tip.map_or(Vec::new(), |tip| tip.0.to_vec()));
        let mut made = elements(self.servers.ask(key, &call).await?).into_iter();
        let stand = read_stand(&mut made).ok_or_else(|| unreadable("where a room stands"))?;
        if made.next().and_then(bytes).is_some_and(|lost| lost == b"L") {
            telemetry::redis_lost();
        }
        Ok(stand)
    }

    /// What follows `after`, at most so many; `None` where there is no such room.
    pub(crate) async fn stretch(
        &self,
        room: &Room,
        after: Offset,
        count: usize,
    ) -> Result<Option<Stretch>, BrokerError> {
        let count = count.min(PAGE_PUBLICATIONS_MAX) as u64;
        let mut ask = redis::cmd("HMGET");
        ask.arg(&room.key).arg(&STAND);
        for offset in after.get() + 1..=after.get().saturating_add(count) {
            ask.arg(offset);
        }
        self.range_reads.inc();
        let mut found = elements(self.servers.ask(&room.key, &ask).await?).into_iter();
        let Some(stand) = read_stand(&mut found) else { return Ok(None) };
        if stand.standing.head < room.seen().offset {
            return Ok(None);
        }
        let first = after.next().get();
        room.saw(&stand);
        let records = (first..=stand.standing.head.get()).map(Offset::new).zip(found.map(bytes)).collect();
        Ok(Some(Stretch { stand, records }))
    }

    /// Opens a record for the log in memory.
    pub(crate) fn arrive(&self, room: &Room, offset: Offset, record: Option<&[u8]>) -> Arrived {
        let record = record.and_then(Record::read);
        let publication = record.and_then(|record| self.publication(room, offset, record));
        if publication.is_none() {
            telemetry::record_damaged();
        }
        Arrived { offset, key: record.map(|record| record.key), publication, kept: None }
    }

    /// The publication in a record, where it opens.
    pub(crate) fn publication(&self, room: &Room, offset: Offset, record: Record<'_>) -> Option<Publication> {
        let content_key = self.keyring.get(&room.address.programme).ok()?;
        envelope::open(&content_key, &room.address, record.key, offset, record.sealed).ok()
    }

    /// Publications following `after` and not beyond `through`, in order and without hole, or what stopped it. `None` where
    /// the log is not what it was, so that its standing has to be looked at first.
    pub(crate) async fn publications(
        &self,
        room: &Room,
        after: Offset,
        through: Offset,
        limit: usize,
    ) -> Result<Option<Read>, BrokerError> {
        self.content_key(&room.address.programme)?;
        let mut read = Read { kept_from: Offset::ZERO, publications: Vec::new(), stopped_by: None };
        let mut at = after;
        while at < through && read.publications.len() < limit && read.stopped_by.is_none() {
            let wanted =
                usize::try_from(through.get() - at.get()).unwrap_or(usize::MAX).min(limit - read.publications.len());
            let Some(stretch) = self.stretch(room, at, wanted).await? else { return Ok(None) };
            let kept_from = stretch.stand.standing.kept_from;
            if at.next() < kept_from {
                if at > after || kept_from > through {
                    // Trimmed meanwhile: what was read before is not shown either.
                    return Ok(Some(Read { kept_from, publications: Vec::new(), stopped_by: None }));
                }
                read.kept_from = kept_from;
                at = Offset::new(kept_from.get() - 1);
                continue;
            }
            if stretch.records.is_empty() {
                return Ok(None);
            }
            for (offset, record) in stretch.records {
                let Some(publication) = self.arrive(room, offset, record.as_deref()).publication else {
                    read.stopped_by = Some(BrokerError::Damaged(room.address.clone(), offset));
                    break;
                };
                read.publications.push(Arc::new(publication));
                at = offset;
            }
        }
        Ok(Some(read))
    }
}

/// Whether so little is missing that it can be put back.
fn is_near(stand: &Stand, seen: Seen) -> bool {
    seen.offset.get() - stand.standing.head.get() <= RESTORED_MAX
}

fn read_stand(values: &mut impl Iterator<Item = Value>) -> Option<Stand> {
    let mut five = STAND.map(|_| values.next().and_then(bytes)).into_iter();
    let epoch = five.next()??;
    let epoch = Epoch::parse(std::str::from_utf8(&epoch).ok()?).ok()?;
    let mut offset = || read_offset(&five.next()??);
    let (head, version, began, kept_from) = (offset()?, StateVersion(offset()?), offset()?, offset()?);
    Some(Stand { standing: Standing { epoch, head, version, kept_from }, began })
}

pub(crate) fn unreadable(what: &str) -> BrokerError {
    BrokerError::Unavailable { reason: format!("redis answered nothing that can be read to {what}") }
}

/// Reads for the subscriptions of rooms.
pub(crate) struct RedisHistory {
    pub(crate) shared: Arc<Shared>,
    pub(crate) room: Arc<Room>,
}

#[async_trait]
impl History for RedisHistory {
    async fn complete(
        &self,
        log: &Arc<RoomLog>,
        after: Offset,
        following: Following,
        limit: usize,
    ) -> Result<Read, BrokerError> {
        let through = match following {
            Following::Ready(publications) => {
                return Ok(Read { kept_from: Offset::ZERO, publications, stopped_by: None });
            }
            Following::InJournal { through } => through,
        };
        loop {
            let revision = log.revision();
            let read = self.shared.publications(&self.room, after, through, limit).await?;
            if log.is_closed() {
                return Err(BrokerError::Closed);
            }
            let Some(read) = read else {
                self.room.doubt();
                self.shared.sync(&self.room).await?;
                return Ok(Read { kept_from: log.standing().kept_from, publications: Vec::new(), stopped_by: None });
            };
            // Where something was taken out meanwhile, what was read may hold it still.
            if log.revision() == revision {
                return Ok(read);
            }
        }
    }
}
