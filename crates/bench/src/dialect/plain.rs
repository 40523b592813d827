//! The dialect of servers that pass on what is posted as it is, with rooms as paths: nchan's locations, a broadcast server on Node's `ws`.

use super::{Dialect, Heard, Joining, Outgoing, Seat, body};
use crate::tag::Tag;

/// Theirs.
pub(super) struct Plain;

impl Dialect for Plain {
    fn upgrade(&self, seat: Seat) -> (String, String) {
        (format!("/room/{}", seat.room), String::new())
    }

    fn join(&mut self, _seat: Seat, _heard: Option<&[u8]>, _out: &mut Outgoing) -> anyhow::Result<Joining> {
        Ok(Joining::In(None))
    }

    fn post(&mut self, _seat: Seat, tag: Tag, out: &mut Outgoing) {
        out.text(body(tag).as_bytes());
    }

    fn hear(&mut self, _seat: Seat, payload: &[u8], _out: &mut Outgoing, heard: &mut dyn FnMut(Heard)) {
        if let Some((tag, _)) = Tag::find(payload) {
            heard(Heard::Delivery { tag, offset: None });
        }
    }

    fn acknowledges(&self) -> bool {
        false
    }
}

#[cfg(test)]
mod tests {
    use super::super::recorded::{SEAT, deliveries, heard, said};
    use super::*;

    #[test]
    fn what_nchan_and_ws_sent_is_understood_wherever_it_is_cut() {
        for recorded in [include_bytes!("recorded/nchan.bin").as_slice(), include_bytes!("recorded/ws.bin")] {
            assert_eq!(heard(&mut Plain, recorded), deliveries());
        }
    }

    #[test]
    fn a_post_is_its_body_and_nothing_else() {
        let mut out = Outgoing::default();
        Plain.post(SEAT, Tag(7), &mut out);
        assert_eq!(said(&out), [(crate::frames::TEXT, body(Tag(7)).into_bytes())]);
    }
}
