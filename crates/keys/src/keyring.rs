//! The content keys of all running programmes, in memory.

use crate::ContentKey;
use kkanbu_model::ProgrammeId;
use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

/// No key of this programme is loaded: it does not run here, or it has ended.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("programme {0} has no content key here")]
pub struct UnknownProgramme(pub ProgrammeId);

/// The content keys that this process may use. Shared; a key that was handed out lives until its last user lets go.
#[derive(Debug, Clone, Default)]
pub struct Keyring(Arc<RwLock<HashMap<ProgrammeId, Arc<ContentKey>>>>);

impl Keyring {
    /// Adds a programme's key.
    pub fn insert(&self, programme: ProgrammeId, key: ContentKey) {
        self.0.write().unwrap_or_else(PoisonError::into_inner).insert(programme, Arc::new(key));
    }

    /// Forgets a programme's key.
    pub fn remove(&self, programme: &ProgrammeId) {
        self.0.write().unwrap_or_else(PoisonError::into_inner).remove(programme);
    }

    /// The programme's key.
    pub fn get(&self, programme: &ProgrammeId) -> Result<Arc<ContentKey>, UnknownProgramme> {
        let keys = self.0.read().unwrap_or_else(PoisonError::into_inner);
        keys.get(programme).cloned().ok_or_else(|| UnknownProgramme(programme.clone()))
    }
}
