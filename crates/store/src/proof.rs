//! What proving a whole audit log comes to, wherever its entries come from.

use crate::AuditHead;
use crate::entries::Kept;
use kkanbu_audit::{Broken, Verifier};

/// A proven audit log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AuditVerified {
    /// How many entries it has.
    pub entries: u64,
    /// Its head: the same as one that was noted earlier, or one that comes after it.
    pub head: AuditHead,
}

/// Why a log is not the one that it should be, once all of its entries follow each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unproven {
    /// Its head is another.
    #[error(transparent)]
    Broken(#[from] Broken),
    /// It ends before an entry that was noted earlier.
    #[error("it ends with entry {last}: what followed up to entry {noted} was taken away")]
    EndsBefore {
        /// Its last entry.
        last: u64,
        /// The entry that was noted.
        noted: u64,
    },
    /// An entry that was noted earlier is another one.
    #[error("its entry {noted} is another one than that which was noted: it was written anew")]
    Another {
        /// The entry that was noted.
        noted: u64,
    },
}

/// A proof that takes entries in the order of their numbers.
#[derive(Debug)]
pub(crate) struct Proof {
    verifier: Verifier,
    noted: AuditHead,
    /// The head as it was after the entry that was noted.
    found: AuditHead,
}

impl Proof {
    /// Begins before the first entry. `noted` must be in the log.
    pub(crate) const fn new(noted: AuditHead) -> Self {
        Self { verifier: Verifier::new(), noted, found: AuditHead::EMPTY }
    }

    /// Proves the next entry.
    pub(crate) fn next(&mut self, kept: &Kept) -> Result<(), Broken> {
        kept.prove(&mut self.verifier)?;
        if kept.number == self.noted.number {
            self.found = self.verifier.proven();
        }
        Ok(())
    }

    /// Entries from the first on that are whole.
    pub(crate) const fn proven(&self) -> u64 {
        self.verifier.proven().number
    }

    /// Ends behind the last entry, with the head that was kept beside them.
    pub(crate) fn end(self, head: &AuditHead) -> Result<AuditVerified, Unproven> {
        let head = self.verifier.end(head)?;
        if self.noted.number > head.number {
            return Err(Unproven::EndsBefore { last: head.number, noted: self.noted.number });
        }
        if self.found != self.noted {
            return Err(Unproven::Another { noted: self.noted.number });
        }
        Ok(AuditVerified { entries: head.number, head })
    }
}
