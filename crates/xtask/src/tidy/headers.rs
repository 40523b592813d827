//! Every file of code opens with what lives there and why.

use super::Finding;
use super::source::Source;

/// Fewer words say nothing.
const WORDS_MIN: usize = 3;

/// Whether a file opens with a header.
pub(super) fn check(source: &Source, findings: &mut Vec<Finding>) {
    let Some(openings) = openings(source) else { return };
    let first = source.text.lines().find(|line| !line.starts_with("#!") && !line.trim().is_empty()).unwrap_or_default();
    let said = openings.iter().find_map(|opening| first.strip_prefix(opening));
    // A line that only opens the comment leaves the words to the next.
    let enough = said.is_some_and(|words| words.trim().is_empty() || words.split_whitespace().count() >= WORDS_MIN);
    if !enough {
        let opening = openings.first().unwrap_or(&"a comment");
        let what = format!("no header; begin with `{opening}` and say what lives here and why");
        findings.push(Finding::new(&source.path, 1, what));
    }
}

fn openings(source: &Source) -> Option<&'static [&'static str]> {
    match source.kind() {
        "rs" => Some(&["//!"]),
        "ts" | "tsx" | "js" | "mjs" => Some(&["//", "/*"]),
        "css" => Some(&["/*"]),
        "py" => Some(&["\"\"\"", "#"]),
        "sh" => Some(&["#"]),
        _ if source.path == ".ci/run" => Some(&["#"]),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use crate::tidy::found_by;

    fn found(path: &str, text: &str) -> usize {
        found_by(super::check, path, text).len()
    }

    #[test]
    fn a_file_without_header_is_found() {
        assert_eq!(found("a.rs", "use std::fs;\n"), 1);
        assert_eq!(found("a.rs", "//! x\n"), 1, "a header must say something");
        assert_eq!(found("a.rs", "// Not a module comment at all.\n"), 1);
        assert_eq!(found("a.tsx", "import x from 'y';\n"), 1);
        assert_eq!(found("a.py", "#!/usr/bin/env python3\nimport os\n"), 1);
        assert_eq!(found("a.rs", ""), 1);
    }

    #[test]
    fn a_header_is_enough() {
        assert_eq!(found("a.rs", "//! What lives here.\n"), 0);
        assert_eq!(found("a.mjs", "// What lives here.\n"), 0);
        assert_eq!(found("a.py", "#!/usr/bin/env python3\n\"\"\"\nWhat lives here.\n\"\"\"\n"), 0);
        assert_eq!(found("a.json", "{}"), 0);
    }
}
