//! The table of the peers, between its marks in a file that others write too.

use super::{Absent, Entry, Measured};
use anyhow::{Context, ensure};
use std::fmt::Write;
use std::fs;
use std::path::Path;

const BEGIN: &str = "<!-- peers:begin -->";
const END: &str = "<!-- peers:end -->";

/// What a reader has to know before comparing.
const NOTES: &str = "\
Every server is one process on one core, its load on another; each carries the same sentence of about sixty characters to every member of the \
room, the author too. CPU is user and system time by the operating system's accounting; figures are medians of the rounds, and a ratio is to the \
floor of its round, which sends frames as long as kkanbu's, one `send()` each. The offered rate is an open loop: a server that falls behind is \
not spared, and p99 counts from when a post was due. Order is that in which the first member sees a room's posts; NATS and MQTT promise it for \
one author's posts, not for a room's.

kkanbu alone checks who may post, numbers, encrypts and syncs every post to disk before anybody sees it, and pads frames so that their length \
says little: its p99 has the sync in it, and its frames are the longest. The others have nothing on disk, no accounts and no compression, and do \
not ping while they wait; `TCP_NODELAY` is set everywhere. Their configurations are in `tests/peers/`.
";

/// All that stands between the marks.
pub(super) fn section(measured: &[(&str, Measured)], absent: &[Absent]) -> String {
    let mut text = String::new();
    if let Some((_, first)) = measured.first() {
        let Measured { rounds, seconds, machine, pinned, .. } = first;
        let pinned = if *pinned { "" } else { "; nothing could be pinned" };
        _ = writeln!(
            text,
            "By `cargo xtask peers --rounds {rounds} --seconds {seconds}` on {} ({} cores, Linux {}){pinned}.\n\n{NOTES}",
            machine.cpu, machine.cores, machine.kernel
        );
    }
    for (title, measured) in measured {
        _ = writeln!(text, "**{title}** (p99 of a sync to our disk: {})\n", milliseconds(measured.fsync_p99_us));
        text.push_str("| | CPU of a delivery | to the floor | deliveries a CPU second | p99 | posts a second | bytes a delivery | lost, duplicated, reordered |\n");
        text.push_str("|---|--:|--:|--:|--:|--:|--:|--:|\n");
        for entry in &measured.entries {
            text.push_str(&row(entry));
        }
        text.push('\n');
    }
    if let Some((_, first)) = measured.first() {
        let versions = first.entries.iter().filter(|entry| !entry.version.is_empty());
        let versions: Vec<String> = versions.map(|entry| format!("{} {}", entry.name, entry.version)).collect();
        _ = writeln!(text, "Versions: {}.", versions.join("; "));
    }
    for Absent { name, why } in absent {
        _ = writeln!(text, "\n{name} was not measured: {why}.");
    }
    text
}

fn row(entry: &Entry) -> String {
    let Entry { name, faults, .. } = entry;
    let failed = entry.failed.as_deref().map(|why| why.lines().next().unwrap_or_default());
    if entry.deliveries == 0 {
        return format!("| {name} | {} | | | | | | |\n", failed.unwrap_or("nothing arrived"));
    }
    let mut wrong = format!("{}, {}, {}", faults.lost, faults.duplicated, faults.reordered);
    if faults.closed > 0 {
        _ = write!(wrong, "; {} connections ended", faults.closed);
    }
    if let Some(why) = failed {
        _ = write!(wrong, "; broke off: {why}");
    }
    let short = if entry.reached_offered_rate { "" } else { ", less than offered" };
    format!(
        "| {name} | {:.2} µs | {:.2} | {} | {} | {:.0}{short} | {} | {wrong} |\n",
        entry.cpu_us_per_delivery.median,
        entry.ratio_to_floor.median,
        thousands(entry.deliveries_per_cpu_second),
        milliseconds(entry.p99_us),
        entry.achieved_rate,
        entry.frame_bytes,
    )
}

/// Three places tell apart what can be told apart.
fn milliseconds(us: f64) -> String {
    let ms = us / 1e3;
    if ms < 10.0 { format!("{ms:.2} ms") } else { format!("{ms:.0} ms") }
}

fn thousands(number: u64) -> String {
    let digits = number.to_string();
    let groups: Vec<&str> = digits.as_bytes().rchunks(3).rev().filter_map(|group| str::from_utf8(group).ok()).collect();
    groups.join(",")
}

/// Writes it into a file, in the place of the last one.
pub(super) fn write(file: &Path, section: &str) -> anyhow::Result<()> {
    let text = if file.exists() { fs::read_to_string(file)? } else { "# Performance\n".to_owned() };
    let text = replaced(&text, section).with_context(|| file.display().to_string())?;
    fs::write(file, text).with_context(|| file.display().to_string())
}

fn replaced(text: &str, section: &str) -> anyhow::Result<String> {
    let between = format!("{BEGIN}\n\n{}\n\n{END}", section.trim_end());
    let Some((before, rest)) = text.split_once(BEGIN) else {
        ensure!(!text.contains(END), "it has `{END}` without `{BEGIN}`");
        return Ok(format!("{}\n\n## Beside others\n\n{between}\n", text.trim_end()));
    };
    let (_, after) = rest.split_once(END).with_context(|| format!("it has `{BEGIN}` without `{END}`"))?;
    Ok(format!("{before}{between}{after}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::peers::{Faults, Machine, Spread};

    fn entry(name: &str, deliveries: u64, failed: Option<&str>) -> Entry {
        Entry {
            name: name.to_owned(),
            version: "1.2".to_owned(),
            cpu_us_per_delivery: Spread { median: 4.126 },
            ratio_to_floor: Spread { median: 1.5 },
            deliveries_per_cpu_second: 242_365,
            p99_us: 1_234.0,
            achieved_rate: 48.99,
            reached_offered_rate: name != "slow",
            frame_bytes: 147,
            deliveries,
            faults: Faults { lost: 0, duplicated: 0, reordered: 3, closed: 0 },
            failed: failed.map(str::to_owned),
        }
    }

    #[test]
    fn a_row_has_the_figures_and_what_went_wrong() {
        assert_eq!(
            row(&entry("NATS", 9, None)),
            "| NATS | 4.13 µs | 1.50 | 242,365 | 1.23 ms | 49 | 147 | 0, 0, 3 |\n"
        );
        assert!(row(&entry("slow", 9, Some("it ended\nmore"))).contains("less than offered"));
        assert!(row(&entry("slow", 9, Some("it ended\nmore"))).ends_with("broke off: it ended |\n"));
        assert_eq!(row(&entry("gone", 0, Some("it did not start"))), "| gone | it did not start | | | | | | |\n");
    }

    #[test]
    fn whoever_is_not_measured_is_named_with_the_reason() {
        let machine = Machine { cpu: "A CPU".to_owned(), cores: 2, kernel: "6.1".to_owned() };
        let entries = vec![entry("NATS", 9, None)];
        let measured = Measured { rounds: 3, seconds: 4, fsync_p99_us: 900.0, pinned: true, machine, entries };
        let absent = [Absent { name: "Centrifugo", why: "no binary".to_owned() }];
        let text = section(&[("a room", measured)], &absent);
        assert!(text.contains("Versions: NATS 1.2.\n\nCentrifugo was not measured: no binary.\n"), "{text}");
    }

    #[test]
    fn only_what_stands_between_the_marks_is_replaced() {
        let first = replaced("# Performance\n\nText.\n", "one\n").expect("appended");
        assert!(
            first.starts_with("# Performance\n\nText.\n\n## Beside others\n\n<!-- peers:begin -->\n\none\n"),
            "{first}"
        );
        let second = replaced(&format!("{first}\nMore.\n"), "two\n").expect("replaced");
        assert!(second.ends_with("<!-- peers:begin -->\n\ntwo\n\n<!-- peers:end -->\n\nMore.\n"), "{second}");
        assert!(!second.contains("one"));
        assert!(replaced("<!-- peers:begin -->", "x").is_err());
        assert!(replaced("<!-- peers:end -->", "x").is_err());
    }
}
