//! The door program's dialect: our own until the signature is accepted, and nothing after that.

use super::kkanbu::{AUTHENTICATE, Kkanbu, Room};
use super::{Dialect, Heard, Joining, Outgoing, Seat};
use crate::tag::Tag;
use kkanbu_wire::{FromServer, decode_from_server};

/// The door's.
pub(super) struct Door(Kkanbu);

impl Door {
    pub(super) fn new(origin: &str, rooms: Vec<Room>, members: usize) -> anyhow::Result<Self> {
        Ok(Self(Kkanbu::new(origin, rooms, members)?))
    }
}

impl Dialect for Door {
    fn upgrade(&self, seat: Seat) -> (String, String) {
        self.0.upgrade(seat)
    }

    fn join(&mut self, seat: Seat, heard: Option<&[u8]>, out: &mut Outgoing) -> anyhow::Result<Joining> {
        let text = heard.map(std::str::from_utf8).transpose()?;
        match text.map(decode_from_server) {
            Some(Ok(FromServer::Result { id: AUTHENTICATE, .. })) => Ok(Joining::In(None)),
            _ => self.0.join(seat, heard, out),
        }
    }

    fn post(&mut self, _seat: Seat, _tag: Tag, _out: &mut Outgoing) {}

    fn hear(&mut self, _seat: Seat, _payload: &[u8], _out: &mut Outgoing, _heard: &mut dyn FnMut(Heard)) {}

    fn acknowledges(&self) -> bool {
        true
    }
}
