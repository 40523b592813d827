//! What is asked over a whole room: how many are in it, and who is under something.

use super::Inner;
use super::error::{Failed, finally};
use super::loaded::Loaded;
use crate::StoreError;
use crate::sanction::{self, Record};
use deadpool_postgres::ClientWrapper;
use kkanbu_keys::Tag;
use kkanbu_model::{RoleId, RoomAddress};
use std::collections::BTreeMap;
use tokio_postgres::Row;

/// How many memberships of each role the room has that are not among these.
const COUNT: &str = "
SELECT role, count(*) FROM membership WHERE programme = $1 AND room = $2 AND tag <> ALL ($3) GROUP BY role";

/// Who is under something in the programme.
pub(super) const SANCTIONS: &str = "
SELECT p.mark, s.tag, s.sealed FROM programme p LEFT JOIN sanction s ON s.programme = p.id WHERE p.id = $1";

impl Inner {
    /// How many members of each role the room has. Who was removed is asked before the counting, in the same trip where it is nobody.
    pub(super) async fn members(
        &self,
        client: &ClientWrapper,
        room: &RoomAddress,
    ) -> Result<BTreeMap<RoleId, u64>, Failed<StoreError>> {
        let loaded = self.definitions.load(client, &self.keyring, &room.programme).await?;
        let definition = loaded.room(room).map_err(finally)?;
        let (sanctions, count) = tokio::try_join!(client.prepare_cached(SANCTIONS), client.prepare_cached(COUNT))?;
        let (programme, id) = (room.programme.as_str(), room.room.as_str());
        let nobody: Vec<&[u8]> = Vec::new();
        let (under, mut counted) = tokio::try_join!(
            biased;
            async { client.query(&sanctions, &[&programme]).await },
            async { client.query(&count, &[&programme, &id, &nobody]).await },
        )?;
        let records = self.records(&loaded, room, &under)?;
        let removed: Vec<&[u8]> = records
            .iter()
            .filter(|record| record.removed.is_some())
            .map(|record| record.membership.as_slice())
            .collect();
        if !removed.is_empty() {
            counted = client.query(&count, &[&programme, &id, &removed]).await?;
        }
        let mut members: BTreeMap<RoleId, u64> = definition.roles.iter().map(|role| (role.clone(), 0)).collect();
        for row in counted {
            let (role, count): (String, i64) = (row.try_get(0)?, row.try_get(1)?);
            if let Some(members) = RoleId::new(role).ok().and_then(|role| members.get_mut(&role)) {
                *members = u64::try_from(count).unwrap_or(0);
            }
        }
        Ok(members)
    }

    /// Who is under something in this room, of the rows of [`SANCTIONS`].
    pub(super) fn records<E: From<StoreError>>(
        &self,
        loaded: &Loaded,
        room: &RoomAddress,
        rows: &[Row],
    ) -> Result<Vec<Record>, Failed<E>> {
        let mark: Option<&[u8]> = rows.first().map(|row| row.try_get(0)).transpose()?;
        self.definitions.confirm(loaded, &self.keyring, mark)?;
        let mut records = Vec::new();
        for row in rows {
            let Some(tag) = row.try_get::<_, Option<&[u8]>>(1)? else { continue };
            let tag: Tag = tag.try_into().map_err(|_| finally(loaded.damaged()))?;
            let sealed: &[u8] = row.try_get(2)?;
            let record = sanction::open_own(&loaded.key, &room.programme, &tag, sealed);
            records.push(record.map_err(|_| finally(loaded.damaged()))?);
        }
        records.retain(|record| record.room == room.room);
        Ok(records)
    }
}
