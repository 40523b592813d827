//! Every limit says what happens when it is crossed.

use super::Finding;
use super::source::Source;

const LIMITS: &str = "crates/model/src/limits.rs";

/// In the file of limits, and none.
const CANNOT_BE_CROSSED: &[(&str, &str)] =
    &[("heartbeat", "an interval of the server's own; silence_max is its limit")];

/// Whether each field of the file of limits has a doc with `Crossed:`.
pub(super) fn check(source: &Source, findings: &mut Vec<Finding>) {
    if source.path != LIMITS {
        return;
    }
    let mut says = false;
    for (index, line) in source.text.lines().map(str::trim).enumerate() {
        if let Some(doc) = line.strip_prefix("///") {
            says |= doc.contains("Crossed:");
            continue;
        }
        if let Some(name) = field(line)
            && !says
            && !CANNOT_BE_CROSSED.iter().any(|(exempt, _reason)| *exempt == name)
        {
            let what = format!("`{name}` does not say what crossing it does; add `Crossed: …` to its doc");
            findings.push(Finding::new(&source.path, index + 1, what));
        }
        // An attribute may stand between a doc and its field.
        if !line.starts_with("#[") {
            says = false;
        }
    }
}

fn field(line: &str) -> Option<&str> {
    let (name, _) = line.strip_prefix("pub ")?.strip_suffix(',')?.split_once(": ")?;
    Some(name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::found_by;

    #[test]
    fn a_limit_without_consequence_is_found() {
        let text = "/// Bytes. Crossed: closes.\npub a_max: usize,\n\n/// Bytes.\npub b_max: usize,\n/// Beats.\npub heartbeat: u8,\n";
        let found = found_by(check, LIMITS, text);
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(found.concat().contains(":5: `b_max`"), "{found:?}");
        assert!(found_by(check, "crates/model/src/id.rs", text).is_empty());
    }
}
