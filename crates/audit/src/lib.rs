//! The arithmetic of the hash-chained log: what an entry's hash covers, and how a chain is continued and proven.
//!
//! Nothing here does IO, opens what is sealed or knows a room, a message or a member. Whoever keeps the entries feeds them in.
//!
//! **What a chain shows:** that no entry was changed, taken out, put in or moved since its head was known. **What it does not:** whoever
//! can write all entries *and* the head can make another whole chain. Only a head that somebody noted elsewhere shows that.

mod chain;
mod entry;
mod verifier;

pub use chain::{Chain, Head};
pub use entry::{Entry, HASH_BYTES, Hash};
pub use verifier::{Broken, Verifier};
