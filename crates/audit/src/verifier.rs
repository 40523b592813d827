//! Proves a chain, or names its first bad entry.

use crate::{Entry, Hash, Head};

/// What is wrong, at the first entry where something is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Broken {
    /// There is no entry of this number, though there are later ones or the head knows of it.
    #[error("entry {0} is missing")]
    Missing(u64),
    /// An entry of this number was there already, or the number is before all others.
    #[error("entry {0} is there twice, or out of its place")]
    Twice(u64),
    /// The entry, or the one before it, is not what was written.
    #[error("entry {0} was changed: its hash is not that of its content")]
    Changed(u64),
    /// The chain's head does not know of this entry.
    #[error("entry {0} was added behind the chain's head")]
    Added(u64),
    /// The last entry is whole, but the head has another hash for it.
    #[error("the chain's head is not the hash of entry {0}: one of both was changed")]
    OtherHead(u64),
}

impl Broken {
    /// The number of the first bad entry.
    pub const fn number(self) -> u64 {
        match self {
            Self::Missing(number)
            | Self::Twice(number)
            | Self::Changed(number)
            | Self::Added(number)
            | Self::OtherHead(number) => number,
        }
    }
}

/// Takes a chain's entries in the order of their numbers. After the first error it is of no more use.
#[derive(Debug, Clone, Copy)]
pub struct Verifier {
    proven: Head,
}

impl Verifier {
    /// Begins before the first entry.
    pub const fn new() -> Self {
        Self { proven: Head::EMPTY }
    }

    /// The last entry that was proven, and its hash.
    pub const fn proven(&self) -> Head {
        self.proven
    }

    /// Proves the next entry, which was kept with this hash.
    pub fn next(&mut self, entry: &Entry<'_>, kept: &Hash) -> Result<(), Broken> {
        let number = self.proven.number.saturating_add(1);
        if entry.number > number {
            return Err(Broken::Missing(number));
        }
        if entry.number < number {
            return Err(Broken::Twice(entry.number));
        }
        let hash = entry.hash(&self.proven.hash);
        if hash != *kept {
            return Err(Broken::Changed(number));
        }
        self.proven = Head { number, hash };
        Ok(())
    }

    /// Ends behind the last entry: the chain is whole if it ends in the head that was kept beside it.
    pub fn end(self, head: &Head) -> Result<Head, Broken> {
        let last = self.proven.number;
        if head.number > last {
            Err(Broken::Missing(last.saturating_add(1)))
        } else if head.number < last {
            Err(Broken::Added(head.number.saturating_add(1)))
        } else if head.hash == self.proven.hash {
            Ok(self.proven)
        } else {
            Err(Broken::OtherHead(last))
        }
    }
}

impl Default for Verifier {
    fn default() -> Self {
        Self::new()
    }
}
