//! Which crate may know which, and what none of them may know. No arrow points back.

use super::Finding;
use cargo_metadata::{Dependency, DependencyKind, Metadata, Package};

/// One crate's place in the graph.
struct Place {
    name: &'static str,
    /// Ours that it may name.
    may_know: &'static [&'static str],
    /// Others' that it must not name, its tests aside.
    never: &'static [&'static str],
}

const SOCKETS: &[&str] = &["tungstenite", "tokio-tungstenite", "hyper", "hyper-util", "http"];

/// Features of ours, the one crate that may turn each on, and what for.
const SET_APART: &[(&str, Option<&str>, &str)] = &[
    ("schema", Some("xtask"), "the generator"),
    ("conformance", None, "the command line of a test step"),
    ("interleaving", None, "the command line of a test step"),
    ("fuzzing", None, "the command line of `cargo xtask fuzz`"),
    ("measure", None, "the command line of the gateway's bench"),
];

/// The whole graph.
const PLACES: &[Place] = &[
    Place { name: "kkanbu-model", may_know: &[], never: &["serde", "serde_json", "tokio", "tracing", "rusqlite"] },
    Place {
        name: "kkanbu-wire",
        may_know: &["kkanbu-model"],
        never: &["tokio", "tungstenite", "tokio-tungstenite", "hyper"],
    },
    Place { name: "kkanbu-keys", may_know: &["kkanbu-model"], never: &["serde", "serde_json", "tokio", "tracing"] },
    Place { name: "kkanbu-broker", may_know: &["kkanbu-model", "kkanbu-keys"], never: SOCKETS },
    Place { name: "kkanbu-audit", may_know: &[], never: &["serde", "serde_json", "tokio", "tracing", "rusqlite"] },
    Place { name: "kkanbu-store", may_know: &["kkanbu-model", "kkanbu-keys", "kkanbu-audit"], never: SOCKETS },
    Place {
        name: "kkanbu-room",
        may_know: &["kkanbu-model"],
        never: &["tokio", "redis", "serde", "serde_json", "tracing", "rand"],
    },
    Place {
        name: "kkanbu-gateway",
        may_know: &["kkanbu-model", "kkanbu-wire", "kkanbu-keys", "kkanbu-broker", "kkanbu-store", "kkanbu-room"],
        never: &["redis", "rusqlite", "clap"],
    },
    Place { name: "kkanbu-client", may_know: &["kkanbu-model", "kkanbu-wire"], never: &["hyper", "rusqlite"] },
    Place { name: "kkanbu-bench", may_know: &["kkanbu-model", "kkanbu-wire", "kkanbu-client"], never: SOCKETS },
    Place { name: "kkanbu-web", may_know: &[], never: &["tokio", "serde"] },
    Place {
        name: "kkanbu",
        may_know: &[
            "kkanbu-model",
            "kkanbu-wire",
            "kkanbu-keys",
            "kkanbu-audit",
            "kkanbu-broker",
            "kkanbu-store",
            "kkanbu-room",
            "kkanbu-gateway",
            "kkanbu-client",
            "kkanbu-web",
            "kkanbu-bench",
        ],
        never: &[],
    },
    Place {
        name: "kkanbu-tests",
        may_know: &[
            "kkanbu-model",
            "kkanbu-wire",
            "kkanbu-keys",
            "kkanbu-broker",
            "kkanbu-store",
            "kkanbu-room",
            "kkanbu-gateway",
            "kkanbu-client",
        ],
        never: &[],
    },
    Place { name: "kkanbu-fuzz", may_know: &["kkanbu-wire", "kkanbu-gateway", "kkanbu"], never: &[] },
    Place { name: "xtask", may_know: &["kkanbu-model", "kkanbu-wire"], never: &["tokio"] },
];

/// A crate as its manifest has it.
#[derive(Debug)]
pub(super) struct Member {
    name: String,
    manifest: String,
    ours: Vec<Arrow>,
    /// Others' crates that it needs outside its tests.
    others: Vec<String>,
}

#[derive(Debug)]
struct Arrow {
    to: String,
    features: Vec<String>,
}

/// The workspace's crates.
pub(super) fn members(metadata: &Metadata) -> Vec<Member> {
    let root = metadata.workspace_root.as_str();
    metadata.packages.iter().map(|package| member(package, root)).collect()
}

fn member(package: &Package, root: &str) -> Member {
    let manifest = package.manifest_path.as_str();
    let (ours, others): (Vec<&Dependency>, Vec<_>) =
        package.dependencies.iter().partition(|needed| needed.path.is_some());
    let others = others.into_iter().filter(|needed| needed.kind != DependencyKind::Development);
    Member {
        name: package.name.to_string(),
        manifest: manifest.strip_prefix(root).unwrap_or(manifest).trim_start_matches('/').to_owned(),
        ours: ours.into_iter().map(|it| Arrow { to: it.name.clone(), features: it.features.clone() }).collect(),
        others: others.map(|needed| needed.name.clone()).collect(),
    }
}

/// Whether the crates keep to their places.
pub(super) fn check(members: &[Member]) -> Vec<Finding> {
    members.iter().flat_map(check_one).collect()
}

fn check_one(member: &Member) -> Vec<Finding> {
    let found = |what: String| Finding::new(&member.manifest, 0, what);
    let name = &member.name;
    let Some(place) = PLACES.iter().find(|place| place.name == name) else {
        return vec![found(format!(
            "`{name}` has no place in the graph; give it one in crates/xtask/src/tidy/graph.rs"
        ))];
    };
    let mut findings = Vec::new();
    for arrow in &member.ours {
        if !place.may_know.contains(&arrow.to.as_str()) {
            let may_know =
                if place.may_know.is_empty() { "none of ours".to_owned() } else { place.may_know.join(", ") };
            findings
                .push(found(format!("`{name}` may not know `{}`, only {may_know}; turn the arrow round", arrow.to)));
        }
        for (feature, only, purpose) in SET_APART {
            if arrow.features.iter().any(|on| on == feature) && *only != Some(name) {
                findings
                    .push(found(format!("`{name}` turns on `{feature}`, which is for {purpose} alone; leave it off")));
            }
        }
    }
    for other in member.others.iter().filter(|other| place.never.contains(&other.as_str())) {
        findings.push(found(format!("`{name}` may not know `{other}`; that work belongs to another crate")));
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(name: &str, ours: &[(&str, &str)], others: &[&str]) -> Vec<String> {
        let arrow =
            |(to, feature): &(&str, &str)| Arrow { to: (*to).to_owned(), features: vec![(*feature).to_owned()] };
        let member = Member {
            name: name.to_owned(),
            manifest: format!("crates/{name}/Cargo.toml"),
            ours: ours.iter().map(arrow).collect(),
            others: others.iter().map(ToString::to_string).collect(),
        };
        check(&[member]).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn an_arrow_that_points_back_is_found() {
        assert!(said("kkanbu-gateway", &[("kkanbu-store", "")], &["hyper"]).is_empty());
        let found = said("kkanbu-store", &[("kkanbu-gateway", "")], &[]);
        assert!(found.concat().contains("`kkanbu-store` may not know `kkanbu-gateway`"), "{found:?}");
        assert_eq!(said("kkanbu-web", &[("kkanbu-model", "")], &[]).len(), 1);
    }

    #[test]
    fn a_crate_without_a_place_is_found() {
        assert!(said("kkanbu-misc", &[], &[]).concat().contains("has no place"));
    }

    #[test]
    fn what_a_crate_must_not_know_is_found() {
        assert!(said("kkanbu-room", &[], &["tokio"]).concat().contains("may not know `tokio`"));
        assert!(said("kkanbu-gateway", &[], &["redis"]).concat().contains("may not know `redis`"));
    }

    #[test]
    fn schemas_are_for_the_generator_alone() {
        assert!(said("xtask", &[("kkanbu-wire", "schema")], &[]).is_empty());
        assert_eq!(said("kkanbu-client", &[("kkanbu-wire", "schema")], &[]).len(), 1);
    }

    #[test]
    fn no_crate_turns_the_echo_or_what_fuzzing_calls_on() {
        assert_eq!(said("kkanbu", &[("kkanbu-gateway", "conformance")], &[]).len(), 1);
        assert_eq!(said("kkanbu-fuzz", &[("kkanbu-gateway", "fuzzing")], &[]).len(), 1);
    }
}
