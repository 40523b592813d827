//! `cargo xtask peers`: the same work for what a user would pick instead of us, in turns with us and the floor in one run, and the table of what it cost.
//! What is measured and how is `kkanbu bench`'s; here is where the others come from.

mod packages;
mod peer;
mod table;

use crate::report;
use crate::workbench::Workbench;
use anyhow::{Context, bail};
use peer::{PEERS, Peer, Planned};
use serde::Deserialize;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// `cargo xtask peers`
#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// How often each is measured, in turns.
    #[arg(long, default_value_t = 5)]
    rounds: u16,
    /// How long each measurement takes, in seconds.
    #[arg(long, default_value_t = 4)]
    seconds: u16,
    /// Measure these alone beside us.
    #[arg(long, value_name = "PEER", num_args = 1..)]
    only: Vec<String>,
    /// The file in which the table is written anew, between its marks.
    #[arg(long, value_name = "FILE", default_value = "docs/PERFORMANCE.md")]
    report: PathBuf,
    /// Print what was measured as one JSON object a line, and write no table.
    #[arg(long)]
    json: bool,
    /// Get what is missing without asking.
    #[arg(long)]
    yes: bool,
}

/// A kind of work.
struct Work {
    title: &'static str,
    rooms: &'static str,
    members: &'static str,
    rate: &'static str,
}

/// A room as large as they come and slow; a city's rooms at their busiest hour; and as much as there is to be had.
const WORKS: [Work; 3] = [
    Work { title: "1 room of 1,000, 49 posts a second", rooms: "1", members: "1000", rate: "49" },
    Work { title: "200 rooms of 54, 983 posts a second", rooms: "200", members: "54", rate: "983" },
    Work { title: "200 rooms of 54, as many posts as are taken", rooms: "200", members: "54", rate: "max" },
];

/// What the bench says of one kind of work.
#[derive(Debug, Deserialize)]
struct Measured {
    rounds: u16,
    seconds: u16,
    fsync_p99_us: f64,
    pinned: bool,
    machine: Machine,
    entries: Vec<Entry>,
}

#[derive(Debug, Deserialize)]
struct Machine {
    cpu: String,
    cores: usize,
    kernel: String,
}

/// One server's figures.
#[derive(Debug, Deserialize)]
struct Entry {
    name: String,
    version: String,
    cpu_us_per_delivery: Spread,
    ratio_to_floor: Spread,
    deliveries_per_cpu_second: u64,
    p99_us: f64,
    achieved_rate: f64,
    reached_offered_rate: bool,
    frame_bytes: usize,
    deliveries: u64,
    faults: Faults,
    failed: Option<String>,
}

#[derive(Debug, Deserialize)]
struct Spread {
    median: f64,
}

#[derive(Debug, Deserialize)]
struct Faults {
    lost: u64,
    duplicated: u64,
    reordered: u64,
    closed: u64,
}

/// A peer that is not measured, and why.
struct Absent {
    name: &'static str,
    why: String,
}

/// Gets the peers, measures, and writes the table.
pub(crate) fn command(options: &Options) -> anyhow::Result<ExitCode> {
    let bench = Workbench::for_a_person("peers", options.yes)?;
    let mut chosen = chosen(&options.only)?;
    let kkanbu = bench.kkanbu()?;
    let (mut measured, mut absent) = (Vec::new(), Vec::new());
    for work in &WORKS {
        // Planned anew each time, with folders that are empty and ports that are free.
        let (peers, gone) = plan(&bench, &chosen);
        // Nobody is asked twice.
        chosen.retain(|peer| gone.iter().all(|gone| gone.name != peer.name));
        absent.extend(gone);
        let text = measure(&bench, &kkanbu, work, options, &peers)?;
        if options.json {
            report::say(text.trim_end());
        }
        measured.push((work.title, serde_json::from_str(&text).context("the bench's report")?));
    }
    if !options.json {
        let file = bench.repo.at("").join(&options.report);
        table::write(&file, &table::section(&measured, &absent))?;
        report::say(format_args!("the table is in {}", file.display()));
    }
    Ok(ExitCode::SUCCESS)
}

fn chosen(only: &[String]) -> anyhow::Result<Vec<&'static Peer>> {
    let known = || PEERS.iter().map(|peer| peer.name);
    if let Some(unknown) = only.iter().find(|name| !known().any(|known| known == name.as_str())) {
        bail!("no peer is called `{unknown}`; there are: {}", known().collect::<Vec<_>>().join(", "));
    }
    Ok(PEERS.iter().filter(|peer| only.is_empty() || only.iter().any(|name| name == peer.name)).collect())
}

/// Those that can be had, and those that can't.
fn plan(bench: &Workbench, chosen: &[&'static Peer]) -> (Vec<Planned>, Vec<Absent>) {
    let (mut planned, mut absent) = (Vec::new(), Vec::new());
    for peer in chosen {
        match peer.plan(bench) {
            Ok(peer) => planned.push(peer),
            Err(error) => absent.push(Absent { name: peer.name, why: format!("{error:#}") }),
        }
    }
    (planned, absent)
}

fn measure(
    bench: &Workbench,
    kkanbu: &Path,
    work: &Work,
    options: &Options,
    peers: &[Planned],
) -> anyhow::Result<String> {
    let folder = bench.repo.kept("peers")?;
    let list = folder.join("peers.json");
    fs::create_dir_all(&folder)?;
    fs::write(&list, serde_json::to_vec_pretty(peers)?)?;
    let mut run = bench.command(kkanbu);
    run.args(["bench", "peers", "--json", "--rooms", work.rooms, "--members", work.members, "--rate", work.rate]);
    run.args(["--pairs", &options.rounds.to_string(), "--seconds", &options.seconds.to_string()]);
    bench.log.read(run.arg("--dir").arg(&folder).arg("--peers").arg(&list))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_takes_names_that_there_are() {
        let names = |only: &[&str]| {
            let only: Vec<String> = only.iter().map(ToString::to_string).collect();
            chosen(&only).map(|peers| peers.iter().map(|peer| peer.name).collect::<Vec<_>>())
        };
        assert_eq!(names(&["NATS"]).expect("known"), ["NATS"]);
        assert_eq!(names(&[]).expect("all").len(), PEERS.len());
        assert!(names(&["coffee"]).expect_err("unknown").to_string().contains("Mosquitto"));
    }
}
