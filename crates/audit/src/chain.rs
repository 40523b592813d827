//! The end of a chain, and how it is continued.

use crate::{Entry, HASH_BYTES, Hash};

/// The last entry's number and hash: all that continuing a chain needs, and what proves that none of its entries was touched.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Head {
    /// How many entries there are.
    pub number: u64,
    /// The hash of the last; zeros where there is none.
    pub hash: Hash,
}

impl Head {
    /// The head of a chain without entries.
    pub const EMPTY: Self = Self { number: 0, hash: [0; HASH_BYTES] };
}

/// A chain that grows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Chain {
    head: Head,
}

impl Chain {
    /// The chain that ends in `head`.
    pub const fn after(head: Head) -> Self {
        Self { head }
    }

    /// Its head.
    pub const fn head(&self) -> Head {
        self.head
    }

    /// The number that the next entry has. Whoever seals a detail for its place needs it beforehand.
    pub const fn next_number(&self) -> u64 {
        self.head.number.saturating_add(1)
    }

    /// Adds an entry under the next number, and returns the new head with its hash.
    pub fn append(&mut self, hour: u64, programme: &str, act: &str, detail: &[u8]) -> Head {
        let number = self.next_number();
        let entry = Entry { number, hour, programme, act, detail };
        self.head = Head { number, hash: entry.hash(&self.head.hash) };
        self.head
    }
}

impl Default for Chain {
    fn default() -> Self {
        Self::after(Head::EMPTY)
    }
}
