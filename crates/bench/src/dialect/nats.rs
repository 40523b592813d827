//! The dialect of NATS: its text protocol in binary frames, one or many operations a frame, rooms as subjects.

use super::{Dialect, Heard, Joining, Outgoing, Seat, body};
use crate::tag::Tag;
use anyhow::bail;
use memchr::memchr;

/// Who one is. Without `echo` an author would not be sent its own posts.
const CONNECT: &str =
    r#"CONNECT {"verbose":false,"pedantic":false,"echo":true,"lang":"rust","version":"1","protocol":1}"#;

/// Theirs.
pub(super) struct Nats;

impl Dialect for Nats {
    fn upgrade(&self, _seat: Seat) -> (String, String) {
        ("/".to_owned(), String::new())
    }

    fn join(&mut self, seat: Seat, heard: Option<&[u8]>, out: &mut Outgoing) -> anyhow::Result<Joining> {
        let Some(mut rest) = heard else {
            // The answer to the ping follows the subscription.
            out.binary(format!("{CONNECT}\r\nSUB room.{} 1\r\nPING\r\n", seat.room).as_bytes());
            return Ok(Joining::Waits);
        };
        let mut joining = Joining::Waits;
        while let Some((operation, after)) = Operation::first(rest) {
            match operation {
                Operation::Pong => joining = Joining::In(None),
                Operation::Ping => out.binary(b"PONG\r\n"),
                Operation::Error(why) => bail!("refused on the way in: {}", String::from_utf8_lossy(why)),
                Operation::Message(_) | Operation::Other => (),
            }
            rest = after;
        }
        Ok(joining)
    }

    fn post(&mut self, seat: Seat, tag: Tag, out: &mut Outgoing) {
        let body = body(tag);
        out.binary(format!("PUB room.{} {}\r\n{body}\r\n", seat.room, body.len()).as_bytes());
    }

    fn hear(&mut self, _seat: Seat, payload: &[u8], out: &mut Outgoing, heard: &mut dyn FnMut(Heard)) {
        let mut rest = payload;
        while let Some((operation, after)) = Operation::first(rest) {
            match operation {
                Operation::Message(payload) => {
                    if let Some((tag, _)) = Tag::find(payload) {
                        heard(Heard::Delivery { tag, offset: None });
                    }
                }
                Operation::Ping => out.binary(b"PONG\r\n"),
                // What an error means for posts shows in what does not arrive.
                Operation::Pong | Operation::Error(_) | Operation::Other => (),
            }
            rest = after;
        }
    }

    fn acknowledges(&self) -> bool {
        false
    }
}

/// What the server says.
#[derive(Debug)]
enum Operation<'a> {
    Message(&'a [u8]),
    Ping,
    Pong,
    Error(&'a [u8]),
    /// What it tells about itself.
    Other,
}

impl<'a> Operation<'a> {
    /// The first one in `bytes`, and what follows it; `None` where it is not whole.
    fn first(bytes: &'a [u8]) -> Option<(Self, &'a [u8])> {
        let (line, rest) = bytes.split_at_checked(memchr(b'\n', bytes)? + 1)?;
        let line = line.strip_suffix(b"\r\n")?;
        let operation = match line {
            b"PING" => Self::Ping,
            b"PONG" => Self::Pong,
            _ if line.starts_with(b"-ERR") => Self::Error(line),
            _ => match line.strip_prefix(b"MSG ") {
                Some(arguments) => return Self::message(arguments, rest),
                None => Self::Other,
            },
        };
        Some((operation, rest))
    }

    /// `subject sid [reply-to] length`, and the payload on the next line.
    fn message(arguments: &[u8], rest: &'a [u8]) -> Option<(Self, &'a [u8])> {
        let length = arguments.rsplit(|byte| *byte == b' ').next()?;
        let length: usize = std::str::from_utf8(length).ok()?.parse().ok()?;
        let (payload, after) = rest.split_at_checked(length)?;
        Some((Self::Message(payload), after.strip_prefix(b"\r\n")?))
    }
}

#[cfg(test)]
mod tests {
    use super::super::recorded::{SEAT, cut_payloads, deliveries, heard, hears, said};
    use super::*;
    use crate::frames::BINARY;

    const RECORDED: &[u8] = include_bytes!("recorded/nats.bin");

    #[test]
    fn what_the_server_sent_is_understood_wherever_it_is_cut() {
        assert_eq!(heard(&mut Nats, RECORDED), deliveries());
        cut_payloads(&mut Nats, RECORDED);
    }

    #[test]
    fn posts_have_the_length_of_their_body_in_bytes() {
        let mut out = Outgoing::default();
        Nats.post(SEAT, Tag(7), &mut out);
        let (opcode, payload) = said(&out).remove(0);
        let as_message = [b"MSG room.0 1 ".as_slice(), payload.strip_prefix(b"PUB room.0 ").unwrap()].concat();
        assert_eq!(opcode, BINARY);
        assert_eq!(hears(&mut Nats, &as_message), [Heard::Delivery { tag: Tag(7), offset: None }]);
    }

    #[test]
    fn pings_are_answered_and_an_error_on_the_way_in_is_told() {
        let mut out = Outgoing::default();
        Nats.hear(SEAT, b"PING\r\n", &mut out, &mut |_| panic!("nothing was delivered"));
        assert_eq!(said(&out), [(BINARY, b"PONG\r\n".to_vec())]);
        let refused = Nats.join(SEAT, Some(b"INFO {}\r\n-ERR 'maximum connections exceeded'\r\n"), &mut out);
        assert!(refused.unwrap_err().to_string().contains("maximum connections"));
    }
}
