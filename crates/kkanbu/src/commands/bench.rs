//! `bench`: load on this machine, and what it cost. What is measured and how is in the crate `bench`; this is its command line.

use crate::output;
use anyhow::{Result, anyhow};
use kkanbu_bench::benches::{
    self, AllOptions, FanoutOptions, FloorOptions, IdleOptions, PeersOptions, SlowOptions, StormOptions,
};
use kkanbu_bench::door::{self, DoorOptions};
use kkanbu_bench::process::{Launch, launch};
use kkanbu_bench::{floor, generator};
use serde::Serialize;
use std::process::ExitCode;
use tokio::signal::unix::{SignalKind, signal};

/// `bench`
#[derive(Debug, clap::Args)]
pub(crate) struct BenchOptions {
    #[command(subcommand)]
    bench: Bench,
}

/// What to measure.
#[derive(Debug, clap::Subcommand)]
enum Bench {
    /// What the kernel alone costs: the same bytes once to each socket, and with what waits sent together.
    Floor(FloorOptions),
    /// What this server spends on a delivery, with the floor beside it in the same run; counts what was lost, duplicated or reordered.
    Fanout(FanoutOptions),
    /// What a member costs who only sits there: memory, and the CPU time of pings.
    Idle(IdleOptions),
    /// The server is killed and started again, and all come back: how long until everybody has everything, beside what handshakes alone take.
    Storm(StormOptions),
    /// Some stop to read: what the others notice, what each of those costs, and how it is ended.
    Slow(SlowOptions),
    /// All of them, one after another, and a page with the table of what was promised and reached.
    All(AllOptions),
    /// What other servers spend on the same, in turns with this one and the floor. `cargo xtask peers` gets them and calls this.
    #[command(hide = true)]
    Peers(PeersOptions),
    /// A part of a bench: takes its cores and becomes a program.
    #[command(hide = true)]
    Launch(Launch),
    /// A part of a bench: the load.
    #[command(hide = true)]
    Generator,
    /// A part of a bench: the floor.
    #[command(hide = true)]
    FloorProgram,
    /// A part of a bench: the door.
    #[command(hide = true)]
    DoorProgram(DoorOptions),
}

/// Runs a bench, or what a bench runs. An interrupt ends it, and all of its processes with it.
pub(super) async fn run(options: BenchOptions) -> Result<ExitCode> {
    match options.bench {
        Bench::Floor(options) => {
            let report = unless_interrupted(benches::floor(&options)).await?;
            say(&report, options.load.json, report.is_clean())
        }
        Bench::Fanout(options) => {
            let report = unless_interrupted(benches::fanout(&options)).await?;
            say(&report, options.load.json, report.is_clean())
        }
        Bench::Idle(options) => {
            let report = unless_interrupted(benches::idle(&options)).await?;
            say(&report, options.json, report.is_clean())
        }
        Bench::Storm(options) => {
            let report = unless_interrupted(benches::storm(&options)).await?;
            say(&report, options.json, report.is_clean())
        }
        Bench::Slow(options) => {
            let report = unless_interrupted(Box::pin(benches::slow(&options))).await?;
            say(&report, options.json, report.is_clean())
        }
        Bench::All(options) => {
            let report = unless_interrupted(benches::all(&options)).await?;
            say(&report, options.json, report.is_clean())
        }
        Bench::Peers(options) => {
            let report = unless_interrupted(benches::peers(&options)).await?;
            say(&report, options.load.json, report.is_clean())
        }
        Bench::Launch(options) => launch(&options).map(|()| ExitCode::FAILURE),
        Bench::Generator => generator::run().map(|()| ExitCode::SUCCESS),
        Bench::FloorProgram => floor::run().map(|()| ExitCode::SUCCESS),
        Bench::DoorProgram(options) => door::run(options).map(|()| ExitCode::SUCCESS),
    }
}

async fn unless_interrupted<T>(bench: impl Future<Output = Result<T>>) -> Result<T> {
    let mut interrupted = signal(SignalKind::interrupt())?;
    let mut terminated = signal(SignalKind::terminate())?;
    tokio::select! {
        report = bench => report,
        _ = interrupted.recv() => Err(anyhow!("interrupted")),
        _ = terminated.recv() => Err(anyhow!("terminated")),
    }
}

fn say(report: &(impl Serialize + std::fmt::Display), json: bool, clean: bool) -> Result<ExitCode> {
    if json {
        output::say(serde_json::to_string(report)?);
    } else {
        output::say(report);
    }
    Ok(if clean { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
