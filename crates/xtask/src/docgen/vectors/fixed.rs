//! The inputs that the vectors are made from. None of them is random, so that the files stay the same.

use data_encoding::BASE64URL_NOPAD;
use kkanbu_model::CommandKey;

/// The server's origin.
pub(in crate::docgen) const SERVER: &str = "http://localhost:8080";
/// The programme.
pub(in crate::docgen) const PROGRAMME: &str = "anyang-2022";
/// A room that everybody is in.
pub(in crate::docgen) const ROOM: &str = "plaza";
/// A room's epoch.
pub(in crate::docgen) const EPOCH: &str = "4f0c8a1d2e3b5f67";
/// A minute in December 2025.
pub(in crate::docgen) const MINUTE: u64 = 29_412_345;
/// The one whose session the vectors are of.
pub(in crate::docgen) const OWN: &str = "용감한 고라니";
/// Somebody else.
pub(in crate::docgen) const OTHER: &str = "느긋한 수달";
/// A join code.
pub(in crate::docgen) const CODE: &str = "mzxw6ytboi2dinrs";

/// The seed of the member whose session it is.
pub(super) fn seed() -> [u8; 16] {
    counting(0)
}

/// A challenge's nonce.
pub(super) fn nonce() -> String {
    BASE64URL_NOPAD.encode(&counting::<32>(0xA0))
}

/// The key of the `n`th thing that the person did.
pub(in crate::docgen) fn key(n: u8) -> String {
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
