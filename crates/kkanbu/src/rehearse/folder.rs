//! A folder of one's own that goes when it is dropped, or one that stays.

use anyhow::{Context, bail};
use std::fs::DirBuilder;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

/// A folder that only this user can read. A temporary one is removed with all that is in it on drop.
#[derive(Debug)]
pub(super) struct Folder {
    path: PathBuf,
    stays: bool,
}

impl Folder {
    pub(super) fn new() -> anyhow::Result<Self> {
        let path = std::env::temp_dir().join(format!("kkanbu-rehearsal-{:016x}", rand::random::<u64>()));
        DirBuilder::new().mode(0o700).create(&path).with_context(|| format!("no folder at {}", path.display()))?;
        Ok(Self { path, stays: false })
    }

    /// A folder that stays. It must not be there yet, or be empty.
    pub(super) fn at(path: &Path) -> anyhow::Result<Self> {
        let path = std::path::absolute(path)?;
        if std::fs::read_dir(&path).is_ok_and(|mut files| files.next().is_some()) {
            bail!("{} is not empty; a rehearsal begins with nothing: name another folder", path.display());
        }
        let made = DirBuilder::new().recursive(true).mode(0o700).create(&path);
        made.with_context(|| format!("no folder at {}", path.display()))?;
        Ok(Self { path, stays: true })
    }

    pub(super) fn stays(&self) -> bool {
        self.stays
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        if self.stays {
            return;
        }
        if let Err(error) = std::fs::remove_dir_all(&self.path) {
            tracing::warn!(folder = %self.path.display(), %error, "the rehearsal's folder stays");
        }
    }
}
