//! Programmes and who has a seat in them.

use super::Inner;
use super::error::{Failed, finally};
use super::loaded::content_key;
use super::log::{self, Entry};
use super::tidy::Table;
use super::transaction::{ALONE, SHARED, begin, commit, leave};
use crate::sealing::{member_tag, programme_tag};
use crate::{AdmitError, StoreError, act, definition};
use deadpool_postgres::ClientWrapper;
use kkanbu_model::{Act, Hour, MemberKey, Programme, ProgrammeId, RoleId};
use tokio_postgres::Row;

const CREATE: &str =
    "INSERT INTO programme (id, definition, key_tag) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING RETURNING 1";

const SEATS: &str = "
INSERT INTO seat (programme, room, role, seats)
SELECT $1::text, seat.* FROM unnest($2::text[], $3::text[], $4::bigint[]) AS seat (room, role, seats)";

/// Everything of a programme but its entries in the audit log, those that refer to others first.
const DESTROY: [&str; 8] = [
    "DELETE FROM pending USING audit WHERE pending.number = audit.number AND audit.programme = $1",
    "DELETE FROM act WHERE programme = $1",
    "DELETE FROM sanction WHERE programme = $1",
    "DELETE FROM handle WHERE programme = $1",
    "DELETE FROM membership WHERE programme = $1",
    "DELETE FROM member WHERE programme = $1",
    "DELETE FROM seat WHERE programme = $1",
    "DELETE FROM programme WHERE id = $1",
];

/// The member's role, and the programme's mark.
const ROLE: &str = "
SELECT p.mark, m.role FROM programme p LEFT JOIN member m ON m.programme = p.id AND m.tag = $2 WHERE p.id = $1";

/// Whether the role has a seat for the member, which has none yet. Whoever may take it holds the row.
const HOLD_SEAT: &str = "
SELECT taken < seats FROM seat WHERE programme = $1 AND room = '' AND role = $2
AND NOT EXISTS (SELECT FROM member WHERE programme = $1 AND tag = $3) FOR NO KEY UPDATE";

/// Takes the seat, unless the member got one of another role meanwhile.
const ADMIT: &str = "
WITH admitted AS (
    INSERT INTO member (programme, tag, role) VALUES ($1, $3, $2) ON CONFLICT DO NOTHING RETURNING 1
) UPDATE seat SET taken = taken + 1
WHERE programme = $1 AND room = '' AND role = $2 AND EXISTS (SELECT FROM admitted)";

impl Inner {
    /// All programmes, by id, whether or not their keys are here.
    pub(super) async fn programmes(&self, client: &ClientWrapper) -> Result<Vec<Programme>, Failed<StoreError>> {
        let all = client.prepare_cached("SELECT id, definition FROM programme ORDER BY id").await?;
        let read = |row: Row| definition::of_row(row.try_get(0)?, row.try_get(1)?).map_err(finally);
        client.query(&all, &[]).await?.into_iter().map(read).collect()
    }

    /// Creates the programme unless it is there.
    pub(super) async fn create_programme(
        &self,
        client: &ClientWrapper,
        programme: &Programme,
        hour: Hour,
    ) -> Result<(), Failed<StoreError>> {
        let damaged = || StoreError::Damaged(programme.id.clone());
        let key = content_key(&self.keyring, &programme.id).map_err(finally)?;
        let json = definition::to_json(programme).map_err(|_| finally(damaged()))?;
        let (lock, create, head, seats) = tokio::try_join!(
            client.prepare_cached(ALONE),
            client.prepare_cached(CREATE),
            client.prepare_cached(log::HOLD_HEAD),
            client.prepare_cached(SEATS),
        )?;
        let entering = log::Entering::prepare(client).await?;
        let (id, tag) = (programme.id.as_str(), programme_tag(&key, &programme.id));
        let ((), created, head) = tokio::try_join!(
            biased;
            begin(client, &lock, &programme.id),
            async { client.query_opt(&create, &[&id, &json, &tag.as_slice()]).await },
            async { client.query_one(&head, &[]).await },
        )?;
        if created.is_none() {
            let found = self.definitions.load(client, &self.keyring, &programme.id).await?;
            leave(client).await?;
            return if *found.programme == *programme {
                Ok(())
            } else {
                Err(finally(StoreError::Differs(programme.id.clone())))
            };
        }
        let entry = Entry::after(&head, hour, &programme.id, Act::CreateProgramme.name(), |number| {
            act::seal(&key, number, &act::Detail::Created).map_err(|_| damaged())
        })
        .map_err(finally)?;
        let (rooms, roles, counts) = counted_seats(programme);
        let _touched = self.untidy.touch(&[Table::Programme, Table::Seat]);
        tokio::try_join!(
            biased;
            async { client.execute(&seats, &[&id, &rooms, &roles, &counts]).await },
            entering.enter(client, &entry),
            commit(client),
        )
        .map_err(|error| Failed::at_the_end(&error))?;
        Ok(())
    }

    /// Deletes every row of the programme but its entries in the audit log, unless that was done. What is deleted lies in the files until
    /// they are rewritten.
    pub(super) async fn destroy_programme(
        &self,
        client: &ClientWrapper,
        programme: &ProgrammeId,
        hour: Hour,
    ) -> Result<(), Failed<StoreError>> {
        let lock = client.prepare_cached(ALONE).await?;
        let head = client.prepare_cached(log::HOLD_HEAD).await?;
        let entering = log::Entering::prepare(client).await?;
        let id = programme.as_str();
        begin(client, &lock, programme).await?;
        let mut gone = 0;
        for sql in DESTROY {
            let delete = client.prepare_cached(sql).await?;
            gone = client.execute(&delete, &[&id]).await?;
        }
        let _touched = self.untidy.touch(&Table::ALL);
        if gone == 0 {
            return leave(client).await;
        }
        let head = client.query_one(&head, &[]).await?;
        // The content key is gone already, so nothing can be sealed; the act's name says all there is.
        let entry = Entry::after(&head, hour, programme, Act::EndProgramme.name(), |_| Ok(Vec::new()));
        let entry = entry.map_err(finally)?;
        tokio::try_join!(biased; entering.enter(client, &entry), commit(client))
            .map_err(|error| Failed::at_the_end(&error))?;
        Ok(())
    }

    /// The role of the member.
    pub(super) async fn role(
        &self,
        client: &ClientWrapper,
        programme: &ProgrammeId,
        member: &MemberKey,
    ) -> Result<Option<RoleId>, Failed<StoreError>> {
        let loaded = self.definitions.load(client, &self.keyring, programme).await?;
        let role = client.prepare_cached(ROLE).await?;
        let tag = member_tag(&loaded.key, programme, member);
        let row = client.query_opt(&role, &[&programme.as_str(), &tag.as_slice()]).await?;
        let mark: Option<&[u8]> = row.as_ref().map(|row| row.try_get(0)).transpose()?;
        self.definitions.confirm(&loaded, &self.keyring, mark)?;
        let role: Option<String> = row.map(|row| row.try_get(1)).transpose()?.flatten();
        role.map(|role| RoleId::new(role).map_err(|_| finally(loaded.damaged()))).transpose()
    }

    /// Gives the member a seat, unless it has one.
    pub(super) async fn admit(
        &self,
        client: &ClientWrapper,
        programme: &ProgrammeId,
        member: &MemberKey,
        role: &RoleId,
    ) -> Result<RoleId, Failed<AdmitError>> {
        let loaded = self.definitions.load(client, &self.keyring, programme).await?;
        let (lock, hold, has, admit) = tokio::try_join!(
            client.prepare_cached(SHARED),
            client.prepare_cached(HOLD_SEAT),
            client.prepare_cached(ROLE),
            client.prepare_cached(ADMIT),
        )?;
        let tag = member_tag(&loaded.key, programme, member);
        let (id, tag, name) = (programme.as_str(), tag.as_slice(), role.as_str());
        let ((), free, row) = tokio::try_join!(
            biased;
            begin(client, &lock, programme),
            async { client.query_opt(&hold, &[&id, &name, &tag]).await },
            async { client.query_opt(&has, &[&id, &tag]).await },
        )?;
        let mark: Option<&[u8]> = row.as_ref().map(|row| row.try_get(0)).transpose()?;
        self.definitions.confirm(&loaded, &self.keyring, mark)?;
        let has: Option<String> = row.map(|row| row.try_get(1)).transpose()?.flatten();
        if let Some(has) = has {
            leave::<AdmitError>(client).await?;
            return RoleId::new(has).map_err(|_| finally(loaded.damaged()));
        }
        loaded.programme.role(role).ok_or(Failed::Finally(AdmitError::UnknownRole))?;
        let free: Option<bool> = free.map(|row| row.try_get(0)).transpose()?;
        if free != Some(true) {
            return Err(Failed::Finally(AdmitError::Full));
        }
        let _touched = self.untidy.touch(&[Table::Member, Table::Seat]);
        let (admitted, ()) =
            tokio::try_join!(biased; async { client.execute(&admit, &[&id, &name, &tag]).await }, commit(client))
                .map_err(|error| Failed::at_the_end(&error))?;
        if admitted == 1 {
            Ok(role.clone())
        } else {
            // It has a seat of another role by now.
            Err(Failed::Again(StoreError::Unavailable { reason: "a member was admitted twice at once".into() }))
        }
    }
}

/// The seats that are counted: rooms, which are empty for the programme itself, roles, and how many there are.
fn counted_seats(programme: &Programme) -> (Vec<&str>, Vec<&str>, Vec<i64>) {
    let of_programme = programme.roles.iter().map(|role| ("", role.id.as_str(), i64::from(role.seats)));
    let limited = programme.rooms.iter().filter_map(|room| Some((room, room.seats_per_role?)));
    let of_rooms = limited.flat_map(|(room, seats)| {
        room.roles.iter().map(move |role| (room.id.as_str(), role.as_str(), i64::from(seats)))
    });
    let (mut rooms, mut roles, mut counts) = (Vec::new(), Vec::new(), Vec::new());
    for (room, role, seats) in of_programme.chain(of_rooms) {
        rooms.push(room);
        roles.push(role);
        counts.push(seats);
    }
    (rooms, roles, counts)
}
