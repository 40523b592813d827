//! What the rows mean: every question and change as SQL, within a transaction that the caller holds.

use super::recent::{Definition, Recent, RowName, Since};
use super::{log, unavailable};
use crate::sealing::{handle_tag, member_tag, membership_tag, open, programme_tag, seal};
use crate::{AdmitError, Draw, JoinError, MarkError, RedrawError, Seat, StoreError, act, definition};
use kkanbu_keys::{ContentKey, Keyring, Tag};
use kkanbu_model::{
    Act, Handle, Hour, MemberKey, Membership, Programme, ProgrammeId, RoleId, Room, RoomAddress, RoomId,
};
use rusqlite::{Connection, OptionalExtension, Params, Row, params};
use std::collections::BTreeMap;
use std::sync::Arc;

/// A programme that is in the database, and the key that its rows are tagged and sealed with.
pub(super) struct Loaded<'c> {
    pub(super) connection: &'c Connection,
    pub(super) programme: Arc<Programme>,
    pub(super) key: Arc<ContentKey>,
    recent: &'c Recent,
    /// Taken before the first question.
    since: Since,
}

/// Bytes of a row that a check writes and deletes again, so that it needs room as any write does.
const CHECK_BYTES: u32 = 8192;

/// The row that is asked for, if there is one.
pub(super) fn one<T>(
    connection: &Connection,
    sql: &str,
    params: impl Params,
    read: impl FnOnce(&Row<'_>) -> Result<T, rusqlite::Error>,
) -> Result<Option<T>, StoreError> {
    let mut statement = connection.prepare_cached(sql).map_err(|error| unavailable(&error))?;
    statement.query_row(params, read).optional().map_err(|error| unavailable(&error))
}

/// All rows that are asked for.
pub(super) fn all<T>(
    connection: &Connection,
    sql: &str,
    params: impl Params,
    read: impl FnMut(&Row<'_>) -> Result<T, rusqlite::Error>,
) -> Result<Vec<T>, StoreError> {
    let mut statement = connection.prepare_cached(sql).map_err(|error| unavailable(&error))?;
    let rows = statement.query_map(params, read).map_err(|error| unavailable(&error))?;
    rows.collect::<Result<_, _>>().map_err(|error| unavailable(&error))
}

/// Runs a change and says how many rows it changed.
pub(super) fn change(connection: &Connection, sql: &str, params: impl Params) -> Result<usize, StoreError> {
    let mut statement = connection.prepare_cached(sql).map_err(|error| unavailable(&error))?;
    statement.execute(params).map_err(|error| unavailable(&error))
}

/// All programmes, by id, whether or not their keys are here.
pub(super) fn programmes(connection: &Connection) -> Result<Vec<Programme>, StoreError> {
    let rows = all(connection, "SELECT id, definition FROM programme ORDER BY id", [], |row| {
        Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?))
    })?;
    rows.into_iter().map(|(id, json)| definition::of_row(&id, &json)).collect()
}

/// Tells of every row of a membership that there is.
pub(super) fn know_rows(connection: &Connection, recent: &Recent) -> Result<(), rusqlite::Error> {
    let mut statement = connection.prepare("SELECT tag FROM membership")?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        recent.add_row(&RowName::of(&row.get(0)?));
    }
    Ok(())
}

/// Creates the programme unless it is there.
pub(super) fn create_programme(
    connection: &Connection,
    keyring: &Keyring,
    recent: &Recent,
    programme: &Programme,
    hour: Hour,
) -> Result<(), StoreError> {
    let key = content_key(keyring, &programme.id)?;
    let json = definition::to_json(programme).map_err(|_| StoreError::Damaged(programme.id.clone()))?;
    let created = change(
        connection,
        "INSERT OR IGNORE INTO programme (id, definition, key_tag) VALUES (?1, ?2, ?3)",
        params![programme.id.as_str(), json, programme_tag(&key, &programme.id)],
    )?;
    if created == 1 {
        let damaged = |_| StoreError::Damaged(programme.id.clone());
        log::append(connection, hour, &programme.id, Act::CreateProgramme.name(), |number| {
            act::seal(&key, number, &act::Detail::Created).map_err(damaged)
        })?;
        Ok(())
    } else if *Loaded::load(connection, &key, recent, &programme.id)?.programme == *programme {
        Ok(())
    } else {
        Err(StoreError::Differs(programme.id.clone()))
    }
}

/// Deletes every row of the programme but its entries in the audit log, unless that was done.
pub(super) fn destroy_programme(
    connection: &Connection,
    programme: &ProgrammeId,
    hour: Hour,
) -> Result<(), StoreError> {
    log::forget(connection, programme)?;
    for sql in [
        "DELETE FROM sanction WHERE programme = ?1",
        "DELETE FROM handle WHERE programme = ?1",
        "DELETE FROM membership WHERE programme = ?1",
        "DELETE FROM member WHERE programme = ?1",
    ] {
        change(connection, sql, [programme.as_str()])?;
    }
    if change(connection, "DELETE FROM programme WHERE id = ?1", [programme.as_str()])? == 1 {
        // The content key is gone already, so nothing can be sealed; the act's name says all there is.
        log::append(connection, hour, programme, Act::EndProgramme.name(), |_| Ok(Vec::new()))?;
    }
    Ok(())
}

/// Writes and deletes a row as large as any.
pub(super) fn check(connection: &Connection) -> Result<(), StoreError> {
    change(connection, "INSERT INTO meta (name, value) VALUES ('check', zeroblob(?1))", [CHECK_BYTES])?;
    change(connection, "DELETE FROM meta WHERE name = 'check'", [])?;
    Ok(())
}

/// The programme's content key, where it is here.
pub(super) fn content_key(keyring: &Keyring, programme: &ProgrammeId) -> Result<Arc<ContentKey>, StoreError> {
    keyring.get(programme).map_err(|unknown| StoreError::UnknownProgramme(unknown.0))
}

impl<'c> Loaded<'c> {
    /// Loads a programme that is in the database and whose content key is `key`. This is the first question of its transaction,
    /// unless that is a write.
    pub(super) fn load(
        connection: &'c Connection,
        key: &Arc<ContentKey>,
        recent: &'c Recent,
        programme: &ProgrammeId,
    ) -> Result<Self, StoreError> {
        let since = recent.since();
        let loaded = |programme| Self { connection, programme, key: Arc::clone(key), recent, since };
        let known = recent.definitions.get(programme).filter(|known| known.is_of(key));
        if let Some(Definition { programme, .. }) = known {
            return Ok(loaded(programme));
        }
        let sql = "SELECT definition, key_tag FROM programme WHERE id = ?1";
        let row = one(connection, sql, [programme.as_str()], |row| {
            Ok((row.get::<_, String>(0)?, row.get::<_, Vec<u8>>(1)?))
        })?;
        let (json, tag) = row.ok_or_else(|| StoreError::UnknownProgramme(programme.clone()))?;
        let parsed = Arc::new(definition::of_row_with(key, programme, &json, &tag)?);
        let definition = Definition { programme: Arc::clone(&parsed), key: Arc::downgrade(key) };
        recent.definitions.keep(programme.clone(), definition, since.definitions);
        Ok(loaded(parsed))
    }

    /// The room's definition.
    pub(super) fn room(&self, room: &RoomAddress) -> Result<&Room, StoreError> {
        self.programme.room(&room.room).ok_or_else(|| StoreError::UnknownRoom(room.clone()))
    }

    /// Something sealed does not open.
    pub(super) fn damaged(&self) -> StoreError {
        StoreError::Damaged(self.programme.id.clone())
    }

    /// The role of the member.
    pub(super) fn role(&self, member: &MemberKey) -> Result<Option<RoleId>, StoreError> {
        let tag = member_tag(&self.key, &self.programme.id, member);
        let sql = "SELECT role FROM member WHERE programme = ?1 AND tag = ?2";
        let role = one(self.connection, sql, params![self.programme.id.as_str(), tag], |row| row.get::<_, String>(0))?;
        role.map(|role| RoleId::new(role).map_err(|_| self.damaged())).transpose()
    }

    /// Gives the member a seat, unless it has one.
    pub(super) fn admit(&self, member: &MemberKey, role: &RoleId) -> Result<RoleId, AdmitError> {
        if let Some(role) = self.role(member)? {
            return Ok(role);
        }
        let seats = self.programme.role(role).ok_or(AdmitError::UnknownRole)?.seats;
        let programme = self.programme.id.as_str();
        let sql = "SELECT COUNT(*) FROM member WHERE programme = ?1 AND role = ?2";
        let taken = one(self.connection, sql, [programme, role.as_str()], |row| row.get::<_, u32>(0))?;
        if taken.unwrap_or(0) >= seats {
            return Err(AdmitError::Full);
        }
        let tag = member_tag(&self.key, &self.programme.id, member);
        let sql = "INSERT INTO member (programme, tag, role) VALUES (?1, ?2, ?3)";
        change(self.connection, sql, params![programme, tag, role.as_str()])?;
        Ok(role.clone())
    }

    /// The member's membership in the room.
    pub(super) fn membership(&self, room: &RoomAddress, member: &MemberKey) -> Result<Option<Membership>, StoreError> {
        self.room(room)?;
        self.membership_at(room, &membership_tag(&self.key, room, member))
    }

    /// The member's membership in the room, which is kept in memory from then on. For readers alone: what a write sees may be undone.
    pub(super) fn membership_to_keep(
        &self,
        room: &RoomAddress,
        member: &MemberKey,
    ) -> Result<Option<Membership>, StoreError> {
        self.room(room)?;
        let tag = membership_tag(&self.key, room, member);
        let name = RowName::of(&tag);
        if !self.recent.may_have_row(&name) {
            return Ok(None);
        }
        let found = self.membership_at(room, &tag)?;
        if let Some(membership) = &found {
            self.recent.memberships.keep(name, membership.clone(), self.since.memberships);
        }
        Ok(found)
    }

    /// The membership with this tag.
    pub(super) fn membership_at(&self, room: &RoomAddress, tag: &Tag) -> Result<Option<Membership>, StoreError> {
        let sql = "SELECT role, posted, sealed FROM membership WHERE programme = ?1 AND room = ?2 AND tag = ?3";
        let row = one(self.connection, sql, params![room.programme.as_str(), room.room.as_str(), tag], |row| {
            Ok((row.get::<_, String>(0)?, row.get::<_, bool>(1)?, row.get::<_, Vec<u8>>(2)?))
        })?;
        let Some((role, posted, sealed)) = row else { return Ok(None) };
        let membership = open(&self.key, room, tag, &sealed, posted).map_err(|_| self.damaged())?;
        // The column counts seats, the record says who; whoever changed one of them changed the database.
        if membership.role.as_str() != role {
            return Err(self.damaged());
        }
        Ok(Some(Membership { sanction: self.sanction(tag)?, ..membership }))
    }

    /// All memberships in the room, with their tags and without what their members are under.
    pub(super) fn memberships_in(&self, room: &RoomAddress) -> Result<Vec<(Tag, Membership)>, StoreError> {
        let sql = "SELECT tag, posted, sealed FROM membership WHERE programme = ?1 AND room = ?2";
        let rows = all(self.connection, sql, [room.programme.as_str(), room.room.as_str()], |row| {
            Ok((row.get::<_, Tag>(0)?, row.get::<_, bool>(1)?, row.get::<_, Vec<u8>>(2)?))
        })?;
        let open = |(tag, posted, sealed): (Tag, bool, Vec<u8>)| {
            let membership = open(&self.key, room, &tag, &sealed, posted).map_err(|_| self.damaged())?;
            Ok((tag, membership))
        };
        rows.into_iter().map(open).collect()
    }

    /// The member's role, and its memberships in all rooms, which are kept in memory from then on.
    pub(super) fn seat(&self, member: &MemberKey) -> Result<Option<Seat>, StoreError> {
        let Some(role) = self.role(member)? else { return Ok(None) };
        let mut memberships = BTreeMap::new();
        // Nobody is in a room that is not for its role.
        for room in self.programme.rooms.iter().filter(|room| room.roles.contains(&role)) {
            let address = RoomAddress { programme: self.programme.id.clone(), room: room.id.clone() };
            if let Some(membership) = self.membership_to_keep(&address, member)? {
                memberships.insert(address.room, membership);
            }
        }
        Ok(Some(Seat { role, memberships }))
    }

    /// The member's memberships in all rooms, which are kept in memory from then on.
    pub(super) fn memberships(&self, member: &MemberKey) -> Result<BTreeMap<RoomId, Membership>, StoreError> {
        Ok(self.seat(member)?.map(|seat| seat.memberships).unwrap_or_default())
    }

    /// Makes the member one of the room, unless it is.
    pub(super) fn join(&self, room: &RoomAddress, member: &MemberKey, draw: Draw) -> Result<Membership, JoinError> {
        let definition = self.room(room)?;
        let tag = membership_tag(&self.key, room, member);
        let sanction = self.sanction(&tag)?;
        if sanction.removed {
            return Err(JoinError::Removed);
        }
        if let Some(membership) = self.membership_at(room, &tag)? {
            return Ok(membership);
        }
        let role = self.role(member)?.ok_or(JoinError::NotAdmitted)?;
        if !definition.roles.contains(&role) {
            return Err(JoinError::NotForRole);
        }
        if let Some(seats) = definition.seats_per_role
            && self.taken(room, &role)? >= seats
        {
            return Err(JoinError::Full);
        }
        if !self.take_handle(room, &draw.handle)? {
            return Err(JoinError::HandleTaken);
        }
        let membership = Membership { id: draw.id, handle: draw.handle, role, posted: false, sanction };
        let sealed = self.seal(room, &tag, &membership)?;
        let sql = "INSERT INTO membership (programme, room, tag, role, posted, sealed) VALUES (?1, ?2, ?3, ?4, 0, ?5)";
        let role = membership.role.as_str();
        change(self.connection, sql, params![room.programme.as_str(), room.room.as_str(), tag, role, sealed])?;
        Ok(membership)
    }

    /// Ends the membership. Its handle is free again unless the room or its moderators have seen it.
    pub(super) fn leave(&self, room: &RoomAddress, member: &MemberKey) -> Result<bool, StoreError> {
        let Some(membership) = self.membership(room, member)? else { return Ok(false) };
        let tag = membership_tag(&self.key, room, member);
        if membership.posted {
            self.keep_handle(room, tag, membership.handle)?;
        } else {
            self.free_handle(room, &tag, &membership.handle)?;
        }
        let sql = "DELETE FROM membership WHERE programme = ?1 AND room = ?2 AND tag = ?3";
        change(self.connection, sql, params![room.programme.as_str(), room.room.as_str(), tag])?;
        Ok(true)
    }

    /// Gives the member another handle.
    pub(super) fn redraw(
        &self,
        room: &RoomAddress,
        member: &MemberKey,
        handle: Handle,
    ) -> Result<Membership, RedrawError> {
        let before = self.membership(room, member)?.filter(|membership| !membership.sanction.removed);
        let before = before.ok_or(RedrawError::NotAMember)?;
        if before.posted {
            return Err(RedrawError::Fixed);
        }
        if !self.take_handle(room, &handle)? {
            return Err(RedrawError::HandleTaken);
        }
        let tag = membership_tag(&self.key, room, member);
        self.free_handle(room, &tag, &before.handle)?;
        let membership = Membership { handle, ..before };
        let sealed = self.seal(room, &tag, &membership)?;
        let sql = "UPDATE membership SET sealed = ?4 WHERE programme = ?1 AND room = ?2 AND tag = ?3";
        change(self.connection, sql, params![room.programme.as_str(), room.room.as_str(), tag, sealed])?;
        Ok(membership)
    }

    /// Records that the member posts under this handle.
    pub(super) fn mark_posted(&self, room: &RoomAddress, member: &MemberKey, handle: &Handle) -> Result<(), MarkError> {
        let membership = self.membership(room, member)?.ok_or(MarkError::Changed)?;
        if membership.handle != *handle || membership.sanction.removed {
            return Err(MarkError::Changed);
        }
        let tag = membership_tag(&self.key, room, member);
        let sql = "UPDATE membership SET posted = 1 WHERE programme = ?1 AND room = ?2 AND tag = ?3";
        change(self.connection, sql, params![room.programme.as_str(), room.room.as_str(), tag])?;
        Ok(())
    }

    /// How many members of each role the room has.
    pub(super) fn members(&self, room: &RoomAddress) -> Result<BTreeMap<RoleId, u64>, StoreError> {
        let (roles, removed) = (&self.room(room)?.roles, self.removed(room)?);
        let mut members = BTreeMap::new();
        for role in roles {
            let gone = removed.get(role).copied().unwrap_or(0);
            members.insert(role.clone(), u64::from(self.taken(room, role)?.saturating_sub(gone)));
        }
        Ok(members)
    }

    fn taken(&self, room: &RoomAddress, role: &RoleId) -> Result<u32, StoreError> {
        let sql = "SELECT COUNT(*) FROM membership WHERE programme = ?1 AND room = ?2 AND role = ?3";
        let params = [room.programme.as_str(), room.room.as_str(), role.as_str()];
        Ok(one(self.connection, sql, params, |row| row.get(0))?.unwrap_or(0))
    }

    /// Takes the handle, and says whether it was free.
    fn take_handle(&self, room: &RoomAddress, handle: &Handle) -> Result<bool, StoreError> {
        let tag = handle_tag(&self.key, room, handle);
        let sql = "INSERT OR IGNORE INTO handle (programme, room, tag) VALUES (?1, ?2, ?3)";
        Ok(change(self.connection, sql, params![room.programme.as_str(), room.room.as_str(), tag])? == 1)
    }

    /// Lets others have the handle, unless the member with this membership tag was sanctioned under it.
    fn free_handle(&self, room: &RoomAddress, membership: &Tag, handle: &Handle) -> Result<(), StoreError> {
        if self.record(membership)?.is_some_and(|record| record.names(handle)) {
            return Ok(());
        }
        let tag = handle_tag(&self.key, room, handle);
        let sql = "DELETE FROM handle WHERE programme = ?1 AND room = ?2 AND tag = ?3";
        change(self.connection, sql, params![room.programme.as_str(), room.room.as_str(), tag])?;
        Ok(())
    }

    fn seal(&self, room: &RoomAddress, tag: &Tag, membership: &Membership) -> Result<Vec<u8>, StoreError> {
        seal(&self.key, room, tag, membership).map_err(|_| self.damaged())
    }
}
