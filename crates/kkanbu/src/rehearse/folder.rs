//! A folder of one's own that goes when it is dropped.

use anyhow::Context;
use std::fs::DirBuilder;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

/// A temporary folder that only this user can read, removed with all that is in it on drop.
#[derive(Debug)]
pub(super) struct Folder(PathBuf);

impl Folder {
    pub(super) fn new() -> anyhow::Result<Self> {
        let path = std::env::temp_dir().join(format!("kkanbu-rehearsal-{:016x}", rand::random::<u64>()));
        DirBuilder::new().mode(0o700).create(&path).with_context(|| format!("no folder at {}", path.display()))?;
        Ok(Self(path))
    }

    pub(super) fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        if let Err(error) = std::fs::remove_dir_all(&self.0) {
            tracing::warn!(folder = %self.0.display(), %error, "the rehearsal's folder stays");
        }
    }
}
