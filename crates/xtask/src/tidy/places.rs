//! What may stand where: a word, the files that may hold it with the reason for each, and what others do instead.
//! A permission that nobody uses any more is a finding too.

use super::Finding;
use super::code::is_word;
use super::source::Source;

/// One word's places.
struct Rule {
    /// Any of these.
    words: &'static [&'static str],
    /// Where it is looked for.
    among: Among,
    /// Files that may hold it (`*` is one folder or part of a name; an ending `/` is the whole folder), and why.
    may: &'static [(&'static str, &'static str)],
    /// What is wrong, and what to do.
    what: &'static str,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Among {
    /// All Rust code, without comments and quotes.
    Rust,
    /// The same, without tests.
    RustProduct,
    /// The code of these crates.
    Crates(&'static [&'static str]),
    /// Every line of every file.
    Everything,
}

const RULES: &[Rule] = &[
    Rule {
        words: &["serde", "serde_json", "Serialize", "Deserialize"],
        among: Among::Rust,
        may: &[
            ("crates/wire/", "clients' frames: where bytes come from people and go to them"),
            ("crates/broker/src/envelope.rs", "the log's records"),
            ("crates/store/src/definition.rs", "a programme's definition as it is stored"),
            ("crates/store/src/act.rs", "the sealed part of an audit entry"),
            ("crates/gateway/src/ops.rs", "the readiness report"),
            ("crates/gateway/src/service/mod.rs", "the union of all replies, on its way to the wire"),
            ("crates/client/src/admin/", "the other end of the admin socket"),
            ("crates/client/src/client.rs", "the other end of the wire"),
            ("crates/client/src/session/", "the other end of the wire"),
            ("crates/client/src/tests/", "a scripted server speaks the wire"),
            ("crates/client/tests/vectors.rs", "the golden vectors are read"),
            ("crates/bench/src/", "what the processes of a bench tell each other, and reports for programs"),
            ("crates/kkanbu/", "the binary: configuration comes in, reports for programs go out"),
            ("tests/", "clients that we did not write, and raw frames"),
            ("crates/xtask/", "reports and schemas"),
        ],
        what: "serde stands only where bytes enter or leave, so that no identity leaks through a stray derive; convert there",
    },
    Rule {
        words: &["schemars", "ts_rs"],
        among: Among::Rust,
        may: &[("crates/wire/src/", "the types that clients see"), ("crates/xtask/src/docgen/", "the generator")],
        what: "schemas are made of the wire's types alone; describe the type there",
    },
    Rule {
        words: &["tracing"],
        among: Among::RustProduct,
        may: &[
            ("crates/*/src/telemetry.rs", "the one file a crate that a privacy review reads"),
            ("crates/kkanbu/src/rehearse/", "a rehearsal's members are made up"),
        ],
        what: "a crate logs in its telemetry.rs alone, so that a privacy review reads one file; add an event there",
    },
    Rule {
        words: &["allow("],
        among: Among::Rust,
        may: &[],
        what: "an exception outlives its cause; use `#[expect(lint, reason = \"…\")]`, which says when it is no longer needed",
    },
    Rule {
        words: &["println!", "print!", "eprintln!", "eprint!", "dbg!", "stdout()", "stderr()"],
        among: Among::RustProduct,
        may: &[
            ("crates/gateway/src/engine/tests.rs", "what was measured"),
            ("crates/kkanbu/src/output.rs", "what the commands say"),
            ("crates/kkanbu/src/logging.rs", "where log lines go, and whether somebody reads along"),
            ("crates/kkanbu/src/backup/progress.rs", "a progress bar, which is gone at the end"),
            ("crates/kkanbu/src/rehearse/progress.rs", "a progress bar, which is gone at the end"),
            ("crates/bench/src/process/lines.rs", "what the processes of a bench tell each other"),
            ("crates/bench/src/progress.rs", "a progress bar, which is gone at the end"),
            ("crates/xtask/src/report.rs", "what the chores say"),
            ("crates/xtask/src/surroundings.rs", "whether somebody reads along"),
        ],
        what: "only one file prints; return what is to be said, or call its functions",
    },
    Rule {
        words: &["env::var", "env::var_os", "env::vars", "env::vars_os", "env::set_var", "try_from_env", "from_env"],
        among: Among::Rust,
        may: &[
            ("crates/kkanbu/src/logging.rs", "KKANBU_LOG, the one variable that the server reads"),
            ("crates/xtask/src/surroundings.rs", "CI and PATH"),
        ],
        what: "only one file reads the environment; make it an option of the configuration",
    },
    Rule {
        words: &["IdentityHash", "Identity", "Register", "Pepper"],
        among: Among::Crates(&["gateway", "room", "broker", "wire"]),
        may: &[],
        what: "this crate cannot know who somebody is, so it names no type of identity; only the issuer does",
    },
    Rule {
        words: &["TODO", "FIXME", "XXX", "/home/", "/root/"],
        among: Among::Everything,
        may: &[("crates/xtask/src/tidy/places.rs", "names them")],
        what: "a leftover of work in progress; finish it, or open an issue and take it out",
    },
];

/// Whether every word stands where it may.
pub(super) fn check(sources: &[Source]) -> Vec<Finding> {
    RULES.iter().flat_map(|rule| rule.check(sources)).collect()
}

impl Rule {
    fn check(&self, sources: &[Source]) -> Vec<Finding> {
        let mut findings = Vec::new();
        let mut used = vec![false; self.may.len()];
        for source in sources.iter().filter(|source| self.among.holds(source)) {
            let found = self.uses(source);
            let permission = self.may.iter().position(|(pattern, _reason)| matches(&source.path, pattern));
            match permission.and_then(|index| used.get_mut(index)) {
                Some(used) => *used |= !found.is_empty(),
                None => findings.extend(found),
            }
        }
        let idle = self.may.iter().zip(used).filter(|(_, used)| !used);
        findings.extend(idle.map(|((pattern, _), _)| {
            let what = format!("{pattern} no longer holds {}; take its permission away", self.words.join(", "));
            Finding::new("crates/xtask/src/tidy/places.rs", 0, what)
        }));
        findings
    }

    fn uses(&self, source: &Source) -> Vec<Finding> {
        let text = if self.among == Among::Everything { &source.text } else { &source.code };
        let mut findings = Vec::new();
        for (index, line) in text.lines().enumerate() {
            if let Some(word) = self.words.iter().find(|word| stands_in(line, word)) {
                findings.push(Finding::new(&source.path, index + 1, format!("`{word}`: {}", self.what)));
            }
        }
        findings
    }
}

impl Among {
    fn holds(self, source: &Source) -> bool {
        let path = source.path.as_str();
        match self {
            Self::Rust => source.kind() == "rs",
            Self::RustProduct => source.kind() == "rs" && path.contains("/src/"),
            Self::Crates(names) => {
                let of = |name: &&str| {
                    path.strip_prefix("crates/").is_some_and(|path| path.starts_with(&format!("{name}/")))
                };
                source.kind() == "rs" && names.iter().any(of)
            }
            Self::Everything => source.kind() != "lock" && source.name() != "package-lock.json",
        }
    }
}

/// Whether a word stands in a line by itself and not as a part of a longer one.
fn stands_in(line: &str, word: &str) -> bool {
    line.match_indices(word).any(|(at, _)| {
        let before = line.get(..at).and_then(|text| text.chars().next_back());
        let after = line.get(at + word.len()..).and_then(|text| text.chars().next());
        let joined = |one: Option<char>, other: Option<char>| one.is_some_and(is_word) && other.is_some_and(is_word);
        // A method or a function of that name is another thing.
        let is_call =
            word.ends_with('(') && (before == Some('.') || line.get(..at).is_some_and(|text| text.ends_with("fn ")));
        !joined(before, word.chars().next()) && !joined(word.chars().next_back(), after) && !is_call
    })
}

fn matches(path: &str, pattern: &str) -> bool {
    match pattern.split_once('*') {
        _ if pattern.ends_with('/') => path.starts_with(pattern),
        Some((before, after)) => path
            .strip_prefix(before)
            .and_then(|rest| rest.strip_suffix(after))
            .is_some_and(|middle| !middle.is_empty() && !middle.contains('/')),
        None => path == pattern,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The rules that find something in a file with this one line.
    fn found(path: &str, line: &str) -> Vec<String> {
        let source = Source::new(path.to_owned(), line.to_owned());
        let findings = check(&[source]).into_iter().filter(|finding| finding.path == path);
        findings.map(|finding| finding.to_string()).collect()
    }

    fn assert_found(path: &str, line: &str, word: &str) {
        let found = found(path, line);
        assert!(found.iter().any(|what| what.contains(&format!("{path}:1: `{word}`"))), "{path}: {line}: {found:?}");
    }

    fn assert_fine(path: &str, line: &str) {
        assert_eq!(found(path, line), [""; 0], "{path}: {line}");
    }

    #[test]
    fn serde_in_the_rules_of_a_room_is_found() {
        assert_found("crates/room/src/decide.rs", "use serde::Serialize;", "serde");
        assert_found("crates/model/src/id.rs", "#[derive(Debug, Deserialize)]", "Deserialize");
        assert_fine("crates/wire/src/push.rs", "use serde::Serialize;");
        assert_fine("crates/room/src/decide.rs", "// serde stands elsewhere");
    }

    #[test]
    fn schemas_outside_the_wire_are_found() {
        assert_found("crates/gateway/src/ops.rs", "use schemars::JsonSchema;", "schemars");
    }

    #[test]
    fn a_log_line_outside_telemetry_is_found() {
        assert_found("crates/gateway/src/connection.rs", "tracing::info!(\"here\");", "tracing");
        assert_fine("crates/gateway/src/telemetry.rs", "tracing::info!(\"here\");");
        assert_fine("crates/gateway/tests/a.rs", "use tracing::info;");
    }

    #[test]
    fn allow_is_found_and_a_method_of_that_name_is_not() {
        assert_found("crates/room/src/lib.rs", "#[allow(dead_code)]", "allow(");
        assert_found("crates/room/src/lib.rs", "#![cfg_attr(test, allow(unused))]", "allow(");
        assert_fine("crates/room/src/lib.rs", "if budget.allow(1) {}");
        assert_fine("crates/room/src/lib.rs", "fn allow(&self) {}");
    }

    #[test]
    fn printing_is_found_but_in_tests() {
        assert_found("crates/kkanbu/src/node.rs", "println!(\"ready\");", "println!");
        assert_found("crates/kkanbu/src/node.rs", "write(io::stdout().lock())", "stdout()");
        assert_fine("crates/kkanbu/src/node.rs", "command.stdout(Stdio::piped())");
        assert_fine("crates/store/tests/a.rs", "println!(\"ready\");");
    }

    #[test]
    fn reading_the_environment_is_found() {
        assert_found("crates/gateway/src/server.rs", "std::env::var_os(\"HOME\")", "env::var_os");
        assert_fine("crates/gateway/src/server.rs", "std::env::args()");
    }

    #[test]
    fn an_identity_in_the_gateway_is_found() {
        assert_found("crates/gateway/src/server.rs", "fn who(hash: IdentityHash) {}", "IdentityHash");
        assert_fine("crates/issuer/src/lib.rs", "fn who(hash: IdentityHash) {}");
        assert_fine("crates/gateway/src/server.rs", "fn f(registry: Registry) {}");
    }

    #[test]
    fn leftovers_are_found_in_every_kind_of_file() {
        assert_found("docs/a.md", "TODO: say more", "TODO");
        assert_found("deploy/run.sh", "cd /root/kkanbu", "/root/");
        assert_fine("docs/a.md", "mktemp /tmp/XXXXXX");
    }

    #[test]
    fn a_permission_that_nobody_uses_is_found() {
        let findings = check(&[Source::new("crates/wire/src/push.rs".to_owned(), "use serde::Serialize;".to_owned())]);
        let said: Vec<String> = findings.iter().map(ToString::to_string).collect();
        assert!(said.iter().any(|what| what.contains("crates/gateway/src/ops.rs no longer holds serde")), "{said:?}");
        assert!(!said.iter().any(|what| what.contains("crates/wire/ no longer holds serde,")), "{said:?}");
    }
}
