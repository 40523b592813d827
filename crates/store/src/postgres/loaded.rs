//! A programme as a call needs it: its definition, and the key that its rows are tagged and sealed with.
//!
//! A definition never changes, so it is kept in memory; whether it is still that programme's the database says with each question, by the mark
//! that it drew when the programme was made. Nothing else is kept: another node may have changed it.

use super::error::{Failed, finally};
use crate::{StoreError, definition};
use deadpool_postgres::ClientWrapper;
use kkanbu_keys::{ContentKey, Keyring};
use kkanbu_model::{Programme, ProgrammeId, Room, RoomAddress};
use parking_lot::Mutex;
use std::collections::HashMap;
use std::sync::{Arc, Weak};

/// Definitions that are kept; where there are more, all are read anew.
const KEPT_MAX: usize = 256;

const DEFINITION: &str = "SELECT definition, key_tag, mark FROM programme WHERE id = $1";

/// A programme that was in the database, and its key.
#[derive(Clone)]
pub(super) struct Loaded {
    pub(super) programme: Arc<Programme>,
    pub(super) key: Arc<ContentKey>,
    mark: Vec<u8>,
}

/// What is kept of one programme; it does not keep the key alive.
struct Kept {
    programme: Arc<Programme>,
    key: Weak<ContentKey>,
    mark: Vec<u8>,
}

/// Definitions that were read.
#[derive(Default)]
pub(super) struct Definitions(Mutex<HashMap<ProgrammeId, Kept>>);

impl Definitions {
    /// The programme, whose content key must be in the keyring.
    pub(super) async fn load<E: From<StoreError>>(
        &self,
        client: &ClientWrapper,
        keyring: &Keyring,
        id: &ProgrammeId,
    ) -> Result<Loaded, Failed<E>> {
        let key = content_key(keyring, id).map_err(finally)?;
        if let Some(loaded) = self.known(id, &key) {
            return Ok(loaded);
        }
        let statement = client.prepare_cached(DEFINITION).await?;
        let row = client.query_opt(&statement, &[&id.as_str()]).await?;
        let row = row.ok_or_else(|| finally(StoreError::UnknownProgramme(id.clone())))?;
        let (json, tag, mark): (String, Vec<u8>, Vec<u8>) = (row.try_get(0)?, row.try_get(1)?, row.try_get(2)?);
        let programme = Arc::new(definition::of_row_with(&key, id, &json, &tag).map_err(finally)?);
        let kept = Kept { programme: Arc::clone(&programme), key: Arc::downgrade(&key), mark: mark.clone() };
        let mut known = self.0.lock();
        if known.len() >= KEPT_MAX {
            known.clear();
        }
        known.insert(id.clone(), kept);
        Ok(Loaded { programme, key, mark })
    }

    fn known(&self, id: &ProgrammeId, key: &Arc<ContentKey>) -> Option<Loaded> {
        let known = self.0.lock();
        // As long as it is held weakly, no other key has its place in memory.
        let kept = known.get(id).filter(|kept| std::ptr::eq(kept.key.as_ptr(), Arc::as_ptr(key)))?;
        Some(Loaded { programme: Arc::clone(&kept.programme), key: Arc::clone(key), mark: kept.mark.clone() })
    }

    /// Whether what the database says is what was loaded. Where it is not, the call begins anew with what the database has now.
    pub(super) fn confirm<E: From<StoreError>>(
        &self,
        loaded: &Loaded,
        keyring: &Keyring,
        mark: Option<&[u8]>,
    ) -> Result<(), Failed<E>> {
        let id = &loaded.programme.id;
        // A key that was destroyed meanwhile seals and opens nothing any more.
        if !Arc::ptr_eq(&loaded.key, &content_key(keyring, id).map_err(finally)?) {
            return Err(finally(StoreError::UnknownProgramme(id.clone())));
        }
        match mark {
            Some(mark) if mark == loaded.mark => Ok(()),
            Some(_) => {
                self.0.lock().remove(id);
                Err(Failed::Again(StoreError::UnknownProgramme(id.clone())))
            }
            None => {
                self.0.lock().remove(id);
                Err(finally(StoreError::UnknownProgramme(id.clone())))
            }
        }
    }
}

/// The programme's content key, where it is here.
pub(super) fn content_key(keyring: &Keyring, programme: &ProgrammeId) -> Result<Arc<ContentKey>, StoreError> {
    keyring.get(programme).map_err(|unknown| StoreError::UnknownProgramme(unknown.0))
}

impl Loaded {
    /// The room's definition.
    pub(super) fn room(&self, room: &RoomAddress) -> Result<&Room, StoreError> {
        self.programme.room(&room.room).ok_or_else(|| StoreError::UnknownRoom(room.clone()))
    }

    /// Something sealed does not open.
    pub(super) fn damaged(&self) -> StoreError {
        StoreError::Damaged(self.programme.id.clone())
    }
}
