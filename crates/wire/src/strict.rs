//! How commands' fields are read where serde by itself would take more than the contract allows: null for what may be left out, arrays for
//! objects, numbers that not every JSON reader keeps exact.

use crate::Position;
use kkanbu_model::Offset;
use serde::de::value::MapAccessDeserializer;
use serde::de::{Error, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use std::fmt;

/// A position as a command carries it: with nothing beside what the contract names.
#[derive(Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "schema", schemars(rename = "Position"))]
#[serde(deny_unknown_fields)]
pub(crate) struct ClosedPosition {
    /// Which log: 16 lower-case hexadecimal digits.
    #[cfg_attr(feature = "schema", schemars(regex(pattern = crate::shape::EPOCH)))]
    epoch: String,
    /// The place in it; 0 is before the first publication.
    #[serde(deserialize_with = "offset")]
    #[cfg_attr(feature = "schema", schemars(range(min = 0, max = crate::shape::NUMBER_MAX)))]
    offset: u64,
}

/// Reads a position from an object.
pub(crate) fn position<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Position, D::Error> {
    struct Object;

    impl<'de> Visitor<'de> for Object {
        type Value = ClosedPosition;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("an object with epoch and offset")
        }

        fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<ClosedPosition, A::Error> {
            ClosedPosition::deserialize(MapAccessDeserializer::new(map))
        }
    }

    let ClosedPosition { epoch, offset } = deserializer.deserialize_map(Object)?;
    Ok(Position { epoch, offset })
}

/// Reads a field that may be left out and is not null where it is there.
pub(crate) fn present<'de, D: Deserializer<'de>, T: Deserialize<'de>>(deserializer: D) -> Result<Option<T>, D::Error> {
    T::deserialize(deserializer).map(Some)
}

/// Reads an offset.
pub(crate) fn offset<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
    let number = u64::deserialize(deserializer)?;
    if number > Offset::MAX {
        return Err(D::Error::custom("an offset is at most 2^53-1"));
    }
    Ok(number)
}

/// Reads an offset that may be left out and is not null where it is there.
pub(crate) fn present_offset<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<u64>, D::Error> {
    offset(deserializer).map(Some)
}
