//! Autobahn's cases, run by Python's `kosoku` against the gateway's own listener, connection loop and codec, with an echo in the place of
//! the session. Its report is believed and not its exit code, which counts features that nobody has to have as failures.

use crate::tools::python_for;
use crate::workbench::Workbench;
use anyhow::{Context, ensure};
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

/// How many cases the pinned version has. Fewer were not all of them.
const CASES: usize = 517;

/// Compression, which the server declines.
const OPTIONAL: [&str; 2] = ["12.", "13."];

/// Turns the echo on, in the features that the tests of all crates were built with.
const ECHO: [&str; 4] = ["--workspace", "--locked", "--features", "kkanbu-gateway/conformance"];

/// Runs all cases, and gives the report in a few words.
pub(super) fn run(bench: &Workbench) -> anyhow::Result<String> {
    let python = python_for(bench, "autobahn")?;
    bench.log.run(bench.cargo_command().arg("build").args(ECHO).args(["--example", "echo"]))?;
    let report = bench.repo.kept("autobahn-report")?;
    if report.exists() {
        fs::remove_dir_all(&report)?;
    }
    let mut echo = bench.log.start(&mut bench.command(bench.repo.built("debug/examples/echo")))?;
    let address = format!("ws://{}{}", echo.first_line().context("the echo")?, kkanbu_wire::PATH);
    let mut cases = bench.command(python.with_file_name("kosoku"));
    let ended = bench.log.run(cases.arg("--outdir").arg(&report).arg(address));
    match read(&report) {
        Ok(cases) => {
            bench.log.note(remarkable(&cases))?;
            judged(&cases, CASES)
        }
        Err(unreadable) => Err(ended.err().unwrap_or(unreadable)),
    }
}

/// Checks the echo, which is not there without its feature.
pub(super) fn clippy(bench: &Workbench) -> anyhow::Result<()> {
    bench.log.run(bench.cargo_command().arg("clippy").args(ECHO).args(["--example", "echo", "--", "-D", "warnings"]))
}

/// What came of one case.
#[derive(Debug, Clone, serde::Deserialize)]
#[serde(rename_all = "camelCase")]
struct Case {
    /// What was said.
    behavior: String,
    /// How the connection was closed.
    behavior_close: String,
}

type Cases = BTreeMap<String, Case>;

/// The cases of the one server that the report is about.
fn read(report: &Path) -> anyhow::Result<Cases> {
    let index = fs::read_to_string(report.join("index.json")).context("there is no report")?;
    let servers: BTreeMap<String, Cases> =
        serde_json::from_str(&index).context("the report is not of the kind known")?;
    servers.into_values().next().context("the report is empty")
}

/// The cases that are neither OK nor about compression, for the log.
fn remarkable(cases: &Cases) -> String {
    let told = cases.iter().filter(|(id, case)| case.behavior != "OK" && !is_optional(id));
    told.map(|(id, case)| case.told(id)).collect::<Vec<_>>().join("\n")
}

fn is_optional(id: &str) -> bool {
    OPTIONAL.iter().any(|group| id.starts_with(group))
}

fn judged(cases: &Cases, expected: usize) -> anyhow::Result<String> {
    let failed: Vec<String> =
        cases.iter().filter(|(id, case)| !case.is_fine(id)).map(|(id, case)| case.told(id)).collect();
    ensure!(failed.is_empty(), "{} of {} cases failed: {}", failed.len(), cases.len(), failed.join(", "));
    ensure!(cases.len() == expected, "{} cases were run and not {expected}", cases.len());
    let count = |behavior: &str| cases.values().filter(|case| case.behavior == behavior).count();
    Ok(format!(
        "{} cases: {} OK, {} informational, {} non-strict, {} of compression declined, 0 failed",
        cases.len(),
        count("OK"),
        count("INFORMATIONAL"),
        count("NON-STRICT"),
        count("UNIMPLEMENTED"),
    ))
}

impl Case {
    fn is_fine(&self, id: &str) -> bool {
        let behaved = match self.behavior.as_str() {
            "OK" | "INFORMATIONAL" | "NON-STRICT" => true,
            "UNIMPLEMENTED" => is_optional(id),
            _ => false,
        };
        behaved && matches!(self.behavior_close.as_str(), "OK" | "INFORMATIONAL")
    }

    fn told(&self, id: &str) -> String {
        format!("{id} ({}, close {})", self.behavior, self.behavior_close)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cases(of: &[(&str, &str, &str)]) -> Cases {
        let case = |behavior: &str, close: &str| Case { behavior: behavior.into(), behavior_close: close.into() };
        of.iter().map(|(id, behavior, close)| ((*id).into(), case(behavior, close))).collect()
    }

    #[test]
    fn what_is_not_failed_passes_and_is_counted() {
        let fine = cases(&[
            ("1.1.1", "OK", "OK"),
            ("6.4.3", "NON-STRICT", "OK"),
            ("7.1.6", "INFORMATIONAL", "INFORMATIONAL"),
            ("13.1.1", "UNIMPLEMENTED", "OK"),
        ]);
        let said = judged(&fine, 4).expect("nothing failed");
        assert_eq!(said, "4 cases: 1 OK, 1 informational, 1 non-strict, 1 of compression declined, 0 failed");
        assert_eq!(remarkable(&fine), "6.4.3 (NON-STRICT, close OK)\n7.1.6 (INFORMATIONAL, close INFORMATIONAL)");
    }

    #[test]
    fn each_fault_alone_fails_and_is_named() {
        for (behavior, close) in [
            ("FAILED", "OK"),
            ("ERROR", "OK"),
            ("UNIMPLEMENTED", "OK"),
            ("OK", "WRONG CODE"),
            ("OK", "UNCLEAN"),
            ("", ""),
        ] {
            let error = judged(&cases(&[("1.1.1", "OK", "OK"), ("2.5", behavior, close)]), 2).expect_err(behavior);
            assert!(error.to_string().contains("1 of 2 cases failed: 2.5 ("), "{error}");
        }
    }

    #[test]
    fn a_run_that_left_cases_out_fails() {
        assert!(judged(&cases(&[("1.1.1", "OK", "OK")]), 2).is_err());
    }
}
