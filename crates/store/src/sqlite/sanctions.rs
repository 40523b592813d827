//! What acts do to members: the rows of sanctions, within a transaction that the caller holds.

use super::log;
use super::rows::{Loaded, all, change, one};
use crate::act::{self, Detail};
use crate::sanction::{self, Record, sanction_tag};
use crate::{ActError, Acted, StoreError};
use kkanbu_keys::Tag;
use kkanbu_model::{CommandKey, Handle, Hour, MembershipId, RoleId, RoomAct, RoomAddress, Sanction};
use rusqlite::params;
use std::collections::BTreeMap;

impl Loaded<'_> {
    /// What the member with this membership tag is under, in full.
    pub(super) fn record(&self, membership: &Tag) -> Result<Option<Record>, StoreError> {
        let tag = sanction_tag(&self.key, membership);
        let sql = "SELECT sealed FROM sanction WHERE programme = ?1 AND tag = ?2";
        let params = params![self.programme.id.as_str(), tag];
        let sealed = one(self.connection, sql, params, |row| row.get::<_, Vec<u8>>(0))?;
        sealed.map(|sealed| self.open_record(&tag, &sealed)).transpose()
    }

    /// What the member with this membership tag is under.
    pub(super) fn sanction(&self, membership: &Tag) -> Result<Sanction, StoreError> {
        Ok(self.record(membership)?.map(|record| record.sanction()).unwrap_or_default())
    }

    fn open_record(&self, tag: &Tag, sealed: &[u8]) -> Result<Record, StoreError> {
        sanction::open_own(&self.key, &self.programme.id, tag, sealed).map_err(|_| self.damaged())
    }

    /// Everybody who is under something in this room, in the room or not.
    fn records(&self, room: &RoomAddress) -> Result<Vec<Record>, StoreError> {
        let sql = "SELECT tag, sealed FROM sanction WHERE programme = ?1";
        let rows = all(self.connection, sql, [self.programme.id.as_str()], |row| {
            Ok((row.get::<_, Tag>(0)?, row.get::<_, Vec<u8>>(1)?))
        })?;
        let mut records = Vec::new();
        for (tag, sealed) in rows {
            records.push(self.open_record(&tag, &sealed)?);
        }
        records.retain(|record| record.room == room.room);
        Ok(records)
    }

    /// How many members of each role were removed and keep their seats.
    pub(super) fn removed(&self, room: &RoomAddress) -> Result<BTreeMap<RoleId, u32>, StoreError> {
        let mut removed = BTreeMap::new();
        for record in self.records(room)?.into_iter().filter(|record| record.removed.is_some()) {
            if let Some(membership) = self.membership_at(room, &record.membership)? {
                *removed.entry(membership.role).or_default() += 1;
            }
        }
        Ok(removed)
    }

    /// What the member is under who has this handle, or was sanctioned under it, or has posted under it and left.
    fn concerned(&self, room: &RoomAddress, handle: &Handle) -> Result<Option<Record>, StoreError> {
        for (tag, membership) in self.memberships_in(room)? {
            if membership.handle == *handle {
                let record = self.record(&tag)?;
                return Ok(Some(record.unwrap_or_else(|| Record::new(room.room.clone(), tag))));
            }
        }
        Ok(self.records(room)?.into_iter().find(|record| record.names(handle)))
    }

    /// Keeps by which handle moderators know a member that leaves after it has posted.
    pub(super) fn keep_handle(&self, room: &RoomAddress, membership: Tag, handle: Handle) -> Result<(), StoreError> {
        let mut record = self.record(&membership)?.unwrap_or_else(|| Record::new(room.room.clone(), membership));
        record.leaves(handle);
        self.keep(&record)
    }

    fn keep(&self, record: &Record) -> Result<(), StoreError> {
        let (programme, tag) = (&self.programme.id, sanction_tag(&self.key, &record.membership));
        if record.is_empty() {
            let sql = "DELETE FROM sanction WHERE programme = ?1 AND tag = ?2";
            change(self.connection, sql, params![programme.as_str(), tag])?;
        } else {
            let sealed = sanction::seal(&self.key, programme, &tag, record).map_err(|_| self.damaged())?;
            let sql = "INSERT OR REPLACE INTO sanction (programme, tag, sealed) VALUES (?1, ?2, ?3)";
            change(self.connection, sql, params![programme.as_str(), tag, sealed])?;
        }
        Ok(())
    }

    /// Does an act, unless it was done.
    pub(super) fn act(
        &self,
        room: &RoomAddress,
        act: &RoomAct,
        key: CommandKey,
        hour: Hour,
    ) -> Result<Acted, ActError> {
        self.room(room)?;
        let tag = act::command_tag(&self.key, &room.programme, key);
        let detail = Detail::InRoom(room.room.clone(), act.clone(), key);
        let found = act.handle().map(|handle| self.concerned(room, handle)).transpose()?.flatten();
        if let Some(number) = log::done(self.connection, &room.programme, &tag)? {
            let sealed = log::detail(self.connection, number)?;
            if !act::open(&self.key, number, &sealed).map_err(|_| self.damaged())?.is_asked_again_by(&detail) {
                return Err(ActError::KeyReused);
            }
            return Ok(self.acted(room, number, found.as_ref(), true)?);
        }
        if act.handle().is_some() && found.is_none() {
            return Err(ActError::UnknownHandle);
        }
        let found = found.map(|record| record.after(act));
        if let Some(record) = &found {
            self.keep(record)?;
        }
        let number = log::append(self.connection, hour, &room.programme, act::name(&room.room, act), |number| {
            act::seal(&self.key, number, &detail).map_err(|_| self.damaged())
        })?;
        log::record(self.connection, &room.programme, &tag, number, act.event().is_some())?;
        Ok(self.acted(room, number, found.as_ref(), false)?)
    }

    fn acted(&self, room: &RoomAddress, number: u64, found: Option<&Record>, again: bool) -> Result<Acted, StoreError> {
        let member = found.map(|record| self.membership_at(room, &record.membership)).transpose()?.flatten();
        let member: Option<MembershipId> = member.map(|membership| membership.id);
        Ok(Acted { number, member, sanction: found.map(Record::sanction), again })
    }
}
