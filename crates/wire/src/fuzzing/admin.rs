//! The admin socket's lines.

use super::same;
use crate::admin::{
    AdminCode, AdminCommand, AdminError, AdminIncoming, AdminReply, Audit, AuditHead, Done, LINE_BYTES_MAX, MemberDone,
    ModeratedPosts, ModeratedRooms, NodeStatus, ProgrammeCreated, ProgrammeLinks, Programmes, decode_command,
    decode_reply, encode_command, encode_error, encode_result,
};
use crate::{Code, call};
use kkanbu_model::Offset;
use serde_json::Value;

/// Longest answer to what is no command: details quote what was sent, and must not grow with it.
const REFUSAL_BYTES_MAX: usize = 2_048;

/// The admin socket's lines, both ways.
///
/// - A command that is taken is one JSON object that says what was understood. Written again it is one line, and read again the same.
/// - What is refused has one of four codes and a short answer, which callers read as it was meant.
/// - An answer that can be read is the same when it is written and read again.
pub fn admin(input: &[u8]) {
    match decode_command(input) {
        Ok(incoming) => taken(input, &incoming),
        Err(refused) => {
            assert!(refused.id.is_none_or(|id| id <= Offset::MAX), "an id that JSON readers round");
            refusal(refused.id, &refused.error);
        }
    }
    match decode_reply(input) {
        Ok(AdminReply::Result { id, result }) => {
            let again = reread(&encode_result(id, &result));
            let is_same = matches!(&again, AdminReply::Result { id: same, result: it } if *same == id && it.get() == result.get());
            assert!(is_same, "{again:?} and not {result}");
            typed_result(id, result.get());
        }
        Ok(AdminReply::Error { id, error }) => reread_error(id, &error),
        Err(_) => {}
    }
}

fn taken(input: &[u8], incoming: &AdminIncoming) {
    let AdminIncoming { id, command } = incoming;
    assert!(*id <= Offset::MAX, "an id that JSON readers round");
    let json: Value = serde_json::from_slice(input).expect("a command is JSON");
    let said = |key: &str| json.get(key).expect("a command has all of its parts");
    assert!(*said("id") == *id && *said("method") == command.method(), "understood as something else: {json}");
    assert!(said("params").is_object() && json.as_object().is_some_and(|parts| parts.len() == 4), "{json}");
    assert!(AdminCommand::METHODS.contains(&command.method()), "a method that is not listed");
    let written = encode_command(*id, command);
    assert_one_line(&written);
    let again = decode_command(&written).expect("what we write can be read");
    assert!(again == *incoming, "not the same when read again: {}", String::from_utf8_lossy(&written));
    assert!(encode_command(again.id, &again.command) == written, "not the same when written again");
}

fn refusal(id: Option<u64>, error: &AdminError) {
    let code = AdminCode::from_number(error.code).expect("a code of the table");
    let fits = matches!(
        code,
        AdminCode::MalformedJson | AdminCode::InvalidRequest | AdminCode::UnknownMethod | AdminCode::InvalidParams
    );
    assert!(fits, "{code:?} is not about a line");
    assert!(error.data.detail.iter().all(|detail| *detail == call::short(detail)), "a detail that is too long");
    assert!(encode_error(id, error).len() <= REFUSAL_BYTES_MAX, "an answer that grows with what was sent");
    reread_error(id, error);
}

fn reread_error(id: Option<u64>, error: &AdminError) {
    let again = reread(&encode_error(id, error));
    let is_same = matches!(&again, AdminReply::Error { id: same, error: it } if *same == id && it == error);
    assert!(is_same, "{again:?} and not {error:?}");
}

fn reread(line: &[u8]) -> AdminReply {
    assert_one_line(line);
    decode_reply(line).unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(line)))
}

fn assert_one_line(line: &[u8]) {
    // A result is passed on as it was written, and JSON may have line feeds between its parts.
    assert!(line.last() == Some(&b'\n') && line.len() <= LINE_BYTES_MAX, "no line: {}", String::from_utf8_lossy(line));
}

fn typed_result(id: u64, result: &str) {
    match id % 11 {
        0 => same::<ProgrammeCreated>(result),
        1 => same::<Programmes>(result),
        2 => same::<ProgrammeLinks>(result),
        3 => same::<ModeratedRooms>(result),
        4 => same::<ModeratedPosts>(result),
        5 => same::<Done>(result),
        6 => same::<MemberDone>(result),
        7 => same::<Audit>(result),
        8 => same::<AuditHead>(result),
        9 => same::<NodeStatus>(result),
        _ => same::<AdminError>(result),
    }
}
