//! Frames to types. Whatever a client sends becomes a command or a rejection that says what was wrong.

use crate::call::{self, Call, Fault, Wrong, short, typed};
use crate::{Command, Muted, PhaseChanged, Publication, Push, RejectCode, Rejection, RoomEnded};
use serde::Deserialize;
use serde_json::value::RawValue;
use std::borrow::Cow;

/// A command and the id to answer it with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Incoming {
    /// The client's id for it.
    pub id: u64,
    /// What it asks for.
    pub command: Command,
}

/// A frame that is no command, and what to answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    /// The client's id, where it could be read.
    pub id: Option<u64>,
    /// Why.
    pub rejection: Rejection,
}

/// Reads a text frame of a client.
#[expect(clippy::result_large_err, reason = "a refusal is rare, and leaves the stack at once as a frame")]
pub fn decode_command(frame: &str) -> Result<Incoming, Refused> {
    let Call { id, method, params } =
        call::read(frame).map_err(|no_call| Refused { id: no_call.id, rejection: no_call.wrong.into() })?;
    decode_params(&method, params)
        .map(|command| Incoming { id, command })
        .map_err(|rejection| Refused { id: Some(id), rejection })
}

impl From<Wrong> for Rejection {
    fn from(wrong: Wrong) -> Self {
        let code = match wrong.fault {
            Fault::Json => RejectCode::MalformedJson,
            Fault::Request => RejectCode::InvalidRequest,
            Fault::Params => RejectCode::InvalidParams,
        };
        Self::new(code).detail(wrong.detail)
    }
}

fn decode_params(method: &str, params: &str) -> Result<Command, Rejection> {
    Ok(match method {
        "preview" => Command::Preview(typed(params)?),
        "challenge" => Command::Challenge(typed(params)?),
        "authenticate" => Command::Authenticate(typed(params)?),
        "rooms" => Command::Rooms(typed(params)?),
        "join" => Command::Join(typed(params)?),
        "resume" => Command::Resume(typed(params)?),
        "leave" => Command::Leave(typed(params)?),
        "redraw" => Command::Redraw(typed(params)?),
        "post" => Command::Post(typed(params)?),
        "edit" => Command::Edit(typed(params)?),
        "retract" => Command::Retract(typed(params)?),
        "react" => Command::React(typed(params)?),
        "answer" => Command::Answer(typed(params)?),
        "history" => Command::History(typed(params)?),
        _ => return Err(Rejection::new(RejectCode::UnknownMethod).detail(short(method))),
    })
}

/// A frame of the server, as a client reads it.
#[derive(Debug)]
pub enum FromServer {
    /// A command was done.
    Result {
        /// Which.
        id: u64,
        /// Its result, to be read as the type that the command gives.
        result: Box<RawValue>,
    },
    /// A command was rejected; `id` is `None` where the server could not read it.
    Error {
        /// Which.
        id: Option<u64>,
        /// Why.
        error: Rejection,
    },
    /// Something unasked.
    Push(Push),
}

#[derive(Deserialize)]
struct ServerFrame<'a> {
    id: Option<u64>,
    #[serde(borrow)]
    result: Option<&'a RawValue>,
    error: Option<Rejection>,
    #[serde(borrow)]
    method: Option<Cow<'a, str>>,
    #[serde(borrow)]
    params: Option<&'a RawValue>,
}

/// Reads a text frame of the server. Unknown pushes and fields are ignored, as the contract asks.
pub fn decode_from_server(frame: &str) -> Result<FromServer, serde_json::Error> {
    let frame: ServerFrame<'_> = serde_json::from_str(frame)?;
    if let Some(error) = frame.error {
        return Ok(FromServer::Error { id: frame.id, error });
    }
    if let (Some(id), Some(result)) = (frame.id, frame.result) {
        return Ok(FromServer::Result { id, result: result.to_owned() });
    }
    let params = frame.params.map_or("{}", RawValue::get);
    let push = match frame.method.as_deref() {
        Some("publication") => Push::Publication(serde_json::from_str::<Publication>(params)?),
        Some("room_ended") => Push::RoomEnded(serde_json::from_str::<RoomEnded>(params)?),
        Some("phase") => Push::Phase(serde_json::from_str::<PhaseChanged>(params)?),
        Some("muted") => Push::Muted(serde_json::from_str::<Muted>(params)?),
        Some(_) | None => Push::Unknown,
    };
    Ok(FromServer::Push(push))
}
