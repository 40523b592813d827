//! Entries of the audit log as databases keep them: how they are opened and proven, and what of them waits for a room's log.

use crate::{AuditEntry, StoreError, act};
use kkanbu_audit::{Broken, Entry, Hash, Verifier};
use kkanbu_keys::Keyring;
use kkanbu_model::{Hour, PendingAct, ProgrammeId, RoomAddress};
use std::collections::HashMap;

/// An entry as the database has it.
#[derive(Debug)]
pub(crate) struct Kept {
    pub(crate) number: u64,
    pub(crate) hour: u64,
    pub(crate) programme: String,
    pub(crate) act: String,
    pub(crate) detail: Vec<u8>,
    pub(crate) hash: Hash,
}

impl Kept {
    /// Proves that it follows the last one.
    pub(crate) fn prove(&self, verifier: &mut Verifier) -> Result<(), Broken> {
        let Self { number, hour, programme, act, detail, hash } = self;
        verifier.next(&Entry { number: *number, hour: *hour, programme, act, detail }, hash)
    }

    /// Opens it, where its key is here; `ends` are the numbers of the last entries that ended programmes.
    pub(crate) fn open(self, keyring: &Keyring, ends: &HashMap<String, u64>) -> Result<AuditEntry, StoreError> {
        let Self { number, hour, programme, act, detail, hash } = self;
        // The key of a programme that ended is gone; one of the same name now is another's.
        let gone = ends.get(&programme).is_some_and(|end| *end >= number);
        let programme = ProgrammeId::new(programme).map_err(|_| StoreError::unreadable())?;
        let detail = match keyring.get(&programme) {
            Ok(key) if !gone => match act::open(&key, number, &detail) {
                Ok(act::Detail::InRoom(room, act, _key)) => Some((room, act)),
                Ok(act::Detail::Created) => None,
                Err(_) => return Err(StoreError::Damaged(programme)),
            },
            _ => None,
        };
        Ok(AuditEntry { number, hour: Hour::new(hour), programme, act, detail, hash })
    }
}

/// The act of an entry that waits for its room's log, where its key is here.
pub(crate) fn pending(
    keyring: &Keyring,
    number: u64,
    programme: String,
    detail: &[u8],
) -> Result<Option<PendingAct>, StoreError> {
    let programme = ProgrammeId::new(programme).map_err(|_| StoreError::unreadable())?;
    let Ok(key) = keyring.get(&programme) else { return Ok(None) };
    let Ok(act::Detail::InRoom(room, act, key)) = act::open(&key, number, detail) else {
        return Err(StoreError::Damaged(programme));
    };
    Ok(Some(PendingAct { number, room: RoomAddress { programme, room }, key, act }))
}
