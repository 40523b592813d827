//! The floor program's dialect. It is sent what our server is sent, byte for byte, and answers with deliveries alone.

use super::{Dialect, Heard, Joining, Outgoing, Seat, kkanbu};
use crate::tag::Tag;

/// The floor's.
pub(super) struct Floor {
    posts: kkanbu::Posts,
}

impl Floor {
    pub(super) fn new() -> Self {
        Self { posts: kkanbu::Posts::new() }
    }
}

impl Dialect for Floor {
    fn upgrade(&self, seat: Seat) -> (String, String) {
        (format!("/room/{}", seat.room), String::new())
    }

    fn join(&mut self, _seat: Seat, _heard: Option<&[u8]>, _out: &mut Outgoing) -> anyhow::Result<Joining> {
        Ok(Joining::In(None))
    }

    fn post(&mut self, seat: Seat, tag: Tag, out: &mut Outgoing) {
        self.posts.write(&kkanbu::room_name(seat.room), tag, out);
    }

    fn hear(&mut self, _seat: Seat, payload: &[u8], _out: &mut Outgoing, heard: &mut dyn FnMut(Heard)) {
        Tag::find_all(payload, |tag| heard(Heard::Delivery { tag, offset: None }));
    }

    fn acknowledges(&self) -> bool {
        false
    }
}
