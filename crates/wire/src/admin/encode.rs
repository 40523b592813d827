//! Types to lines, each with its line feed.

use super::{AdminCommand, AdminError};
use crate::encode::{Failed, Reply, to_json};
use serde::Serialize;

fn line(mut json: Vec<u8>) -> Vec<u8> {
    json.push(b'\n');
    json
}

/// A command, as a caller sends it.
pub fn encode_command(id: u64, command: &AdminCommand) -> Vec<u8> {
    line(command.to_call(id))
}

/// The reply to command `id`: it was done.
pub fn encode_result(id: u64, result: &impl Serialize) -> Vec<u8> {
    line(to_json(&Reply { jsonrpc: "2.0", id, result }))
}

/// The reply to command `id`, or to a line whose id could not be read: it was refused.
pub fn encode_error(id: Option<u64>, error: &AdminError) -> Vec<u8> {
    line(to_json(&Failed { jsonrpc: "2.0", id, error }))
}
