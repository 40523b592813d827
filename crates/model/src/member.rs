//! A member: a public key in one programme, and what a room knows of it.

use crate::{Handle, MembershipId, Minute, RoleId};
use data_encoding::BASE64URL_NOPAD;
use std::fmt;

/// Bytes of an Ed25519 public key.
pub const MEMBER_KEY_BYTES: usize = 32;

/// A text was not a public key's 43 characters of base64url.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a member key is {MEMBER_KEY_BYTES} bytes in base64url without padding, 43 characters")]
pub struct MemberKeyError;

/// The Ed25519 public key that a member *is*, in one programme and never in two. It does not print itself.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct MemberKey([u8; MEMBER_KEY_BYTES]);

impl MemberKey {
    /// The key of these bytes. Whether they are a point on the curve shows when a signature is checked.
    pub const fn from_bytes(bytes: [u8; MEMBER_KEY_BYTES]) -> Self {
        Self(bytes)
    }

    /// Its bytes.
    pub const fn as_bytes(&self) -> &[u8; MEMBER_KEY_BYTES] {
        &self.0
    }

    /// Reads the form that the wire carries.
    pub fn parse(text: &str) -> Result<Self, MemberKeyError> {
        let bytes = BASE64URL_NOPAD.decode(text.as_bytes()).map_err(|_| MemberKeyError)?;
        bytes.try_into().map(Self).map_err(|_| MemberKeyError)
    }

    /// The form that the wire carries: base64url without padding.
    pub fn to_text(self) -> String {
        BASE64URL_NOPAD.encode(&self.0)
    }
}

impl fmt::Debug for MemberKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MemberKey(…)")
    }
}

/// A member in one room.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Membership {
    /// What the log's sealed records call it.
    pub id: MembershipId,
    /// The pseudonym shown.
    pub handle: Handle,
    /// The member's role in the programme.
    pub role: RoleId,
    /// Whether it has posted: from then on the handle stays until a rotation.
    pub posted: bool,
    /// What moderators have done to it. It stays when the member leaves and comes in again.
    pub sanction: Sanction,
}

/// What moderators have done to a member in one room.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Sanction {
    /// May read and not write before this minute.
    pub muted_until: Option<Minute>,
    /// May neither read nor write, and can't come in again.
    pub removed: bool,
}

impl Sanction {
    /// When the mute ends, where one runs.
    pub fn muted_at(&self, now: Minute) -> Option<Minute> {
        self.muted_until.filter(|until| *until > now)
    }
}
