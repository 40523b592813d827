//! Memberships of rooms: questions in one trip to the database, changes in two.

use super::Inner;
use super::error::{Failed, finally};
use super::loaded::Loaded;
use super::tidy::Table;
use super::transaction::{SHARED, begin, commit, leave};
use crate::sanction::{self, Record, sanction_tag};
use crate::sealing::{self, handle_tag, member_tag, membership_tag};
use crate::{Draw, JoinError, MarkError, RedrawError, Seat, StoreError};
use deadpool_postgres::ClientWrapper;
use kkanbu_keys::Tag;
use kkanbu_model::{Handle, MemberKey, Membership, ProgrammeId, RoleId, RoomAddress, RoomId};
use std::collections::BTreeMap;
use tokio_postgres::Row;
use tokio_postgres::types::ToSql;

/// One member's membership and what it is under, and the programme's mark.
const LOOK: &str = "
SELECT p.mark, m.role, m.posted, m.sealed, s.sealed FROM programme p
LEFT JOIN membership m ON m.programme = p.id AND m.room = $2 AND m.tag = $3
LEFT JOIN sanction s ON s.programme = p.id AND s.tag = $4
WHERE p.id = $1";

/// The same in some rooms, with the number of the room and the member's role in the programme.
const LOOK_AROUND: &str = "
SELECT p.mark, m.role, m.posted, m.sealed, s.sealed, at.number, seated.role FROM programme p
LEFT JOIN member seated ON seated.programme = p.id AND seated.tag = $5
LEFT JOIN unnest($2::text[], $3::bytea[], $4::bytea[]) WITH ORDINALITY AS at (room, tag, sanction, number) ON true
LEFT JOIN membership m ON m.programme = p.id AND m.room = at.room AND m.tag = at.tag
LEFT JOIN sanction s ON s.programme = p.id AND s.tag = at.sanction
WHERE p.id = $1";

/// Whoever changes a membership holds its row.
const HOLD: &str = "SELECT FROM membership WHERE programme = $1 AND room = $2 AND tag = $3 FOR UPDATE";

/// The member's role. Whoever joins holds the row, so that one member joins once.
const HOLD_MEMBER: &str = "SELECT role FROM member WHERE programme = $1 AND tag = $2 FOR NO KEY UPDATE";

/// Whether the room has a seat for the member, where it counts them. Whoever may take it holds the row.
const HOLD_SEAT: &str = "
SELECT taken < seats FROM seat WHERE programme = $1 AND room = $2
AND role = (SELECT role FROM member WHERE programme = $1 AND tag = $3)
AND NOT EXISTS (SELECT FROM membership WHERE programme = $1 AND room = $2 AND tag = $4) FOR NO KEY UPDATE";

/// Takes the handle if it is free, and with it the seat.
const JOIN: &str = "
WITH named AS (
    INSERT INTO handle (programme, room, tag) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING RETURNING 1
), joined AS (
    INSERT INTO membership (programme, room, tag, role, sealed)
    SELECT $1::text, $2::text, $4::bytea, $5::text, $6::bytea FROM named
), seated AS (
    UPDATE seat SET taken = taken + 1
    WHERE programme = $1 AND room = $2 AND role = $5 AND EXISTS (SELECT FROM named)
) SELECT FROM named";

/// Ends it and gives its seat back, then its handle, or keeps what its member is known by, where either was asked for.
const LEAVE: &str = "
WITH ended AS (
    DELETE FROM membership WHERE programme = $1 AND room = $2 AND tag = $3 RETURNING role
), freed AS (
    DELETE FROM handle WHERE programme = $1 AND room = $2 AND tag = $4
), kept AS (
    INSERT INTO sanction (programme, tag, sealed) SELECT $1::text, $5::bytea, $6::bytea WHERE $6::bytea IS NOT NULL
    ON CONFLICT (programme, tag) DO UPDATE SET sealed = excluded.sealed
) UPDATE seat SET taken = taken - 1 FROM ended WHERE programme = $1 AND room = $2 AND seat.role = ended.role";

/// Takes the handle if it is free, and lets the old one go, where that was asked for.
const REDRAW: &str = "
WITH named AS (
    INSERT INTO handle (programme, room, tag) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING RETURNING 1
), freed AS (
    DELETE FROM handle WHERE programme = $1 AND room = $2 AND tag = $6 AND EXISTS (SELECT FROM named)
), redrawn AS (
    UPDATE membership SET sealed = $5
    WHERE programme = $1 AND room = $2 AND tag = $4 AND EXISTS (SELECT FROM named)
) SELECT FROM named";

const MARK_POSTED: &str = "UPDATE membership SET posted = true WHERE programme = $1 AND room = $2 AND tag = $3";

/// What the database has of one member in one room.
#[derive(Default)]
struct Seen {
    /// With what its member is under.
    membership: Option<Membership>,
    record: Option<Record>,
}

impl Seen {
    /// The handle's tag, where nobody else keeps the handle: the room has not seen it, and its member was not sanctioned under it.
    fn freed(&self, loaded: &Loaded, room: &RoomAddress, handle: &Handle) -> Option<Tag> {
        let kept = self.record.as_ref().is_some_and(|record| record.names(handle));
        (!kept).then(|| handle_tag(&loaded.key, room, handle))
    }
}

impl Inner {
    /// What a row of [`LOOK`] says.
    fn seen<E: From<StoreError>>(
        &self,
        loaded: &Loaded,
        room: &RoomAddress,
        tag: &Tag,
        row: Option<&Row>,
    ) -> Result<Seen, Failed<E>> {
        let mark: Option<&[u8]> = row.map(|row| row.try_get(0)).transpose()?;
        self.definitions.confirm(loaded, &self.keyring, mark)?;
        let Some(row) = row else { return Ok(Seen::default()) };
        let damaged = |_| finally(loaded.damaged());
        let under: Option<&[u8]> = row.try_get(4)?;
        let under = under.map(|sealed| {
            sanction::open_own(&loaded.key, &room.programme, &sanction_tag(&loaded.key, tag), sealed).map_err(damaged)
        });
        let record: Option<Record> = under.transpose()?;
        let Some(sealed) = row.try_get::<_, Option<&[u8]>>(3)? else { return Ok(Seen { membership: None, record }) };
        let membership = sealing::open(&loaded.key, room, tag, sealed, row.try_get(2)?).map_err(damaged)?;
        // The column counts seats, the record says who; whoever changed one of them changed the database.
        if membership.role.as_str() != row.try_get::<_, &str>(1)? {
            return Err(finally(loaded.damaged()));
        }
        let sanction = record.as_ref().map(Record::sanction).unwrap_or_default();
        Ok(Seen { membership: Some(Membership { sanction, ..membership }), record })
    }

    /// The member's membership in the room.
    pub(super) async fn membership(
        &self,
        client: &ClientWrapper,
        room: &RoomAddress,
        member: &MemberKey,
    ) -> Result<Option<Membership>, Failed<StoreError>> {
        let loaded = self.definitions.load(client, &self.keyring, &room.programme).await?;
        loaded.room(room).map_err(finally)?;
        let tag = membership_tag(&loaded.key, room, member);
        let sanction = sanction_tag(&loaded.key, &tag);
        let asking = client.prepare_cached(LOOK).await?;
        let (programme, id) = (room.programme.as_str(), room.room.as_str());
        let row = client.query_opt(&asking, &[&programme, &id, &tag.as_slice(), &sanction.as_slice()]).await?;
        Ok(self.seen(&loaded, room, &tag, row.as_ref())?.membership)
    }

    /// The member's role, and its memberships in all rooms.
    pub(super) async fn seat(
        &self,
        client: &ClientWrapper,
        programme: &ProgrammeId,
        member: &MemberKey,
    ) -> Result<Option<Seat>, Failed<StoreError>> {
        let loaded = self.definitions.load(client, &self.keyring, programme).await?;
        let address = |room: &RoomId| RoomAddress { programme: programme.clone(), room: room.clone() };
        let rooms: Vec<RoomAddress> = loaded.programme.rooms.iter().map(|room| address(&room.id)).collect();
        let tags: Vec<Tag> = rooms.iter().map(|room| membership_tag(&loaded.key, room, member)).collect();
        let under: Vec<Tag> = tags.iter().map(|tag| sanction_tag(&loaded.key, tag)).collect();
        let names: Vec<&str> = rooms.iter().map(|room| room.room.as_str()).collect();
        let (tag_list, under_list) = (slices(&tags), slices(&under));
        let asking = client.prepare_cached(LOOK_AROUND).await?;
        let seat = member_tag(&loaded.key, programme, member);
        let asked: [&(dyn ToSql + Sync); 5] = [&programme.as_str(), &names, &tag_list, &under_list, &seat.as_slice()];
        let rows = client.query(&asking, &asked).await?;
        let Some(first) = rows.first() else {
            self.definitions.confirm(&loaded, &self.keyring, None)?;
            return Ok(None);
        };
        let role: Option<String> = first.try_get(6)?;
        let mut memberships = BTreeMap::new();
        for row in &rows {
            let number: Option<i64> = row.try_get(5)?;
            let number = number.and_then(|number| usize::try_from(number - 1).ok());
            let at = number.and_then(|number| Some((rooms.get(number)?, tags.get(number)?)));
            let Some((room, tag)) = at else { continue };
            if let Some(membership) = self.seen(&loaded, room, tag, Some(row))?.membership {
                memberships.insert(room.room.clone(), membership);
            }
        }
        let role = role.map(|role| RoleId::new(role).map_err(|_| finally(loaded.damaged()))).transpose()?;
        Ok(role.map(|role| Seat { role, memberships }))
    }

    /// Makes the member one of the room, unless it is.
    pub(super) async fn join(
        &self,
        client: &ClientWrapper,
        room: &RoomAddress,
        member: &MemberKey,
        draw: &Draw,
    ) -> Result<Membership, Failed<JoinError>> {
        let loaded = self.definitions.load(client, &self.keyring, &room.programme).await?;
        let definition = loaded.room(room).map_err(finally)?;
        let tag = membership_tag(&loaded.key, room, member);
        let (sanction, seat) = (sanction_tag(&loaded.key, &tag), member_tag(&loaded.key, &room.programme, member));
        let (programme, id) = (room.programme.as_str(), room.room.as_str());
        let (tag_of, seat_of, sanction_of) = (tag.as_slice(), seat.as_slice(), sanction.as_slice());
        let (lock, hold_member, hold_seat, asking, join) = tokio::try_join!(
            client.prepare_cached(SHARED),
            client.prepare_cached(HOLD_MEMBER),
            client.prepare_cached(HOLD_SEAT),
            client.prepare_cached(LOOK),
            client.prepare_cached(JOIN),
        )?;
        // Holding a row leaves the transaction's number in it.
        let _held = self.untidy.touch(&[Table::Member]);
        let ((), role, free, row) = tokio::try_join!(
            biased;
            begin(client, &lock, &room.programme),
            async { client.query_opt(&hold_member, &[&programme, &seat_of]).await },
            async { client.query_opt(&hold_seat, &[&programme, &id, &seat_of, &tag_of]).await },
            async { client.query_opt(&asking, &[&programme, &id, &tag_of, &sanction_of]).await },
        )?;
        let seen = self.seen(&loaded, room, &tag, row.as_ref())?;
        let under = seen.record.as_ref().map(Record::sanction).unwrap_or_default();
        if under.removed {
            return Err(Failed::Finally(JoinError::Removed));
        }
        if let Some(membership) = seen.membership {
            leave::<JoinError>(client).await?;
            return Ok(membership);
        }
        let role: String = role.ok_or(Failed::Finally(JoinError::NotAdmitted))?.try_get(0)?;
        let role = RoleId::new(role).map_err(|_| finally(loaded.damaged()))?;
        if !definition.roles.contains(&role) {
            return Err(Failed::Finally(JoinError::NotForRole));
        }
        let free: Option<bool> = free.map(|row| row.try_get(0)).transpose()?;
        if definition.seats_per_role.is_some() && free != Some(true) {
            return Err(Failed::Finally(JoinError::Full));
        }
        let membership = Membership { id: draw.id, handle: draw.handle.clone(), role, posted: false, sanction: under };
        let sealed = sealing::seal(&loaded.key, room, &tag, &membership).map_err(|_| finally(loaded.damaged()))?;
        let handle = handle_tag(&loaded.key, room, &draw.handle);
        let (handle, role) = (handle.as_slice(), membership.role.as_str());
        let _touched = self.untidy.touch(&[Table::Membership, Table::Handle, Table::Seat]);
        let (named, ()) = tokio::try_join!(
            biased;
            async { client.query_opt(&join, &[&programme, &id, &handle, &tag_of, &role, &sealed]).await },
            commit(client),
        )
        .map_err(|error| Failed::at_the_end(&error))?;
        if named.is_some() { Ok(membership) } else { Err(Failed::Finally(JoinError::HandleTaken)) }
    }

    /// Begins, holds the membership and looks at it.
    async fn hold<E: From<StoreError>>(
        &self,
        client: &ClientWrapper,
        loaded: &Loaded,
        room: &RoomAddress,
        tag: &Tag,
    ) -> Result<Seen, Failed<E>> {
        loaded.room(room).map_err(finally)?;
        let (lock, hold, asking) =
            tokio::try_join!(client.prepare_cached(SHARED), client.prepare_cached(HOLD), client.prepare_cached(LOOK),)?;
        let (programme, id) = (room.programme.as_str(), room.room.as_str());
        let sanction = sanction_tag(&loaded.key, tag);
        let (tag_of, sanction_of) = (tag.as_slice(), sanction.as_slice());
        // Holding a row leaves the transaction's number in it.
        let _held = self.untidy.touch(&[Table::Membership]);
        let ((), _, row) = tokio::try_join!(
            biased;
            begin(client, &lock, &room.programme),
            async { client.execute(&hold, &[&programme, &id, &tag_of]).await },
            async { client.query_opt(&asking, &[&programme, &id, &tag_of, &sanction_of]).await },
        )?;
        self.seen(loaded, room, tag, row.as_ref())
    }

    /// Ends the membership. Its handle is free again unless the room or its moderators have seen it.
    pub(super) async fn leave(
        &self,
        client: &ClientWrapper,
        room: &RoomAddress,
        member: &MemberKey,
    ) -> Result<bool, Failed<StoreError>> {
        let loaded = self.definitions.load(client, &self.keyring, &room.programme).await?;
        let tag = membership_tag(&loaded.key, room, member);
        let end = client.prepare_cached(LEAVE).await?;
        let seen = self.hold(client, &loaded, room, &tag).await?;
        let Some(membership) = &seen.membership else {
            leave(client).await?;
            return Ok(false);
        };
        let freed = if membership.posted { None } else { seen.freed(&loaded, room, &membership.handle) };
        let freed = freed.as_ref().map(<[u8; 32]>::as_slice);
        let known = sanction_tag(&loaded.key, &tag);
        let kept = membership.posted.then(|| {
            let mut record = seen.record.clone().unwrap_or_else(|| Record::new(room.room.clone(), tag));
            record.leaves(membership.handle.clone());
            sanction::seal(&loaded.key, &room.programme, &known, &record).map_err(|_| finally(loaded.damaged()))
        });
        let kept = kept.transpose()?;
        let _touched = self.untidy.touch(&[Table::Membership, Table::Handle, Table::Seat, Table::Sanction]);
        let (programme, id) = (room.programme.as_str(), room.room.as_str());
        tokio::try_join!(
            biased;
            async { client.execute(&end, &[&programme, &id, &tag.as_slice(), &freed, &known.as_slice(), &kept]).await },
            commit(client),
        )
        .map_err(|error| Failed::at_the_end(&error))?;
        Ok(true)
    }

    /// Gives the member another handle.
    pub(super) async fn redraw(
        &self,
        client: &ClientWrapper,
        room: &RoomAddress,
        member: &MemberKey,
        handle: &Handle,
    ) -> Result<Membership, Failed<RedrawError>> {
        let loaded = self.definitions.load(client, &self.keyring, &room.programme).await?;
        let tag = membership_tag(&loaded.key, room, member);
        let redraw = client.prepare_cached(REDRAW).await?;
        let seen = self.hold(client, &loaded, room, &tag).await?;
        let before = seen.membership.clone().filter(|membership| !membership.sanction.removed);
        let before = before.ok_or(Failed::Finally(RedrawError::NotAMember))?;
        if before.posted {
            return Err(Failed::Finally(RedrawError::Fixed));
        }
        let freed = seen.freed(&loaded, room, &before.handle);
        let freed = freed.as_ref().map(<[u8; 32]>::as_slice);
        let membership = Membership { handle: handle.clone(), ..before };
        let sealed = sealing::seal(&loaded.key, room, &tag, &membership).map_err(|_| finally(loaded.damaged()))?;
        let named = handle_tag(&loaded.key, room, handle);
        let _touched = self.untidy.touch(&[Table::Membership, Table::Handle]);
        let (programme, id) = (room.programme.as_str(), room.room.as_str());
        let (named, ()) = tokio::try_join!(
            biased;
            async { client.query_opt(&redraw, &[&programme, &id, &named.as_slice(), &tag.as_slice(), &sealed, &freed]).await },
            commit(client),
        )
        .map_err(|error| Failed::at_the_end(&error))?;
        if named.is_some() { Ok(membership) } else { Err(Failed::Finally(RedrawError::HandleTaken)) }
    }

    /// Records that the member posts under this handle.
    pub(super) async fn mark_posted(
        &self,
        client: &ClientWrapper,
        room: &RoomAddress,
        member: &MemberKey,
        handle: &Handle,
    ) -> Result<(), Failed<MarkError>> {
        let loaded = self.definitions.load(client, &self.keyring, &room.programme).await?;
        let tag = membership_tag(&loaded.key, room, member);
        let mark = client.prepare_cached(MARK_POSTED).await?;
        let seen = self.hold(client, &loaded, room, &tag).await?;
        let membership = seen.membership.ok_or(Failed::Finally(MarkError::Changed))?;
        if membership.handle != *handle || membership.sanction.removed {
            return Err(Failed::Finally(MarkError::Changed));
        }
        if membership.posted {
            return leave(client).await;
        }
        let _touched = self.untidy.touch(&[Table::Membership]);
        let (programme, id) = (room.programme.as_str(), room.room.as_str());
        tokio::try_join!(
            biased;
            async { client.execute(&mark, &[&programme, &id, &tag.as_slice()]).await },
            commit(client),
        )
        .map_err(|error| Failed::at_the_end(&error))?;
        Ok(())
    }
}

fn slices(tags: &[Tag]) -> Vec<&[u8]> {
    tags.iter().map(<[u8; 32]>::as_slice).collect()
}
