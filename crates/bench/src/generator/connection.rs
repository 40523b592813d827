//! One member's connection: its socket, how far it has come, and the bytes of a frame that is not whole yet.

use super::scene::Scene;
use super::stream::Stream;
use crate::dialect::{Joining, Seat};
use crate::frames::{self, CLOSE, Head, PING, PONG};
use anyhow::{Context, bail};
use std::io::ErrorKind;

/// How far it has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stage {
    /// The socket is being connected.
    Connecting,
    /// The upgrade was asked for.
    Upgrading,
    /// It speaks with the server about coming in.
    Joining,
    /// It is in its room.
    In,
    /// It has ended.
    Ended,
}

pub(super) struct Connection {
    pub(super) seat: Seat,
    pub(super) stage: Stage,
    stream: Stream,
    /// The beginning of what is not whole yet.
    partial: Vec<u8>,
    /// What the socket did not take.
    pending: Vec<u8>,
}

impl Connection {
    pub(super) const fn new(seat: Seat, stream: Stream) -> Self {
        Self { seat, stage: Stage::Connecting, stream, partial: Vec::new(), pending: Vec::new() }
    }

    pub(super) const fn stream(&mut self) -> &mut Stream {
        &mut self.stream
    }

    /// The socket takes bytes: for the first time, or again.
    pub(super) fn writable(&mut self, scene: &mut Scene) -> anyhow::Result<()> {
        if self.stage == Stage::Connecting {
            let socket = self.stream.socket();
            if let Some(error) = socket.take_error()? {
                return Err(error).context("no connection");
            }
            if socket.peer_addr().is_err() {
                return Ok(());
            }
            // Small frames must leave at once.
            socket.set_nodelay(true)?;
            self.stage = Stage::Upgrading;
            scene.ask_for_upgrade(self.seat);
            return self.send(scene);
        }
        self.stream.flush()?;
        let pending = std::mem::take(&mut self.pending);
        if pending.is_empty() { Ok(()) } else { self.write(&pending) }
    }

    /// Reads all that there is.
    pub(super) fn readable(&mut self, buffer: &mut [u8], scene: &mut Scene) -> anyhow::Result<()> {
        loop {
            let read = match self.stream.read(buffer) {
                Ok(0) => bail!("the server closed the connection"),
                Ok(read) => read,
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(()),
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                Err(error) => return Err(error).context("the connection broke"),
            };
            scene.looks_at_the_clock();
            self.take(buffer.get(..read).unwrap_or_default(), scene)?;
            if read < buffer.len() && self.stream.short_read_is_last() {
                return Ok(());
            }
        }
    }

    /// Writes what the scene has to say.
    pub(super) fn send(&mut self, scene: &mut Scene) -> anyhow::Result<()> {
        let written = self.write(scene.out.bytes());
        scene.out.clear();
        written
    }

    fn take(&mut self, bytes: &[u8], scene: &mut Scene) -> anyhow::Result<()> {
        if self.partial.is_empty() {
            let used = self.understand(bytes, scene)?;
            self.partial.extend_from_slice(bytes.get(used..).unwrap_or_default());
        } else {
            let mut kept = std::mem::take(&mut self.partial);
            kept.extend_from_slice(bytes);
            let used = self.understand(&kept, scene)?;
            kept.drain(..used);
            self.partial = kept;
        }
        if scene.out.bytes().is_empty() { Ok(()) } else { self.send(scene) }
    }

    /// Takes all that is whole, and gives how many bytes that was.
    fn understand(&mut self, bytes: &[u8], scene: &mut Scene) -> anyhow::Result<usize> {
        let mut used = 0;
        if self.stage == Stage::Upgrading {
            let Some(end) = header_end(bytes)? else { return Ok(0) };
            used = end;
            self.stage = Stage::Joining;
            let joining = scene.join(self.seat, None)?;
            self.step(joining, scene);
        }
        let frames = bytes.get(used..).unwrap_or_default();
        Ok(used + frames::whole(frames, |head, payload| self.frame(head, payload, scene))?)
    }

    fn frame(&mut self, head: &Head, payload: &[u8], scene: &mut Scene) -> anyhow::Result<()> {
        match head.opcode {
            PING => scene.pong(payload),
            PONG => (),
            CLOSE => bail!("the server closed the connection{}", close_reason(payload)),
            _ if self.stage == Stage::In => scene.hear(self.seat, head, payload),
            _ => {
                let joining = scene.join(self.seat, Some(payload))?;
                self.step(joining, scene);
            }
        }
        Ok(())
    }

    fn step(&mut self, joining: Joining, scene: &mut Scene) {
        if let Joining::In(last) = joining {
            self.stage = Stage::In;
            scene.is_in(self.seat, last);
        }
    }

    fn write(&mut self, mut bytes: &[u8]) -> anyhow::Result<()> {
        // What was to be written before goes first.
        while self.pending.is_empty() && !bytes.is_empty() {
            match self.stream.write(bytes) {
                Ok(written) => bytes = bytes.get(written..).unwrap_or_default(),
                Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error).context("the connection broke"),
            }
        }
        self.pending.extend_from_slice(bytes);
        Ok(())
    }
}

/// Where the answer to the upgrade ends.
fn header_end(bytes: &[u8]) -> anyhow::Result<Option<usize>> {
    let Some(at) = memchr::memmem::find(bytes, b"\r\n\r\n") else { return Ok(None) };
    if !bytes.starts_with(b"HTTP/1.1 101") {
        let line = bytes.split(|byte| *byte == b'\r').next().unwrap_or_default();
        bail!("the upgrade was answered with {}", String::from_utf8_lossy(line));
    }
    Ok(Some(at + 4))
}

fn close_reason(payload: &[u8]) -> String {
    payload.split_first_chunk::<2>().map_or_else(String::new, |(code, reason)| {
        format!(" with {} {}", u16::from_be_bytes(*code), String::from_utf8_lossy(reason))
    })
}
