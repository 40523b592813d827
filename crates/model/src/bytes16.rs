//! The two 128-bit random values: the key of a command and the id of a membership.

use data_encoding::BASE64URL_NOPAD;
use std::fmt;

/// A text was not 22 characters of base64url for 16 bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a key is 16 bytes in base64url without padding, 22 characters")]
pub struct KeyError;

/// Idempotency key of one command: made once by the client for what the person did, kept through every retry.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct CommandKey([u8; 16]);

/// A member in one room, as the log's sealed records name it. Random, never derived from the member's key, and gone
/// with the membership: leaving and joining again makes a stranger.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct MembershipId([u8; 16]);

impl CommandKey {
    /// The key made of these random bytes.
    pub const fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    /// Its bytes.
    pub const fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }

    /// Reads the form that the wire carries.
    pub fn parse(text: &str) -> Result<Self, KeyError> {
        let bytes = BASE64URL_NOPAD.decode(text.as_bytes()).map_err(|_| KeyError)?;
        bytes.try_into().map(Self).map_err(|_| KeyError)
    }

    /// The form that the wire carries: base64url without padding.
    pub fn to_text(self) -> String {
        BASE64URL_NOPAD.encode(&self.0)
    }
}

impl MembershipId {
    /// The id made of these random bytes.
    pub const fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    /// Its bytes.
    pub const fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }
}

// Both tie things to one person, so neither is ever printed.
impl fmt::Debug for CommandKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CommandKey(…)")
    }
}

impl fmt::Debug for MembershipId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MembershipId(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn command_key_survives_its_text() {
        let key = CommandKey::from_bytes([7; 16]);
        assert_eq!(key.to_text().len(), 22);
        assert_eq!(CommandKey::parse(&key.to_text()), Ok(key));
    }

    #[test]
    fn a_key_of_another_length_is_refused() {
        for text in ["", "AAAA", "AAAAAAAAAAAAAAAAAAAAAA==", "AAAAAAAAAAAAAAAAAAAAAAAA"] {
            assert_eq!(CommandKey::parse(text), Err(KeyError), "{text}");
        }
    }
}
