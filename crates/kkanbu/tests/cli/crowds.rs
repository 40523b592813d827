//! The benches of members who sit there, come back or stall: short, and with every process of a long one.

use super::{kkanbu, said};
use serde_json::Value;

/// Runs a bench to its end, and gives its report.
#[track_caller]
fn bench(arguments: &str) -> Value {
    let folder = tempfile::tempdir().unwrap();
    let ran = kkanbu().arg("bench").args(arguments.split(' ')).args(["--json", "--dir"]).arg(folder.path()).output();
    let output = ran.unwrap();
    assert!(output.status.success(), "{} {}", said(&output), String::from_utf8_lossy(&output.stdout));
    serde_json::from_slice(&output.stdout).unwrap()
}

#[track_caller]
fn is(report: &Value, name: &str, within: std::ops::RangeInclusive<f64>) {
    let found = report[name].as_f64();
    assert!(found.is_some_and(|found| within.contains(&found)), "{name}: {found:?} in {report}");
}

#[test]
fn idle_members_are_counted_in_memory_and_time() {
    let report = bench("idle --connections 20 --seconds 1");
    is(&report, "connections", 20.0..=20.0);
    is(&report, "cpu_us_per_connection_second", 0.0..=1e6);
    is(&report, "closed", 0.0..=0.0);
    // Twenty may fit into what is there already.
    is(&report, "rss_bytes_per_connection", -1e6..=1e6);
    is(&report, "heap_bytes_per_connection", -1e6..=1e6);
    assert!(report["memory_joined"]["rss_bytes"].as_u64() > report["memory_joined"]["heap_bytes"].as_u64());
}

#[test]
fn a_storm_leaves_no_holes() {
    for how in ["", " --jitter"] {
        let report = bench(&format!("storm --connections 20 --pairs 2 --seconds 1 --posts 1{how}"));
        for name in ["holes", "lost", "duplicated", "reordered", "unrecovered", "missing"] {
            is(&report, name, 0.0..=0.0);
        }
        is(&report, "ratio_to_floor", 0.01..=1e4);
        is(&report, "cpu_seconds", 1e-4..=30.0);
        is(&report, "floor_cpu_seconds", 1e-4..=30.0);
        is(&report, "peak_accepts_per_100_ms", 1.0..=20.0);
        let (joined, caught_up) = (report["joined_seconds"].as_f64(), report["caught_up_seconds"].as_f64());
        assert!(joined > Some(0.0) && caught_up >= joined, "{report}");
        // The post right after the restart, at least, reached everybody, in both storms.
        is(&report, "deliveries", 40.0..=1e6);
        assert_eq!(report["pairs"].as_array().unwrap().len(), 2);
    }
}

#[test]
fn those_who_stall_are_closed_and_the_others_miss_nothing() {
    // Posts enough that the server's ring goes round long before its patience with a full socket ends.
    let report = bench("slow --stalled 10% --members 20 --rate 900 --pairs 1 --seconds 3");
    is(&report, "stalled", 2.0..=2.0);
    is(&report, "closed_as_slow", 2.0..=2.0);
    for name in ["not_closed", "lost", "duplicated", "reordered", "closed"] {
        is(&report, name, 0.0..=0.0);
    }
    is(&report, "p99_ratio", 0.001..=1_000.0);
    let rounds = report["memory"].as_array().unwrap();
    assert_eq!(rounds.len(), 3);
    for round in rounds {
        is(round, "stalled", 10.0..=10.0);
        is(round, "not_closed", 0.0..=0.0);
        // The server's own unrest is large beside ten.
        is(round, "rss_bytes_per_stalled", -1e6..=1e6);
    }
    let ends = report["ends"].as_object().unwrap();
    assert_eq!(ends.values().filter_map(Value::as_u64).sum::<u64>(), 2, "{ends:?}");
}
