//! Lines that are no commands, and how they are refused.

use crate::docgen::vectors::fixed::{OTHER, PROGRAMME, ROOM, key};
use crate::docgen::vectors::refused::{Expected, NOT_UTF8, texts};
use crate::docgen::vectors::refused_params::{NO_TEXTS, Param, of_method, optional, quoted, required};
use anyhow::{Context, ensure};
use data_encoding::BASE64;
use kkanbu_wire::Code;
use kkanbu_wire::admin::{AdminCode, decode_command};
use serde::Serialize;

pub(super) const ABOUT: &str = "Lines, before their line feed, that the server refuses by an error with that `id` and `code`. The connection goes on. \
     `line_base64` holds bytes that are no text. They are refused before anything is looked up.";

/// A line and how it is refused.
#[derive(Serialize)]
pub(super) struct Refusal {
    name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    line: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    line_base64: Option<String>,
    id: Option<u64>,
    code: i32,
    message: &'static str,
}

pub(super) fn vectors() -> anyhow::Result<Vec<Refusal>> {
    // A line feed ends a line, so that no vector of this wire holds one.
    let mut expected: Vec<Expected> = texts().into_iter().filter(|text| !text.frame.contains('\n')).map(ours).collect();
    expected.extend(methods().iter().flat_map(|(method, params)| of_method(method, params)));
    let mut vectors: Vec<Refusal> = expected.into_iter().map(checked).collect::<anyhow::Result<_>>()?;
    for (name, bytes) in NOT_UTF8 {
        let line_base64 = Some(BASE64.encode(bytes));
        vectors.push(Refusal {
            line: None,
            line_base64,
            ..refusal(name.to_owned(), bytes, None, AdminCode::MalformedJson)?
        });
    }
    Ok(vectors)
}

/// What is wrong with a member's frame is wrong with a line too, under another method's name.
fn ours(mut text: Expected) -> Expected {
    let other = [("\"rooms\"", "\"node.status\""), ("\"Rooms\"", "\"Node.status\""), ("\"join\"", "\"programme.end\"")];
    for (from, to) in other {
        text.frame = text.frame.replace(from, to);
    }
    text
}

fn checked(Expected { name, frame, id, code }: Expected) -> anyhow::Result<Refusal> {
    let code = AdminCode::from_number(code.number()).context("the two wires refuse calls by the same codes")?;
    refusal(name, frame.as_bytes(), id, code)
}

fn refusal(name: String, line: &[u8], id: Option<u64>, code: AdminCode) -> anyhow::Result<Refusal> {
    let refused = decode_command(line).err().with_context(|| format!("\"{name}\" is taken as a command"))?;
    let found = (refused.id, refused.error.message.as_str());
    ensure!(found == (id, code.name()), "\"{name}\" is refused as {found:?} instead of {:?}", (id, code.name()));
    let line = Some(String::from_utf8_lossy(line).into_owned());
    Ok(Refusal { name, line, line_base64: None, id, code: code.number(), message: code.name() })
}

const NO_IDS: &[&str] =
    &["null", "7", "true", "[\"plaza\"]", "{\"a\":1}", "\"\"", "\"Plaza\"", "\"-plaza\"", "\"깐부\"", "\"a b\""];
const NO_HANDLES: &[&str] =
    &["null", "7", "[]", "\"\"", "\" \"", "\"\\u0000\"", "\"가\\u202e나\"", "\"\\u1112\\u1161\""];
const NO_KEYS: &[&str] = &[
    "null",
    "7",
    "[]",
    "\"\"",
    "\"AAAA\"",
    "\"AAAAAAAAAAAAAAAAAAAAAB\"",
    "\"AAAAAAAAAAAAAAAAAAAAA=\"",
    "\"AAAAAAAAAAAAAAAAAAAAA+\"",
];
const NO_OFFSETS: &[&str] =
    &["null", "\"3\"", "0", "-1", "3.5", "3.0", "9007199254740992", "18446744073709551616", "true", "[3]", "{}"];
const NO_NUMBERS: &[&str] =
    &["null", "\"3\"", "-1", "3.5", "3.0", "9007199254740992", "18446744073709551616", "true", "{}"];
const NO_POST_LIMITS: &[&str] = &["null", "\"50\"", "0", "51", "-1", "5.5", "65536", "true"];
const NO_AUDIT_LIMITS: &[&str] = &["null", "\"50\"", "0", "101", "-1", "5.5", "65536", "true"];
const NO_SECONDS: &[&str] = &["null", "\"30\"", "3601", "-1", "30.5", "4294967296", "true"];
const NO_MINUTES: &[&str] = &["null", "\"60\"", "0", "43201", "-1", "60.5", "4294967296", "true"];
const NO_CHOICES: &[&str] = &["null", "7", "\"\"", "\"Hidden\"", "\"some\"", "{\"hidden\":null}", "[\"hidden\"]"];

/// Every method with its parameters.
fn methods() -> Vec<(&'static str, Vec<Param>)> {
    let programme = || required("programme", &quoted(PROGRAMME), NO_IDS);
    let room = || required("room", &quoted(ROOM), NO_IDS);
    let once = || optional("key", &quoted(&key(1)), NO_KEYS);
    let post = || required("offset", "13", NO_OFFSETS);
    let handle = || required("handle", &quoted(OTHER), NO_HANDLES);
    let on_room = || vec![programme(), room(), once()];
    let on_post = || vec![programme(), room(), post(), once()];
    let on_member = || vec![programme(), room(), handle(), once()];
    vec![
        ("programme.create", vec![required("definition", "\"[programme]\"", NO_TEXTS)]),
        ("programme.list", Vec::new()),
        ("programme.links", vec![programme()]),
        ("programme.end", vec![programme()]),
        ("room.list", vec![programme()]),
        (
            "room.posts",
            vec![
                programme(),
                room(),
                optional("before", "120", NO_OFFSETS),
                required("limit", "50", NO_POST_LIMITS),
                optional("only", "\"hidden\"", NO_CHOICES),
            ],
        ),
        ("room.freeze", on_room()),
        ("room.thaw", on_room()),
        ("room.slow", vec![programme(), room(), required("seconds", "30", NO_SECONDS), once()]),
        ("room.notice", vec![programme(), room(), optional("text", "\"점심\"", NO_TEXTS), once()]),
        ("post.hide", on_post()),
        ("post.restore", on_post()),
        ("member.mute", vec![programme(), room(), handle(), required("minutes", "60", NO_MINUTES), once()]),
        ("member.unmute", on_member()),
        ("member.remove", on_member()),
        ("member.restore", on_member()),
        ("audit.list", vec![optional("after", "0", NO_NUMBERS), required("limit", "100", NO_AUDIT_LIMITS)]),
        ("node.status", Vec::new()),
        ("node.drain", Vec::new()),
    ]
}

#[cfg(test)]
mod tests {
    use super::methods;
    use kkanbu_wire::admin::{AdminCommand, decode_command};

    #[test]
    fn what_is_called_right_is_right_for_every_method() {
        let names: Vec<&str> = methods().iter().map(|(method, _)| *method).collect();
        assert_eq!(names, AdminCommand::METHODS);
        for (method, params) in methods() {
            for least in [false, true] {
                let fields = params.iter().filter(|param| param.required || !least);
                let fields: Vec<String> = fields.map(|param| format!("\"{}\":{}", param.name, param.right)).collect();
                let line =
                    format!(r#"{{"jsonrpc":"2.0","id":1,"method":"{method}","params":{{{}}}}}"#, fields.join(","));
                assert!(decode_command(line.as_bytes()).is_ok(), "{line}");
            }
        }
    }
}
