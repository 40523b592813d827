//! Writes JSON so that a file stays the same as long as its meaning does: with an order of keys of its own, whatever order
//! `serde_json` was built to keep, and with what can't be seen written as an escape.

use serde_json::Value;
use std::fmt::Write;

/// Keys that come first, in this order; the others follow by name.
const FIRST: [&str; 6] = ["$schema", "title", "description", "type", "const", "properties"];

/// `value` over several lines.
pub(super) fn pretty(value: &Value) -> String {
    let mut out = String::new();
    write(&mut out, value, 0);
    out.push('\n');
    out
}

fn write(out: &mut String, value: &Value, depth: usize) {
    match value {
        Value::Object(map) if !map.is_empty() => {
            let mut entries: Vec<_> = map.iter().collect();
            entries.sort_by_key(|(key, _)| (FIRST.iter().position(|first| first == key).unwrap_or(FIRST.len()), *key));
            list(out, ('{', '}'), depth, &entries, |out, (key, value)| {
                let _ = write!(out, "{}: ", Value::from(key.as_str()));
                write(out, value, depth + 1);
            });
        }
        Value::Array(items) if items.iter().any(|item| item.is_object() || item.is_array()) => {
            list(out, ('[', ']'), depth, items, |out, item| write(out, item, depth + 1));
        }
        Value::Array(items) => {
            let items: Vec<String> = items.iter().map(Value::to_string).collect();
            let _ = write!(out, "[{}]", items.join(", "));
        }
        Value::Object(_) | Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {
            out.push_str(&value.to_string());
        }
    }
}

fn list<T>(out: &mut String, (open, close): (char, char), depth: usize, items: &[T], each: impl Fn(&mut String, &T)) {
    out.push(open);
    for (index, item) in items.iter().enumerate() {
        let comma = if index == 0 { "" } else { "," };
        let _ = write!(out, "{comma}\n{}", "  ".repeat(depth + 1));
        each(out, item);
    }
    let _ = write!(out, "\n{}{close}", "  ".repeat(depth));
}

/// Escapes, in a JSON text, what an editor would hide, reorder or normalise. Outside of strings JSON has no such characters.
pub(super) fn escape_unseen(json: &str) -> String {
    let mut out = String::with_capacity(json.len());
    for c in json.chars() {
        if is_unseen(c) {
            for unit in c.encode_utf16(&mut [0; 2]) {
                let _ = write!(out, "\\u{unit:04x}");
            }
        } else {
            out.push(c);
        }
    }
    out
}

fn is_unseen(c: char) -> bool {
    let combines = matches!(c, '\u{0300}'..='\u{036F}' | '\u{0900}'..='\u{097F}' | '\u{1100}'..='\u{11FF}'
        | '\u{2126}'..='\u{212B}' | '\u{FE00}'..='\u{FE0F}');
    let hides = matches!(c, '\u{007F}'..='\u{00A0}' | '\u{00AD}' | '\u{200B}'..='\u{200F}' | '\u{2028}'..='\u{202F}'
        | '\u{2060}'..='\u{206F}' | '\u{3000}' | '\u{3164}' | '\u{FEFF}' | '\u{FFA0}' | '\u{FFF0}'..='\u{FFFF}' | '\u{E0000}'..='\u{E0FFF}');
    combines || hides
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    #[test]
    fn what_is_written_reads_as_what_it_was() {
        let value = json!({"b": [1, {"c": []}], "a": {}, "type": "x", "한": "글"});
        let text = super::pretty(&value);
        assert!(text.starts_with("{\n  \"type\": \"x\",\n  \"a\": {},\n"), "{text}");
        assert_eq!(serde_json::from_str::<serde_json::Value>(&text).unwrap(), value);
    }

    #[test]
    fn unseen_characters_are_escaped_and_mean_the_same() {
        let json = serde_json::to_string("\u{202E}\u{1112}\u{1161}\u{E0041}❤\u{FE0F}한").unwrap();
        let escaped = super::escape_unseen(&json);
        assert_eq!(escaped, r#""\u202e\u1112\u1161\udb40\udc41❤\ufe0f한""#);
        assert_eq!(serde_json::from_str::<String>(&escaped).unwrap(), serde_json::from_str::<String>(&json).unwrap());
    }
}
