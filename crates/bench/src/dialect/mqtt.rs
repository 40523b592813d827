//! The dialect of Mosquitto: MQTT 3.1.1 over WebSocket, at most once, rooms as topics.

use super::{Dialect, Heard, Joining, Outgoing, Seat, body};
use crate::tag::Tag;
use anyhow::{Context, ensure};

// Kinds of packets, in the upper half of their first byte.
const CONNECT: u8 = 0x10;
const CONNACK: u8 = 0x20;
const PUBLISH: u8 = 0x30;
const SUBSCRIBE: u8 = 0x80;
const SUBACK: u8 = 0x90;

/// The lower half of a subscription's first byte, which the standard sets.
const SUBSCRIBE_FLAGS: u8 = 0x02;

/// Protocol `MQTT` at level 4, a session without a past, no keep-alive.
const HELLO: &[u8] = b"\0\x04MQTT\x04\x02\0\0";

/// From here on a subscription's answer is a refusal.
const FAILURE: u8 = 0x80;

/// Theirs.
pub(super) struct Mqtt;

impl Dialect for Mqtt {
    fn upgrade(&self, _seat: Seat) -> (String, String) {
        ("/mqtt".to_owned(), "sec-websocket-protocol: mqtt\r\n".to_owned())
    }

    fn join(&mut self, seat: Seat, heard: Option<&[u8]>, out: &mut Outgoing) -> anyhow::Result<Joining> {
        let Some(mut rest) = heard else {
            send(CONNECT, &[HELLO, &string(&format!("member-{}", seat.index))], out);
            return Ok(Joining::Waits);
        };
        let mut joining = Joining::Waits;
        while let Some(packet) = Packet::first(rest) {
            let answer = packet.body.last().copied();
            match packet.kind & 0xf0 {
                CONNACK => {
                    let code = answer.context("an empty answer")?;
                    ensure!(code == 0, "refused on the way in with {code}");
                    send(SUBSCRIBE | SUBSCRIBE_FLAGS, &[b"\0\x01", &string(&topic(seat)), b"\0"], out);
                }
                SUBACK => {
                    ensure!(answer.is_some_and(|code| code < FAILURE), "the subscription was refused");
                    joining = Joining::In(None);
                }
                _ => (),
            }
            rest = packet.after;
        }
        Ok(joining)
    }

    fn post(&mut self, seat: Seat, tag: Tag, out: &mut Outgoing) {
        send(PUBLISH, &[&string(&topic(seat)), body(tag).as_bytes()], out);
    }

    fn hear(&mut self, _seat: Seat, payload: &[u8], _out: &mut Outgoing, heard: &mut dyn FnMut(Heard)) {
        let mut rest = payload;
        while let Some(packet) = Packet::first(rest) {
            if let Some((tag, _)) = packet.published().and_then(Tag::find) {
                heard(Heard::Delivery { tag, offset: None });
            }
            rest = packet.after;
        }
    }

    fn acknowledges(&self) -> bool {
        false
    }
}

fn topic(seat: Seat) -> String {
    format!("room/{}", seat.room)
}

/// Text with its length before it.
fn string(text: &str) -> Vec<u8> {
    let length = u16::try_from(text.len()).unwrap_or(u16::MAX);
    [&length.to_be_bytes(), text.as_bytes()].concat()
}

fn send(kind: u8, parts: &[&[u8]], out: &mut Outgoing) {
    let mut packet = vec![kind];
    let mut length: usize = parts.iter().map(|part| part.len()).sum();
    loop {
        let [lowest, ..] = length.to_le_bytes();
        length >>= 7;
        if length == 0 {
            packet.push(lowest);
            break;
        }
        packet.push(0x80 | lowest);
    }
    packet.extend(parts.iter().copied().flatten());
    out.binary(&packet);
}

/// What the server sends.
struct Packet<'a> {
    /// With its flags.
    kind: u8,
    body: &'a [u8],
    after: &'a [u8],
}

impl<'a> Packet<'a> {
    /// The first one in `bytes`; `None` where it is not whole.
    fn first(bytes: &'a [u8]) -> Option<Self> {
        let (kind, mut rest) = bytes.split_first()?;
        let mut length = 0;
        for place in 0..4 {
            let (byte, after) = rest.split_first()?;
            length |= usize::from(byte & 0x7f) << (7 * place);
            rest = after;
            if byte & 0x80 == 0 {
                let (body, after) = rest.split_at_checked(length)?;
                return Some(Self { kind: *kind, body, after });
            }
        }
        None
    }

    /// What was posted, where it is that. At most once: no number stands between topic and payload.
    fn published(&self) -> Option<&'a [u8]> {
        let (length, rest) = self.body.split_first_chunk::<2>().filter(|_| self.kind & 0xf0 == PUBLISH)?;
        rest.get(usize::from(u16::from_be_bytes(*length))..)
    }
}

#[cfg(test)]
mod tests {
    use super::super::recorded::{SEAT, cut_payloads, deliveries, heard, hears, said};
    use super::*;
    use crate::frames::BINARY;

    const RECORDED: &[u8] = include_bytes!("recorded/mosquitto.bin");

    #[test]
    fn what_the_server_sent_is_understood_wherever_it_is_cut() {
        assert_eq!(heard(&mut Mqtt, RECORDED), deliveries());
        cut_payloads(&mut Mqtt, RECORDED);
    }

    #[test]
    fn a_post_is_what_comes_back() {
        let mut out = Outgoing::default();
        Mqtt.post(SEAT, Tag(7), &mut out);
        let (opcode, payload) = said(&out).remove(0);
        assert_eq!(opcode, BINARY);
        assert_eq!(hears(&mut Mqtt, &payload), [Heard::Delivery { tag: Tag(7), offset: None }]);
    }

    #[test]
    fn refusals_on_the_way_in_are_told() {
        let mut out = Outgoing::default();
        assert!(Mqtt.join(SEAT, Some(b"\x20\x02\0\x05"), &mut out).is_err());
        assert!(Mqtt.join(SEAT, Some(b"\x90\x03\0\x01\x80"), &mut out).is_err());
        assert_eq!(Mqtt.join(SEAT, Some(b"\x90\x03\0\x01\0"), &mut out).unwrap(), Joining::In(None));
    }

    #[test]
    fn a_length_without_an_end_is_no_packet() {
        assert!(Packet::first(&[PUBLISH, 0xff, 0xff, 0xff, 0xff, 0x01]).is_none());
    }
}
