//! For every method: parameters that are wrong in each way in which they can be.

use super::fixed::{CODE, EPOCH, OTHER, PROGRAMME, ROOM, key};
use super::refused::Expected;
use kkanbu_wire::RejectCode;

/// The id of all of these frames.
const ID: u64 = 7;

/// A parameter, with a JSON value that is right for it and some that are not.
pub(in crate::docgen) struct Param {
    pub(in crate::docgen) name: &'static str,
    pub(in crate::docgen) right: String,
    wrong: &'static [&'static str],
    pub(in crate::docgen) required: bool,
}

pub(in crate::docgen) const NO_TEXTS: &[&str] = &["null", "7", "true", "[\"plaza\"]", "{\"a\":\"plaza\"}"];
const NO_NUMBERS: &[&str] =
    &["null", "\"3\"", "-1", "3.5", "3.0", "3e0", "9007199254740992", "18446744073709551616", "true", "[3]", "{}"];
const NO_LIMITS: &[&str] = &["null", "\"50\"", "-1", "5.5", "65536", "true"];
const NO_BOOLS: &[&str] = &["null", "0", "1", "\"true\"", "[]"];
const NO_LISTS: &[&str] = &["null", "\"느긋한 수달\"", "{}", "[7]", "[null]", "[[\"느긋한 수달\"]]"];
const NO_POSITIONS: &[&str] = &[
    "null",
    "7",
    "\"4f0c8a1d2e3b5f67:7\"",
    "[\"4f0c8a1d2e3b5f67\",7]",
    "{}",
    "{\"epoch\":\"4f0c8a1d2e3b5f67\"}",
    "{\"offset\":7}",
    "{\"epoch\":7,\"offset\":7}",
    "{\"epoch\":\"4f0c8a1d2e3b5f67\",\"offset\":\"7\"}",
    "{\"epoch\":\"4f0c8a1d2e3b5f67\",\"offset\":-1}",
    "{\"epoch\":\"4f0c8a1d2e3b5f67\",\"offset\":7.5}",
    "{\"epoch\":\"4f0c8a1d2e3b5f67\",\"offset\":9007199254740992}",
    "{\"epoch\":\"4f0c8a1d2e3b5f67\",\"offset\":null}",
    "{\"epoch\":\"4f0c8a1d2e3b5f67\",\"offset\":7,\"node\":1}",
    "{\"epoch\":\"4f0c8a1d2e3b5f67\",\"offset\":7,\"offset\":7}",
];

pub(in crate::docgen) fn required(name: &'static str, right: &str, wrong: &'static [&'static str]) -> Param {
    Param { name, right: right.to_owned(), wrong, required: true }
}

/// A parameter that may be left out; null is no way to do that.
pub(in crate::docgen) fn optional(name: &'static str, right: &str, wrong: &'static [&'static str]) -> Param {
    Param { name, right: right.to_owned(), wrong, required: false }
}

pub(in crate::docgen) fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

/// Every method with its parameters.
fn methods() -> Vec<(&'static str, Vec<Param>)> {
    let room = || required("room", &quoted(ROOM), NO_TEXTS);
    let written = |n: u8| required("key", &quoted(&key(n)), NO_TEXTS);
    let target = || required("target", "3", NO_NUMBERS);
    let body = || required("body", "\"안녕하세요\"", NO_TEXTS);
    let mentions = || optional("mentions", &format!("[{}]", quoted(OTHER)), NO_LISTS);
    let confirmed = || optional("confirmed", "true", NO_BOOLS);
    let position = format!("{{\"epoch\":\"{EPOCH}\",\"offset\":7}}");
    let member_key = quoted(&"A".repeat(43));
    let signature = quoted(&"A".repeat(86));
    vec![
        (
            "preview",
            vec![required("programme", &quoted(PROGRAMME), NO_TEXTS), required("code", &quoted(CODE), NO_TEXTS)],
        ),
        ("challenge", vec![required("programme", &quoted(PROGRAMME), NO_TEXTS)]),
        (
            "authenticate",
            vec![
                required("key", &member_key, NO_TEXTS),
                required("signature", &signature, NO_TEXTS),
                optional("code", &quoted(CODE), NO_TEXTS),
            ],
        ),
        ("rooms", Vec::new()),
        ("join", vec![room()]),
        ("resume", vec![room(), required("position", &position, NO_POSITIONS)]),
        ("leave", vec![room()]),
        ("redraw", vec![room()]),
        (
            "post",
            vec![
                room(),
                written(1),
                body(),
                optional("reply_to", "3", NO_NUMBERS),
                mentions(),
                confirmed(),
                optional("question", "true", NO_BOOLS),
            ],
        ),
        ("edit", vec![room(), written(2), target(), body(), mentions(), confirmed()]),
        ("retract", vec![room(), written(3), target()]),
        (
            "react",
            vec![
                room(),
                written(4),
                target(),
                required("reaction", "\"👍\"", NO_TEXTS),
                required("on", "true", NO_BOOLS),
            ],
        ),
        ("answer", vec![room(), written(5), target(), required("on", "true", NO_BOOLS)]),
        (
            "history",
            vec![
                room(),
                optional("before", "120", NO_NUMBERS),
                required("limit", "50", NO_LIMITS),
                optional("open_questions", "true", NO_BOOLS),
            ],
        ),
    ]
}

/// A frame of `method` with these parameters, as JSON.
fn frame(method: &str, params: &str) -> String {
    format!(r#"{{"jsonrpc":"2.0","id":{ID},"method":"{method}","params":{params}}}"#)
}

fn frame_without_params(method: &str) -> String {
    format!(r#"{{"jsonrpc":"2.0","id":{ID},"method":"{method}"}}"#)
}

/// An object of `params`, each as it is written.
fn object<'a>(params: impl IntoIterator<Item = (&'a str, &'a str)>) -> String {
    let fields: Vec<String> = params.into_iter().map(|(name, value)| format!("\"{name}\":{value}")).collect();
    format!("{{{}}}", fields.join(","))
}

pub(super) fn all() -> Vec<Expected> {
    methods().iter().flat_map(|(method, params)| of_method(method, params)).collect()
}

/// Every way in which the parameters of one method can be wrong.
pub(in crate::docgen) fn of_method(method: &str, params: &[Param]) -> Vec<Expected> {
    let mut expected = Vec::new();
    let invalid = RejectCode::InvalidParams;
    let (name, missing) = (format!("{method}, params left out"), frame_without_params(method));
    expected.push(Expected { name, frame: missing, id: Some(ID), code: invalid });
    let mut add = |name: String, params: &str, code| {
        expected.push(Expected { name: format!("{method}, {name}"), frame: frame(method, params), id: Some(ID), code });
    };
    let right = || params.iter().map(|param| (param.name, param.right.as_str()));
    for other in ["null", "[]", "\"plaza\"", "7", "false"] {
        add(format!("params {other}"), other, invalid);
    }
    let values: Vec<&str> = params.iter().map(|param| param.right.as_str()).collect();
    add("parameters by position".to_owned(), &format!("[{}]", values.join(",")), invalid);
    add("an unknown parameter".to_owned(), &object(right().chain([("shout", "true")])), invalid);
    let deep = format!("{}{}", "[".repeat(1_000), "]".repeat(1_000));
    add("an unknown parameter that is deep".to_owned(), &object(right().chain([("shout", deep.as_str())])), invalid);
    for (index, param) in params.iter().enumerate() {
        let others = || right().enumerate().filter(move |(other, _)| *other != index).map(|(_, param)| param);
        if param.required {
            add(format!("no {}", param.name), &object(others()), invalid);
        }
        add(format!("{} twice", param.name), &object(right().chain([(param.name, param.right.as_str())])), invalid);
        for wrong in param.wrong {
            add(format!("{} {wrong}", param.name), &object(others().chain([(param.name, *wrong)])), invalid);
        }
        // Within the parameters the id is known already.
        let malformed = match param.right.get(..1) {
            Some("\"") => "\"\\ud83d\"",
            // An object of its own may be read by itself; which of the two codes its inside gives is not said.
            Some("{") => continue,
            _ => "1e400",
        };
        let others = object(others().chain([(param.name, malformed)]));
        add(format!("{} {malformed}", param.name), &others, RejectCode::MalformedJson);
    }
    expected
}

#[cfg(test)]
mod tests {
    use super::{frame, methods, object};
    use kkanbu_wire::{Command, decode_command};

    #[test]
    fn what_is_called_right_is_right_for_every_method() {
        let names: Vec<&str> = methods().iter().map(|(method, _)| *method).collect();
        assert_eq!(names, Command::METHODS);
        for (method, params) in methods() {
            let all = params.iter().map(|param| (param.name, param.right.as_str()));
            assert!(decode_command(&frame(method, &object(all))).is_ok(), "{method}");
            let least = params.iter().filter(|param| param.required).map(|param| (param.name, param.right.as_str()));
            assert!(decode_command(&frame(method, &object(least))).is_ok(), "{method}");
        }
    }
}
