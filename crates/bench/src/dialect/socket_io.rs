//! The dialect of Socket.IO: Engine.IO 4 over WebSocket alone, the parser that comes with it, one event that carries the body.

use super::{Dialect, Heard, Joining, Outgoing, Seat, body};
use crate::tag::Tag;
use anyhow::bail;

// Packets of Engine.IO, and behind a message's digit those of Socket.IO.
const OPEN: &[u8] = b"0";
const PING: &[u8] = b"2";
const PONG: &[u8] = b"3";
const CONNECT: &[u8] = b"40";
const CONNECT_ERROR: &[u8] = b"44";

/// How the event begins, either way.
const POST: &str = r#"42["post","#;

/// Theirs.
pub(super) struct SocketIo;

impl Dialect for SocketIo {
    fn upgrade(&self, seat: Seat) -> (String, String) {
        (format!("/socket.io/?EIO=4&transport=websocket&room={}", seat.room), String::new())
    }

    fn join(&mut self, _seat: Seat, heard: Option<&[u8]>, out: &mut Outgoing) -> anyhow::Result<Joining> {
        let Some(heard) = heard else { return Ok(Joining::Waits) };
        if heard.starts_with(CONNECT) {
            return Ok(Joining::In(None));
        }
        if heard.starts_with(CONNECT_ERROR) {
            bail!("refused on the way in: {}", String::from_utf8_lossy(heard));
        }
        if heard.starts_with(OPEN) {
            out.text(CONNECT);
        } else if heard == PING {
            out.text(PONG);
        }
        Ok(Joining::Waits)
    }

    fn post(&mut self, _seat: Seat, tag: Tag, out: &mut Outgoing) {
        let body = serde_json::Value::String(body(tag));
        out.text(format!("{POST}{body}]").as_bytes());
    }

    fn hear(&mut self, _seat: Seat, payload: &[u8], out: &mut Outgoing, heard: &mut dyn FnMut(Heard)) {
        if let Some((tag, _)) = payload.strip_prefix(POST.as_bytes()).and_then(Tag::find) {
            heard(Heard::Delivery { tag, offset: None });
        } else if payload == PING {
            out.text(PONG);
        }
    }

    fn acknowledges(&self) -> bool {
        false
    }
}

#[cfg(test)]
mod tests {
    use super::super::recorded::{SEAT, cut_payloads, deliveries, heard, hears, said};
    use super::*;
    use crate::frames::TEXT;

    const RECORDED: &[u8] = include_bytes!("recorded/socket-io.bin");

    #[test]
    fn what_the_server_sent_is_understood_wherever_it_is_cut() {
        assert_eq!(heard(&mut SocketIo, RECORDED), deliveries());
        cut_payloads(&mut SocketIo, RECORDED);
    }

    #[test]
    fn a_post_is_what_comes_back() {
        let mut out = Outgoing::default();
        SocketIo.post(SEAT, Tag(7), &mut out);
        let (opcode, payload) = said(&out).remove(0);
        assert_eq!(opcode, TEXT);
        assert_eq!(hears(&mut SocketIo, &payload), [Heard::Delivery { tag: Tag(7), offset: None }]);
    }

    #[test]
    fn pings_are_answered_and_a_refusal_on_the_way_in_is_told() {
        let mut out = Outgoing::default();
        SocketIo.hear(SEAT, PING, &mut out, &mut |_| panic!("nothing was delivered"));
        assert_eq!(said(&out), [(TEXT, PONG.to_vec())]);
        assert!(SocketIo.join(SEAT, Some(br#"44{"message":"no"}"#), &mut out).is_err());
    }
}
