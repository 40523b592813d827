//! Looks for canaries in artefacts: the bytes as they are, what is compressed in them, and the cells of databases, whose long values SQLite
//! spreads over pages.

use crate::birds::{Canary, Kind, Song};
use crate::forms::{BARE_ADDRESS, Forms};
use aho_corasick::AhoCorasick;
use flate2::read::{GzDecoder, ZlibDecoder};
use rusqlite::types::ValueRef;
use rusqlite::{Connection, OpenFlags};
use std::collections::{BTreeMap, BTreeSet};
use std::io::Read;
use std::path::Path;

/// Most bytes that one compressed stream is unpacked to.
const UNPACKED_MAX: u64 = 16 * 1_024 * 1_024;

/// So many different addresses of members must be met as bare bytes before it is no chance. See [`Scanner::leaks`].
const ADDRESSES_MIN: usize = 3;

/// Something that the server has left.
#[derive(Debug, Clone)]
pub(crate) struct Artefact {
    /// When it was taken, and what it is, as `running/data/store.sqlite`.
    pub(crate) name: String,
    pub(crate) bytes: Vec<u8>,
}

/// A canary that was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Hit<'a> {
    pub(crate) canary: &'a Canary,
    pub(crate) form: &'a str,
    pub(crate) artefact: &'a str,
}

pub(crate) struct Scanner {
    canaries: Vec<Canary>,
    /// Of each pattern: whose it is, and its form.
    patterns: Vec<(usize, String)>,
    automaton: AhoCorasick,
}

impl Scanner {
    pub(crate) fn new(canaries: BTreeSet<Canary>) -> Self {
        let canaries: Vec<Canary> = canaries.into_iter().collect();
        let (mut patterns, mut bytes) = (Vec::new(), Vec::new());
        for (index, canary) in canaries.iter().enumerate() {
            for (form, of) in Forms::of(canary).iter() {
                patterns.push((index, form.to_owned()));
                bytes.push(of.to_vec());
            }
        }
        let automaton = AhoCorasick::new(&bytes).unwrap();
        Self { canaries, patterns, automaton }
    }

    pub(crate) fn canaries(&self) -> &[Canary] {
        &self.canaries
    }

    pub(crate) const fn patterns(&self) -> usize {
        self.patterns.len()
    }

    /// The patterns of one canary.
    pub(crate) fn patterns_of(&self, canary: usize) -> Vec<usize> {
        (0..self.patterns.len()).filter(|pattern| self.patterns[*pattern].0 == canary).collect()
    }

    /// A pattern in words.
    pub(crate) fn named(&self, pattern: usize) -> String {
        let (canary, form) = &self.patterns[pattern];
        format!("{}, as {form},", self.canaries[*canary].what)
    }

    /// The patterns that are in some bytes, or in what is compressed there.
    pub(crate) fn matches(&self, bytes: &[u8]) -> BTreeSet<usize> {
        let unpacked = unpacked(bytes);
        let all = std::iter::once(bytes).chain(unpacked.iter().map(Vec::as_slice));
        all.flat_map(|bytes| self.automaton.find_overlapping_iter(bytes).map(|found| found.pattern().as_usize()))
            .collect()
    }

    /// Every canary in an artefact, each form once.
    fn scan<'a>(&'a self, artefact: &'a Artefact) -> impl Iterator<Item = Hit<'a>> {
        self.matches(&artefact.bytes).into_iter().map(|pattern| {
            let (canary, form) = &self.patterns[pattern];
            Hit { canary: &self.canaries[*canary], form, artefact: &artefact.name }
        })
    }

    /// Every canary in any artefact, but for the bare bytes of addresses where chance explains them.
    ///
    /// Four given bytes stand at a place of random bytes with a chance of 2⁻³², and sealed records are random bytes. Whoever stores addresses
    /// stores those of all members, so it takes three different ones: in `B` bytes with `N` patterns, chance does that with less than
    /// `(B × N / 2³²)³ / 6`, which this keeps below one in 100,000.
    pub(crate) fn leaks<'a>(&'a self, artefacts: &'a [Artefact]) -> BTreeSet<Hit<'a>> {
        let hits: BTreeSet<Hit<'a>> = artefacts.iter().flat_map(|artefact| self.scan(artefact)).collect();
        let (bare, mut leaks): (BTreeSet<_>, BTreeSet<_>) = hits.into_iter().partition(|hit| hit.form == BARE_ADDRESS);
        let bytes: usize = artefacts.iter().map(|artefact| artefact.bytes.len()).sum();
        let patterns = self.patterns.iter().filter(|(_, form)| form == BARE_ADDRESS).count();
        #[expect(clippy::cast_precision_loss, reason = "a chance need not be exact")]
        let expected = (bytes as f64) * (patterns as f64) / 2_f64.powi(32);
        assert!(expected.powi(3) / 6.0 < 1e-5, "{bytes} bytes are too many to tell an address from chance");
        let addresses: BTreeSet<&Song> = bare.iter().map(|hit| &hit.canary.song).collect();
        if addresses.len() >= ADDRESSES_MIN {
            leaks.extend(bare);
        }
        leaks
    }
}

/// Whatever decompresses, from any place on.
fn unpacked(bytes: &[u8]) -> Vec<Vec<u8>> {
    let mut found = Vec::new();
    for (at, pair) in bytes.windows(2).enumerate() {
        let stream = &bytes[at..];
        let mut unpacked = Vec::new();
        // What is not whole is read as far as it goes: an error after some bytes does not matter.
        match pair {
            [0x1F, 0x8B] => drop(GzDecoder::new(stream).take(UNPACKED_MAX).read_to_end(&mut unpacked)),
            [0x78, 0x01 | 0x5E | 0x9C | 0xDA] => {
                drop(ZlibDecoder::new(stream).take(UNPACKED_MAX).read_to_end(&mut unpacked));
            }
            _ => {}
        }
        if !unpacked.is_empty() {
            found.push(unpacked);
        }
    }
    found
}

/// The cells of a database, one after another, each table's in its own order. The write-ahead log beside it is taken into account, and what is
/// compressed in a cell stays so.
pub(crate) fn cells(database: &Path) -> Vec<u8> {
    let connection = Connection::open_with_flags(database, OpenFlags::SQLITE_OPEN_READ_WRITE).unwrap();
    let texts = |sql: &str| -> Vec<String> {
        let mut statement = connection.prepare(sql).unwrap();
        statement.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect()
    };
    let mut found = Vec::new();
    for table in texts("SELECT name FROM sqlite_schema WHERE type = 'table'") {
        let mut statement = connection.prepare(&format!("SELECT * FROM \"{table}\"")).unwrap();
        let columns = statement.column_count();
        let mut rows = statement.query([]).unwrap();
        while let Some(row) = rows.next().unwrap() {
            for column in 0..columns {
                match row.get_ref(column).unwrap() {
                    ValueRef::Null => {}
                    ValueRef::Integer(number) => found.extend(number.to_string().bytes()),
                    ValueRef::Real(number) => found.extend(number.to_string().bytes()),
                    ValueRef::Text(bytes) | ValueRef::Blob(bytes) => found.extend(bytes),
                }
                found.push(b'\n');
            }
        }
    }
    found
}

/// Hits in words, and how many there are of each kind.
pub(crate) fn told(hits: &BTreeSet<Hit<'_>>) -> String {
    let mut told = BTreeMap::<String, BTreeSet<&str>>::new();
    for Hit { canary, form, artefact } in hits {
        let shown = if canary.kind == Kind::Secret { String::new() } else { format!(" {:?}", canary.song) };
        told.entry(format!("{}{shown} in {artefact}", canary.what)).or_default().insert(form);
    }
    told.iter().fold(String::new(), |text, (leak, forms)| text + &format!("\n  {leak}, as {forms:?}"))
}
