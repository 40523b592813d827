//! Replies of a server, read as what they are expected to be.

use redis::Value;

/// Bytes, where it is a string.
#[expect(clippy::wildcard_enum_match_arm, reason = "whatever else a server says is not what was asked for")]
pub(crate) fn bytes(value: Value) -> Option<Vec<u8>> {
    match value {
        Value::BulkString(bytes) => Some(bytes),
        Value::SimpleString(text) | Value::VerbatimString { text, .. } => Some(text.into_bytes()),
        Value::Okay => Some(b"OK".to_vec()),
        Value::Int(number) => Some(number.to_string().into_bytes()),
        _ => None,
    }
}

/// Text, where it is a string.
pub(crate) fn text(value: Value) -> Option<String> {
    bytes(value).and_then(|bytes| String::from_utf8(bytes).ok())
}

/// A number, where it is one or a string of digits.
pub(crate) fn number(value: Value) -> Option<u64> {
    if let Value::Int(number) = value { u64::try_from(number).ok() } else { text(value)?.parse().ok() }
}

/// The elements, where it has some.
#[expect(clippy::wildcard_enum_match_arm, reason = "whatever else a server says is not what was asked for")]
pub(crate) fn elements(value: Value) -> Vec<Value> {
    match value {
        Value::Array(values) | Value::Set(values) => values,
        Value::Map(pairs) => pairs.into_iter().flat_map(|(key, value)| [key, value]).collect(),
        _ => Vec::new(),
    }
}

/// The elements that are texts.
pub(crate) fn texts(value: Value) -> Vec<String> {
    elements(value).into_iter().filter_map(text).collect()
}

/// A field of `INFO`.
pub(crate) fn info<'a>(info: &'a str, field: &str) -> Option<&'a str> {
    info.lines().find_map(|line| line.trim_end().strip_prefix(field)?.strip_prefix(':'))
}
