//! The report from runs that were kept: what is judged, what is renewed and what stays.

use super::*;
use serde_json::{Value, json};
use std::fs;

fn kept(report: Value) -> Kept {
    Kept { command: "kkanbu bench something".to_owned(), report }
}

fn machine() -> Value {
    json!({ "cpu": "A processor", "cores": 2, "memory_bytes": 8_589_934_592_u64, "kernel": "6.1", "on_disk": true })
}

fn fanout(ratio: f64) -> Kept {
    kept(json!({
        "bench": "fanout", "machine": machine(), "pinned": true, "seconds": 10, "pairs": [{}, {}],
        "ratio_to_floor": ratio, "ratio_to_floor_quartiles": [ratio - 0.1, ratio + 0.1],
        "cpu_us_per_delivery": 5.5, "cpu_us_per_delivery_quartiles": [5.0, 6.0],
        "p50_us": 900, "p99_us": 4_000, "p999_us": 5_000, "floor_p50_us": 300, "floor_p99_us": 2_000, "floor_p999_us": 2_100,
        "fsync_p99_us": 1_000.0, "deliveries": 1_000_000, "lost": 0, "duplicated": 0, "reordered": 0,
    }))
}

fn some() -> AllKept {
    let mut all = AllKept::default();
    for (name, ratio) in [
        ("fanout-1x1000", 1.12),
        ("fanout-200x54", 1.3),
        ("growth-1x54", 1.1),
        ("growth-1x10000", 1.0),
        ("growth-1000x10", 1.4),
    ] {
        all.keep(None, name, fanout(ratio)).unwrap();
    }
    let idle = json!({ "machine": machine(), "rss_bytes_per_connection": 1_536.0, "cpu_us_per_connection_second": 2.5, "seconds": 60.0 });
    all.keep(None, "idle", kept(idle)).unwrap();
    all
}

fn verdict(figures: &[Figure], row: u8, what: &str) -> Option<bool> {
    figures.iter().find(|figure| figure.row == row && figure.what.starts_with(what)).unwrap().met
}

#[test]
fn what_was_promised_is_judged_by_what_was_measured() {
    let figures = figures(&some());
    assert_eq!(verdict(&figures, 1, "CPU per delivery"), Some(true));
    assert_eq!(verdict(&figures, 1, "p99"), Some(false), "4 ms are more than 1.2 × 2 ms + 1 ms");
    assert_eq!(verdict(&figures, 2, "CPU per delivery"), Some(false));
    assert_eq!(verdict(&figures, 5, "memory"), Some(true));
    assert_eq!(verdict(&figures, 5, "CPU"), Some(false));
    assert_eq!(verdict(&figures, 8, "largest"), Some(false), "1.4 by 1.0");
    assert!(!figures.iter().any(|figure| figure.row == 7), "no storm was measured");
}

#[test]
fn the_page_keeps_what_people_wrote_and_renews_the_rest() {
    let folder = tempfile::tempdir().unwrap();
    let page = folder.path().join("PERFORMANCE.md");
    write(&page, &AllKept::default()).unwrap();
    let empty = fs::read_to_string(&page).unwrap();
    let noted = empty.replace("<!-- notes:begin -->\n", "<!-- notes:begin -->\nMind this.\n");
    fs::write(&page, noted.replace("<!-- peers:begin -->\n", "<!-- peers:begin -->\n| nchan | 1.8 |\n")).unwrap();
    write(&page, &some()).unwrap();
    let text = fs::read_to_string(&page).unwrap();
    assert!(text.contains("<!-- notes:begin -->\nMind this.\n<!-- notes:end -->"), "{text}");
    assert!(text.contains("<!-- peers:begin -->\n| nchan | 1.8 |\n<!-- peers:end -->"), "{text}");
    assert!(
        text.contains("| 1 | 1 × 1,000, 49/s | CPU per delivery ÷ floor | ≤ 1.15 | 1.12 (1.02 to 1.22) | met |"),
        "{text}"
    );
    assert!(text.contains("A processor, 2 cores, 8.00 GiB of RAM, Linux 6.1; data on a disk"), "{text}");
    assert!(text.contains("| 1 % stalled | `kkanbu bench slow --stalled 1%` | not on this machine yet |"), "{text}");
    let before = text.clone();
    write(&page, &some()).unwrap();
    assert_eq!(fs::read_to_string(&page).unwrap(), before, "writing it again changes nothing");
    for (file, _, _) in pictures::all(&some()) {
        let svg = fs::read_to_string(folder.path().join("images").join(file)).unwrap();
        assert!(svg.starts_with("<svg ") && svg.trim_end().ends_with("</svg>") && text.contains(file), "{file}");
        assert!(!svg.contains("NaN") && !svg.contains("inf"), "{svg}");
    }
}

#[test]
fn runs_are_kept_in_files_and_found_again() {
    let folder = tempfile::tempdir().unwrap();
    let mut all = AllKept::default();
    all.keep(Some(folder.path()), "fanout-1x1000", fanout(1.1)).unwrap();
    fs::write(folder.path().join("notes.txt"), "not a run").unwrap();
    let found = AllKept::read(folder.path()).unwrap();
    assert_eq!(found.0.len(), 1);
    assert!((found.get("fanout-1x1000").unwrap().number("ratio_to_floor").unwrap() - 1.1).abs() < 1e-9);
    fs::write(folder.path().join("broken.json"), "{").unwrap();
    assert!(AllKept::read(folder.path()).is_err());
}
