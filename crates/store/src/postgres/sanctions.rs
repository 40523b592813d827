//! What acts do, to members and to the audit log: all of it in one transaction.

use super::Inner;
use super::counting::SANCTIONS;
use super::error::{Failed, finally};
use super::loaded::Loaded;
use super::log::{self, Entering, Entry};
use super::tidy::Table;
use super::transaction::{ALONE, MARK, SHARED, begin, commit, leave};
use crate::act::{self, Detail};
use crate::sanction::{self, Record, sanction_tag};
use crate::{ActError, Acted, StoreError, sealing};
use deadpool_postgres::ClientWrapper;
use kkanbu_keys::Tag;
use kkanbu_model::{CommandKey, Handle, Hour, Membership, MembershipId, RoomAct, RoomAddress};
use tokio_postgres::Row;

/// All memberships of the room.
const MEMBERSHIPS: &str = "SELECT tag, role, posted, sealed FROM membership WHERE programme = $1 AND room = $2";

/// The entry of the act that was done under this key.
const DONE: &str = "
SELECT number, detail FROM act JOIN audit USING (number) WHERE act.programme = $1 AND act.tag = $2";

const KEEP: &str = "
INSERT INTO sanction (programme, tag, sealed) VALUES ($1, $2, $3)
ON CONFLICT (programme, tag) DO UPDATE SET sealed = excluded.sealed";

const FORGET: &str = "DELETE FROM sanction WHERE programme = $1 AND tag = $2";

/// Records what the entry was asked for under, and whether its event is to be published.
const RECORD: &str = "
WITH waits AS (INSERT INTO pending (number) SELECT $3::bigint WHERE $4)
INSERT INTO act (programme, tag, number) VALUES ($1, $2, $3)";

/// What an act finds before it is done.
struct Found {
    /// Whom it concerns, where it concerns somebody, and its membership, where it is in the room.
    member: Option<(Record, Option<MembershipId>)>,
    /// The end of the log, held.
    head: Row,
    /// The entry of the act that was done under this key.
    done: Option<(u64, Vec<u8>)>,
}

impl Inner {
    /// Does an act, unless it was done.
    pub(super) async fn act(
        &self,
        client: &ClientWrapper,
        room: &RoomAddress,
        act: &RoomAct,
        key: CommandKey,
        hour: Hour,
    ) -> Result<Acted, Failed<ActError>> {
        let loaded = self.definitions.load(client, &self.keyring, &room.programme).await?;
        loaded.room(room).map_err(finally)?;
        let tag = act::command_tag(&loaded.key, &room.programme, key);
        let detail = Detail::InRoom(room.room.clone(), act.clone(), key);
        let found = self.find(client, &loaded, room, act.handle(), &tag).await?;
        if let Some((number, sealed)) = found.done {
            leave::<ActError>(client).await?;
            let done = act::open(&loaded.key, number, &sealed).map_err(|_| finally(loaded.damaged()))?;
            if !done.is_asked_again_by(&detail) {
                return Err(Failed::Finally(ActError::KeyReused));
            }
            return Ok(acted(number, found.member.as_ref(), true));
        }
        if act.handle().is_some() && found.member.is_none() {
            return Err(Failed::Finally(ActError::UnknownHandle));
        }
        let member = found.member.map(|(record, id)| (record.after(act), id));
        let entry = Entry::after(&found.head, hour, &room.programme, act::name(&room.room, act), |number| {
            act::seal(&loaded.key, number, &detail).map_err(|_| loaded.damaged())
        })
        .map_err(finally)?;
        self.write(client, &loaded, member.as_ref().map(|(record, _)| record), &entry, &tag, act).await?;
        let number = u64::try_from(entry.number).unwrap_or_default();
        Ok(acted(number, member.as_ref(), false))
    }

    /// Begins, and reads what the act needs to know. Who acts on a member holds the programme alone: nobody gets or lets go a handle until
    /// it is done.
    async fn find(
        &self,
        client: &ClientWrapper,
        loaded: &Loaded,
        room: &RoomAddress,
        handle: Option<&Handle>,
        tag: &Tag,
    ) -> Result<Found, Failed<ActError>> {
        let (programme, id, tag) = (room.programme.as_str(), room.room.as_str(), tag.as_slice());
        let hold = if handle.is_some() { ALONE } else { SHARED };
        let (lock, mark, memberships, sanctions, head, done) = tokio::try_join!(
            client.prepare_cached(hold),
            client.prepare_cached(MARK),
            client.prepare_cached(MEMBERSHIPS),
            client.prepare_cached(SANCTIONS),
            client.prepare_cached(log::HOLD_HEAD),
            client.prepare_cached(DONE),
        )?;
        let (member, head, done) = if let Some(handle) = handle {
            let ((), memberships, sanctions, head, done) = tokio::try_join!(
                biased;
                begin(client, &lock, &room.programme),
                async { client.query(&memberships, &[&programme, &id]).await },
                async { client.query(&sanctions, &[&programme]).await },
                async { client.query_one(&head, &[]).await },
                async { client.query_opt(&done, &[&programme, &tag]).await },
            )?;
            let records = self.records(loaded, room, &sanctions)?;
            (concerned(loaded, room, handle, &memberships, records)?, head, done)
        } else {
            let ((), row, head, done) = tokio::try_join!(
                biased;
                begin(client, &lock, &room.programme),
                async { client.query_opt(&mark, &[&programme]).await },
                async { client.query_one(&head, &[]).await },
                async { client.query_opt(&done, &[&programme, &tag]).await },
            )?;
            let mark: Option<&[u8]> = row.as_ref().map(|row| row.try_get(0)).transpose()?;
            self.definitions.confirm(loaded, &self.keyring, mark)?;
            (None, head, done)
        };
        let done = done.map(|row| {
            let number = u64::try_from(row.try_get::<_, i64>(0)?).map_err(|_| finally(StoreError::unreadable()))?;
            Ok::<_, Failed<ActError>>((number, row.try_get(1)?))
        });
        Ok(Found { member, head, done: done.transpose()? })
    }

    /// Writes all of it and commits.
    async fn write(
        &self,
        client: &ClientWrapper,
        loaded: &Loaded,
        record: Option<&Record>,
        entry: &Entry<'_>,
        tag: &Tag,
        act: &RoomAct,
    ) -> Result<(), Failed<ActError>> {
        let programme = loaded.programme.id.as_str();
        let (keep, forget, note) = tokio::try_join!(
            client.prepare_cached(KEEP),
            client.prepare_cached(FORGET),
            client.prepare_cached(RECORD),
        )?;
        let entering = Entering::prepare(client).await?;
        let under = record.map(|record| sanction_tag(&loaded.key, &record.membership));
        let sealed = match (record, &under) {
            (Some(record), Some(under)) if !record.is_empty() => {
                let sealed = sanction::seal(&loaded.key, &loaded.programme.id, under, record);
                Some(sealed.map_err(|_| finally(loaded.damaged()))?)
            }
            _ => None,
        };
        let under = under.as_ref().map(<[u8; 32]>::as_slice);
        let sanction = async {
            match (under, &sealed) {
                (Some(under), Some(sealed)) => client.execute(&keep, &[&programme, &under, sealed]).await,
                (Some(under), None) => client.execute(&forget, &[&programme, &under]).await,
                (None, _) => Ok(0),
            }
        };
        let _touched = self.untidy.touch(if under.is_some() { &[Table::Sanction, Table::Act] } else { &[Table::Act] });
        tokio::try_join!(
            biased;
            sanction,
            entering.enter(client, entry),
            async { client.execute(&note, &[&programme, &tag.as_slice(), &entry.number, &act.event().is_some()]).await },
            commit(client),
        )
        .map_err(|error| Failed::at_the_end(&error))?;
        Ok(())
    }
}

/// What the member is under who has this handle, or who was sanctioned under it, and its membership, where it is in the room.
fn concerned(
    loaded: &Loaded,
    room: &RoomAddress,
    handle: &Handle,
    rows: &[Row],
    records: Vec<Record>,
) -> Result<Option<(Record, Option<MembershipId>)>, Failed<ActError>> {
    let mut memberships = Vec::new();
    for row in rows {
        let tag: Tag = row.try_get::<_, &[u8]>(0)?.try_into().map_err(|_| finally(loaded.damaged()))?;
        let membership = sealing::open(&loaded.key, room, &tag, row.try_get(3)?, row.try_get(2)?);
        let membership: Membership = membership.map_err(|_| finally(loaded.damaged()))?;
        if membership.role.as_str() != row.try_get::<_, &str>(1)? {
            return Err(finally(loaded.damaged()));
        }
        memberships.push((tag, membership));
    }
    let has = memberships.iter().find(|(_, membership)| membership.handle == *handle);
    if let Some((tag, membership)) = has {
        let record = records.into_iter().find(|record| record.membership == *tag);
        let record = record.unwrap_or_else(|| Record::new(room.room.clone(), *tag));
        return Ok(Some((record, Some(membership.id))));
    }
    let record = records.into_iter().find(|record| record.names(handle));
    Ok(record.map(|record| {
        let inside = memberships.iter().find(|(tag, _)| *tag == record.membership);
        let id = inside.map(|(_, membership)| membership.id);
        (record, id)
    }))
}

fn acted(number: u64, member: Option<&(Record, Option<MembershipId>)>, again: bool) -> Acted {
    Acted {
        number,
        member: member.and_then(|(_, id)| *id),
        sanction: member.map(|(record, _)| record.sanction()),
        again,
    }
}
