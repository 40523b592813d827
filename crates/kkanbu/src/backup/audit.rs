//! Proves the chain of what administrators and moderators did: in a data folder while the server runs or not, in a store's copy, or in a
//! backup. Needs no key: details stay sealed.

use super::databases::file;
use super::format::Name;
use super::private::Private;
use super::{BackupError, open};
use data_encoding::HEXLOWER;
use kkanbu_store::AuditHead;
use kkanbu_store::sqlite::{AuditProblem, AuditVerified, verify_audit_since};
use std::fs::File;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

/// Where an audit log is.
#[derive(Debug)]
pub(crate) enum Of<'a> {
    /// The store of this data folder.
    Data(&'a Path),
    /// A store or a backup.
    File(&'a Path),
}

/// What stands before the hash in a head's text.
const SEPARATOR: char = ':';

/// What a backup begins with, whatever its version.
const BACKUP: &[u8] = b"kkanbu backup ";

/// As `12:0a1b…`, to be noted outside of the server.
pub(crate) fn head_as_text(head: &AuditHead) -> String {
    format!("{}{SEPARATOR}{}", head.number, HEXLOWER.encode(&head.hash))
}

/// Reads what [`head_as_text`] gave.
pub(crate) fn head_from_text(text: &str) -> Result<AuditHead, String> {
    let head = || {
        let (number, hash) = text.split_once(SEPARATOR)?;
        let hash = HEXLOWER.decode(hash.as_bytes()).ok()?.try_into().ok()?;
        Some(AuditHead { number: number.parse().ok()?, hash })
    };
    head().ok_or_else(|| "a head is a number, a colon and 64 hex digits, as `kkanbu verify audit` prints it".to_owned())
}

/// Proves the whole chain, and that `noted` is in it. The outer error says that it could not be looked at.
pub(crate) fn verify(of: &Of<'_>, noted: AuditHead) -> Result<Result<AuditVerified, AuditProblem>, BackupError> {
    match of {
        Of::Data(data) => prove(&file(data, Name::Store), noted),
        Of::File(path) if !is_backup(path)? => prove(path, noted),
        Of::File(path) => {
            let name = format!("kkanbu-verify-{:016x}", rand::random::<u64>());
            let folder = Private::new(std::env::temp_dir().join(name))?;
            let store = file(folder.path(), Name::Store);
            let to = |name| match name {
                Name::Store => Ok(Box::new(File::create_new(&store)?) as Box<dyn Write>),
                Name::Log => Ok(Box::new(io::sink()) as Box<dyn Write>),
            };
            let unpacked = open(path)?.unpack(to, |_| ());
            unpacked.map_err(|source| BackupError::Backup { path: PathBuf::from(path), source })?;
            prove(&store, noted)
        }
    }
}

fn is_backup(path: &Path) -> Result<bool, BackupError> {
    let mut begin = Vec::new();
    let read = File::open(path).and_then(|file| file.take(BACKUP.len() as u64).read_to_end(&mut begin));
    read.map_err(|source| BackupError::Io { path: path.into(), source })?;
    Ok(begin == BACKUP)
}

fn prove(store: &Path, noted: AuditHead) -> Result<Result<AuditVerified, AuditProblem>, BackupError> {
    match verify_audit_since(store, noted) {
        Err(problem @ (AuditProblem::Open(_) | AuditProblem::NoLog { .. })) => Err(BackupError::Audit(problem)),
        proven => Ok(proven),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_head_survives_being_noted() {
        let head = AuditHead { number: 12, hash: [0xab; 32] };
        assert_eq!(head_from_text(&head_as_text(&head)), Ok(head));
        for bad in ["", "12", "12:ab", "x:ab", &format!("-1:{}", "ab".repeat(32)), &format!("1:{}", "AB".repeat(32))] {
            assert!(head_from_text(bad).is_err(), "{bad}");
        }
    }
}
