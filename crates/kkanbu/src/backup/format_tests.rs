//! The backup reader against whole, cut, changed and made-up bytes.

use super::*;
use proptest::prelude::*;

const STORE: &[u8] = b"programmes and seats";
const LOG: &[u8] = b"what was said in the rooms, sealed";

fn manifest() -> Manifest {
    let part = |name, bytes: &[u8]| Part { name, schema: 2, bytes: bytes.len() as u64, sha256: sha256(bytes) };
    Manifest {
        kkanbu: "0.1.0".into(),
        server: "00ff".into(),
        made: "2026-11-05T14Z".into(),
        parts: vec![part(Name::Store, STORE), part(Name::Log, LOG)],
    }
}

fn backup_with(manifest: &Manifest) -> Vec<u8> {
    [&manifest.head().unwrap(), STORE, LOG].concat()
}

fn backup() -> Vec<u8> {
    backup_with(&manifest())
}

/// With a right hash, whatever is in it.
fn with_json(json: &str) -> Vec<u8> {
    let head = format!("kkanbu backup 1\n{json}\n{}\n", sha256(json.as_bytes()));
    [head.as_bytes(), STORE, LOG].concat()
}

/// Everything that comes out.
fn unpack(bytes: &[u8]) -> Result<(Vec<u8>, Vec<u8>), ReadError> {
    /// Writes where several can.
    struct To<'a>(&'a std::cell::RefCell<Vec<u8>>);
    impl Write for To<'_> {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.borrow_mut().write(bytes)
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    let (store, log) = (std::cell::RefCell::default(), std::cell::RefCell::default());
    let to = |name| Ok(To(if name == Name::Store { &store } else { &log }));
    Reader::open(bytes)?.unpack(to, |_| ())?;
    Ok((store.into_inner(), log.into_inner()))
}

#[test]
fn what_was_written_comes_back() {
    assert_eq!(unpack(&backup()).unwrap(), (STORE.to_vec(), LOG.to_vec()));
    let whole = backup();
    let reader = Reader::open(&*whole).unwrap();
    assert_eq!((reader.manifest(), reader.bytes()), (&manifest(), backup().len() as u64));
}

#[test]
fn every_cut_is_noticed_and_says_how_much_there_is() {
    let whole = backup();
    let head = manifest().head().unwrap().len();
    for length in 0..whole.len() {
        let error = unpack(&whole[..length]).unwrap_err();
        let all = whole.len() as u64;
        let right = match &error {
            ReadError::NotABackup => length < 16,
            ReadError::CutAtOnce(read) => length < head && *read == length as u64,
            error @ (ReadError::OtherVersion(_)
            | ReadError::Manifest
            | ReadError::CutShort { .. }
            | ReadError::Changed(_)
            | ReadError::Trailing
            | ReadError::Read(_)
            | ReadError::Write(..)) => {
                length >= head
                    && matches!(error, ReadError::CutShort { read, of } if (*read, *of) == (length as u64, all))
            }
        };
        assert!(right, "{length}: {error}");
    }
    let said = unpack(&whole[..whole.len() - 1]).unwrap_err().to_string();
    assert!(said.contains(&format!("ends after {} of {} bytes", whole.len() - 1, whole.len())), "{said}");
}

#[test]
fn every_flipped_bit_is_noticed_and_the_part_is_named() {
    let whole = backup();
    let head = manifest().head().unwrap().len();
    for at in 0..whole.len() {
        for bit in 0..8 {
            let mut changed = whole.clone();
            changed[at] ^= 1 << bit;
            let error = unpack(&changed).unwrap_err();
            if at >= head + STORE.len() {
                assert!(matches!(error, ReadError::Changed(Name::Log)), "{at}: {error}");
            } else if at >= head {
                assert!(matches!(error, ReadError::Changed(Name::Store)), "{at}: {error}");
            }
        }
    }
}

#[test]
fn whatever_follows_the_end_is_refused() {
    assert!(matches!(unpack(&[&*backup(), b"x"].concat()), Err(ReadError::Trailing)));
    assert!(matches!(unpack(&[backup(), backup()].concat()), Err(ReadError::Trailing)));
}

#[test]
fn another_version_is_named() {
    for (line, expected) in [("2", Some(2)), ("0", Some(0)), ("99999999999", Some(99_999_999_999)), ("one", None)] {
        let error = unpack(format!("kkanbu backup {line}\nanything").as_bytes()).unwrap_err();
        match expected {
            Some(version) => assert!(matches!(error, ReadError::OtherVersion(found) if found == version), "{error}"),
            None => assert!(matches!(error, ReadError::NotABackup), "{error}"),
        }
    }
    assert!(matches!(unpack(b"SQLite format 3\0 and so on for more than a line"), Err(ReadError::NotABackup)));
}

#[test]
fn announced_sizes_take_no_memory_and_sums_do_not_overflow() {
    let huge = |bytes: u64| {
        let mut manifest = manifest();
        manifest.parts.iter_mut().for_each(|part| part.bytes = bytes);
        with_json(&serde_json::to_string(&manifest).unwrap())
    };
    assert!(matches!(unpack(&huge(u64::MAX)), Err(ReadError::Manifest)));
    assert!(matches!(unpack(&huge(i64::MAX as u64)), Err(ReadError::Manifest)));
    assert!(matches!(unpack(&huge(1 << 60)), Err(ReadError::CutShort { .. })));
    assert!(matches!(unpack(&huge(0)), Err(ReadError::Manifest)));
    let endless = [b"kkanbu backup 1\n".as_slice(), &vec![b'{'; 1 << 20]].concat();
    assert!(matches!(unpack(&endless), Err(ReadError::Manifest)));
}

#[test]
fn manifests_that_no_kkanbu_writes_are_refused() {
    let json = serde_json::to_string(&manifest()).unwrap();
    assert!(unpack(&with_json(&json)).is_ok());
    let swapped = json.replacen("\"store\"", "\"log\"", 1);
    let more = json.replacen('{', "{\"extra\":1,", 1);
    let twice = json.replacen('{', "{\"kkanbu\":\"1\",", 1);
    let hash = json.replacen(&sha256(STORE), "00", 1);
    let path = json.replacen("\"store\"", "\"../store\"", 1);
    let made = json.replacen("2026-11-05T14Z", "at\\nnoon", 1);
    for bad in [&swapped, &more, &twice, &hash, &path, &made, "null", "[]", ""] {
        assert!(matches!(unpack(&with_json(bad)), Err(ReadError::Manifest)), "{bad}");
    }
}

#[test]
fn a_reader_that_lies_or_fails_ends_in_an_error() {
    struct Liar;
    impl Read for Liar {
        fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
            Ok(usize::MAX)
        }
    }
    struct Broken;
    impl Read for Broken {
        fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
            Err(io::Error::other("unplugged"))
        }
    }
    assert!(matches!(Reader::open(Liar), Err(ReadError::NotABackup)));
    assert!(matches!(Reader::open(Broken), Err(ReadError::Read(_))));
}

proptest! {
    #[test]
    fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..2_000)) {
        prop_assert!(unpack(&bytes).is_err());
    }

    #[test]
    fn no_manifest_makes_it_panic(json in "[ -~]{0,300}", cut in 0_usize..400) {
        let bytes = with_json(&json);
        prop_assert!(unpack(&bytes[..cut.min(bytes.len())]).is_err());
        prop_assert!(unpack(&bytes).is_err());
    }
}
