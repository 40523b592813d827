//! The page, in Markdown. What people wrote between its marks stays.

use super::kept::{AllKept, Kept};
use super::pictures;
use super::rows::{Figure, RUNS, figures};
use super::text::{number, spread};
use crate::stats::to_f64;
use serde_json::Value;
use std::collections::BTreeSet;
use std::fmt::Write;
use std::fs;
use std::path::Path;

const MEASURED: &str = "\
The floor is a bare loop over epoll in a process of its own. It is sent the same posts by the same generator, and answers each with a ready frame of the
size of ours, one `send()` a delivery; the coalescing floor gathers a room's posts for 5 ms and sends them together. It has no rules, no log and no
members. Server and floor each have a core, the generators another; where two workers are measured on two cores, the second one shares its core with the
generator. Windows alternate, so that the machine's moods fall on both; a ratio is that of a pair, and the table gives the median and the quartiles of the
pairs. CPU time is what the operating system accounts to the process, user and system. Rules, durable log, encryption and padding are on. Only a member's
allowance is raised, so that a few members can post what many would. Latency counts from when a post was due, not from when it was sent, until it has been
read by a member's socket.

The floor of a storm is a program that accepts, answers the upgrade, gives a challenge, checks the signature with the same library, and welcomes. The
server is killed while people write, and everybody resumes from the last post that they had; so what is counted contains what they missed.

Idle members answer pings every 25 s and do nothing else. Stalled members have sockets that hold as little as the kernel allows, with segments of
Ethernet's size; what the kernel keeps for them is not in the server's memory. What they cost in memory is measured apart, on three fresh servers: half of
200 members stall there at once, until all of them are closed, after a window of as many posts in which all read. The most memory of that time less what
there was before, less what the window before added, is shared among those who stalled.
";

/// Writes the page and its plots.
pub fn write(page: &Path, kept: &AllKept) -> anyhow::Result<Vec<Figure>> {
    let figures = figures(kept);
    let folder = page.parent().unwrap_or(Path::new("")).join("images");
    fs::create_dir_all(&folder)?;
    let pictures = pictures::all(kept);
    for (file, _, svg) in &pictures {
        fs::write(folder.join(file), svg)?;
    }
    let old = fs::read_to_string(page).unwrap_or_default();
    let shown: Vec<_> = pictures.iter().map(|(file, what, _)| format!("![{what}](images/{file})\n")).collect();
    let parts = [
        "# Performance\n\nThis page is made by `kkanbu bench all`; only the notes and the peers are written by hand.\n"
            .to_owned(),
        format!("## Promised and reached\n\n{}", table(&figures)),
        own_words("notes", &old),
        format!("## Plots\n\n{}", shown.join("\n")),
        format!("## Deliveries\n\n{}", deliveries(kept)),
        format!("## Peers\n\n{}", own_words("peers", &old)),
        format!("## The machine\n\n{}", machines(kept)),
        format!("## How it is measured\n\n{MEASURED}"),
        format!("## Commands\n\n{}", commands(kept)),
    ];
    fs::write(page, parts.join("\n"))?;
    Ok(figures)
}

/// Writing to a string does not fail, so that what it says is not looked at, here and below.
fn table(figures: &[Figure]) -> String {
    let mut text = "| # | Work | What | Target | Reached | |\n|---|---|---|---|---|---|\n".to_owned();
    for Figure { row, work, what, target, reached, met } in figures {
        let met = match met {
            Some(true) => "met",
            Some(false) => "**not met**",
            None => "",
        };
        let _ = writeln!(text, "| {row} | {work} | {what} | {target} | {reached} | {met} |");
    }
    text
}

/// Everything about deliveries, one line a run.
fn deliveries(kept: &AllKept) -> String {
    let mut text = "| Work | CPU µs a delivery | floor | p50 / p99 / p99.9 ms | floor | log's sync p99 ms | deliveries | lost, duplicated, reordered |\n\
                    |---|---|---|---|---|---|---|---|\n"
        .to_owned();
    for run in RUNS.iter().filter(|run| run.bench() == "fanout") {
        let Some(found) = kept.get(run.name) else { continue };
        let figure = |name| found.spread(name).map_or_else(String::new, spread);
        let quantiles = |of: &str| {
            let all = ["p50", "p99", "p999"]
                .map(|quantile| found.number(&format!("{of}{quantile}_us")).map(|us| number(us / 1e3)));
            all.map(Option::unwrap_or_default).join(" / ")
        };
        let plain = |name| found.number(name).map_or_else(String::new, number);
        let _ = writeln!(
            text,
            "| {} | {} | {} | {} | {} | {} | {} | {}, {}, {} |",
            run.title,
            figure("cpu_us_per_delivery"),
            figure("floor_us_per_delivery"),
            quantiles(""),
            quantiles("floor_"),
            found.number("fsync_p99_us").map_or_else(String::new, |us| number(us / 1e3)),
            plain("deliveries"),
            plain("lost"),
            plain("duplicated"),
            plain("reordered"),
        );
    }
    text
}

/// What the runs ran on: one line where it was the same for all.
fn machines(kept: &AllKept) -> String {
    let of = |kept: &Kept| {
        let machine = kept.report.get("machine")?;
        let word = |name: &str| machine.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
        let count = |name: &str| machine.get(name).and_then(Value::as_u64).unwrap_or_default();
        let disk = if machine.get("on_disk").and_then(Value::as_bool) == Some(true) {
            "a disk"
        } else {
            "memory, where nothing is durable"
        };
        let gib = number(to_f64(count("memory_bytes")) / to_f64(1 << 30));
        let pinned = kept.report.get("pinned").and_then(Value::as_bool) == Some(true);
        let pinned = if pinned { "server and load on cores of their own" } else { "cores shared by server and load" };
        Some(format!(
            "- {}, {} cores, {gib} GiB of RAM, Linux {}; data on {disk}; {pinned}\n",
            word("cpu"),
            count("cores"),
            word("kernel")
        ))
    };
    let lines: BTreeSet<String> = kept.0.values().filter_map(of).collect();
    lines.into_iter().collect()
}

fn commands(kept: &AllKept) -> String {
    let mut text = String::from("| Work | Command | Measured |\n|---|---|---|\n");
    for run in RUNS {
        let (command, measured) = kept.get(run.name).map_or_else(
            || (format!("kkanbu bench {}", run.arguments), "not on this machine yet".to_owned()),
            |kept| (kept.command.clone(), times(kept)),
        );
        let _ = writeln!(text, "| {} | `{command}` | {measured} |", run.title);
    }
    text
}

fn times(kept: &Kept) -> String {
    let pairs = kept.count("pairs");
    let seconds = kept.number("seconds").map(|seconds| format!("{} s", number(seconds.round())));
    match (pairs, seconds) {
        (0, Some(seconds)) => seconds,
        (0, None) => String::new(),
        (pairs, Some(seconds)) => format!("{pairs} pairs of {seconds}"),
        (pairs, None) => format!("{pairs} pairs"),
    }
}

/// What people wrote between a mark's lines, with the lines.
fn own_words(mark: &str, old: &str) -> String {
    let (begin, end) = (format!("<!-- {mark}:begin -->"), format!("<!-- {mark}:end -->"));
    let words = old.split_once(&begin).and_then(|(_, rest)| rest.split_once(&end)).map_or("\n", |(words, _)| words);
    format!("{begin}{words}{end}\n")
}
