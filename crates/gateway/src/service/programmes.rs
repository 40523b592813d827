//! The programmes that run on this server: their definitions and content keys.

use crate::join_code::join_code;
use kkanbu_broker::{Broker, BrokerError};
use kkanbu_keys::{ContentKey, FolderError, KeyFolder, Keyring, UnknownProgramme};
use kkanbu_model::{Clock, Hour, Programme, ProgrammeId, Role};
use kkanbu_store::{Store, StoreError};
use parking_lot::RwLock;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

/// Why a programme was not started or ended.
#[derive(Debug, thiserror::Error)]
pub enum ProgrammesError {
    /// Its key can't be used.
    #[error(transparent)]
    Keys(#[from] FolderError),
    /// The store can't be used, or has another programme of this id.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The log can't be used.
    #[error(transparent)]
    Broker(#[from] BrokerError),
}

/// The programmes that run here. Shared: clones are the same programmes.
#[derive(Clone)]
pub struct Programmes {
    folder: KeyFolder,
    keyring: Keyring,
    store: Arc<dyn Store>,
    broker: Arc<dyn Broker>,
    clock: Arc<dyn Clock>,
    running: Arc<RwLock<HashMap<ProgrammeId, Arc<Programme>>>>,
    /// One programme is created or destroyed at a time.
    acting: Arc<tokio::sync::Mutex<()>>,
}

impl Programmes {
    /// All programmes that the store has. Fails where the content key of one is missing; finishes destroying those whose key
    /// was destroyed before the process ended.
    pub async fn load(
        folder: KeyFolder,
        keyring: Keyring,
        store: Arc<dyn Store>,
        broker: Arc<dyn Broker>,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, ProgrammesError> {
        let (running, acting) = (Arc::default(), Arc::default());
        let programmes = Self { folder, keyring, store, broker, clock, running, acting };
        for programme in programmes.store.programmes().await? {
            if programmes.folder.is_destroyed(&programme.id) {
                programmes.destroy(&programme.id).await?;
                continue;
            }
            let key = programmes.folder.content_key(&programme.id)?;
            programmes.keyring.insert(programme.id.clone(), key);
            programmes.running.write().insert(programme.id.clone(), Arc::new(programme));
        }
        Ok(programmes)
    }

    /// Creates a programme, or finds it as it is. The key comes first: a programme without a key is never in the store.
    pub async fn create(&self, programme: Programme) -> Result<Arc<Programme>, ProgrammesError> {
        let _acting = self.acting.lock().await;
        if self.keyring.get(&programme.id).is_err() {
            let key = match self.folder.content_key(&programme.id) {
                Err(FolderError::Missing { .. }) => self.folder.create_content_key(&programme.id)?,
                found => found?,
            };
            self.keyring.insert(programme.id.clone(), key);
        }
        self.store.create_programme(&programme, self.hour()).await?;
        let programme = Arc::new(programme);
        self.running.write().insert(programme.id.clone(), programme.clone());
        Ok(programme)
    }

    /// Destroys a programme: first its key, after which nothing of it can be read, then what is left of it.
    async fn destroy(&self, id: &ProgrammeId) -> Result<(), ProgrammesError> {
        let _acting = self.acting.lock().await;
        self.stop(id);
        self.folder.destroy(id)?;
        self.keyring.remove(id);
        self.broker.destroy(id).await?;
        self.store.destroy_programme(id, self.hour()).await?;
        Ok(())
    }

    fn hour(&self) -> Hour {
        Hour::containing(self.clock.minute())
    }

    /// Nobody comes in any more.
    fn stop(&self, id: &ProgrammeId) {
        self.running.write().remove(id);
    }

    /// The programme with this id.
    pub fn get(&self, id: &ProgrammeId) -> Option<Arc<Programme>> {
        self.running.read().get(id).cloned()
    }

    /// Whether a programme of this id has ended here: its key was destroyed, and no other takes its id.
    pub fn has_ended(&self, id: &ProgrammeId) -> bool {
        self.folder.is_destroyed(id)
    }

    /// All programmes, by id.
    pub fn all(&self) -> Vec<Arc<Programme>> {
        let mut all: Vec<_> = self.running.read().values().cloned().collect();
        all.sort_by(|a, b| a.id.cmp(&b.id));
        all
    }

    /// The join links of a programme on this origin, by role.
    pub fn join_links(
        &self,
        programme: &Programme,
        origin: &str,
    ) -> Result<BTreeMap<String, String>, UnknownProgramme> {
        let key = self.key(&programme.id)?;
        let link = |role: &Role| {
            let code = join_code(&key, programme, &role.id);
            (role.id.to_string(), format!("{origin}/#/join/{}/{code}", programme.id))
        };
        Ok(programme.roles.iter().map(link).collect())
    }

    /// The programme's content key.
    pub fn key(&self, id: &ProgrammeId) -> Result<Arc<ContentKey>, UnknownProgramme> {
        self.keyring.get(id)
    }
}

impl super::Service {
    /// Ends a programme for good: its sessions are closed, its rooms end, and everything of it is destroyed.
    pub(crate) async fn end_programme(&self, id: &ProgrammeId) -> Result<(), ProgrammesError> {
        self.programmes.stop(id);
        self.sessions.end_programme(id);
        self.feeds.end_programme(id);
        self.programmes.destroy(id).await
    }
}
