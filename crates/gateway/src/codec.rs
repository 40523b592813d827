//! RFC 6455 without a socket: bytes in, messages and reply bytes out.
//!
//! tungstenite's sans-IO context decodes and answers pings and closes; what it wants to write goes into the session's outbox, so
//! that one writer owns the socket's bytes and ready-made frames can go out beside it. The context has a buffer, so it exists only while
//! a frame, a message or a closing handshake is partial.

mod boundary;

use crate::close::CloseReason;
use crate::outbox::Outbox;
use boundary::Boundary;
use bytes::{Buf, Bytes, BytesMut};
use std::io::{self, Read, Write};
use tungstenite::error::{CapacityError, Error, ProtocolError};
use tungstenite::protocol::frame::coding::{CloseCode, Data, OpCode};
use tungstenite::protocol::frame::{CloseFrame, Frame};
use tungstenite::protocol::{Role, WebSocketConfig, WebSocketContext};
use tungstenite::{Message, Utf8Bytes};

/// Bytes that the context takes at once.
const DECODER_BYTES: usize = 4_096;

/// What came from the client.
#[derive(Debug)]
pub(crate) enum Received {
    /// A text message.
    Text(Utf8Bytes),
    /// A binary message.
    Binary(Bytes),
    /// A ping or pong: a sign of life.
    Alive,
    /// A close frame; the answer is in the outbox.
    Close,
}

/// One connection's RFC 6455 state.
pub(crate) struct Codec {
    frame_bytes_max: usize,
    end_of_input: bool,
    /// There while something is partial.
    decoder: Option<Box<Decoder>>,
}

/// What it takes to decode.
struct Decoder {
    context: WebSocketContext,
    input: BytesMut,
    boundary: Boundary,
}

impl Decoder {
    fn new(frame_bytes_max: usize) -> Self {
        let config = WebSocketConfig::default()
            .read_buffer_size(DECODER_BYTES)
            .max_frame_size(Some(frame_bytes_max))
            .max_message_size(Some(frame_bytes_max));
        let context = WebSocketContext::new(Role::Server, Some(config));
        Self { context, input: BytesMut::new(), boundary: Boundary::default() }
    }
}

/// Lets the context read what was fed and write into the outbox.
struct Pipe<'a> {
    input: &'a mut BytesMut,
    end_of_input: bool,
    outbox: &'a mut Outbox,
}

impl Read for Pipe<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.input.is_empty() {
            return if self.end_of_input { Ok(0) } else { Err(io::ErrorKind::WouldBlock.into()) };
        }
        let length = buffer.len().min(self.input.len());
        self.input.copy_to_slice(buffer.get_mut(..length).unwrap_or_default());
        if self.input.is_empty() {
            *self.input = BytesMut::new();
        }
        Ok(length)
    }
}

impl Write for Pipe<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.outbox.push(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Codec {
    /// A server's side of a connection, with what the client sent before the upgrade was answered.
    pub(crate) fn new(early: &[u8], frame_bytes_max: usize) -> Self {
        let mut codec = Self { frame_bytes_max, end_of_input: false, decoder: None };
        codec.feed(early);
        codec
    }

    /// Takes bytes from the socket.
    pub(crate) fn feed(&mut self, bytes: &[u8]) {
        if !bytes.is_empty() {
            let decoder = self.decoder();
            decoder.input.extend_from_slice(bytes);
            decoder.boundary.pass(bytes);
        }
    }

    /// The socket has no more bytes.
    pub(crate) const fn end_input(&mut self) {
        self.end_of_input = true;
    }

    fn decoder(&mut self) -> &mut Decoder {
        self.decoder.get_or_insert_with(|| Box::new(Decoder::new(self.frame_bytes_max)))
    }

    /// The next message, if all of it is there; or why the connection has to end.
    pub(crate) fn next(&mut self, outbox: &mut Outbox) -> Result<Option<Received>, CloseReason> {
        let end_of_input = self.end_of_input;
        let Some(decoder) = &mut self.decoder else {
            return if end_of_input { Err(CloseReason::SocketLost) } else { Ok(None) };
        };
        let mut pipe = Pipe { input: &mut decoder.input, end_of_input, outbox };
        let message = match decoder.context.read(&mut pipe) {
            Ok(message) => message,
            Err(Error::Io(error)) if error.kind() == io::ErrorKind::WouldBlock => {
                if decoder.boundary.is_between_messages() {
                    self.decoder = None;
                }
                return Ok(None);
            }
            Err(error) => return Err(reason(&error)),
        };
        // A pong or close that the context has ready goes out before anything else does.
        match decoder.context.flush(&mut pipe) {
            Ok(()) | Err(Error::ConnectionClosed) => {}
            Err(error) => return Err(reason(&error)),
        }
        match message {
            Message::Text(text) => Ok(Some(Received::Text(text))),
            Message::Binary(payload) => Ok(Some(Received::Binary(payload))),
            Message::Ping(_) | Message::Pong(_) | Message::Frame(_) => Ok(Some(Received::Alive)),
            Message::Close(_) => Ok(Some(Received::Close)),
        }
    }

    /// Puts a close frame into the outbox, unless one was sent already.
    pub(crate) fn close(&mut self, reason: CloseReason, outbox: &mut Outbox) {
        let Some(code) = reason.code() else { return };
        let code = u16::try_from(kkanbu_wire::Code::number(code)).unwrap_or(1011);
        let frame = CloseFrame { code: CloseCode::from(code), reason: reason.text().into() };
        let end_of_input = self.end_of_input;
        let decoder = self.decoder();
        let mut pipe = Pipe { input: &mut decoder.input, end_of_input, outbox };
        // The write goes into memory; that the context calls the connection closed now is no failure.
        let _ = decoder.context.close(&mut pipe, Some(frame));
    }
}

/// Turns a decoder's error into the reason that RFC 6455 §7.4.1 has a code for.
fn reason(error: &Error) -> CloseReason {
    match error {
        Error::ConnectionClosed | Error::AlreadyClosed => CloseReason::Client,
        Error::Capacity(CapacityError::MessageTooLong { .. }) => CloseReason::TooBig,
        Error::Utf8(_) => CloseReason::InvalidUtf8,
        Error::Protocol(ProtocolError::ResetWithoutClosingHandshake) | Error::Io(_) => CloseReason::SocketLost,
        // Of these, reading gives breaches of the protocol alone; the others belong to handshakes, TLS and writing.
        Error::Protocol(_)
        | Error::Capacity(CapacityError::TooManyHeaders)
        | Error::WriteBufferFull(_)
        | Error::AttackAttempt
        | Error::Tls(_)
        | Error::Url(_)
        | Error::Http(_)
        | Error::HttpFormat(_) => CloseReason::Protocol,
    }
}

/// A text message as ready server frame bytes.
pub(crate) fn text_frame(payload: Vec<u8>) -> Bytes {
    frame_bytes(&Frame::message(Bytes::from(payload), OpCode::Data(Data::Text), true))
}

/// A binary message as ready server frame bytes.
#[cfg(feature = "conformance")]
pub(crate) fn binary_frame(payload: Bytes) -> Bytes {
    frame_bytes(&Frame::message(payload, OpCode::Data(Data::Binary), true))
}

/// A ping as ready server frame bytes: final, without payload (RFC 6455 §5.5.2).
pub(crate) const PING_FRAME: [u8; 2] = [0x89, 0x00];

fn frame_bytes(frame: &Frame) -> Bytes {
    let mut bytes = Vec::with_capacity(frame.len());
    // Writing into memory does not fail.
    let _ = frame.clone().format(&mut bytes);
    Bytes::from(bytes)
}
