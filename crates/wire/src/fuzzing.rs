//! What fuzzing calls (`tests/fuzz`), and the ordinary tests on its corpus: one function a target, which panics where something that has
//! to hold does not. Only they build this file.

mod admin;

pub use admin::admin;

use crate::{
    Challenged, Command, Empty, FromServer, HistoryPage, Incoming, Joined, NextRoom, Padding, Placed, Previewed, Push,
    Redrawn, RejectCode, Rejection, RoomList, Welcome, decode_command, decode_from_server, encode_command,
    encode_error, encode_push, encode_result,
};
use kkanbu_model::Offset;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

/// Longest detail that a rejection of a frame has, in characters.
const DETAIL_CHARS_MAX: usize = 200;

/// Longest answer to what is no command, padding included: details quote what was sent, and must not grow with it.
const REFUSAL_BYTES_MAX: usize = 2_048;

/// Members' commands.
///
/// - What is taken is one JSON object that says what was understood, with numbers that every JSON reader keeps.
/// - Written again and read again it is the same.
/// - What is refused has one of four codes, a short detail and a short answer, which clients read as it was meant.
pub fn commands(input: &[u8]) {
    let frame = String::from_utf8_lossy(input);
    match decode_command(&frame) {
        Ok(incoming) => taken(&frame, &incoming),
        Err(refused) => {
            assert!(refused.id.is_none_or(|id| id <= Offset::MAX), "an id that JSON readers round");
            refusal(refused.id, &refused.rejection);
        }
    }
}

fn taken(frame: &str, incoming: &Incoming) {
    let Incoming { id, command } = incoming;
    assert!(*id <= Offset::MAX, "an id that JSON readers round");
    assert!(numbers(command).into_iter().flatten().all(|number| number <= Offset::MAX), "a number that they round");
    let json: Value = serde_json::from_str(frame).expect("a command is JSON");
    let said = |key: &str| json.get(key).expect("a command has all of its parts");
    assert!(said("jsonrpc") == "2.0" && said("params").is_object(), "no JSON-RPC: {frame}");
    assert!(*said("id") == *id && *said("method") == command.method(), "understood as something else: {frame}");
    assert!(json.as_object().is_some_and(|parts| parts.len() == 4), "something beside its parts: {frame}");
    let written = encode_command(*id, command);
    let again = decode_command(&written).expect("what we write can be read");
    assert!(again == *incoming, "not the same when read again: {written}");
    assert!(encode_command(again.id, &again.command) == written, "not the same when written again");
}

fn numbers(command: &Command) -> [Option<u64>; 1] {
    [match command {
        Command::Resume(params) => Some(params.position.offset),
        Command::Post(params) => params.reply_to,
        Command::Edit(params) => Some(params.target),
        Command::Retract(params) => Some(params.target),
        Command::React(params) => Some(params.target),
        Command::Answer(params) => Some(params.target),
        Command::History(params) => params.before,
        Command::Preview(_)
        | Command::Challenge(_)
        | Command::Authenticate(_)
        | Command::Rooms(_)
        | Command::Join(_)
        | Command::Leave(_)
        | Command::Redraw(_) => None,
    }]
}

fn refusal(id: Option<u64>, rejection: &Rejection) {
    let code = rejection.known().expect("a code of the table");
    let fits = matches!(
        code,
        RejectCode::MalformedJson | RejectCode::InvalidRequest | RejectCode::UnknownMethod | RejectCode::InvalidParams
    );
    assert!(fits, "{code:?} is not about a frame");
    let detail = rejection.data.detail.as_deref().unwrap_or_default();
    assert!(detail.chars().count() <= DETAIL_CHARS_MAX, "a detail of {} bytes", detail.len());
    let answer = encode_error(id, rejection, Padding::Quiet);
    assert!(answer.len() <= REFUSAL_BYTES_MAX, "an answer of {} bytes", answer.len());
    let answer = std::str::from_utf8(&answer).expect("frames are text");
    match decode_from_server(answer).expect("clients read it") {
        FromServer::Error { id: read, error } => assert!(read == id && error == *rejection, "read as {error:?}"),
        other @ (FromServer::Result { .. } | FromServer::Push(_)) => panic!("{other:?} is no rejection"),
    }
}

/// The server's frames, as a client reads them. What can be read is the same when it is written and read again, the results of commands
/// too; the id chooses which result it is taken for.
pub fn server_frames(input: &[u8]) {
    let Ok(read) = decode_from_server(&String::from_utf8_lossy(input)) else { return };
    match read {
        FromServer::Result { id, result } => {
            let again = reread(&encode_result(id, &result, Padding::Off));
            let is_same = matches!(&again, FromServer::Result { id: same, result: it } if *same == id && it.get() == result.get());
            assert!(is_same, "{again:?} and not {result}");
            typed_result(id, result.get());
        }
        FromServer::Error { id, error } => {
            let again = reread(&encode_error(id, &error, Padding::Quiet));
            let is_same = matches!(&again, FromServer::Error { id: same, error: it } if *same == id && *it == error);
            assert!(is_same, "{again:?} and not {error:?}");
        }
        FromServer::Push(Push::Unknown) => {}
        FromServer::Push(push) => {
            let again = reread(&encode_push(&push, Padding::Quiet));
            assert!(matches!(&again, FromServer::Push(it) if *it == push), "{again:?} and not {push:?}");
        }
    }
}

fn reread(frame: &[u8]) -> FromServer {
    let text = std::str::from_utf8(frame).expect("frames are text");
    decode_from_server(text).unwrap_or_else(|error| panic!("{error}: {text}"))
}

fn typed_result(id: u64, result: &str) {
    match id % 11 {
        0 => same::<Previewed>(result),
        1 => same::<Challenged>(result),
        2 => same::<Welcome>(result),
        3 => same::<RoomList>(result),
        4 => same::<Joined>(result),
        5 => same::<Redrawn>(result),
        6 => same::<Placed>(result),
        7 => same::<HistoryPage>(result),
        8 => same::<NextRoom>(result),
        9 => same::<Rejection>(result),
        _ => same::<Empty>(result),
    }
}

fn same<T: DeserializeOwned + Serialize + PartialEq>(json: &str) {
    let Ok(value) = serde_json::from_str::<T>(json) else { return };
    let written = serde_json::to_string(&value).expect("wire types can be written");
    let again = serde_json::from_str::<T>(&written).unwrap_or_else(|error| panic!("{error}: {written}"));
    assert!(again == value, "not the same when read again: {written}");
}

#[cfg(test)]
#[path = "../../../tests/fuzz/replay.rs"]
mod replay;

#[cfg(test)]
mod tests {
    use super::replay::replay;

    #[test]
    fn commands_that_fuzzing_kept_are_read_or_refused_as_they_should_be() {
        replay("commands", super::commands);
    }

    #[test]
    fn admin_lines_that_fuzzing_kept_are_read_or_refused_as_they_should_be() {
        replay("admin", super::admin);
    }

    #[test]
    fn server_frames_that_fuzzing_kept_are_read_as_they_were_written() {
        replay("server_frames", super::server_frames);
    }
}
