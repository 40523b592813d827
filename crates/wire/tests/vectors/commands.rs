//! Frames of clients: those that are taken, and those that are refused and how.

use crate::files::vectors;
use data_encoding::BASE64;
use kkanbu_wire::{
    Command, FromServer, Incoming, Padding, decode_command, decode_from_server, encode_command, encode_error,
};
use serde::Deserialize;
use serde_json::Value;

#[derive(Deserialize)]
struct Taken {
    name: String,
    frame: String,
    id: u64,
    method: String,
    params: Value,
    same_as: Option<String>,
}

#[derive(Deserialize)]
struct Refusal {
    name: String,
    frame: Option<String>,
    frame_base64: Option<String>,
    id: Option<u64>,
    code: Option<i32>,
    message: Option<String>,
    close: Option<i32>,
}

fn read(vector: &Taken) -> Incoming {
    decode_command(&vector.frame).unwrap_or_else(|refused| panic!("{}: {:?}", vector.name, refused.rejection))
}

#[test]
fn each_command_is_read_as_what_it_means() {
    for vector in vectors::<Taken>("commands") {
        let incoming = read(&vector);
        assert_eq!((incoming.id, incoming.command.method()), (vector.id, vector.method.as_str()), "{}", vector.name);
        let written: Value = serde_json::from_str(&encode_command(incoming.id, &incoming.command)).unwrap();
        assert_eq!(written["params"], vector.params, "{}", vector.name);
    }
}

#[test]
fn each_command_is_written_byte_for_byte() {
    for vector in vectors::<Taken>("commands").iter().filter(|vector| vector.same_as.is_none()) {
        let incoming = read(vector);
        assert_eq!(encode_command(incoming.id, &incoming.command), vector.frame, "{}", vector.name);
    }
}

#[test]
fn other_ways_to_write_a_command_mean_the_same() {
    let vectors: Vec<Taken> = vectors("commands");
    for other in vectors.iter().filter(|vector| vector.same_as.is_some()) {
        let original = vectors.iter().find(|vector| Some(&vector.name) == other.same_as.as_ref()).unwrap();
        assert_eq!(read(other), read(original), "{}", other.name);
        assert_ne!(other.frame, original.frame, "{}", other.name);
    }
}

#[test]
fn each_frame_that_is_no_command_is_refused_as_the_contract_says() {
    for vector in vectors::<Refusal>("rejected") {
        let Some(frame) = &vector.frame else { continue };
        let refused = decode_command(frame).expect_err(&vector.name);
        assert_eq!(refused.id, vector.id, "{}", vector.name);
        let (code, message) = (Some(refused.rejection.code), Some(&refused.rejection.message));
        assert_eq!((code, message), (vector.code, vector.message.as_ref()), "{}", vector.name);

        let reply = encode_error(refused.id, &refused.rejection, Padding::Quiet);
        let reply = decode_from_server(std::str::from_utf8(&reply).unwrap()).unwrap();
        let FromServer::Error { id, error } = reply else { panic!("{}: a refusal is read as {reply:?}", vector.name) };
        assert_eq!((id, error), (refused.id, refused.rejection), "{}", vector.name);
    }
}

#[test]
fn frames_that_are_no_text_close_the_session() {
    let closing: Vec<Refusal> = vectors("rejected").into_iter().filter(|v: &Refusal| v.frame.is_none()).collect();
    assert_ne!(closing.len(), 0);
    for vector in closing {
        let bytes = BASE64.decode(vector.frame_base64.as_ref().unwrap().as_bytes()).unwrap();
        assert!(std::str::from_utf8(&bytes).is_err(), "{}", vector.name);
        assert_eq!(vector.close, Some(1007), "{}", vector.name);
    }
}

#[test]
fn no_method_is_forgotten() {
    let taken: Vec<Taken> = vectors("commands");
    let refused: Vec<Refusal> = vectors("rejected");
    for method in Command::METHODS {
        assert!(taken.iter().any(|vector| vector.method == method), "{method} has no frame that is taken");
        let own = format!("{method}, ");
        let refusals = refused.iter().filter(|vector| vector.name.starts_with(&own)).count();
        assert!(refusals >= 7, "{method} has {refusals} frames that are refused");
    }
}
