//! A backup's bytes: a line that says what it is, a manifest, the manifest's SHA-256, and then the parts, one after another.
//!
//! ```text
//! kkanbu backup 1
//! {"kkanbu":"0.1.0","server":"…","made":"2026-11-05T14Z","parts":[{"name":"store","schema":2,"bytes":53248,"sha256":"…"},…]}
//! SHA-256 of the line above, in hex
//! the bytes of the store, the bytes of the log, and nothing after them
//! ```
//!
//! Reading trusts nothing: whatever the bytes are, it ends with a [`ReadError`] or with parts that are what was written, keeps no more in
//! memory than one manifest and one block, and never takes memory because of a number that it read. This file knows nothing else of
//! kkanbu, so that a fuzzer can take it by itself.

use aws_lc_rs::digest::{Context, Digest, SHA256};
use data_encoding::HEXLOWER;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::io::{self, Read, Write};

/// The version of this form.
pub(crate) const FORMAT: u32 = 1;

/// What every backup of any version begins with.
const MAGIC: &str = "kkanbu backup ";

/// The longest first line, its end included.
const FIRST_LINE_MAX: usize = 32;

/// The longest manifest.
const MANIFEST_MAX: usize = 16 * 1024;

/// What is read at once.
const BLOCK: usize = 64 * 1024;

/// Longest text in a manifest.
const TEXT_MAX: usize = 64;

/// One of the two databases.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Name {
    /// Programmes, seats, memberships, audit.
    Store,
    /// The rooms' logs.
    Log,
}

impl fmt::Display for Name {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        to.write_str(match self {
            Self::Store => "store",
            Self::Log => "log",
        })
    }
}

/// What a backup says of itself. Names nobody, and its time is an hour.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Manifest {
    /// The kkanbu that made it.
    pub(crate) kkanbu: String,
    /// Whose it is: tells the key folder that belongs to it, and nothing else.
    pub(crate) server: String,
    /// The hour, as `2026-11-05T14Z`.
    pub(crate) made: String,
    /// In this order: the store, the log.
    pub(crate) parts: Vec<Part>,
}

/// One part.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Part {
    pub(crate) name: Name,
    /// The version of its tables.
    pub(crate) schema: i32,
    pub(crate) bytes: u64,
    /// In hex.
    pub(crate) sha256: String,
}

/// Why a file can't be used as a backup.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ReadError {
    #[error("it is not a kkanbu backup")]
    NotABackup,
    #[error(
        "it is a backup of another version: its form is {0}, this kkanbu reads form {FORMAT}; use the kkanbu that made it, or one that reads both"
    )]
    OtherVersion(u64),
    #[error("its manifest was changed or damaged; take another backup")]
    Manifest,
    #[error("it is cut short: it ends after {read} of {of} bytes; take another backup, or copy it again")]
    CutShort { read: u64, of: u64 },
    #[error("it is cut short: it ends within its first {0} bytes; take another backup, or copy it again")]
    CutAtOnce(u64),
    #[error("its part {0} is not what was written: bytes were changed; take another backup, or copy it again")]
    Changed(Name),
    #[error("there is something after its end, which no backup has; take another backup, or copy it again")]
    Trailing,
    #[error("it can't be read: {0}")]
    Read(#[source] io::Error),
    #[error("its part {0} can't be unpacked: {1}")]
    Write(Name, #[source] io::Error),
}

impl Manifest {
    fn is_sound(&self) -> bool {
        let text =
            |text: &str| !text.is_empty() && text.len() <= TEXT_MAX && text.bytes().all(|byte| byte.is_ascii_graphic());
        let hash = |text: &str| HEXLOWER.decode(text.as_bytes()).is_ok_and(|hash| hash.len() == SHA256.output_len());
        let names = self.parts.iter().map(|part| part.name);
        names.eq([Name::Store, Name::Log])
            && [&self.kkanbu, &self.server, &self.made].into_iter().all(|it| text(it))
            && self.parts.iter().all(|part| part.bytes > 0 && hash(&part.sha256))
            && self.bytes().is_some()
    }

    /// Bytes of all parts. `None` where no file is that long.
    fn bytes(&self) -> Option<u64> {
        let sum = self.parts.iter().try_fold(0_u64, |sum, part| sum.checked_add(part.bytes))?;
        i64::try_from(sum).is_ok().then_some(sum)
    }

    /// What stands before the parts.
    pub(crate) fn head(&self) -> io::Result<Vec<u8>> {
        let json = serde_json::to_string(self)?;
        if json.len() >= MANIFEST_MAX || !self.is_sound() {
            return Err(io::Error::other("a manifest that nobody could read"));
        }
        Ok(format!("{MAGIC}{FORMAT}\n{json}\n{}\n", sha256(json.as_bytes())).into_bytes())
    }
}

/// A backup whose manifest has been read and is sound.
#[derive(Debug)]
pub(crate) struct Reader<R> {
    from: R,
    manifest: Manifest,
    read: u64,
    of: u64,
}

impl<R: Read> Reader<R> {
    /// Reads the manifest.
    pub(crate) fn open(mut from: R) -> Result<Self, ReadError> {
        let mut read = 0;
        let first = line(&mut from, FIRST_LINE_MAX, &mut read)?;
        let cut = |found, read| match found {
            Line::Whole(line) => Ok(line),
            Line::TooLong => Err(ReadError::Manifest),
            Line::CutShort => Err(ReadError::CutAtOnce(read)),
        };
        match first {
            Line::Whole(line) => check_first(&line)?,
            // A file of a few bytes is not taken for a backup that was cut short.
            Line::TooLong | Line::CutShort => return Err(ReadError::NotABackup),
        }
        let json = cut(line(&mut from, MANIFEST_MAX, &mut read)?, read)?;
        let hash = cut(line(&mut from, SHA256.output_len() * 2 + 1, &mut read)?, read)?;
        if sha256(&json).as_bytes() != hash {
            return Err(ReadError::Manifest);
        }
        let manifest: Manifest = serde_json::from_slice(&json).map_err(|_| ReadError::Manifest)?;
        let parts = manifest.is_sound().then(|| manifest.bytes()).flatten().ok_or(ReadError::Manifest)?;
        let of = read.checked_add(parts).ok_or(ReadError::Manifest)?;
        Ok(Self { from, manifest, read, of })
    }

    pub(crate) fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// Bytes of the whole backup.
    pub(crate) fn bytes(&self) -> u64 {
        self.of
    }

    /// Writes each part where `to` says. Only where this gives no error are the parts what was written, and all of it.
    pub(crate) fn unpack<W: Write>(
        mut self,
        mut to: impl FnMut(Name) -> io::Result<W>,
        mut read_so_far: impl FnMut(u64),
    ) -> Result<Manifest, ReadError> {
        let mut block = vec![0; BLOCK];
        let manifest = self.manifest.clone();
        for part in &manifest.parts {
            let mut out = to(part.name).map_err(|error| ReadError::Write(part.name, error))?;
            let mut hash = Context::new(&SHA256);
            let mut left = part.bytes;
            while left > 0 {
                let most = usize::try_from(left).unwrap_or(BLOCK).min(BLOCK);
                let some = self.some(block.get_mut(..most).unwrap_or_default())?;
                let bytes = block.get(..some).unwrap_or_default();
                hash.update(bytes);
                out.write_all(bytes).map_err(|error| ReadError::Write(part.name, error))?;
                left = left.saturating_sub(some as u64);
                read_so_far(self.read);
            }
            out.flush().map_err(|error| ReadError::Write(part.name, error))?;
            if hex(&hash.finish()) != part.sha256 {
                return Err(ReadError::Changed(part.name));
            }
        }
        match read(&mut self.from, &mut [0])? {
            0 => Ok(manifest),
            _ => Err(ReadError::Trailing),
        }
    }

    /// At least one byte of a part.
    fn some(&mut self, block: &mut [u8]) -> Result<usize, ReadError> {
        match read(&mut self.from, block)? {
            0 => Err(ReadError::CutShort { read: self.read, of: self.of }),
            some => {
                self.read = self.read.saturating_add(some as u64);
                Ok(some)
            }
        }
    }
}

enum Line {
    Whole(Vec<u8>),
    TooLong,
    CutShort,
}

/// Reads to the end of a line, which is taken off, byte by byte: what follows belongs to others, and lines are short.
fn line(from: &mut impl Read, most: usize, so_far: &mut u64) -> Result<Line, ReadError> {
    let mut line = Vec::new();
    while line.len() < most {
        let mut byte = [0];
        if read(from, &mut byte)? == 0 {
            return Ok(Line::CutShort);
        }
        *so_far = so_far.saturating_add(1);
        if byte == *b"\n" {
            return Ok(Line::Whole(line));
        }
        line.extend(byte);
    }
    Ok(Line::TooLong)
}

fn read(from: &mut impl Read, block: &mut [u8]) -> Result<usize, ReadError> {
    loop {
        match from.read(block) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            // A reader that says more than there was room for is not believed.
            result => return result.map(|some| some.min(block.len())).map_err(ReadError::Read),
        }
    }
}

fn check_first(line: &[u8]) -> Result<(), ReadError> {
    let version = std::str::from_utf8(line).ok().and_then(|line| line.strip_prefix(MAGIC));
    let version = version.filter(|version| version.bytes().all(|byte| byte.is_ascii_digit()));
    match version.and_then(|version| version.parse::<u64>().ok()) {
        None => Err(ReadError::NotABackup),
        Some(version) if version == u64::from(FORMAT) => Ok(()),
        Some(version) => Err(ReadError::OtherVersion(version)),
    }
}

/// How many bytes there are to read, and their SHA-256 in hex.
pub(crate) fn measure(mut from: impl Read) -> io::Result<(u64, String)> {
    let mut hash = Context::new(&SHA256);
    let mut block = vec![0; BLOCK];
    let mut bytes = 0_u64;
    loop {
        let some = from.read(&mut block)?;
        if some == 0 {
            return Ok((bytes, hex(&hash.finish())));
        }
        hash.update(block.get(..some).unwrap_or_default());
        bytes = bytes.saturating_add(some as u64);
    }
}

/// SHA-256 in hex.
pub(crate) fn sha256(bytes: &[u8]) -> String {
    let mut hash = Context::new(&SHA256);
    hash.update(bytes);
    hex(&hash.finish())
}

fn hex(hash: &Digest) -> String {
    HEXLOWER.encode(hash.as_ref())
}

#[cfg(test)]
#[path = "format_tests.rs"]
mod tests;
