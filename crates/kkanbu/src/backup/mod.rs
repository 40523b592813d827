//! Backups: one file with the store and the log of one moment, taken while the server runs or not, and never with a key in it.
//!
//! [`mod@format`] is the file, [`databases`] catches the moment, [`target`] is where it goes, [`mod@restore`] puts it back.

mod audit;
mod databases;
pub(crate) mod format;
mod private;
mod progress;
mod restore;
mod target;

pub(crate) use audit::{Of, head_as_text, head_from_text, verify as verify_audit};
pub(crate) use restore::restore;
pub(crate) use target::TargetError;

use crate::storage::{Folders, StorageError};
use databases::Moment;
use format::{Manifest, Name, Part, ReadError, Reader};
use kkanbu_model::{Clock, Hour, SystemClock};
use kkanbu_store::sqlite::AuditProblem;
use progress::Progress;
use serde::Serialize;
use std::fs::File;
use std::io::{self, BufReader, BufWriter, Write};
use std::path::{Path, PathBuf};
use target::{Partial, Target};

/// Why no backup was taken, or it can't be used. Nothing was changed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum BackupError {
    #[error("there is no data at {0}; is data_folder the right one?")]
    NoData(PathBuf),
    #[error(
        "the store was written to all the time, so that no moment could be caught; try again when fewer members come in"
    )]
    NoMoment,
    #[error("the store and the log in {0} belong to different servers; put the pair that belongs together in place")]
    MixedServers(PathBuf),
    #[error(
        "{backup} is a backup of another server than the keys in {keys}; name the backup and the key folder that belong together"
    )]
    OtherServer { backup: PathBuf, keys: PathBuf },
    #[error(
        "{0} has data already; to put the backup in their place, add --replace: they are set aside and never deleted"
    )]
    DataThere(PathBuf),
    #[error("{path}: {source}")]
    Io { path: PathBuf, source: io::Error },
    #[error("{path}: {source}")]
    Backup { path: PathBuf, source: ReadError },
    #[error("the backup that was just written is not whole: {0}")]
    Unsound(ReadError),
    #[error(transparent)]
    Audit(AuditProblem),
    #[error(transparent)]
    Target(#[from] TargetError),
    #[error(transparent)]
    Storage(#[from] StorageError),
}

/// A backup that was taken.
#[derive(Debug, Serialize)]
pub(crate) struct Taken {
    pub(crate) file: PathBuf,
    pub(crate) bytes: u64,
    pub(crate) made: String,
}

/// Takes a backup of a data folder. `to` is a file that is not there yet, or a folder.
pub(crate) fn take(folders: &Folders, to: &Path) -> Result<Taken, BackupError> {
    folders.refuse_half_restored()?;
    let made = hour_now();
    let target = Target::new(to, &made, folders)?;
    let moment = Moment::catch(&folders.data)?;
    let server = server_tag(moment.server().as_bytes());
    let files = [(Name::Store, target.partial("store")?), (Name::Log, target.partial("log")?)];
    let [(_, store), (_, log)] = &files;
    let copying = Progress::new("copying");
    moment.write(store.path(), log.path())?;
    drop(copying);
    let mut parts = Vec::new();
    for (name, copy) in &files {
        let measured = File::open(copy.path()).and_then(format::measure).map_err(|source| copy.io(source))?;
        let schema = databases::version(copy.path()).map_err(|source| copy.io(source))?;
        parts.push(Part { name: *name, schema, bytes: measured.0, sha256: measured.1 });
    }
    let kkanbu = env!("CARGO_PKG_VERSION").to_owned();
    let manifest = Manifest { kkanbu, server, made: made.clone(), parts };
    let whole = target.partial("")?;
    bind(&manifest, files.into_iter().map(|(_, copy)| copy), &whole).map_err(|source| whole.io(source))?;
    let bytes = check(whole.path())?;
    target.publish(whole)?;
    Ok(Taken { file: target.path().to_owned(), bytes, made })
}

/// Writes the manifest and then each part, whose copy goes as soon as it is in.
fn bind(manifest: &Manifest, parts: impl Iterator<Item = Partial>, whole: &Partial) -> io::Result<()> {
    let mut out = BufWriter::new(whole.create()?);
    out.write_all(&manifest.head()?)?;
    for part in parts {
        io::copy(&mut File::open(part.path())?, &mut out)?;
    }
    out.into_inner().map_err(io::IntoInnerError::into_error)?.sync_all()
}

/// Reads what was written once more, as `restore` will.
fn check(path: &Path) -> Result<u64, BackupError> {
    let reader = open(path)?;
    let (bytes, progress) = (reader.bytes(), Progress::new("checking the backup"));
    let checked = reader.unpack(|_| Ok(io::sink()), |read| progress.is_at(read, bytes));
    checked.map_err(BackupError::Unsound)?;
    Ok(bytes)
}

/// Opens a backup file.
fn open(path: &Path) -> Result<Reader<BufReader<File>>, BackupError> {
    let file = File::open(path).map_err(|source| BackupError::Io { path: path.into(), source })?;
    Reader::open(BufReader::new(file)).map_err(|source| BackupError::Backup { path: path.into(), source })
}

/// Tells the data of one server from those of another, and nothing else.
fn server_tag(server: &[u8]) -> String {
    let mut tag = format::sha256(&[b"kkanbu backup of ".as_slice(), server].concat());
    tag.truncate(32);
    tag
}

fn hour_now() -> String {
    hour(Hour::containing(SystemClock.minute()))
}

/// As `2026-11-05T14Z`.
fn hour(hour: Hour) -> String {
    // Howard Hinnant's days_from_civil, the other way round: years begin with March, so that leap days come last.
    let days = hour.get() / 24 + 719_468;
    let (era, day) = (days / 146_097, days % 146_097);
    let year = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365;
    let of_year = day - (365 * year + year / 4 - year / 100);
    let march = (5 * of_year + 2) / 153;
    let (day, month) = (of_year - (153 * march + 2) / 5 + 1, if march < 10 { march + 3 } else { march - 9 });
    let year = era * 400 + year + u64::from(month <= 2);
    format!("{year:04}-{month:02}-{day:02}T{:02}Z", hour.get() % 24)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hours_read_as_dates() {
        for (number, text) in [
            (0, "1970-01-01T00Z"),
            (24 * 59, "1970-03-01T00Z"),
            (24 * 11_016 + 23, "2000-02-29T23Z"),
            (24 * 11_017, "2000-03-01T00Z"),
            (24 * 20_762 + 14, "2026-11-05T14Z"),
            (24 * 20_818, "2026-12-31T00Z"),
        ] {
            assert_eq!(hour(Hour::new(number)), text);
        }
    }

    #[test]
    fn a_server_tag_is_not_the_servers_id() {
        assert_eq!(server_tag(&[0xab; 16]).len(), 32);
        assert!(!server_tag(&[0xab; 16]).contains("abab"));
        assert_ne!(server_tag(&[1; 16]), server_tag(&[2; 16]));
    }
}
