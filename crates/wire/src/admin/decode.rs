//! Lines to types.

use super::command::Unread;
use super::{AdminCode, AdminCommand, AdminError};
use crate::call::{self, Call, Fault, Wrong, short};
use serde::Deserialize;
use serde_json::value::RawValue;

/// A command and the id to answer it with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AdminIncoming {
    /// The caller's id for it.
    pub id: u64,
    /// What it asks for.
    pub command: AdminCommand,
}

/// A line that is no command, and what to answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AdminRefused {
    /// The caller's id, where it could be read.
    pub id: Option<u64>,
    /// Why.
    pub error: AdminError,
}

impl From<Wrong> for AdminError {
    fn from(wrong: Wrong) -> Self {
        let code = match wrong.fault {
            Fault::Json => AdminCode::MalformedJson,
            Fault::Request => AdminCode::InvalidRequest,
            Fault::Params => AdminCode::InvalidParams,
        };
        Self::new(code).detail(wrong.detail)
    }
}

/// Reads a line of a caller, with or without its line feed.
pub fn decode_command(line: &[u8]) -> Result<AdminIncoming, AdminRefused> {
    let text = std::str::from_utf8(line).map_err(|_| AdminRefused {
        id: None,
        error: AdminError::new(AdminCode::MalformedJson).detail("a line is UTF-8"),
    })?;
    let Call { id, method, params } =
        call::read(text).map_err(|no_call| AdminRefused { id: no_call.id, error: no_call.wrong.into() })?;
    let command = AdminCommand::read(&method, params).map_err(|unread| match unread {
        Unread::Method => AdminError::new(AdminCode::UnknownMethod).detail(short(&method)),
        Unread::Params(wrong) => wrong.into(),
    });
    command.map(|command| AdminIncoming { id, command }).map_err(|error| AdminRefused { id: Some(id), error })
}

/// A line of the server, as a caller reads it.
#[derive(Debug)]
pub enum AdminReply {
    /// A command was done.
    Result {
        /// Which.
        id: u64,
        /// Its result, to be read as the type that the command gives.
        result: Box<RawValue>,
    },
    /// A command was refused; `id` is `None` where the server could not read it, or speaks of the whole connection.
    Error {
        /// Which.
        id: Option<u64>,
        /// Why.
        error: AdminError,
    },
}

#[derive(Deserialize)]
struct Reply<'a> {
    id: Option<u64>,
    #[serde(borrow)]
    result: Option<&'a RawValue>,
    error: Option<AdminError>,
}

/// Reads a line of the server. Unknown fields are ignored, so that a later server can say more.
pub fn decode_reply(line: &[u8]) -> Result<AdminReply, serde_json::Error> {
    let reply: Reply<'_> = serde_json::from_slice(line)?;
    match (reply.id, reply.result, reply.error) {
        (id, _, Some(error)) => Ok(AdminReply::Error { id, error }),
        (Some(id), Some(result), None) => Ok(AdminReply::Result { id, result: result.to_owned() }),
        (None, _, None) | (Some(_), None, None) => {
            Err(serde::de::Error::custom("neither the result of a command nor an error"))
        }
    }
}
