//! Replies, pushes and rejections: written byte for byte and read back, also as a later server will send them.

use crate::files::vectors;
use kkanbu_wire::{
    Challenged, Code, Command, Empty, FromServer, HistoryPage, Joined, Padding, Placed, Previewed, Push, Redrawn,
    RejectCode, RoomEndCode, RoomList, Welcome, What, decode_from_server, encode_error, encode_push, encode_result,
};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

#[derive(Deserialize)]
struct Sent {
    name: String,
    frame: String,
    padded: usize,
    #[serde(default)]
    method: String,
    id: Option<u64>,
    code: Option<i32>,
    means: Option<String>,
}

/// The frame that a vector's meaning is written as.
fn meaning<'a>(vector: &'a Sent, all: &'a [Sent]) -> &'a str {
    match &vector.means {
        None => &vector.frame,
        Some(means) => &all.iter().find(|other| other.name == *means).unwrap().frame,
    }
}

/// Holds a written frame against a vector: without padding, and with it.
fn assert_written(vector: &Sent, expected: &str, write: impl Fn(Padding) -> Vec<u8>) {
    assert_eq!(String::from_utf8(write(Padding::Off)).unwrap(), expected, "{}", vector.name);
    let padded = String::from_utf8(write(Padding::Quiet)).unwrap();
    assert_eq!(padded.trim_end_matches(' '), expected, "{}", vector.name);
    assert_eq!(padded.len(), vector.padded, "{}", vector.name);
    decode_from_server(&padded).unwrap();
}

/// Reads a result as `T` and writes it again.
fn again<T: DeserializeOwned + Serialize>(id: u64, result: &str, padding: Padding) -> Vec<u8> {
    encode_result(id, &serde_json::from_str::<T>(result).unwrap(), padding)
}

fn result_again(method: &str, id: u64, result: &str, padding: Padding) -> Vec<u8> {
    match method {
        "preview" => again::<Previewed>(id, result, padding),
        "challenge" => again::<Challenged>(id, result, padding),
        "authenticate" => again::<Welcome>(id, result, padding),
        "rooms" => again::<RoomList>(id, result, padding),
        "join" | "resume" => again::<Joined>(id, result, padding),
        "leave" => again::<Empty>(id, result, padding),
        "redraw" => again::<Redrawn>(id, result, padding),
        "post" | "edit" | "retract" | "react" | "answer" => again::<Placed>(id, result, padding),
        "history" => again::<HistoryPage>(id, result, padding),
        other => panic!("which result has {other}?"),
    }
}

#[test]
fn each_reply_is_read_and_written_byte_for_byte() {
    let replies: Vec<Sent> = vectors("replies");
    for vector in &replies {
        let frame = decode_from_server(&vector.frame).unwrap();
        let FromServer::Result { id, result } = frame else { panic!("{}: {frame:?}", vector.name) };
        assert_eq!(Some(id), vector.id, "{}", vector.name);
        let write = |padding| result_again(&vector.method, id, result.get(), padding);
        assert_written(vector, meaning(vector, &replies), write);
    }
    for method in Command::METHODS {
        assert!(replies.iter().any(|vector| vector.method == method), "{method} has no reply");
    }
}

#[test]
fn each_push_is_read_and_written_byte_for_byte() {
    let pushes: Vec<Sent> = vectors("pushes");
    for vector in &pushes {
        let frame = decode_from_server(&vector.frame).unwrap();
        let FromServer::Push(push) = frame else { panic!("{}: {frame:?}", vector.name) };
        match (vector.means.as_deref(), &push) {
            (Some("nothing"), push) => assert_eq!(*push, Push::Unknown, "{}", vector.name),
            (Some("an offset"), Push::Publication(publication)) => {
                assert_eq!((publication.offset, &publication.what), (24, &What::Unknown), "{}", vector.name);
            }
            _ => assert_written(vector, meaning(vector, &pushes), |padding| encode_push(&push, padding)),
        }
    }
    for code in RoomEndCode::ALL {
        assert!(pushes.iter().any(|vector| vector.name == code.name()), "{} has no push", code.name());
    }
}

#[test]
fn each_rejection_is_read_and_written_byte_for_byte() {
    let rejections: Vec<Sent> = vectors("rejections");
    let codes: Vec<&str> = rejections.iter().map(|vector| vector.name.as_str()).collect();
    let all: Vec<&str> = RejectCode::ALL.iter().map(|code| code.name()).collect();
    assert_eq!(codes, all);
    for vector in &rejections {
        let frame = decode_from_server(&vector.frame).unwrap();
        let FromServer::Error { id, error } = frame else { panic!("{}: {frame:?}", vector.name) };
        assert_eq!((id, Some(error.code), &error.message), (vector.id, vector.code, &vector.name));
        assert_eq!(error.known().map(Code::number), vector.code);
        assert_written(vector, &vector.frame, |padding| encode_error(id, &error, padding));
    }
}
