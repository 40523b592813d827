//! What the schemas say of texts and numbers beyond their type. The checks themselves are in `kkanbu-model`; the tests of
//! `proto/` hold the two together.

use kkanbu_model::{Offset, SizeBand};

/// Id of a programme, role or room.
pub(crate) const ID: &str = "^[a-z0-9][a-z0-9-]{0,63}$";

/// 16 bytes in base64url without padding. The last character holds two bits of them.
pub(crate) const BYTES_16: &str = "^[A-Za-z0-9_-]{21}[AQgw]$";

/// 32 bytes in base64url without padding. The last character holds four bits of them.
pub(crate) const BYTES_32: &str = "^[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]$";

/// 64 bytes in base64url without padding. The last character holds two bits of them.
pub(crate) const BYTES_64: &str = "^[A-Za-z0-9_-]{85}[AQgw]$";

/// 32 bytes in lower-case hexadecimal.
pub(crate) const HASH: &str = "^[0-9a-f]{64}$";

/// An epoch.
pub(crate) const EPOCH: &str = "^[0-9a-f]{16}$";

/// The largest whole number that every JSON reader keeps exact.
pub(crate) const NUMBER_MAX: u64 = Offset::MAX;

/// The bands that a room's size falls into.
pub(crate) fn sizes() -> [&'static str; 6] {
    SizeBand::ALL.map(SizeBand::as_str)
}
