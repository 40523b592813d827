//! What a generator says to a server and hears from it. Everything that differs between our server, the floor and a peer stands behind
//! [`Dialect`]; sockets, frames, pace and record-keeping are the generator's, and the same for all.

mod door;
mod floor;
mod kkanbu;
mod mqtt;
mod nats;
mod outgoing;
mod plain;
#[cfg(test)]
mod recorded;
mod socket_io;

pub use kkanbu::Room;
pub(crate) use kkanbu::room_name;
pub use outgoing::Outgoing;

use crate::tag::Tag;
use serde::{Deserialize, Serialize};

/// Which connection it is: one member, who sits in exactly one room.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Seat {
    /// Which of all connections.
    pub index: usize,
    /// Which of all rooms.
    pub room: usize,
}

/// What a server said, as far as a bench cares.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Heard {
    /// A post arrived.
    Delivery {
        /// Which.
        tag: Tag,
        /// Its place in the room, counted up by one, where the server gives one.
        offset: Option<u64>,
    },
    /// The author's post was taken.
    Acknowledged {
        /// Which.
        tag: Tag,
        /// Its place in the room, where the server says it.
        offset: Option<u64>,
    },
    /// The author's post was refused.
    Refused {
        /// Which.
        tag: Tag,
        /// The server's name for why.
        code: String,
    },
}

/// How far a connection has come in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Joining {
    /// The server has to say something first.
    Waits,
    /// It is in its room; with the place of the last post before, where the server says it.
    In(Option<u64>),
}

/// A protocol over WebSocket. It keeps nothing about a connection: whatever it has to know it reads from the frame.
pub trait Dialect {
    /// The path of the upgrade's request, and header lines beside the usual ones, each ended by `\r\n`.
    fn upgrade(&self, seat: Seat) -> (String, String);

    /// The next step on the way in. `heard` is a frame's payload; none right after the upgrade. Fails where the server refuses.
    fn join(&mut self, seat: Seat, heard: Option<&[u8]>, out: &mut Outgoing) -> anyhow::Result<Joining>;

    /// The next step on the way back in, to go on after this place. [`Joining::In`] without a place: all that was missed follows; with one: it does
    /// not, and this is where the room stands.
    fn come_back(
        &mut self,
        seat: Seat,
        _place: u64,
        heard: Option<&[u8]>,
        out: &mut Outgoing,
    ) -> anyhow::Result<Joining> {
        self.join(seat, heard, out)
    }

    /// Says something in the room, with the tag in it.
    fn post(&mut self, seat: Seat, tag: Tag, out: &mut Outgoing);

    /// What a frame's payload says. Called for every delivery: it parses as little as it can and allocates nothing.
    fn hear(&mut self, seat: Seat, payload: &[u8], out: &mut Outgoing, heard: &mut dyn FnMut(Heard));

    /// Whether posts are answered. Where they are not, a post counts as taken when its author is delivered it.
    fn acknowledges(&self) -> bool;
}

/// Which dialect to speak: what the generator is told on its way.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(tag = "name", rename_all = "snake_case")]
pub enum Spoken {
    /// Ours.
    Kkanbu {
        /// The origin that challenges name.
        origin: String,
        /// All rooms.
        rooms: Vec<Room>,
    },
    /// The door program's: as ours, until the signature is accepted.
    Door {
        /// The origin that challenges name.
        origin: String,
        /// All rooms, as they are called at our server.
        rooms: Vec<Room>,
    },
    /// The floor program's: posts as ours, deliveries without anything around them.
    Floor,
    /// Of servers that pass on a post as it is, with rooms as paths.
    Plain,
    /// Of NATS.
    Nats,
    /// MQTT 3.1.1 over WebSocket.
    Mqtt,
    /// Of Socket.IO.
    SocketIo,
}

impl Spoken {
    /// Makes it.
    pub fn dialect(self, members: usize) -> anyhow::Result<Box<dyn Dialect>> {
        Ok(match self {
            Self::Kkanbu { origin, rooms } => Box::new(kkanbu::Kkanbu::new(&origin, rooms, members)?),
            Self::Door { origin, rooms } => Box::new(door::Door::new(&origin, rooms, members)?),
            Self::Floor => Box::new(floor::Floor::new()),
            Self::Plain => Box::new(plain::Plain),
            Self::Nats => Box::new(nats::Nats),
            Self::Mqtt => Box::new(mqtt::Mqtt),
            Self::SocketIo => Box::new(socket_io::SocketIo),
        })
    }
}

/// What members say: a sentence as people write them, about sixty characters with the tag. Every dialect posts these bytes.
pub fn body(tag: Tag) -> String {
    const SENTENCE: &str =
        "처음 맡은 민원 업무가 아직 많이 낯선데, 선배님들은 첫 석 달을 어떻게 보내셨는지 궁금합니다. ";
    let mut body = SENTENCE.to_owned();
    body.extend(tag.to_bytes().map(char::from));
    body
}
