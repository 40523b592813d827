//! A folder for its owner alone that goes when it is dropped.

use super::BackupError;
use std::fs::{self, DirBuilder};
use std::io;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

/// The folder.
#[derive(Debug)]
pub(super) struct Private(PathBuf);

impl Private {
    /// Makes it empty: one that was left behind goes now.
    pub(super) fn new(path: PathBuf) -> Result<Self, BackupError> {
        let make = || {
            match fs::remove_dir_all(&path) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                _ => (),
            }
            DirBuilder::new().mode(0o700).create(&path)
        };
        make().map_err(|source| BackupError::Io { path: path.clone(), source })?;
        Ok(Self(path))
    }

    pub(super) fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Private {
    fn drop(&mut self) {
        // What stays is removed by whoever makes it anew.
        let _ = fs::remove_dir_all(&self.0);
    }
}
