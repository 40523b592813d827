//! Frames that are no commands, and how they are refused.

use super::refused_params;
use anyhow::{Context, ensure};
use data_encoding::BASE64;
use kkanbu_wire::{CloseCode, Code, Refused, RejectCode, decode_command};
use serde::Serialize;

pub(super) const ABOUT: &str = "Frames that the server refuses. Those with `code` are answered by a rejection with that `id` and `code`, and the session goes on; \
     those with `close` end it. `frame_base64` holds bytes that are no text. Frames are refused before the session's state is looked at.";

/// A frame and how it is refused.
#[derive(Serialize)]
pub(super) struct Refusal {
    name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    frame: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    frame_base64: Option<String>,
    #[serde(flatten)]
    answer: Answer,
}

#[derive(Serialize)]
#[serde(untagged)]
enum Answer {
    Reply { id: Option<u64>, code: i32, message: &'static str },
    Close { close: i32, reason: &'static str },
}

/// What is expected of a frame, as written down by hand.
pub(in crate::docgen) struct Expected {
    pub(in crate::docgen) name: String,
    pub(in crate::docgen) frame: String,
    pub(in crate::docgen) id: Option<u64>,
    pub(in crate::docgen) code: RejectCode,
}

pub(super) fn vectors() -> anyhow::Result<Vec<Refusal>> {
    let mut expected = texts();
    expected.extend(refused_params::all());
    let mut vectors: Vec<Refusal> = expected.into_iter().map(checked).collect::<anyhow::Result<_>>()?;
    vectors.extend(not_utf8());
    Ok(vectors)
}

/// Texts that are no calls of any method.
pub(in crate::docgen) fn texts() -> Vec<Expected> {
    let mut expected = malformed();
    expected.extend(not_objects());
    expected.extend(ids());
    expected.extend(frames());
    expected
}

fn checked(Expected { name, frame, id, code }: Expected) -> anyhow::Result<Refusal> {
    let Refused { id: found_id, rejection } =
        decode_command(&frame).err().with_context(|| format!("\"{name}\" is taken as a command"))?;
    let found = (found_id, rejection.message.as_str());
    ensure!(found == (id, code.name()), "\"{name}\" is refused as {found:?} instead of {:?}", (id, code.name()));
    let answer = Answer::Reply { id, code: code.number(), message: code.name() };
    Ok(Refusal { name, frame: Some(frame), frame_base64: None, answer })
}

fn expect(name: &str, frame: &str, id: Option<u64>, code: RejectCode) -> Expected {
    Expected { name: name.to_owned(), frame: frame.to_owned(), id, code }
}

fn malformed() -> Vec<Expected> {
    let frames = [
        ("nothing", ""),
        ("white space", " \n"),
        ("no JSON", "hello"),
        ("truncated after the brace", "{"),
        ("truncated in the parameters", r#"{"jsonrpc":"2.0","id":1,"method":"join","params":{"room":"pla"#),
        ("truncated before the last brace", r#"{"jsonrpc":"2.0","id":1,"method":"rooms","params":{}"#),
        ("a byte order mark", "\u{FEFF}{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"rooms\",\"params\":{}}"),
        ("garbage after the object", r#"{"jsonrpc":"2.0","id":1,"method":"rooms","params":{}}x"#),
        ("an array that does not end", "[[["),
        (
            "two objects",
            r#"{"jsonrpc":"2.0","id":1,"method":"rooms","params":{}}{"jsonrpc":"2.0","id":2,"method":"rooms","params":{}}"#,
        ),
        ("NUL after the object", "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"rooms\",\"params\":{}}\u{0000}"),
        ("NUL in a name", "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ro\u{0000}oms\",\"params\":{}}"),
        ("a newline in a name", "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ro\noms\",\"params\":{}}"),
        ("single quotes", "{'jsonrpc':'2.0','id':1,'method':'rooms','params':{}}"),
        ("a comment", r#"{"jsonrpc":"2.0","id":1,"method":"rooms","params":{}/* */}"#),
        ("a comma too many", r#"{"jsonrpc":"2.0","id":1,"method":"rooms","params":{},}"#),
        ("a comma missing", r#"{"jsonrpc":"2.0" "id":1,"method":"rooms","params":{}}"#),
        ("NaN", r#"{"jsonrpc":"2.0","id":NaN,"method":"rooms","params":{}}"#),
        ("an id with a leading zero", r#"{"jsonrpc":"2.0","id":01,"method":"rooms","params":{}}"#),
        ("an id with a plus", r#"{"jsonrpc":"2.0","id":+1,"method":"rooms","params":{}}"#),
        ("an unknown escape", r#"{"jsonrpc":"2.0","id":1,"method":"ro\oms","params":{}}"#),
        ("a lone surrogate as a field", r#"{"jsonrpc":"2.0","id":1,"method":"rooms","\ud800":{}}"#),
    ];
    let mut expected: Vec<Expected> =
        frames.map(|(name, frame)| expect(name, frame, None, RejectCode::MalformedJson)).into();
    let surrogates = [
        ("a lone high surrogate as the method", r#"{"jsonrpc":"2.0","id":1,"method":"\ud83d","params":{}}"#),
        ("a lone low surrogate as the method", r#"{"jsonrpc":"2.0","id":1,"method":"\udc4d","params":{}}"#),
    ];
    expected.extend(surrogates.map(|(name, frame)| expect(name, frame, Some(1), RejectCode::MalformedJson)));
    expected
}

fn not_objects() -> Vec<Expected> {
    let command = r#"{"jsonrpc":"2.0","id":1,"method":"rooms","params":{}}"#;
    let deep = |depth| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
    let frames = [
        ("null", "null".to_owned()),
        ("true", "true".to_owned()),
        ("a number", "1".to_owned()),
        ("a string", "\"rooms\"".to_owned()),
        ("an empty batch", "[]".to_owned()),
        ("a batch of one", format!("[{command}]")),
        ("a batch of two", format!("[{command},{command}]")),
        ("arrays in arrays", deep(200)),
        ("arrays in arrays, deep", deep(5_000)),
        ("a command by position", r#"["2.0",1,"rooms",{}]"#.to_owned()),
        ("no fields", "{}".to_owned()),
    ];
    frames.map(|(name, frame)| expect(name, &frame, None, RejectCode::InvalidRequest)).into()
}

fn ids() -> Vec<Expected> {
    let with = |id: &str| format!(r#"{{"jsonrpc":"2.0","id":{id},"method":"rooms","params":{{}}}}"#);
    let ids = [
        "null",
        "-1",
        "-0",
        "1.5",
        "1.0",
        "1e2",
        "1e400",
        "\"1\"",
        "\"\"",
        "true",
        "[1]",
        "{}",
        "9007199254740992",
        "18446744073709551615",
        "18446744073709551616",
    ];
    let mut expected: Vec<Expected> =
        ids.map(|id| expect(&format!("id {id}"), &with(id), None, RejectCode::InvalidRequest)).into();
    let notification = r#"{"jsonrpc":"2.0","method":"rooms","params":{}}"#;
    expected.push(expect("a notification, without id", notification, None, RejectCode::InvalidRequest));
    expected
}

fn frames() -> Vec<Expected> {
    use RejectCode::{InvalidRequest, UnknownMethod};
    let deep = format!(
        r#"{{"jsonrpc":"2.0","id":1,"method":"rooms","params":{{}},"x":{}1{}}}"#,
        "{\"a\":".repeat(200),
        "}".repeat(200)
    );
    vec![
        expect("no jsonrpc", r#"{"id":1,"method":"rooms","params":{}}"#, Some(1), InvalidRequest),
        expect("jsonrpc null", r#"{"jsonrpc":null,"id":1,"method":"rooms","params":{}}"#, Some(1), InvalidRequest),
        expect("jsonrpc 1.0", r#"{"jsonrpc":"1.0","id":1,"method":"rooms","params":{}}"#, Some(1), InvalidRequest),
        expect(
            "jsonrpc as a number",
            r#"{"jsonrpc":2.0,"id":1,"method":"rooms","params":{}}"#,
            Some(1),
            InvalidRequest,
        ),
        expect("no method", r#"{"jsonrpc":"2.0","id":1,"params":{}}"#, Some(1), InvalidRequest),
        expect("method null", r#"{"jsonrpc":"2.0","id":1,"method":null,"params":{}}"#, Some(1), InvalidRequest),
        expect("method as a number", r#"{"jsonrpc":"2.0","id":1,"method":7,"params":{}}"#, Some(1), InvalidRequest),
        expect(
            "an unknown field",
            r#"{"jsonrpc":"2.0","id":1,"method":"rooms","params":{},"token":"x"}"#,
            Some(1),
            InvalidRequest,
        ),
        expect("a reply", r#"{"jsonrpc":"2.0","id":1,"result":{}}"#, Some(1), InvalidRequest),
        expect(
            "another case of a field",
            r#"{"jsonrpc":"2.0","Id":1,"method":"rooms","params":{}}"#,
            None,
            InvalidRequest,
        ),
        expect("id twice", r#"{"jsonrpc":"2.0","id":1,"id":2,"method":"rooms","params":{}}"#, None, InvalidRequest),
        expect(
            "method twice",
            r#"{"jsonrpc":"2.0","id":1,"method":"rooms","method":"rooms","params":{}}"#,
            Some(1),
            InvalidRequest,
        ),
        expect(
            "params twice",
            r#"{"jsonrpc":"2.0","id":1,"method":"rooms","params":{},"params":{}}"#,
            Some(1),
            InvalidRequest,
        ),
        expect("an unknown field that is deep", &deep, Some(1), InvalidRequest),
        expect("an unknown method", r#"{"jsonrpc":"2.0","id":1,"method":"shout","params":{}}"#, Some(1), UnknownMethod),
        expect(
            "another case of a method",
            r#"{"jsonrpc":"2.0","id":1,"method":"Rooms","params":{}}"#,
            Some(1),
            UnknownMethod,
        ),
        expect("an empty method", r#"{"jsonrpc":"2.0","id":1,"method":"","params":{}}"#, Some(1), UnknownMethod),
        expect(
            "a push as a method",
            r#"{"jsonrpc":"2.0","id":1,"method":"publication","params":{}}"#,
            Some(1),
            UnknownMethod,
        ),
        expect("JSON-RPC's own method", r#"{"jsonrpc":"2.0","id":1,"method":"rpc.discover"}"#, Some(1), UnknownMethod),
    ]
}

/// Bytes that are no text.
pub(in crate::docgen) const NOT_UTF8: [(&str, &[u8]); 6] = [
    ("a byte that UTF-8 has not", b"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"\xFF\",\"params\":{}}"),
    ("a character cut short", b"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"\xEA\xB9\""),
    ("a surrogate in UTF-8", b"\"\xED\xA0\x80\""),
    ("an overlong slash", b"\"\xC0\xAF\""),
    ("beyond Unicode", b"\"\xF4\x90\x80\x80\""),
    ("Hangul in CP949", b"\"\xBE\xC8\xB3\xE7\""),
];

/// The codec closes these before anything reads them as JSON.
fn not_utf8() -> Vec<Refusal> {
    let code = CloseCode::InvalidUtf8;
    let refusal = |(name, frame): (&str, &[u8])| Refusal {
        name: name.to_owned(),
        frame: None,
        frame_base64: Some(BASE64.encode(frame)),
        answer: Answer::Close { close: code.number(), reason: code.name() },
    };
    NOT_UTF8.map(refusal).into()
}
