//! The scanner proves itself before it is believed: whatever it looks for is planted into copies of real artefacts, and has to be found.

use crate::birds::Canary;
use crate::forms::Forms;
use crate::scanner::{Artefact, Scanner, cells};
use flate2::Compression;
use flate2::write::{GzEncoder, ZlibEncoder};
use rusqlite::Connection;
use std::io::Write;

/// Fails unless every form of every canary is found: as it is, compressed, in a page of a database, and in a value that lies over several pages.
pub(crate) fn every_form_is_found(scanner: &Scanner, artefact: &Artefact) {
    for (number, canary) in scanner.canaries().iter().enumerate() {
        let joined = joined(canary);
        let wanted = scanner.patterns_of(number);
        assert!(wanted.len() >= 10, "{} has {} forms", canary.what, wanted.len());
        let (before, after) = artefact.bytes.split_at(artefact.bytes.len() / 2 + number);
        let mut gzip = GzEncoder::new(Vec::new(), Compression::best());
        gzip.write_all(&joined).unwrap();
        let mut zlib = ZlibEncoder::new(Vec::new(), Compression::default());
        zlib.write_all(&joined).unwrap();
        for (how, planted) in
            [("as it is", joined), ("in gzip", gzip.finish().unwrap()), ("in zlib", zlib.finish().unwrap())]
        {
            let found = scanner.matches(&[before, &planted, after].concat());
            let missed = wanted.iter().find(|pattern| !found.contains(pattern));
            assert!(missed.is_none(), "{} {how} is not found {how}", scanner.named(*missed.unwrap()));
        }
    }
    in_databases(scanner);
}

/// All forms of a canary, with something between them.
fn joined(canary: &Canary) -> Vec<u8> {
    Forms::of(canary).iter().flat_map(|(_, bytes)| [bytes, b"\0\xFE"].concat()).collect()
}

fn in_databases(scanner: &Scanner) {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    for (name, whole) in [("small.sqlite", false), ("large.sqlite", true)] {
        let mut connection = Connection::open(path(name)).unwrap();
        connection.execute("CREATE TABLE planted (value BLOB NOT NULL)", []).unwrap();
        let planting = connection.transaction().unwrap();
        let plant = |bytes: &[u8]| {
            planting.execute("INSERT INTO planted VALUES (?1)", [bytes]).unwrap();
        };
        for canary in scanner.canaries() {
            if whole {
                plant(&joined(canary));
            } else {
                Forms::of(canary).iter().for_each(|(_, bytes)| plant(bytes));
            }
        }
        planting.commit().unwrap();
    }
    let of_pages = std::fs::read(path("small.sqlite")).unwrap();
    for (how, bytes) in [("in a page", of_pages), ("over several pages", cells(&path("large.sqlite")))] {
        let found = scanner.matches(&bytes);
        let missed = (0..scanner.patterns()).find(|pattern| !found.contains(pattern));
        assert!(missed.is_none(), "{} is not found {how}", scanner.named(missed.unwrap()));
    }
}
