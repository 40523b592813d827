//! One socket of the floor: a direct `send()`, and what is left over where the socket was full.

use mio::net::TcpStream;
use std::borrow::Cow;
use std::io::{ErrorKind, Read, Write};

/// The answer to every upgrade. Our generator does not check the key's hash.
pub(crate) const ANSWER: &[u8] =
    b"HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: upgrade\r\nsec-websocket-accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n";

/// Bytes that may wait for one socket. Crossed: it is closed, which its generator reports.
const PENDING_MAX: usize = 64 << 20;

pub(crate) struct Socket {
    stream: Option<TcpStream>,
    pub(crate) room: Option<usize>,
    /// The beginning of what is not whole yet.
    partial: Vec<u8>,
    /// What the socket did not take.
    pending: Vec<u8>,
}

impl Socket {
    pub(crate) const fn new(stream: TcpStream) -> Self {
        Self { stream: Some(stream), room: None, partial: Vec::new(), pending: Vec::new() }
    }

    /// How many bytes came; `None` where there are no more, now or for ever.
    pub(crate) fn read(&mut self, buffer: &mut [u8]) -> Option<usize> {
        let read = loop {
            match self.stream.as_mut()?.read(buffer) {
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                read => break read,
            }
        };
        match read {
            Ok(read) if read > 0 => return Some(read),
            Err(error) if error.kind() == ErrorKind::WouldBlock => {}
            Ok(_) | Err(_) => self.stream = None,
        }
        None
    }

    /// What came, behind what was kept.
    pub(crate) fn whole<'a>(&mut self, bytes: &'a [u8]) -> Cow<'a, [u8]> {
        if self.partial.is_empty() {
            return Cow::Borrowed(bytes);
        }
        self.partial.extend_from_slice(bytes);
        Cow::Owned(std::mem::take(&mut self.partial))
    }

    /// Keeps the beginning of what is not whole yet.
    pub(crate) fn keep(&mut self, rest: &[u8]) {
        self.partial.extend_from_slice(rest);
    }

    /// One `send()`, where nothing waits already.
    pub(crate) fn send(&mut self, bytes: &[u8]) {
        let sent = if self.pending.is_empty() { self.write(bytes) } else { 0 };
        self.pending.extend_from_slice(bytes.get(sent..).unwrap_or_default());
        if self.pending.len() > PENDING_MAX {
            self.stream = None;
        }
    }

    /// The socket takes bytes again.
    pub(crate) fn goes_on(&mut self) {
        while !self.pending.is_empty() {
            let pending = std::mem::take(&mut self.pending);
            let sent = self.write(&pending);
            self.pending = pending;
            self.pending.drain(..sent);
            if sent == 0 {
                return;
            }
        }
    }

    fn write(&mut self, bytes: &[u8]) -> usize {
        loop {
            let Some(stream) = &mut self.stream else { return bytes.len() };
            match stream.write(bytes) {
                Ok(sent) => return sent,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) if error.kind() == ErrorKind::WouldBlock => return 0,
                Err(_) => self.stream = None,
            }
        }
    }
}

/// The room of an upgrade's request, and how many bytes the request has.
pub(crate) fn upgrade(bytes: &[u8]) -> Option<(usize, usize)> {
    let end = memchr::memmem::find(bytes, b"\r\n\r\n")? + 4;
    let path = bytes.strip_prefix(b"GET /room/")?.split(|byte| *byte == b' ').next()?;
    Some((std::str::from_utf8(path).ok()?.parse().ok()?, end))
}
