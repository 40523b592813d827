//! How the fields of the admin socket's commands are read: in range, or not at all.

use super::{AUDIT_ENTRIES_MAX, MUTE_MINUTES_MAX, POSTS_MAX, PostsOnly, SLOW_SECONDS_MAX};
use kkanbu_model::{CommandKey, Handle, Offset, ProgrammeId, RoomId};
use serde::de::Error;
use serde::{Deserialize, Deserializer};
use std::fmt::Display;
use std::ops::RangeInclusive;

/// A text that `check` finds nothing wrong with.
fn checked<'de, D: Deserializer<'de>, T, E: Display>(
    deserializer: D,
    check: impl Fn(&str) -> Result<T, E>,
) -> Result<String, D::Error> {
    let text = String::deserialize(deserializer)?;
    check(&text).map_err(D::Error::custom)?;
    Ok(text)
}

/// A number in `range`.
fn number<'de, D, T>(deserializer: D, what: &str, range: &RangeInclusive<T>) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de> + PartialOrd + Display,
{
    let number = T::deserialize(deserializer)?;
    if range.contains(&number) {
        return Ok(number);
    }
    Err(D::Error::custom(format_args!("{what} is {} to {}", range.start(), range.end())))
}

/// Reads a programme's id.
pub(super) fn programme<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    checked(deserializer, |text| ProgrammeId::new(text))
}

/// Reads a room's id.
pub(super) fn room<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    checked(deserializer, |text| RoomId::new(text))
}

/// Reads a handle.
pub(super) fn handle<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    checked(deserializer, |text| Handle::new(text))
}

/// Reads the key of an act, where there is one.
pub(super) fn key<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    checked(deserializer, CommandKey::parse).map(Some)
}

/// Reads a post's offset.
pub(super) fn offset<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
    number(deserializer, "an offset", &(1..=Offset::MAX))
}

/// Reads an offset that may be left out.
pub(super) fn before<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<u64>, D::Error> {
    offset(deserializer).map(Some)
}

/// Reads the number of an audit entry, 0 for the one before the first, that may be left out.
pub(super) fn after<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<u64>, D::Error> {
    number(deserializer, "after", &(0..=Offset::MAX)).map(Some)
}

/// Reads how many posts to give.
pub(super) fn posts<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u16, D::Error> {
    number(deserializer, "limit", &(1..=POSTS_MAX))
}

/// Reads how many audit entries to give.
pub(super) fn entries<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u16, D::Error> {
    number(deserializer, "limit", &(1..=AUDIT_ENTRIES_MAX))
}

/// Reads the seconds of slow mode.
pub(super) fn seconds<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u32, D::Error> {
    number(deserializer, "seconds", &(0..=SLOW_SECONDS_MAX))
}

/// Reads the minutes of a mute.
pub(super) fn minutes<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u32, D::Error> {
    number(deserializer, "minutes", &(1..=MUTE_MINUTES_MAX))
}

/// Reads which posts to give. serde by itself would take a variant as an object too.
pub(super) fn only<'de, D: Deserializer<'de>>(deserializer: D) -> Result<PostsOnly, D::Error> {
    let text = String::deserialize(deserializer)?;
    PostsOnly::from_name(&text).ok_or_else(|| D::Error::custom("only is all, hidden or open_questions"))
}
