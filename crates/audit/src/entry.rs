//! One entry, and exactly which bytes its hash covers.

use aws_lc_rs::digest::{Context, SHA256};

/// Bytes of an entry's hash.
pub const HASH_BYTES: usize = 32;

/// An entry's hash.
pub type Hash = [u8; HASH_BYTES];

/// Keeps these hashes apart from all others, and names the format's version.
const LABEL: &[u8] = b"kkanbu audit entry v1";

/// One entry of the log, as it is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Entry<'a> {
    /// Its number; the first is 1.
    pub number: u64,
    /// When: whole hours since 1970-01-01T00:00Z.
    pub hour: u64,
    /// The id of the programme that it is about.
    pub programme: &'a str,
    /// The name of what was done.
    pub act: &'a str,
    /// The rest, sealed, or empty.
    pub detail: &'a [u8],
}

impl Entry<'_> {
    /// The entry's hash: SHA-256 (FIPS 180-4) over these seven fields, one after the other:
    ///
    /// | # | Field | Bytes |
    /// |---|---|---|
    /// | 1 | label | `kkanbu audit entry v1`, ASCII |
    /// | 2 | hash of the entry before | 32; zeros for the first entry |
    /// | 3 | number | 8, big-endian |
    /// | 4 | hour | 8, big-endian |
    /// | 5 | programme | UTF-8 |
    /// | 6 | act | UTF-8 |
    /// | 7 | detail | as it is kept |
    ///
    /// Before each field stands its length in bytes, as 8 bytes big-endian, so that no two entries have the same bytes.
    pub fn hash(&self, before: &Hash) -> Hash {
        let mut context = Context::new(&SHA256);
        let (number, hour) = (self.number.to_be_bytes(), self.hour.to_be_bytes());
        let fields = [LABEL, before, &number, &hour, self.programme.as_bytes(), self.act.as_bytes(), self.detail];
        for field in fields {
            context.update(&(field.len() as u64).to_be_bytes());
            context.update(field);
        }
        let mut hash = Hash::default();
        hash.copy_from_slice(context.finish().as_ref());
        hash
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use data_encoding::HEXLOWER;

    /// Made by an implementation that shares nothing with this one; see the comment.
    const GOLDEN: [&str; 2] = [
        "3ca3e0aabce642be5190fea22fc3f60d91754e1ba4621ec41bd499a8b6b19520",
        "e87b662fc14ae58d026af97369f801d8f3a079abc0d30b53b17f5f4cd0e9660d",
    ];

    // python3 -c '
    // import hashlib, struct
    // def h(before, number, hour, programme, act, detail):
    //     fields = [b"kkanbu audit entry v1", before, struct.pack(">Q", number), struct.pack(">Q", hour),
    //               programme.encode(), act.encode(), detail]
    //     return hashlib.sha256(b"".join(struct.pack(">Q", len(f)) + f for f in fields)).digest()
    // one = h(bytes(32), 1, 490896, "anyang-2022", "programme.create", b"")
    // two = h(one, 2, 490897, "anyang-2022", "room.freeze", bytes(range(40)))
    // print(one.hex(), two.hex())'
    #[test]
    fn hashes_are_those_of_the_golden_vector() {
        let one = Entry { number: 1, hour: 490_896, programme: "anyang-2022", act: "programme.create", detail: &[] };
        let detail: Vec<u8> = (0..40).collect();
        let two = Entry { number: 2, hour: 490_897, programme: "anyang-2022", act: "room.freeze", detail: &detail };
        let first = one.hash(&Hash::default());
        assert_eq!([HEXLOWER.encode(&first), HEXLOWER.encode(&two.hash(&first))], GOLDEN);
    }

    #[test]
    fn fields_do_not_run_into_each_other() {
        let entry = |programme, act, detail| Entry { number: 1, hour: 1, programme, act, detail };
        let hashes = [
            entry("ab", "c", b"d".as_slice()).hash(&Hash::default()),
            entry("a", "bc", b"d").hash(&Hash::default()),
            entry("ab", "cd", b"").hash(&Hash::default()),
        ];
        assert!(hashes[0] != hashes[1] && hashes[1] != hashes[2] && hashes[0] != hashes[2]);
    }
}
