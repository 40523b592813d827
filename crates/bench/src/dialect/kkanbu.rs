//! Our own dialect, `kkanbu.v1`: challenge, signature, room, posts under keys of their own, publications by offset.

use super::{Dialect, Heard, Joining, Outgoing, Seat, body};
use crate::tag::Tag;
use anyhow::{Context, bail};
use data_encoding::BASE64URL_NOPAD;
use kkanbu_client::{JoinCode, MemberIdentity, Origin, Seed};
use kkanbu_model::ProgrammeId;
use kkanbu_wire::{Challenge, Challenged, Command, FromServer, InRoom, Joined, Placed, Position, Post, Push};
use kkanbu_wire::{Publication, Resume, SUBPROTOCOL, decode_from_server, encode_command};
use memchr::memmem;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use std::collections::HashMap;
use std::collections::hash_map::Entry;

/// The ids of the commands on the way in. They say how far a connection has come.
const CHALLENGE: u64 = 1;
pub(super) const AUTHENTICATE: u64 = 2;
const JOIN: u64 = 3;
const RESUME: u64 = 4;

/// A post's id is its tag and this.
const POSTS: u64 = 16;

/// How a publication begins as our server writes it. One that is written otherwise is parsed.
const PUBLICATION: &[u8] = br#"{"jsonrpc":"2.0","method":"publication","params":{"#;

/// How a reply begins.
const REPLY: &[u8] = br#"{"jsonrpc":"2.0","id":"#;

/// How the reply to a post goes on after its id.
const PLACED: &[u8] = br#","result":{"offset":"#;

/// A room of the server.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Room {
    /// Its programme's id.
    pub programme: String,
    /// Its id.
    pub room: String,
    /// The join code of those who may enter.
    pub code: String,
}

/// What a room is called.
pub(crate) fn room_name(room: usize) -> String {
    format!("room-{room}")
}

/// Ours.
pub(super) struct Kkanbu {
    origin: Origin,
    rooms: Vec<Room>,
    /// One a connection, made from this and its index: it is the same member when it comes back.
    seed: [u8; 8],
    /// The members who have come in before; making a key costs more than using it.
    identities: HashMap<usize, MemberIdentity>,
    /// Which log each room has.
    epochs: HashMap<usize, String>,
    posts: Posts,
    offset: memmem::Finder<'static>,
    members: usize,
}

impl Kkanbu {
    pub(super) fn new(origin: &str, rooms: Vec<Room>, members: usize) -> anyhow::Result<Self> {
        let (seed, posts) = (rand::random(), Posts::new());
        let offset = memmem::Finder::new(br#""offset":"#);
        let (identities, epochs) = (HashMap::new(), HashMap::new());
        Ok(Self { origin: origin.parse()?, rooms, seed, identities, epochs, posts, offset, members })
    }

    fn room(&self, seat: Seat) -> anyhow::Result<&Room> {
        let Self { rooms, members, .. } = self;
        rooms.get(seat.room).with_context(|| format!("there is no room {} of {members} members", seat.room))
    }

    fn authenticate(&mut self, seat: Seat, challenge: &RawValue) -> anyhow::Result<Command> {
        let room = self.room(seat)?;
        let (programme, code) = (ProgrammeId::new(room.programme.as_str())?, JoinCode::new(room.code.as_str())?);
        let challenge: Challenged = serde_json::from_str(challenge.get())?;
        let identity = match self.identities.entry(seat.index) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(new) => {
                let mut seed = [0; 16];
                let halves = self.seed.into_iter().chain((seat.index as u64).to_be_bytes());
                seed.iter_mut().zip(halves).for_each(|(to, from)| *to = from);
                new.insert(MemberIdentity::derive(&Seed::from_bytes(seed), &programme)?)
            }
        };
        Ok(Command::Authenticate(identity.answer(&challenge, &self.origin, Some(&code))?))
    }

    fn resume(&self, seat: Seat, offset: u64) -> anyhow::Result<Command> {
        let epoch = self.epochs.get(&seat.room).context("nobody has been in this room")?.clone();
        Ok(Command::Resume(Resume { room: self.room(seat)?.room.clone(), position: Position { epoch, offset } }))
    }

    /// What is rare or written in an unusual way.
    fn hear_slowly(payload: &[u8], heard: &mut dyn FnMut(Heard)) {
        let Ok(Ok(frame)) = std::str::from_utf8(payload).map(decode_from_server) else { return };
        match frame {
            FromServer::Result { id, result } => {
                let placed = serde_json::from_str::<Placed>(result.get()).ok();
                if let (Some(tag), Some(placed)) = (tag_of(id), placed) {
                    heard(Heard::Acknowledged { tag, offset: Some(placed.offset) });
                }
            }
            FromServer::Error { id, error } => {
                if let Some(tag) = id.and_then(tag_of) {
                    heard(Heard::Refused { tag, code: error.message });
                }
            }
            FromServer::Push(Push::Publication(Publication { offset, .. })) => {
                if let Some((tag, _)) = Tag::find(payload) {
                    heard(Heard::Delivery { tag, offset: Some(offset) });
                }
            }
            FromServer::Push(Push::RoomEnded(_) | Push::Phase(_) | Push::Muted(_) | Push::Unknown) => (),
        }
    }
}

impl Dialect for Kkanbu {
    fn upgrade(&self, _seat: Seat) -> (String, String) {
        (kkanbu_wire::PATH.to_owned(), format!("sec-websocket-protocol: {SUBPROTOCOL}\r\n"))
    }

    fn join(&mut self, seat: Seat, heard: Option<&[u8]>, out: &mut Outgoing) -> anyhow::Result<Joining> {
        let room = self.room(seat)?;
        let Some(heard) = heard else {
            let challenge = Challenge { programme: room.programme.clone() };
            out.text(encode_command(CHALLENGE, &Command::Challenge(challenge)).as_bytes());
            return Ok(Joining::Waits);
        };
        match decode_from_server(std::str::from_utf8(heard)?).ok().context("the server's frame can't be read")? {
            FromServer::Result { id: CHALLENGE, result } => {
                out.text(encode_command(AUTHENTICATE, &self.authenticate(seat, &result)?).as_bytes());
                Ok(Joining::Waits)
            }
            FromServer::Result { id: AUTHENTICATE, .. } => {
                out.text(encode_command(JOIN, &Command::Join(InRoom { room: room.room.clone() })).as_bytes());
                Ok(Joining::Waits)
            }
            FromServer::Result { id: JOIN, result } => {
                let Position { epoch, offset } = serde_json::from_str::<Joined>(result.get())?.position;
                self.epochs.entry(seat.room).or_insert(epoch);
                Ok(Joining::In(Some(offset)))
            }
            FromServer::Error { error, .. } => bail!("refused on the way in: {}", error.message),
            FromServer::Result { .. } | FromServer::Push(_) => Ok(Joining::Waits),
        }
    }

    fn come_back(
        &mut self,
        seat: Seat,
        place: u64,
        heard: Option<&[u8]>,
        out: &mut Outgoing,
    ) -> anyhow::Result<Joining> {
        let frame = heard.map(std::str::from_utf8).transpose()?.map(decode_from_server);
        match frame {
            Some(Ok(FromServer::Result { id: AUTHENTICATE, .. })) => {
                out.text(encode_command(RESUME, &self.resume(seat, place)?).as_bytes());
                Ok(Joining::Waits)
            }
            Some(Ok(FromServer::Result { id: RESUME, result })) => {
                let joined: Joined = serde_json::from_str(result.get())?;
                Ok(Joining::In((!joined.recovered).then_some(joined.position.offset)))
            }
            _ => self.join(seat, heard, out),
        }
    }

    fn post(&mut self, seat: Seat, tag: Tag, out: &mut Outgoing) {
        if let Some(room) = self.rooms.get(seat.room) {
            self.posts.write(&room.room, tag, out);
        }
    }

    fn hear(&mut self, _seat: Seat, payload: &[u8], _out: &mut Outgoing, heard: &mut dyn FnMut(Heard)) {
        if let Some(params) = payload.strip_prefix(PUBLICATION)
            && let Some(at) = self.offset.find(params)
            && let Some((offset, _)) = params.get(at + 9..).and_then(number)
            && let Some((tag, _)) = Tag::find(params)
        {
            return heard(Heard::Delivery { tag, offset: Some(offset) });
        }
        if let Some((id, rest)) = payload.strip_prefix(REPLY).and_then(number)
            && let Some((offset, _)) = rest.strip_prefix(PLACED).and_then(number)
            && let Some(tag) = tag_of(id)
        {
            return heard(Heard::Acknowledged { tag, offset: Some(offset) });
        }
        Self::hear_slowly(payload, heard);
    }

    fn acknowledges(&self) -> bool {
        true
    }
}

fn tag_of(id: u64) -> Option<Tag> {
    id.checked_sub(POSTS).and_then(|number| u32::try_from(number).ok()).map(Tag)
}

/// The digits at the beginning, and what follows them.
fn number(bytes: &[u8]) -> Option<(u64, &[u8])> {
    let digits = bytes.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let (digits, rest) = bytes.split_at_checked(digits).filter(|(digits, _)| (1..=16).contains(&digits.len()))?;
    Some((digits.iter().fold(0, |number, digit| number * 10 + u64::from(digit - b'0')), rest))
}

/// Writes posts, each under an idempotency key that no other has.
pub(super) struct Posts {
    run: [u8; 12],
}

impl Posts {
    pub(super) fn new() -> Self {
        Self { run: rand::random() }
    }

    pub(super) fn write(&self, room: &str, tag: Tag, out: &mut Outgoing) {
        let key: Vec<u8> = self.run.into_iter().chain(tag.0.to_be_bytes()).collect();
        let post = Post {
            room: room.to_owned(),
            key: BASE64URL_NOPAD.encode(&key),
            body: body(tag),
            reply_to: None,
            mentions: Vec::new(),
            confirmed: false,
            question: false,
        };
        out.text(encode_command(u64::from(tag.0) + POSTS, &Command::Post(post)).as_bytes());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use kkanbu_wire::{Padding, RejectCode, Rejection, What, encode_error, encode_push, encode_result};

    fn heard(payload: &[u8]) -> Vec<Heard> {
        let mut dialect = Kkanbu::new("http://127.0.0.1:1", Vec::new(), 1).unwrap();
        let mut all = Vec::new();
        dialect.hear(Seat { index: 0, room: 0 }, payload, &mut Outgoing::default(), &mut |one| all.push(one));
        all
    }

    fn publication(tag: Tag) -> Vec<u8> {
        let what = What::Post {
            author: "용감한 고라니".into(),
            role: Some("멘티".into()),
            body: Some(body(tag)),
            reply_to: None,
            mentions: Vec::new(),
            retracted: false,
            hidden: false,
            question: false,
        };
        let publication = Publication { room: "room-0".into(), offset: 1_234, minute: 29_412_345, what };
        encode_push(&Push::Publication(publication), Padding::Quiet)
    }

    #[test]
    fn what_the_server_s_encoder_writes_is_understood() {
        let tag = Tag(77);
        assert_eq!(heard(&publication(tag)), [Heard::Delivery { tag, offset: Some(1_234) }]);
        let placed = encode_result(77 + POSTS, &Placed { offset: 9 }, Padding::Quiet);
        assert_eq!(heard(&placed), [Heard::Acknowledged { tag, offset: Some(9) }]);
        let refused = encode_error(Some(77 + POSTS), &Rejection::new(RejectCode::RateLimited), Padding::Quiet);
        assert_eq!(heard(&refused), [Heard::Refused { tag, code: "rate_limited".into() }]);
    }

    #[test]
    fn what_is_written_otherwise_is_understood_too() {
        let tag = Tag(77);
        let text = String::from_utf8(publication(tag)).unwrap();
        let spaced = text.replacen("\"method\":", "\"method\": ", 1);
        assert_eq!(heard(spaced.as_bytes()), [Heard::Delivery { tag, offset: Some(1_234) }]);
        assert_eq!(heard(br#"{"jsonrpc":"2.0","id":3,"result":{}}"#), []);
    }

    #[test]
    fn a_body_is_about_sixty_characters_and_no_guard_minds_it() {
        let text = body(Tag(u32::MAX));
        assert!((55..=70).contains(&text.chars().count()), "{}", text.chars().count());
        assert!(!text.bytes().any(|byte| byte.is_ascii_digit()));
    }
}
