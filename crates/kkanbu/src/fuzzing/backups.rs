//! The reader of backup files.

use crate::backup::format::{Manifest, Name, Part, ReadError, Reader, sha256};
use std::cell::RefCell;
use std::io::{self, Read, Write};

const FIRST_LINE: &[u8] = b"kkanbu backup 1\n";

/// Backup files. A reader that checks a hash over everything is never passed by chance, so the first byte says what the rest is: bytes as
/// they are; a manifest's line, which gets the hash that it needs, with what follows it; or two parts, of which a sound backup is made
/// that is then damaged, or not. The second byte says how much a read gives.
///
/// - However the file gives its bytes, the end is the same.
/// - Where there is no error, the parts have the lengths and hashes that the manifest names, and there is not a byte more or less.
/// - A backup that was made and not damaged is read; one that was damaged is not.
/// - Nothing is unpacked that was not read, and what the error says of lengths is so.
pub fn backups(input: &[u8]) {
    let Some(([kind, at_once, place, damage], rest)) = input.split_first_chunk() else { return };
    let at_once = usize::from(*at_once) * 7 + 1;
    match kind % 3 {
        0 => {
            judged(rest, at_once);
        }
        1 => {
            let end = rest.iter().position(|byte| *byte == b'\n').unwrap_or(rest.len());
            let (json, parts) = rest.split_at_checked(end).unwrap_or_default();
            let hash = format!("\n{}\n", sha256(json));
            let parts = parts.strip_prefix(b"\n").unwrap_or(parts);
            judged(&[FIRST_LINE, json, hash.as_bytes(), parts].concat(), at_once);
        }
        _ => made(rest, *place, *damage, at_once),
    }
}

/// Makes a backup, damages it, and reads it.
fn made(parts: &[u8], place: u8, damage: u8, at_once: usize) {
    let (store, log) = parts.split_at_checked(parts.len() * 3 / 4).unwrap_or_default();
    let part = |name, bytes: &[u8]| Part { name, schema: 1, bytes: bytes.len() as u64, sha256: sha256(bytes) };
    let parts = vec![part(Name::Store, store), part(Name::Log, log)];
    let manifest = Manifest { kkanbu: "0.1.0".into(), server: "00ff".into(), made: "2026-11-05T14Z".into(), parts };
    let Ok(head) = manifest.head() else {
        assert!(store.is_empty() || log.is_empty(), "a backup that could not be written");
        return;
    };
    let whole = [&head, store, log].concat();
    assert!(judged(&whole, at_once).as_ref() == Some(&manifest), "a sound backup was not read");
    let at = whole.len() * usize::from(place) / 256;
    let mut damaged = whole.clone();
    match damage % 4 {
        0 => damaged.truncate(at),
        1 => damaged.push(place),
        2 => damaged.insert(at, place),
        _ => {
            let byte = damaged.get_mut(at).expect("the place is in the file");
            *byte ^= 1 << (damage / 4 % 8);
        }
    }
    let read = judged(&damaged, at_once);
    // A zero before the version is another way to write it; and to put in a byte beside one like it changes nothing.
    assert!(read.is_none() || damaged == whole || damaged.get(..head.len()) != Some(&*head), "damage went unnoticed");
}

/// Reads a file in two ways, and gives its manifest where it is sound.
fn judged(file: &[u8], at_once: usize) -> Option<Manifest> {
    let (whole, store, log) = unpacked(file, usize::MAX);
    let (slow, slow_store, slow_log) = unpacked(file, at_once);
    let is_same = (&store, &log) == (&slow_store, &slow_log) && format!("{whole:?}") == format!("{slow:?}");
    assert!(is_same, "{at_once} bytes at a time it ends with {slow:?}, all at once with {whole:?}");
    let unpacked = store.len() + log.len();
    assert!(unpacked <= file.len(), "{unpacked} bytes unpacked of {}", file.len());
    match whole {
        Ok(manifest) => {
            let as_it_says =
                |part: &Part, bytes: &[u8]| part.bytes == bytes.len() as u64 && part.sha256 == sha256(bytes);
            let [first, second] = manifest.parts.as_slice() else { panic!("{} parts", manifest.parts.len()) };
            assert!(first.name == Name::Store && as_it_says(first, &store), "the store is not what was announced");
            assert!(second.name == Name::Log && as_it_says(second, &log), "the log is not what was announced");
            assert!(file.ends_with(&[store, log].concat()), "the parts are not what the file holds");
            let head = manifest.head().expect("what was read can be written");
            let again = Reader::open(&*head).expect("and read again");
            assert!(*again.manifest() == manifest, "not the same when read again");
            Some(manifest)
        }
        Err(ReadError::CutShort { read, of }) => {
            assert!(read == file.len() as u64 && read < of, "cut after {read} of {of}, and there are {}", file.len());
            None
        }
        Err(ReadError::CutAtOnce(read)) => {
            assert!(read == file.len() as u64, "cut after {read}, and there are {}", file.len());
            None
        }
        Err(ReadError::Read(_) | ReadError::Write(..)) => panic!("memory can be read and written"),
        Err(
            ReadError::NotABackup
            | ReadError::OtherVersion(_)
            | ReadError::Manifest
            | ReadError::Changed(_)
            | ReadError::Trailing,
        ) => None,
    }
}

/// Gives a few bytes at a time.
struct Slow<'a>(&'a [u8], usize);

impl Read for Slow<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let most = buffer.len().min(self.1);
        self.0.read(buffer.get_mut(..most).unwrap_or_default())
    }
}

struct Kept<'a>(&'a RefCell<Vec<u8>>);

impl Write for Kept<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.borrow_mut().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn unpacked(file: &[u8], at_once: usize) -> (Result<Manifest, ReadError>, Vec<u8>, Vec<u8>) {
    let (store, log) = (RefCell::default(), RefCell::default());
    let to = |name| Ok(Kept(if name == Name::Store { &store } else { &log }));
    let mut so_far = 0;
    let ended = Reader::open(Slow(file, at_once)).and_then(|reader| {
        let of = reader.bytes();
        reader.unpack(to, |read| {
            assert!(so_far < read && read <= of, "{read} of {of} after {so_far}");
            so_far = read;
        })
    });
    (ended, store.into_inner(), log.into_inner())
}
