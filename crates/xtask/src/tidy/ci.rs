//! CI runs the command that people run, and nothing else.

use super::Finding;
use super::source::Source;

const ALLOWED: [&str; 3] = ["set -euo pipefail", r#"cd "$(dirname "$0")/..""#, "exec cargo xtask test"];

/// Whether `.ci/run` does anything of its own.
pub(super) fn check(source: &Source, findings: &mut Vec<Finding>) {
    if source.path != ".ci/run" {
        return;
    }
    for (index, line) in source.text.lines().enumerate() {
        if !line.is_empty() && !line.starts_with('#') && !ALLOWED.contains(&line) {
            let what = format!("`{line}` is CI's alone; make it a step in crates/xtask/src/test/steps.rs");
            findings.push(Finding::new(&source.path, index + 1, what));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::found_by;

    #[test]
    fn what_only_ci_does_is_found() {
        let honest = format!("#!/usr/bin/env bash\n# Why.\n{}\n", ALLOWED.join("\n"));
        assert!(found_by(check, ".ci/run", &honest).is_empty());
        let found = found_by(check, ".ci/run", &format!("{honest}apt-get install redis\n"));
        assert!(found.concat().contains(":6: `apt-get install redis`"), "{found:?}");
    }
}
