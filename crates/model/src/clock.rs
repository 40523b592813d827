//! Time as this project keeps it: whole minutes, from a clock that tests can replace.

use std::time::Duration;

/// Whole minutes since 1970-01-01T00:00Z: the finest time that is ever stored with a post.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Minute(u64);

impl Minute {
    /// The minute with this number.
    pub const fn new(minutes_since_1970: u64) -> Self {
        Self(minutes_since_1970)
    }

    /// Its number.
    pub const fn get(self) -> u64 {
        self.0
    }

    /// This many minutes later.
    #[must_use]
    pub const fn plus(self, minutes: u64) -> Self {
        Self(self.0.saturating_add(minutes))
    }

    /// This many minutes before.
    #[must_use]
    pub const fn minus(self, minutes: u64) -> Self {
        Self(self.0.saturating_sub(minutes))
    }

    /// The minute in which this time since 1970 lies.
    pub const fn containing(since_1970: Duration) -> Self {
        Self(since_1970.as_secs() / 60)
    }
}

/// Whole hours since 1970-01-01T00:00Z: all that the audit log tells of when.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Hour(u64);

impl Hour {
    /// The hour with this number.
    pub const fn new(hours_since_1970: u64) -> Self {
        Self(hours_since_1970)
    }

    /// Its number.
    pub const fn get(self) -> u64 {
        self.0
    }

    /// The hour in which this minute lies.
    pub const fn containing(minute: Minute) -> Self {
        Self(minute.0 / 60)
    }
}

/// The wall clock. Only this trait's implementations may ask the operating system for the time of day.
pub trait Clock: Send + Sync {
    /// The current minute.
    fn minute(&self) -> Minute;
}

/// The operating system's wall clock. A time before 1970 reads as minute 0.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn minute(&self) -> Minute {
        #[expect(clippy::disallowed_methods, reason = "this is the one place where the wall clock is read")]
        let now = std::time::SystemTime::now();
        Minute::containing(now.duration_since(std::time::UNIX_EPOCH).unwrap_or_default())
    }
}
