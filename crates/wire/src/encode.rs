//! Types to frames, padded so that a frame's length says little about what is in it.

use crate::{Command, Push, Rejection};
use serde::Serialize;

/// The sizes, in bytes, that frames to clients are padded to.
pub const PADDED_SIZES: [usize; 4] = [512, 2_048, 16_384, 65_536];

/// How frames to clients are padded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Padding {
    /// With trailing spaces to the next of [`PADDED_SIZES`].
    #[default]
    Quiet,
    /// Not at all: lengths of posts can be read off the network.
    Off,
}

impl Padding {
    /// Pads `frame`, a JSON text.
    pub fn pad(self, frame: &mut Vec<u8>) {
        if self == Self::Off {
            return;
        }
        let next = PADDED_SIZES.into_iter().find(|size| *size >= frame.len());
        // Limits keep every frame below the largest size; should one not, whole multiples of it still say little.
        let [.., largest] = PADDED_SIZES;
        frame.resize(next.unwrap_or_else(|| frame.len().next_multiple_of(largest)), b' ');
    }
}

#[derive(Serialize)]
pub(crate) struct Reply<'a, T> {
    pub(crate) jsonrpc: &'static str,
    pub(crate) id: u64,
    pub(crate) result: &'a T,
}

#[derive(Serialize)]
pub(crate) struct Failed<'a, E> {
    pub(crate) jsonrpc: &'static str,
    pub(crate) id: Option<u64>,
    pub(crate) error: &'a E,
}

#[derive(Serialize)]
struct Notification<'a, T> {
    jsonrpc: &'static str,
    method: &'static str,
    params: &'a T,
}

#[derive(Serialize)]
pub(crate) struct Call<'a, T> {
    pub(crate) jsonrpc: &'static str,
    pub(crate) id: u64,
    pub(crate) method: &'static str,
    pub(crate) params: &'a T,
}

pub(crate) fn to_json(value: &impl Serialize) -> Vec<u8> {
    // Our types have string keys and no fallible serialisers, the only ways in which this fails.
    let json = serde_json::to_vec(value);
    debug_assert!(json.is_ok(), "wire types always serialise");
    json.unwrap_or_default()
}

fn padded(value: &impl Serialize, padding: Padding) -> Vec<u8> {
    let mut frame = to_json(value);
    padding.pad(&mut frame);
    frame
}

/// The reply to command `id`: it was done.
pub fn encode_result(id: u64, result: &impl Serialize, padding: Padding) -> Vec<u8> {
    padded(&Reply { jsonrpc: "2.0", id, result }, padding)
}

/// The reply to command `id`, or to a frame whose id could not be read: it was rejected.
pub fn encode_error(id: Option<u64>, error: &Rejection, padding: Padding) -> Vec<u8> {
    padded(&Failed { jsonrpc: "2.0", id, error }, padding)
}

/// A push.
pub fn encode_push(push: &Push, padding: Padding) -> Vec<u8> {
    match push {
        Push::Publication(params) => padded(&Notification { jsonrpc: "2.0", method: "publication", params }, padding),
        Push::RoomEnded(params) => padded(&Notification { jsonrpc: "2.0", method: "room_ended", params }, padding),
        Push::Phase(params) => padded(&Notification { jsonrpc: "2.0", method: "phase", params }, padding),
        Push::Muted(params) => padded(&Notification { jsonrpc: "2.0", method: "muted", params }, padding),
        // Only reading makes this one; there is nothing to send.
        Push::Unknown => Vec::new(),
    }
}

/// A command, as a client sends it.
pub fn encode_command(id: u64, command: &Command) -> String {
    fn call(id: u64, method: &'static str, params: &impl Serialize) -> String {
        String::from_utf8(to_json(&Call { jsonrpc: "2.0", id, method, params })).unwrap_or_default()
    }
    let method = command.method();
    match command {
        Command::Preview(params) => call(id, method, params),
        Command::Challenge(params) => call(id, method, params),
        Command::Authenticate(params) => call(id, method, params),
        Command::Rooms(params) => call(id, method, params),
        Command::Join(params) | Command::Leave(params) | Command::Redraw(params) => call(id, method, params),
        Command::Resume(params) => call(id, method, params),
        Command::Post(params) => call(id, method, params),
        Command::Edit(params) => call(id, method, params),
        Command::Retract(params) => call(id, method, params),
        Command::React(params) => call(id, method, params),
        Command::Answer(params) => call(id, method, params),
        Command::History(params) => call(id, method, params),
    }
}
