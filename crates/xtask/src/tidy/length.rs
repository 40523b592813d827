//! Files stay short enough to be read at a sitting.

use super::Finding;
use super::source::Source;

const WARN_ABOVE: usize = 400;
const FAIL_ABOVE: usize = 500;

/// Longer, with the reason.
const MAY_BE_LONG: &[(&str, &str)] =
    &[("proto/kkanbu.ts", "generated: one module, so that a client developer copies one file")];

/// Whether a file of code is too long.
pub(super) fn check(source: &Source, findings: &mut Vec<Finding>) {
    let is_code = matches!(source.kind(), "rs" | "ts" | "tsx" | "js" | "mjs" | "py" | "css" | "sh");
    if !is_code || MAY_BE_LONG.iter().any(|(path, _reason)| *path == source.path) {
        return;
    }
    let lines = source.text.lines().count();
    if lines > FAIL_ABOVE {
        let what =
            format!("{lines} lines, more than {FAIL_ABOVE}; split it, or list it with a reason in tidy/length.rs");
        findings.push(Finding::new(&source.path, lines, what));
    } else if lines > WARN_ABOVE {
        findings.push(Finding::warning(
            &source.path,
            lines,
            format!("{lines} lines; split it before it passes {FAIL_ABOVE}"),
        ));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::found_by;

    #[test]
    fn long_files_are_warned_about_and_then_fail() {
        let lines = |count: usize| found_by(check, "a.rs", &"//!\n".repeat(count)).concat();
        assert_eq!(lines(WARN_ABOVE), "");
        assert!(lines(WARN_ABOVE + 1).contains("warning"));
        assert!(lines(FAIL_ABOVE).contains("warning"));
        assert!(lines(FAIL_ABOVE + 1).contains("more than 500") && !lines(FAIL_ABOVE + 1).contains("warning"));
    }
}
