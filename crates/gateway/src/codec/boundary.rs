//! Where frames and messages end, told from their headers alone: between two messages a decoder has nothing to remember.

use std::io::Cursor;
use tungstenite::protocol::frame::FrameHeader;
use tungstenite::protocol::frame::coding::{Control, Data, OpCode};

/// The longest header (RFC 6455 §5.2): two bytes, eight of length, four of mask.
const HEADER_BYTES_MAX: usize = 14;

/// Follows a stream of frames.
#[derive(Debug, Default)]
pub(super) struct Boundary {
    /// The part of a header that has come.
    header: Vec<u8>,
    /// Bytes of the frame's payload that are still to come.
    payload: u64,
    /// A message has begun and not ended.
    in_message: bool,
    /// What follows can't be told, or does not matter any more: after a close, or after a breach.
    lost: bool,
}

impl Boundary {
    /// Takes the next bytes of the stream.
    pub(super) fn pass(&mut self, mut bytes: &[u8]) {
        while !self.lost && !bytes.is_empty() {
            let of_payload = usize::try_from(self.payload).map_or(bytes.len(), |left| left.min(bytes.len()));
            bytes = bytes.get(of_payload..).unwrap_or_default();
            self.payload -= of_payload as u64;
            if self.payload > 0 || bytes.is_empty() {
                return;
            }
            bytes = self.begin(bytes);
        }
    }

    /// Takes the header, or as much of it as has come, and returns what follows.
    fn begin<'a>(&mut self, bytes: &'a [u8]) -> &'a [u8] {
        let had = self.header.len();
        let more = bytes.len().min(HEADER_BYTES_MAX - had);
        self.header.extend_from_slice(bytes.get(..more).unwrap_or_default());
        let mut cursor = Cursor::new(&self.header);
        match FrameHeader::parse(&mut cursor) {
            Ok(Some((header, payload))) => {
                let length = usize::try_from(cursor.position()).unwrap_or(had);
                self.header = Vec::new();
                self.payload = payload;
                match header.opcode {
                    OpCode::Data(Data::Text | Data::Binary | Data::Continue) => self.in_message = !header.is_final,
                    OpCode::Control(Control::Ping | Control::Pong) => {}
                    OpCode::Control(Control::Close | Control::Reserved(_)) | OpCode::Data(Data::Reserved(_)) => {
                        self.lost = true;
                    }
                }
                bytes.get(length.saturating_sub(had)..).unwrap_or_default()
            }
            Ok(None) => bytes.get(more..).unwrap_or_default(),
            Err(_) => {
                self.lost = true;
                &[]
            }
        }
    }

    /// Whether everything that has begun has ended.
    pub(super) const fn is_between_messages(&self) -> bool {
        !self.lost && !self.in_message && self.payload == 0 && self.header.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A masked frame of a client.
    fn frame(first: u8, payload: usize) -> Vec<u8> {
        let mut bytes = vec![first];
        if payload < 126 {
            bytes.push(0x80 | u8::try_from(payload).unwrap());
        } else {
            bytes.push(0x80 | 0x7e);
            bytes.extend(u16::try_from(payload).unwrap().to_be_bytes());
        }
        bytes.extend([1, 2, 3, 4]);
        bytes.extend(std::iter::repeat_n(0x55, payload));
        bytes
    }

    #[test]
    fn a_stream_is_between_messages_after_each_whole_message_and_nowhere_else() {
        // Text; text in two parts with a ping between them; a longer text; a pong.
        let frames = [frame(0x81, 5), frame(0x01, 3), frame(0x89, 0), frame(0x80, 2), frame(0x81, 300), frame(0x8a, 1)];
        let mut at = 0;
        let ends = frames.each_ref().map(|frame| {
            at += frame.len();
            at
        });
        let between = [ends[0], ends[3], ends[4], ends[5]];
        let stream = frames.concat();
        for size in 1..=stream.len() {
            let mut boundary = Boundary::default();
            let mut at = 0;
            for bytes in stream.chunks(size) {
                boundary.pass(bytes);
                at += bytes.len();
                assert_eq!(boundary.is_between_messages(), between.contains(&at), "cut into {size}, at {at}");
            }
        }
    }

    #[test]
    fn after_a_close_nothing_ends_any_more() {
        let mut boundary = Boundary::default();
        boundary.pass(&[frame(0x88, 0), frame(0x81, 1)].concat());
        assert!(!boundary.is_between_messages());
    }
}
