//! Names that organisers give: of programmes, roles and rooms. None of them names a person.

use std::fmt;
use std::sync::Arc;

/// Longest id, in bytes.
const ID_BYTES_MAX: usize = 64;

/// A text is not an id.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("an id has 1 to {ID_BYTES_MAX} of a-z, 0-9 and -, and starts with a letter or digit")]
pub struct IdError;

fn checked(text: String) -> Result<String, IdError> {
    let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
    let fits = (1..=ID_BYTES_MAX).contains(&text.len()) && text.bytes().all(plain) && !text.starts_with('-');
    if fits { Ok(text) } else { Err(IdError) }
}

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        ///
        /// Clones share the text.
        #[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(Arc<str>);

        impl $name {
            /// Checks that `text` is an id.
            pub fn new(text: impl Into<String>) -> Result<Self, IdError> {
                checked(text.into()).map(|text| Self(text.into()))
            }

            /// The id's text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

id! {
    /// One run of mentoring, as `anyang-2022`.
    ProgrammeId
}
id! {
    /// A role in a programme, as `mentor`.
    RoleId
}
id! {
    /// A room in a programme, as `plaza`.
    RoomId
}

/// A room among all rooms of a server.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RoomAddress {
    /// The programme that the room belongs to.
    pub programme: ProgrammeId,
    /// The room in it.
    pub room: RoomId,
}

impl fmt::Display for RoomAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.programme, self.room)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_short_plain_and_lower_case() {
        assert!(RoomId::new("topic-1").is_ok());
        for bad in ["", "-a", "Plaza", "광장", "a/b", "a b", &"x".repeat(65)] {
            assert_eq!(RoomId::new(bad), Err(IdError), "{bad}");
        }
    }
}
