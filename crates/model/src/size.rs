//! How big a room is, as far as anybody may know.

/// A room's size as a band. The exact number would show joins and leaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SizeBand {
    /// 1 to 9, and nobody at all.
    UpTo9,
    /// 10 to 29.
    UpTo29,
    /// 30 to 99.
    UpTo99,
    /// 100 to 299.
    UpTo299,
    /// 300 to 999.
    UpTo999,
    /// 1000 and more.
    From1000,
}

impl SizeBand {
    /// All bands, smallest first.
    pub const ALL: [Self; 6] = [Self::UpTo9, Self::UpTo29, Self::UpTo99, Self::UpTo299, Self::UpTo999, Self::From1000];

    /// The band that this many members fall into.
    pub const fn of(members: u64) -> Self {
        match members {
            0..=9 => Self::UpTo9,
            10..=29 => Self::UpTo29,
            30..=99 => Self::UpTo99,
            100..=299 => Self::UpTo299,
            300..=999 => Self::UpTo999,
            1000.. => Self::From1000,
        }
    }

    /// The band as the wire shows it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::UpTo9 => "1-9",
            Self::UpTo29 => "10-29",
            Self::UpTo99 => "30-99",
            Self::UpTo299 => "100-299",
            Self::UpTo999 => "300-999",
            Self::From1000 => "1000+",
        }
    }
}
