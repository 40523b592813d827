//! The inputs that the vectors are made from. None of them is random, so that the files stay the same.

use data_encoding::BASE64URL_NOPAD;
use kkanbu_model::CommandKey;

/// The server's origin.
pub(super) const SERVER: &str = "http://localhost:8080";
/// The programme.
pub(super) const PROGRAMME: &str = "anyang-2022";
/// A room that everybody is in.
pub(super) const ROOM: &str = "plaza";
/// A room's epoch.
pub(super) const EPOCH: &str = "4f0c8a1d2e3b5f67";
/// A minute in December 2025.
pub(super) const MINUTE: u64 = 29_412_345;
/// The one whose session the vectors are of.
pub(super) const OWN: &str = "용감한 고라니";
/// Somebody else.
pub(super) const OTHER: &str = "느긋한 수달";
/// A join code.
pub(super) const CODE: &str = "mzxw6ytboi2dinrs";

/// The seed of the member whose session it is.
pub(super) fn seed() -> [u8; 16] {
    counting(0)
}

/// A challenge's nonce.
pub(super) fn nonce() -> String {
    BASE64URL_NOPAD.encode(&counting::<32>(0xA0))
}

/// The key of the `n`th thing that the person did.
pub(super) fn key(n: u8) -> String {
    CommandKey::from_bytes(counting(n.wrapping_mul(16))).to_text()
}

/// Bytes that count up from `first`.
pub(super) fn counting<const N: usize>(first: u8) -> [u8; N] {
    let mut next = first;
    [(); N].map(|()| {
        let byte = next;
        next = next.wrapping_add(1);
        byte
    })
}
