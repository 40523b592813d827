//! Stretches of a room's log, from its ring or from the journal: in order and without hole, or an error that says where.

use crate::local::{Following, History, Read, RoomLog};
use crate::memory::{JournalError, JournalReader, StoredPage};
use crate::{BrokerError, envelope, telemetry};
use async_trait::async_trait;
use kkanbu_keys::Keyring;
use kkanbu_model::{Offset, RoomAddress};
use std::sync::Arc;

/// Reads logs on threads where blocking is allowed.
#[derive(Clone)]
pub(crate) struct Pages {
    pub(crate) reader: Arc<dyn JournalReader>,
    pub(crate) keyring: Keyring,
}

#[async_trait]
impl History for Pages {
    async fn complete(
        &self,
        room: &Arc<RoomLog>,
        after: Offset,
        following: Following,
        limit: usize,
    ) -> Result<Read, BrokerError> {
        match following {
            Following::Ready(publications) => Ok(Read { kept_from: Offset::ZERO, publications, stopped_by: None }),
            Following::InJournal { through } => self.read_journal(room, after, through, limit).await,
        }
    }
}

impl Pages {
    async fn read_journal(
        &self,
        room: &Arc<RoomLog>,
        after: Offset,
        through: Offset,
        limit: usize,
    ) -> Result<Read, BrokerError> {
        loop {
            let revision = room.revision();
            let (pages, of_room) = (self.clone(), Arc::clone(room));
            let read = blocking(move || {
                let page = pages.reader.read(of_room.address(), after, through, limit)?;
                Ok(page.map(|page| pages.open(of_room.address(), after, through, limit, &page)))
            })
            .await?;
            // The room may have been destroyed while its records were read, and then holes mean nothing.
            let Some(read) = read.filter(|_| !room.is_closed()) else { return Err(BrokerError::Closed) };
            // Where something was taken out meanwhile, what was read may hold it still.
            if room.revision() == revision {
                return read;
            }
        }
    }

    fn open(
        &self,
        address: &RoomAddress,
        after: Offset,
        through: Offset,
        limit: usize,
        page: &StoredPage,
    ) -> Result<Read, BrokerError> {
        let unknown = |_| BrokerError::UnknownProgramme(address.programme.clone());
        let content_key = self.keyring.get(&address.programme).map_err(unknown)?;
        let mut publications = Vec::with_capacity(page.records.len());
        let mut expected = after.next().max(page.kept_from);
        for record in &page.records {
            let opened = (record.offset == expected)
                .then(|| envelope::open(&content_key, address, record.key, record.offset, &record.sealed));
            let Some(Ok(publication)) = opened else { break };
            publications.push(Arc::new(publication));
            expected = expected.next();
        }
        let complete = expected > through || publications.len() >= limit;
        let stopped_by = (!complete).then(|| {
            telemetry::record_damaged();
            BrokerError::Damaged(address.clone(), expected)
        });
        Ok(Read { kept_from: page.kept_from, publications, stopped_by })
    }
}

/// Runs journal reads where blocking is allowed.
pub(crate) async fn blocking<T: Send + 'static>(
    read: impl FnOnce() -> Result<T, JournalError> + Send + 'static,
) -> Result<T, BrokerError> {
    match tokio::task::spawn_blocking(read).await {
        Ok(read) => Ok(read?),
        Err(_) => Err(BrokerError::Unavailable { reason: "the read was cut off".to_owned() }),
    }
}
