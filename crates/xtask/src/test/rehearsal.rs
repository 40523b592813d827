//! `kkanbu rehearse`, believed only where its own report says so: all zero, and of a conversation that took place.

use crate::workbench::Workbench;
use anyhow::{Context, ensure};
use serde_json::Value;

/// Must all be zero.
const FAULTS: [&str; 5] = ["missing", "lost", "duplicated", "reordered", "not_back"];

/// Rehearses, and gives the report in a few words.
pub(super) fn run(bench: &Workbench, arguments: &[&str], restarts: u64) -> anyhow::Result<String> {
    let kkanbu = bench.kkanbu()?;
    let report = bench.log.read(bench.command(kkanbu).args(["rehearse", "--json"]).args(arguments))?;
    let report = serde_json::from_str(&report).context("the report is not JSON")?;
    judged(&report, restarts)
}

fn judged(report: &Value, restarts: u64) -> anyhow::Result<String> {
    for fault in FAULTS {
        ensure!(count(report, fault)? == 0, "{fault}: {}", count(report, fault)?);
    }
    for proof in ["acknowledged", "deliveries"] {
        ensure!(count(report, proof)? > 0, "nothing was rehearsed: {proof} is 0");
    }
    let restarted = count(report, "restarts")?;
    ensure!(restarted == restarts, "the server was restarted {restarted} times and not {restarts}");
    let [members, posts, deliveries] = ["members", "acknowledged", "deliveries"].map(|name| count(report, name));
    Ok(format!("{} members, {} acknowledged, {} deliveries, {restarted} restarts", members?, posts?, deliveries?))
}

fn count(report: &Value, name: &str) -> anyhow::Result<u64> {
    report.get(name).and_then(Value::as_u64).with_context(|| format!("the report has no `{name}`"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn report() -> Value {
        json!({
            "members": 54, "acknowledged": 900, "deliveries": 48_600, "restarts": 3,
            "missing": 0, "lost": 0, "duplicated": 0, "reordered": 0, "not_back": 0,
        })
    }

    #[test]
    fn a_clean_report_passes_and_each_fault_alone_fails() {
        assert!(judged(&report(), 3).expect("clean").starts_with("54 members"));
        for fault in FAULTS {
            let mut report = report();
            report[fault] = json!(1);
            let error = judged(&report, 3).expect_err(fault);
            assert!(error.to_string().contains(fault), "{error}");
        }
    }

    #[test]
    fn a_rehearsal_in_which_nothing_happened_shows_nothing() {
        let mut silent = report();
        silent["deliveries"] = json!(0);
        assert!(judged(&silent, 3).is_err(), "nobody talked");
        assert!(judged(&report(), 0).is_err(), "restarts that nobody asked for");
        assert!(judged(&json!({}), 0).is_err(), "no report");
    }
}
