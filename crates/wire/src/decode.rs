//! Frames to types. Whatever a client sends becomes a command or a rejection that says what was wrong.

use crate::{Command, Publication, Push, RejectCode, Rejection, RoomEnded};
use kkanbu_model::Offset;
use serde::Deserialize;
use serde::de::{DeserializeOwned, IgnoredAny};
use serde_json::value::RawValue;
use std::borrow::Cow;

/// Longest detail of a rejection, in characters. Details may quote what the client sent.
const DETAIL_CHARS_MAX: usize = 200;

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

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Call<'a> {
    #[serde(borrow)]
    jsonrpc: Option<Cow<'a, str>>,
    #[serde(borrow)]
    id: Option<&'a RawValue>,
    #[serde(borrow)]
    method: Option<Cow<'a, str>>,
    #[serde(borrow)]
    params: Option<&'a RawValue>,
}

/// Of a frame that is no command, the part that its answer needs.
#[derive(Deserialize)]
struct IdOnly<'a> {
    #[serde(borrow)]
    id: Option<&'a RawValue>,
}

/// An id that the contract allows.
fn read_id(raw: Option<&RawValue>) -> Option<u64> {
    raw.and_then(|raw| raw.get().parse().ok()).filter(|id| *id <= Offset::MAX)
}

/// serde reads a struct from a JSON array too; the contract knows objects only.
fn is_object(json: &str) -> bool {
    json.trim_start_matches([' ', '\t', '\n', '\r']).starts_with('{')
}

/// What to answer to a frame that is no JSON object.
fn no_object(frame: &str) -> Refused {
    let rejection = match serde_json::from_str::<IgnoredAny>(frame) {
        Ok(_) => Rejection::new(RejectCode::InvalidRequest).detail("a command is a JSON object; batches are not taken"),
        Err(error) => rejection(&error, RejectCode::InvalidRequest),
    };
    Refused { id: None, rejection }
}

/// Reads a text frame of a client.
pub fn decode_command(frame: &str) -> Result<Incoming, Refused> {
    let refuse = |id, rejection| Refused { id, rejection };
    if !is_object(frame) {
        return Err(no_object(frame));
    }
    let call: Call<'_> = serde_json::from_str(frame).map_err(|error| {
        let id = serde_json::from_str::<IdOnly<'_>>(frame).ok().and_then(|frame| read_id(frame.id));
        refuse(id, rejection(&error, RejectCode::InvalidRequest))
    })?;
    let id = read_id(call.id);
    let invalid = |what: &str| refuse(id, Rejection::new(RejectCode::InvalidRequest).detail(what));
    let number = id.ok_or_else(|| invalid("id must be a whole number from 0 to 2^53-1"))?;
    if call.jsonrpc.as_deref() != Some("2.0") {
        return Err(invalid("jsonrpc must be \"2.0\""));
    }
    let method = call.method.ok_or_else(|| invalid("method is missing"))?;
    // Missing is as wrong as null.
    let params = call.params.map_or("null", RawValue::get);
    decode_params(&method, params)
        .map(|command| Incoming { id: number, command })
        .map_err(|rejection| refuse(id, rejection))
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
        "history" => Command::History(typed(params)?),
        _ => return Err(Rejection::new(RejectCode::UnknownMethod).detail(short(method))),
    })
}

fn typed<T: DeserializeOwned>(params: &str) -> Result<T, Rejection> {
    if !is_object(params) {
        return Err(Rejection::new(RejectCode::InvalidParams).detail("params must be an object"));
    }
    serde_json::from_str(params).map_err(|error| rejection(&error, RejectCode::InvalidParams))
}

fn rejection(error: &serde_json::Error, otherwise: RejectCode) -> Rejection {
    let code = if error.is_data() { otherwise } else { RejectCode::MalformedJson };
    Rejection::new(code).detail(short(&error.to_string()))
}

fn short(text: &str) -> String {
    text.chars().take(DETAIL_CHARS_MAX).collect()
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
        Some(_) | None => Push::Unknown,
    };
    Ok(FromServer::Push(push))
}
