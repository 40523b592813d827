//! A place in a room's log.

use std::fmt;

/// Place of a publication in its room's log. The first one is 1; 0 is "before all". Offsets go on across epochs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Offset(u64);

impl Offset {
    /// Before the first publication.
    pub const ZERO: Self = Self(0);

    /// Offsets travel as JSON numbers, which are exact to here (RFC 8259 §6).
    pub const MAX: u64 = (1 << 53) - 1;

    /// The offset with this number.
    pub const fn new(number: u64) -> Self {
        Self(number)
    }

    /// Its number.
    pub const fn get(self) -> u64 {
        self.0
    }

    /// The next place.
    #[must_use]
    pub const fn next(self) -> Self {
        Self(self.0 + 1)
    }
}

/// A text was not 16 hexadecimal digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an epoch is 16 lower-case hexadecimal digits")]
pub struct EpochError;

/// Which log: a random number that changes when continuity with what was before can't be proven.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Epoch(u64);

impl Epoch {
    /// The epoch with this random number.
    pub const fn new(random: u64) -> Self {
        Self(random)
    }

    /// Its number.
    pub const fn get(self) -> u64 {
        self.0
    }

    /// Reads the form that `Display` writes.
    pub fn parse(text: &str) -> Result<Self, EpochError> {
        let hex = |b: u8| b.is_ascii_digit() || (b'a'..=b'f').contains(&b);
        if text.len() != 16 || !text.bytes().all(hex) {
            return Err(EpochError);
        }
        u64::from_str_radix(text, 16).map(Self).map_err(|_| EpochError)
    }
}

impl fmt::Display for Epoch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

/// A place in a log, and which log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Position {
    /// Which log.
    pub epoch: Epoch,
    /// The place in it.
    pub offset: Offset,
}

/// Which room state something was decided on: the offset of the last publication that changed the state. A decision on
/// an older version is `Stale`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct StateVersion(pub Offset);
