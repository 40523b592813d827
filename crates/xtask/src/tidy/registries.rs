//! Everything comes from the public registries, by their own names: nothing here depends on one machine's mirror.

use super::Finding;
use super::source::Source;

/// Whether a lock file or a client's configuration names another registry.
pub(super) fn check(source: &Source, findings: &mut Vec<Finding>) {
    for (index, line) in source.text.lines().map(str::trim).enumerate() {
        if let Some(strange) = strange(source.name(), line) {
            let what = format!("{strange}; only the public registries, so that any machine gets the same");
            findings.push(Finding::new(&source.path, index + 1, what));
        }
    }
}

fn strange(file: &str, line: &str) -> Option<String> {
    let found = match file {
        "Cargo.lock" => {
            line.starts_with("source = ") && !line.contains("registry+https://github.com/rust-lang/crates.io-index")
        }
        "package-lock.json" => line.starts_with("\"resolved\": ") && !line.contains("\"https://registry.npmjs.org/"),
        ".npmrc" => line.contains("registry") || line.contains("_auth"),
        "config.toml" => line.starts_with("[source") || line.starts_with("[registr") || line.starts_with("registry"),
        name if name.starts_with("requirements") => line.starts_with('-') || line.contains("://"),
        _ => false,
    };
    found.then(|| format!("`{line}` names a place of its own"))
}

#[cfg(test)]
mod tests {
    use crate::tidy::found_by;

    #[test]
    fn a_mirror_is_found_in_every_kind_of_lock_file() {
        let found = |path: &str, line: &str| found_by(super::check, path, line).len();
        assert_eq!(found("Cargo.lock", "source = \"git+https://example.org/a\""), 1);
        assert_eq!(found("Cargo.lock", "source = \"registry+https://github.com/rust-lang/crates.io-index\""), 0);
        assert_eq!(found("a/package-lock.json", "  \"resolved\": \"https://mirror.example/a.tgz\","), 1);
        assert_eq!(found("a/package-lock.json", "  \"resolved\": \"https://registry.npmjs.org/a.tgz\","), 0);
        assert_eq!(found("a/.npmrc", "registry=https://mirror.example/"), 1);
        assert_eq!(found(".cargo/config.toml", "[source.crates-io]"), 1);
        assert_eq!(found("a/requirements.txt", "--index-url https://mirror.example/"), 1);
        assert_eq!(found("a/requirements.txt", "websockets==17.4"), 0);
    }
}
