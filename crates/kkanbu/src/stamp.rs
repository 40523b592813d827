//! Tells whether the data folder is the one that was last used here, or was put back from an older copy.
//!
//! A random stamp lies in the data folder and beside the keys, which no copy of the data holds. Both get a new one at each start and at each
//! orderly end. Data with another stamp than the keys' were put back: then what clients hold of the rooms can't be proven any more, and every
//! room begins a new epoch. A copy taken and put back between two starts without an orderly end in between is not noticed; nor is one of a
//! single file.

use data_encoding::HEXLOWER;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

const FILE: &str = "data-stamp";

/// The two places of the stamp.
#[derive(Debug)]
pub(crate) struct Stamp {
    data: PathBuf,
    keys: PathBuf,
}

impl Stamp {
    pub(crate) fn new(data: &Path, keys: &Path) -> Self {
        Self { data: data.join(FILE), keys: keys.join(FILE) }
    }

    /// Whether the data are those that were last used with these keys. True where neither has a stamp yet.
    pub(crate) fn fits(&self) -> bool {
        fs::read(&self.data).ok() == fs::read(&self.keys).ok()
    }

    /// Gives both a new stamp. Interrupted in between, they do not fit, which costs a needless epoch and nothing else.
    pub(crate) fn renew(&self) -> io::Result<()> {
        let stamp = HEXLOWER.encode(&rand::random::<[u8; 16]>());
        write(&self.keys, &stamp)?;
        write(&self.data, &stamp)
    }
}

fn write(path: &Path, stamp: &str) -> io::Result<()> {
    let partial = path.with_extension("partial");
    let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&partial)?;
    file.write_all(stamp.as_bytes())?;
    file.sync_all()?;
    fs::rename(&partial, path)?;
    path.parent().map_or(Ok(()), |folder| File::open(folder)?.sync_all())
}
