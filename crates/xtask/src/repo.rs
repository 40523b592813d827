//! Where this repository is, and where its chores keep what they make.

use anyhow::Context;
use cargo_metadata::{Metadata, MetadataCommand};
use std::fs;
use std::path::{Path, PathBuf};

/// This repository.
#[derive(Debug, Clone)]
pub(crate) struct Repo {
    root: PathBuf,
    target: PathBuf,
}

impl Repo {
    /// The repository that xtask was called in.
    pub(crate) fn find() -> anyhow::Result<Self> {
        Ok(Self::of(&metadata()?))
    }

    /// The repository that cargo described.
    pub(crate) fn of(metadata: &Metadata) -> Self {
        Self {
            root: metadata.workspace_root.clone().into_std_path_buf(),
            target: metadata.target_directory.clone().into_std_path_buf(),
        }
    }

    /// The folder that holds everything.
    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    /// A file or folder of the repository.
    pub(crate) fn at(&self, path: &str) -> PathBuf {
        self.root.join(path)
    }

    /// A file that cargo built.
    pub(crate) fn built(&self, path: &str) -> PathBuf {
        self.target.join(path)
    }

    /// A place for what chores make or install. All of it may be deleted at any time.
    pub(crate) fn kept(&self, name: &str) -> anyhow::Result<PathBuf> {
        let folder = self.target.join("xtask");
        fs::create_dir_all(&folder).with_context(|| format!("could not make {}", folder.display()))?;
        Ok(folder.join(name))
    }
}

#[cfg(test)]
impl Repo {
    /// The same, keeping things elsewhere.
    pub(crate) fn with_target(self, target: &Path) -> Self {
        Self { target: target.to_owned(), ..self }
    }
}

/// What cargo says about the workspace.
pub(crate) fn metadata() -> anyhow::Result<Metadata> {
    // By the folder that it is called in: two clones may share a target folder, and with it this binary.
    MetadataCommand::new().no_deps().exec().context("cargo metadata")
}
