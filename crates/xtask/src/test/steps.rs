//! The list of everything that is tested, in order: the quick and the telling first. A step's function is how it is done; what
//! takes more than a line lives in a file of its own.
//!
//! On a machine with nothing built, dependencies are compiled for three purposes: checked for clippy and rustdoc, in the dev
//! profile for the tests, in the release profile for the server that the rehearsal, the clients and the browser meet.

use super::{Note, autobahn, clients, deploy, rehearsal, rust};
use crate::tools::{Tool, ensure_all, offer_spared};
use crate::workbench::Workbench;
use crate::{docgen, page, tidy};
use anyhow::ensure;
use std::time::Duration;

/// Something to be shown.
#[derive(Debug)]
pub(crate) struct Step {
    /// For `--only`.
    pub(crate) name: &'static str,
    /// What it shows when it passes.
    pub(crate) shows: &'static str,
    /// Without these it makes no sense to run.
    pub(crate) needs: &'static [&'static str],
    /// When its output is shown.
    pub(crate) show: Show,
    /// A step that takes longer hangs, and is killed.
    pub(crate) limit: Duration,
    /// How.
    pub(crate) run: fn(&Workbench) -> anyhow::Result<Note>,
}

/// When a step's output is shown.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Show {
    Always,
    OnFailure,
}

const SHORT: Duration = Duration::from_mins(5);
const LONG: Duration = Duration::from_mins(20);

/// Everything.
pub(crate) const STEPS: &[Step] = &[
    Step {
        name: "tools",
        shows: "what the tests need is on this machine",
        needs: &[],
        show: Show::OnFailure,
        limit: LONG,
        run: |bench| {
            let mut installed = ensure_all(bench, &Tool::ALL)?;
            installed.extend(offer_spared(bench)?);
            Ok((!installed.is_empty()).then(|| format!("installed {}", installed.join(", "))))
        },
    },
    Step {
        name: "fmt",
        shows: "the Rust code is formatted",
        needs: &[],
        show: Show::OnFailure,
        limit: SHORT,
        run: |bench| bench.cargo(&["fmt", "--all", "--check"]).map(|()| None),
    },
    Step {
        name: "tidy",
        shows: "the rules of the house hold: crate graph, headers, what may stand where, links",
        needs: &[],
        show: Show::OnFailure,
        limit: SHORT,
        run: |bench| tidy::step(bench),
    },
    Step {
        name: "docgen",
        shows: "proto/ is what the wire's types give",
        needs: &[],
        show: Show::OnFailure,
        limit: SHORT,
        run: |_| docgen::run(true).map(|()| None),
    },
    Step {
        name: "clippy",
        shows: "nothing in the lint table is broken, in code and tests",
        needs: &[],
        show: Show::OnFailure,
        limit: LONG,
        run: |bench| {
            bench.cargo(&["clippy", "--workspace", "--all-targets", "--locked", "--", "-D", "warnings"])?;
            rust::clippy(bench)?;
            autobahn::clippy(bench).map(|()| None)
        },
    },
    Step {
        name: "doc",
        shows: "the documentation builds and its links lead somewhere",
        needs: &[],
        show: Show::OnFailure,
        limit: LONG,
        run: |bench| rust::documentation(bench).map(|()| None),
    },
    Step {
        name: "page",
        shows: "the page's types, format and unit tests hold, and the committed page is what its sources give",
        needs: &["tools"],
        show: Show::OnFailure,
        limit: SHORT,
        run: |bench| {
            page::test(bench)?;
            let differences = page::differences(bench)?;
            ensure!(differences.is_empty(), "{}", differences.join("\n"));
            Ok(None)
        },
    },
    Step {
        name: "contract",
        shows: "proto/ holds before tools of others: AsyncAPI's parser, a JSON Schema validator, the TypeScript compiler",
        needs: &["tools"],
        show: Show::Always,
        limit: SHORT,
        run: |bench| clients::contract(bench).map(|()| None),
    },
    Step {
        name: "rust",
        shows: "unit, property, contract and vector tests, and end to end over real sockets, a real PostgreSQL and a real Redis",
        needs: &["tools"],
        show: Show::Always,
        limit: LONG,
        run: |bench| rust::tests(bench).map(Some),
    },
    Step {
        name: "interleavings",
        shows: "thousands of orders in which workers, publishers and clients get their turns lose, double and disorder nothing",
        needs: &[],
        show: Show::OnFailure,
        limit: LONG,
        run: |bench| rust::interleavings(bench).map(Some),
    },
    Step {
        name: "autobahn",
        shows: "the gateway's connections keep to RFC 6455 in all of Autobahn's cases",
        needs: &["tools"],
        show: Show::OnFailure,
        limit: LONG,
        run: |bench| autobahn::run(bench).map(Some),
    },
    Step {
        name: "build",
        shows: "the server builds as people get it",
        needs: &[],
        show: Show::OnFailure,
        limit: LONG,
        run: |bench| bench.kkanbu().map(|_| None),
    },
    Step {
        name: "rehearsal",
        shows: "a whole programme writes at once and nothing is missing, lost, doubled or out of order",
        needs: &["build"],
        show: Show::OnFailure,
        limit: SHORT,
        run: |bench| rehearsal::run(bench, &["--seconds", "10"], 0).map(Some),
    },
    Step {
        name: "killed",
        shows: "the same with the server killed three times in mid-conversation",
        needs: &["build"],
        show: Show::OnFailure,
        limit: SHORT,
        run: |bench| rehearsal::run(bench, &["--seconds", "15", "--kill", "3"], 3).map(Some),
    },
    Step {
        name: "deploy",
        shows: "the image is built, serves and drains; the proxy lets an office in and a flood not; unit, compose, Kubernetes and alerts hold before their tools",
        needs: &["tools", "build"],
        show: Show::OnFailure,
        limit: SHORT,
        run: |bench| deploy::run(bench).map(Some),
    },
    Step {
        name: "drained",
        shows: "the same with the server told to go down: everybody comes back, evenly",
        needs: &["build"],
        show: Show::OnFailure,
        limit: SHORT,
        run: |bench| rehearsal::run(bench, &["--seconds", "15", "--drain", "1"], 1).map(Some),
    },
    Step {
        name: "python",
        shows: "a client written from proto/README.md alone, in another language, talks and misbehaves",
        needs: &["tools", "build"],
        show: Show::Always,
        limit: LONG,
        run: |bench| clients::python(bench).map(|()| None),
    },
    Step {
        name: "browser",
        shows: "the page in real Chromium, phone-sized and in Korean: two people talk, the server dies and comes back",
        needs: &["tools", "build"],
        show: Show::Always,
        limit: SHORT,
        run: |bench| clients::browser(bench).map(|()| None),
    },
];
