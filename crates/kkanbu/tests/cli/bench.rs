//! `kkanbu bench` as people and programs meet it: short, but with every process of a long one.

use super::{PATIENCE, kkanbu, said};
use serde_json::Value;
use std::fs;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use tokio::time::Instant;

/// Two rooms of five, for one second.
const SHORT: [&str; 8] = ["--rooms", "2", "--members", "5", "--pairs", "1", "--seconds", "1"];

/// Runs a bench in a folder that has to be empty afterwards, and gives its report.
fn report(bench: &str, more: &[&str]) -> Value {
    let folder = tempfile::tempdir().unwrap();
    let ran =
        kkanbu().args(["bench", bench]).args(SHORT).args(more).args(["--json", "--dir"]).arg(folder.path()).output();
    let output = ran.unwrap();
    assert!(output.status.success(), "{}", said(&output));
    assert!(is_empty(folder.path()), "something stays behind");
    // Exactly one object, and nothing else.
    serde_json::from_slice(&output.stdout).unwrap()
}

fn is_empty(folder: &Path) -> bool {
    fs::read_dir(folder).unwrap().next().is_none()
}

#[track_caller]
fn positive(report: &Value, fields: &[&str]) {
    for field in fields {
        assert!(report[*field].as_f64().is_some_and(|number| number > 0.0), "{field} of {report}");
    }
}

#[test]
fn a_fanout_reaches_everybody_once_and_reports_what_it_cost_beside_the_floor() {
    let report = report("fanout", &["--rate", "40", "--floor", "both"]);
    for (field, expected) in [("posts", 40), ("acknowledged", 40), ("deliveries", 200)] {
        assert_eq!(report[field], expected, "{field} of {report}");
    }
    for field in ["lost", "duplicated", "reordered", "unanswered", "closed"] {
        assert_eq!(report[field], 0, "{field} of {report}");
        assert_eq!(report["floor_faults"][field], 0, "{field} of {report}");
    }
    positive(
        &report,
        &["ratio_to_floor", "cpu_us_per_delivery", "floor_us_per_delivery", "coalescing_floor_us_per_delivery"],
    );
    positive(&report, &["p50_us", "p99_us", "p999_us", "floor_p99_us", "fsync_p99_us", "rss_bytes_per_connection"]);
    positive(&report, &["deliveries_per_cpu_second", "share_of_coalescing_floor", "achieved_rate", "frame_bytes"]);
    assert_eq!((report["pairs"].as_array().map(Vec::len), &report["refused"]), (Some(1), &serde_json::json!({})));
    // Posts are padded, and their frames have a head of four bytes.
    assert_eq!(report["frame_bytes"], 516);
}

#[test]
fn a_fanout_at_the_maximum_over_tls_loses_nothing() {
    let report = report("fanout", &["--rate", "max", "--in-flight", "2", "--tls", "--floor", "single"]);
    assert_eq!((&report["lost"], &report["duplicated"], &report["reordered"]), (&0.into(), &0.into(), &0.into()));
    assert_eq!(report["deliveries"].as_u64().unwrap(), 5 * report["posts"].as_u64().unwrap());
    assert_eq!((&report["rate"], &report["tls"]), (&"max".into(), &true.into()));
}

#[test]
fn the_floor_is_measured_by_itself() {
    let report = report("floor", &["--rate", "40"]);
    positive(&report, &["floor_us_per_delivery", "coalescing_floor_us_per_delivery", "floor_p99_us"]);
    assert_eq!((&report["lost"], &report["duplicated"]), (&0.into(), &0.into()));
}

#[test]
fn nothing_outlives_a_bench_that_is_ended_or_killed() {
    for signal in ["TERM", "KILL"] {
        let folder = tempfile::tempdir().unwrap();
        let mut bench = long(folder.path());
        let children = children_of(&mut bench, 3);
        let killed = Command::new("kill").args(["-s", signal]).arg(bench.id().to_string()).status().unwrap();
        assert!(killed.success() && !bench.wait().unwrap().success());
        let began = Instant::now();
        while children.iter().any(|child| runs(*child)) {
            assert!(began.elapsed() < PATIENCE, "{signal}: a child still runs");
            std::thread::sleep(std::time::Duration::from_millis(20));
        }
        // Who is killed can't clear up.
        assert!(signal == "KILL" || is_empty(folder.path()), "{signal}: something stays behind");
    }
}

fn long(folder: &Path) -> Child {
    let mut command = kkanbu();
    command.args(["bench", "fanout", "--members", "5", "--seconds", "600", "--dir"]).arg(folder);
    command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
}

/// Waits until it has so many children: a server, a generator, and a floor.
fn children_of(bench: &mut Child, count: usize) -> Vec<u32> {
    let began = Instant::now();
    loop {
        assert!(bench.try_wait().unwrap().is_none() && began.elapsed() < PATIENCE, "it does not start");
        let listed = fs::read_to_string(format!("/proc/{0}/task/{0}/children", bench.id())).unwrap_or_default();
        let children: Vec<u32> = listed.split_whitespace().map(|child| child.parse().unwrap()).collect();
        if children.len() >= count {
            return children;
        }
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
}

/// A process that has ended and was not asked for yet does not run.
fn runs(process: u32) -> bool {
    let stat = fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
    stat.rsplit(')').next().is_some_and(|rest| !rest.trim().is_empty() && !rest.starts_with(" Z"))
}
