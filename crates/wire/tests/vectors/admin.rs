//! The admin socket's lines: those that are taken, those that are refused and how, and what is answered; and what moderators are told.

use crate::files::{admin_schemas, admin_vectors};
use crate::quiet::names;
use data_encoding::BASE64;
use kkanbu_wire::admin::{
    AdminCode, AdminCommand, AdminIncoming, AdminReply, Audit, Done, MemberDone, ModeratedPosts, ModeratedRooms,
    NodeStatus, ProgrammeCreated, ProgrammeLinks, Programmes, decode_command, decode_reply, encode_command,
    encode_error, encode_result,
};
use kkanbu_wire::{Code, Empty};
use proptest::prelude::*;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

#[derive(Deserialize)]
struct Taken {
    name: String,
    line: String,
    id: u64,
    method: String,
    same_as: Option<String>,
}

#[derive(Deserialize)]
struct Refusal {
    name: String,
    line: Option<String>,
    line_base64: Option<String>,
    id: Option<u64>,
    code: i32,
    message: String,
}

#[derive(Deserialize)]
struct Sent {
    name: String,
    line: String,
    #[serde(default)]
    method: String,
    id: Option<u64>,
    code: Option<i32>,
    means: Option<String>,
}

fn read(vector: &Taken) -> AdminIncoming {
    decode_command(vector.line.as_bytes()).unwrap_or_else(|refused| panic!("{}: {:?}", vector.name, refused.error))
}

fn written(line: Vec<u8>) -> String {
    let text = String::from_utf8(line).unwrap();
    text.strip_suffix('\n').expect("a line ends in a line feed").to_owned()
}

#[test]
fn each_command_is_read_and_written_byte_for_byte() {
    let vectors: Vec<Taken> = admin_vectors("commands");
    for vector in &vectors {
        let incoming = read(vector);
        assert_eq!((incoming.id, incoming.command.method()), (vector.id, vector.method.as_str()), "{}", vector.name);
        let original = vectors.iter().find(|other| Some(&other.name) == vector.same_as.as_ref());
        let expected = original.map_or(&vector.line, |original| &original.line);
        assert_eq!(written(encode_command(incoming.id, &incoming.command)), *expected, "{}", vector.name);
    }
    for method in AdminCommand::METHODS {
        assert!(vectors.iter().any(|vector| vector.method == *method), "{method} has no line that is taken");
    }
}

#[test]
fn each_line_that_is_no_command_is_refused_as_the_contract_says() {
    let vectors: Vec<Refusal> = admin_vectors("rejected");
    for vector in &vectors {
        let bytes = vector.line_base64.as_ref().map(|text| BASE64.decode(text.as_bytes()).unwrap());
        let bytes = bytes.unwrap_or_else(|| vector.line.clone().unwrap().into_bytes());
        assert!(!bytes.contains(&b'\n'), "{}", vector.name);
        let refused = decode_command(&bytes).expect_err(&vector.name);
        let found = (refused.id, refused.error.code, &refused.error.message);
        assert_eq!(found, (vector.id, vector.code, &vector.message), "{}", vector.name);
        let reply = decode_reply(&encode_error(refused.id, &refused.error)).unwrap();
        let AdminReply::Error { id, error } = reply else { panic!("{}: {reply:?}", vector.name) };
        assert_eq!((id, error), (refused.id, refused.error), "{}", vector.name);
    }
    for method in AdminCommand::METHODS {
        let own = format!("{method}, ");
        let refusals = vectors.iter().filter(|vector| vector.name.starts_with(&own)).count();
        assert!(refusals >= 7, "{method} has {refusals} lines that are refused");
    }
}

/// Reads a result as `T` and writes it again.
fn again<T: DeserializeOwned + Serialize>(id: u64, result: &str) -> Vec<u8> {
    encode_result(id, &serde_json::from_str::<T>(result).unwrap())
}

fn result_again(method: &str, id: u64, result: &str) -> Vec<u8> {
    match method {
        "programme.create" => again::<ProgrammeCreated>(id, result),
        "programme.list" => again::<Programmes>(id, result),
        "programme.links" => again::<ProgrammeLinks>(id, result),
        "programme.end" | "node.drain" => again::<Empty>(id, result),
        "room.list" => again::<ModeratedRooms>(id, result),
        "room.posts" => again::<ModeratedPosts>(id, result),
        "audit.list" => again::<Audit>(id, result),
        "node.status" => again::<NodeStatus>(id, result),
        member if member.starts_with("member.") => again::<MemberDone>(id, result),
        _ => again::<Done>(id, result),
    }
}

#[test]
fn each_result_is_read_and_written_byte_for_byte() {
    let vectors: Vec<Sent> = admin_vectors("results");
    for vector in &vectors {
        let reply = decode_reply(vector.line.as_bytes()).unwrap();
        let AdminReply::Result { id, result } = reply else { panic!("{}: {reply:?}", vector.name) };
        assert_eq!(Some(id), vector.id, "{}", vector.name);
        let original = vectors.iter().find(|other| Some(&other.name) == vector.means.as_ref());
        let expected = original.map_or(&vector.line, |original| &original.line);
        assert_eq!(written(result_again(&vector.method, id, result.get())), *expected, "{}", vector.name);
    }
    for method in AdminCommand::METHODS {
        assert!(vectors.iter().any(|vector| vector.method == *method), "{method} has no result");
    }
}

#[test]
fn each_error_is_read_and_written_byte_for_byte() {
    let vectors: Vec<Sent> = admin_vectors("errors");
    let codes: Vec<&str> = vectors.iter().map(|vector| vector.name.as_str()).collect();
    let all: Vec<&str> = AdminCode::ALL.iter().map(|code| code.name()).collect();
    assert_eq!(codes, all);
    for vector in &vectors {
        let reply = decode_reply(vector.line.as_bytes()).unwrap();
        let AdminReply::Error { id, error } = reply else { panic!("{}: {reply:?}", vector.name) };
        assert_eq!((id, Some(error.code), &error.message), (vector.id, vector.code, &vector.name));
        assert_eq!(error.known().map(Code::number), vector.code);
        assert_eq!(error.may_retry(), (3000..3500).contains(&error.code));
        assert_eq!(written(encode_error(id, &error)), vector.line);
    }
}

#[test]
fn a_line_that_is_neither_result_nor_error_is_no_reply() {
    for line in
        ["", "{}", "[]", "{\"id\":1}", "{\"result\":{}}", "{\"id\":-1,\"result\":{}}", "{\"id\":1,\"result\":{}"]
    {
        assert!(decode_reply(line.as_bytes()).is_err(), "{line}");
    }
}

/// Every name that a reply to a moderator may hold. Who is there, and when anybody came or went, is for moderators to know as little as
/// for members: sizes are bands, and a handle appears where its post, or an act of a moderator against it, already shows it.
const MODERATORS_MAY_BE_TOLD: [&str; 55] = [
    "act",
    "again",
    "answered",
    "author",
    "body",
    "closes",
    "code",
    "data",
    "detail",
    "draining",
    "edited",
    "entries",
    "error",
    "frozen",
    "handle",
    "hash",
    "head",
    "hidden",
    "hour",
    "id",
    "jsonrpc",
    "links",
    "log",
    "message",
    "minute",
    "more",
    "muted_until",
    "name",
    "notice",
    "number",
    "offset",
    "open_questions",
    "opens",
    "organisation",
    "phase",
    "posts",
    "programme",
    "programmes",
    "question",
    "reply_to",
    "result",
    "retracted",
    "role",
    "room",
    "rooms",
    "seconds",
    "sessions",
    "size",
    "slow_seconds",
    "store",
    "text",
    "topic",
    "uptime_hours",
    "url",
    "version",
];

#[test]
fn moderators_are_told_what_is_on_the_list_and_nothing_else() {
    let mut found = BTreeSet::new();
    for (file, schema) in admin_schemas() {
        if file != "command.json" && !file.ends_with(".params.json") {
            names(&schema, &mut found);
        }
    }
    let found: Vec<&str> = found.iter().map(String::as_str).collect();
    assert_eq!(found, MODERATORS_MAY_BE_TOLD, "a field is new, or gone: does it tell who is there?");
}

proptest! {
    #[test]
    fn any_bytes_get_one_answer(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        if let Err(refused) = decode_command(&bytes) {
            prop_assert!(refused.error.known().is_some());
            prop_assert!(encode_error(refused.id, &refused.error).len() <= 2_048);
        }
        let _ = decode_reply(&bytes);
    }

    #[test]
    fn a_command_cut_short_is_never_a_command(which in any::<prop::sample::Index>(), at in any::<prop::sample::Index>()) {
        let vectors: Vec<Taken> = admin_vectors("commands");
        let line = which.get(&vectors).line.as_bytes();
        let refused = decode_command(&line[..at.index(line.len())]).unwrap_err();
        prop_assert_eq!(refused.error.known(), Some(AdminCode::MalformedJson));
    }
}
