//! What lies in Redis and comes through its channels, as bytes: no serde, so that nothing gets in that is not written here.

use crate::IdempotencyKey;
use crate::local::Standing;
use kkanbu_model::{Epoch, Offset, StateVersion};
use std::collections::BTreeSet;

/// Bytes of an idempotency key, and of a fingerprint.
const KEY_BYTES: usize = 16;

/// A publication as it lies in its room: the command's key and the sealed envelope.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Record<'a> {
    pub(crate) key: IdempotencyKey,
    pub(crate) sealed: &'a [u8],
}

impl<'a> Record<'a> {
    pub(crate) fn read(bytes: &'a [u8]) -> Option<Self> {
        let (key, sealed) = bytes.split_at_checked(KEY_BYTES)?;
        Some(Self { key: IdempotencyKey(key.try_into().ok()?), sealed })
    }

    pub(crate) fn write(key: IdempotencyKey, sealed: &[u8]) -> Vec<u8> {
        [&key.0[..], sealed].concat()
    }
}

/// What a room's channel says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Told<'a> {
    /// A publication, and the room's version with it.
    Publication { epoch: Epoch, offset: Offset, version: StateVersion, fingerprint: [u8; 16], record: Record<'a> },
    /// A new epoch, and where the log stands in it.
    Epoch(Standing),
    /// Texts were taken out.
    Erased(BTreeSet<Offset>),
    /// Publications before this were deleted.
    Trimmed(Offset),
    /// The log is gone.
    Destroyed,
}

/// Reads what a channel said; `None` where it is nothing that this version knows.
pub(crate) fn read(bytes: &[u8]) -> Option<Told<'_>> {
    let (kind, rest) = bytes.split_first()?;
    match kind {
        b'P' => {
            let (epoch, rest) = read_epoch(rest)?;
            let (offset, rest) = read_number(rest)?;
            let (version, rest) = read_number(rest)?;
            let (fingerprint, rest) = rest.split_at_checked(KEY_BYTES)?;
            let (fingerprint, record) = (fingerprint.try_into().ok()?, Record::read(rest)?);
            Some(Told::Publication { epoch, offset, version: StateVersion(version), fingerprint, record })
        }
        b'E' => {
            let (epoch, rest) = read_epoch(rest)?;
            let (head, rest) = read_number(rest)?;
            let (version, rest) = read_number(rest)?;
            let kept_from = read_offset(rest)?;
            Some(Told::Epoch(Standing { epoch, head, version: StateVersion(version), kept_from }))
        }
        b'X' => Some(Told::Erased(rest.split(|byte| *byte == b',').map(read_offset).collect::<Option<_>>()?)),
        b'T' => Some(Told::Trimmed(read_offset(rest)?)),
        b'D' => Some(Told::Destroyed),
        _ => None,
    }
}

fn read_epoch(bytes: &[u8]) -> Option<(Epoch, &[u8])> {
    let (epoch, rest) = bytes.split_at_checked(16)?;
    Some((Epoch::parse(std::str::from_utf8(epoch).ok()?).ok()?, rest))
}

fn read_number(bytes: &[u8]) -> Option<(Offset, &[u8])> {
    let end = bytes.iter().position(|byte| *byte == b':')?;
    let (number, rest) = bytes.split_at_checked(end)?;
    Some((read_offset(number)?, rest.get(1..)?))
}

/// Reads an offset as scripts write them.
pub(crate) fn read_offset(bytes: &[u8]) -> Option<Offset> {
    let number: u64 = std::str::from_utf8(bytes).ok()?.parse().ok()?;
    (number <= Offset::MAX).then(|| Offset::new(number))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_scripts_write_is_read() {
        let key = IdempotencyKey([7; 16]);
        let record = Record::write(key, b"sealed:with:colons");
        let said = [b"P00000000000000ff12:9:".as_slice(), &[3; 16], &record].concat();
        let expected = Told::Publication {
            epoch: Epoch::new(255),
            offset: Offset::new(12),
            version: StateVersion(Offset::new(9)),
            fingerprint: [3; 16],
            record: Record { key, sealed: b"sealed:with:colons" },
        };
        assert_eq!(read(&said), Some(expected));
        let standing = Standing {
            epoch: Epoch::new(255),
            head: Offset::new(3),
            version: StateVersion(Offset::new(2)),
            kept_from: Offset::new(1),
        };
        assert_eq!(read(b"E00000000000000ff3:2:1"), Some(Told::Epoch(standing)));
        assert_eq!(read(b"X3,1"), Some(Told::Erased([Offset::new(1), Offset::new(3)].into())));
        assert_eq!(read(b"T4"), Some(Told::Trimmed(Offset::new(4))));
        assert_eq!(read(b"D"), Some(Told::Destroyed));
    }

    #[test]
    fn what_nobody_wrote_is_nothing() {
        for foreign in
            ["", "P", "Q1", "P00000000000000ff12", "E00000000000000ffx:1:1", "X", "X1,", "T-1", "T99999999999999999"]
        {
            assert_eq!(read(foreign.as_bytes()), None, "{foreign}");
        }
    }
}
