//! Where a backup goes: a name that is free and lies outside the data and key folders, and appears only when the backup is whole.

use super::BackupError;
use crate::config::absolute;
use crate::storage::Folders;
use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

/// Why a backup can't go there.
#[derive(Debug, thiserror::Error)]
pub(crate) enum TargetError {
    #[error("{0} is already there; a backup is never overwritten: name another file")]
    Taken(PathBuf),
    #[error("{0} lies in the data folder: a backup there is lost with the data; name a place on another disk")]
    InData(PathBuf),
    #[error("{0} lies in the key folder: a backup there is lost with the keys, and keys and data are kept apart")]
    InKeys(PathBuf),
    #[error("{0} is no folder that is there; make it first")]
    NoFolder(PathBuf),
}

/// A free name.
#[derive(Debug)]
pub(super) struct Target(PathBuf);

impl Target {
    pub(super) fn new(to: &Path, made: &str, folders: &Folders) -> Result<Self, TargetError> {
        let path = if to.is_dir() { to.join(format!("kkanbu-{made}.backup")) } else { to.to_owned() };
        let path = absolute(&path);
        for (folder, refuse) in
            [(&folders.data, TargetError::InData as fn(_) -> _), (&folders.keys, TargetError::InKeys)]
        {
            if path.starts_with(absolute(folder)) {
                return Err(refuse(path));
            }
        }
        if !path.parent().is_some_and(Path::is_dir) || to.as_os_str().as_encoded_bytes().ends_with(b"/") && !to.is_dir()
        {
            return Err(TargetError::NoFolder(path.parent().unwrap_or(Path::new("/")).to_owned()));
        }
        if path.symlink_metadata().is_ok() {
            return Err(TargetError::Taken(path));
        }
        Ok(Self(path))
    }

    pub(super) fn path(&self) -> &Path {
        &self.0
    }

    /// A file beside it that goes when it is dropped. What an interrupted backup left under this name goes now.
    pub(super) fn partial(&self, of: &str) -> Result<Partial, BackupError> {
        let mut name = self.0.clone().into_os_string();
        name.push(".partial");
        if !of.is_empty() {
            name.push(".");
            name.push(of);
        }
        let partial = Partial(name.into());
        partial.remove().map_err(|source| partial.io(source))?;
        Ok(partial)
    }

    /// The backup appears under its name.
    #[expect(clippy::needless_pass_by_value, reason = "the partial file is gone afterwards")]
    pub(super) fn publish(&self, whole: Partial) -> Result<(), BackupError> {
        let io_at = |source| BackupError::Io { path: self.0.clone(), source };
        // A hard link, unlike a rename, never replaces a file that is there. Some file systems of disks for backups have none.
        match fs::hard_link(&whole.0, &self.0) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                return Err(TargetError::Taken(self.0.clone()).into());
            }
            Err(_) => fs::rename(&whole.0, &self.0).map_err(io_at)?,
            Ok(()) => (),
        }
        self.0.parent().map_or(Ok(()), |folder| File::open(folder)?.sync_all()).map_err(io_at)
    }
}

/// A file that is not finished, for its owner alone. Goes when it is dropped.
#[derive(Debug)]
pub(super) struct Partial(PathBuf);

impl Partial {
    pub(super) fn path(&self) -> &Path {
        &self.0
    }

    pub(super) fn create(&self) -> io::Result<File> {
        OpenOptions::new().write(true).create_new(true).mode(0o600).open(&self.0)
    }

    pub(super) fn io(&self, source: io::Error) -> BackupError {
        BackupError::Io { path: self.0.clone(), source }
    }

    /// With what the copying may have left beside it.
    fn remove(&self) -> io::Result<()> {
        let beside = ["", "-wal", "-shm", "-journal", ".partial"].map(|suffix| {
            let mut name = self.0.clone().into_os_string();
            name.push(suffix);
            PathBuf::from(name)
        });
        // The log's copy is made under another name than the store's.
        let extended = (self.0.extension() != Some("partial".as_ref())).then(|| self.0.with_extension("partial"));
        for path in beside.into_iter().chain(extended) {
            match fs::remove_file(path) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                _ => (),
            }
        }
        Ok(())
    }
}

impl Drop for Partial {
    fn drop(&mut self) {
        // Whoever takes the next backup under this name removes it.
        let _ = self.remove();
    }
}
