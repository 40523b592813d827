//! `bench all`: every row of the table, one after another, each by its own command; and the page that is made of them.

use super::common::LAUNCH;
use crate::process::Launcher;
use crate::progress::Progress;
use crate::report::{self, AllKept, Figure, Kept, RUNS, Run};
use anyhow::{Context, ensure};
use serde::Serialize;
use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::fmt;
use std::path::PathBuf;

/// What to measure.
#[derive(Debug, Clone, clap::Args)]
pub struct AllOptions {
    /// The page that is written; its plots go into the folder `images` beside it.
    #[arg(long, value_name = "FILE", default_value = "docs/PERFORMANCE.md")]
    pub report: PathBuf,

    /// Only these rows, such as 1,5,7. The others are taken from what was kept.
    #[arg(long, value_name = "ROW", value_delimiter = ',', value_parser = clap::value_parser!(u8).range(1..=8))]
    pub only: Vec<u8>,

    /// The folder in which each run's report is kept, and found again in another sitting.
    #[arg(long, value_name = "DIR", conflicts_with = "from")]
    pub keep: Option<PathBuf>,

    /// Measures nothing: the page is written from what was kept in this folder.
    #[arg(long, value_name = "DIR", conflicts_with = "only")]
    pub from: Option<PathBuf>,

    /// How often each is measured, in turns; 9, and 3 for storms and stalled readers, where it is not given.
    #[arg(long, value_parser = clap::value_parser!(u16).range(1..=1_000))]
    pub pairs: Option<u16>,

    /// How long each measurement of deliveries takes, in seconds; 10 where it is not given.
    #[arg(long, value_parser = clap::value_parser!(u16).range(1..=3_600))]
    pub seconds: Option<u16>,

    /// The folder in which the benches make their own. On a disk: what is in memory is not durable.
    #[arg(long, value_name = "DIR", default_value = ".")]
    pub dir: PathBuf,

    /// Prints the table as one JSON object.
    #[arg(long)]
    pub json: bool,
}

/// The table.
#[derive(Debug, Clone, Serialize)]
pub struct AllReport {
    /// `all`.
    pub bench: &'static str,
    /// Everything that was promised, as far as it was measured.
    pub figures: Vec<Figure>,
    /// Runs in which something was lost, or did not end as it should.
    pub unclean: Vec<&'static str>,
    /// The page.
    pub report: PathBuf,
}

/// Measures, and writes the page.
pub async fn all(options: &AllOptions) -> anyhow::Result<AllReport> {
    let mut kept = match options.from.as_ref().or(options.keep.as_ref()) {
        Some(folder) => AllKept::read(folder)?,
        None => AllKept::default(),
    };
    let only: BTreeSet<u8> = options.only.iter().copied().collect();
    let wanted = |run: &&Run| options.from.is_none() && (only.is_empty() || only.contains(&run.row));
    let runs: Vec<&Run> = RUNS.iter().filter(wanted).collect();
    let progress = Progress::new(runs.len() as u64);
    let launcher = Launcher::new(&LAUNCH)?;
    let mut unclean = Vec::new();
    for run in runs {
        progress.says(format!("row {}: {}", run.row, run.title));
        let (measured, clean) = measure(run, options, &launcher).await?;
        if !clean {
            unclean.push(run.name);
        }
        kept.keep(options.keep.as_deref(), run.name, measured)?;
        progress.step();
    }
    let figures = report::write(&options.report, &kept)?;
    Ok(AllReport { bench: "all", figures, unclean, report: options.report.clone() })
}

/// Runs one command to its end.
async fn measure(run: &Run, options: &AllOptions, launcher: &Launcher) -> anyhow::Result<(Kept, bool)> {
    let mut arguments = vec!["bench".to_owned()];
    arguments.extend(run.arguments.split(' ').map(ToOwned::to_owned));
    let few = if run.bench() == "fanout" { u16::MAX } else { 3 };
    if let Some(pairs) = options.pairs.filter(|_| run.bench() != "idle") {
        arguments.extend(["--pairs".to_owned(), pairs.min(few).to_string()]);
    }
    if let Some(seconds) = options.seconds.filter(|_| run.bench() == "fanout") {
        arguments.extend(["--seconds".to_owned(), seconds.to_string()]);
    }
    arguments.push("--json".to_owned());
    let command = format!("kkanbu {}", arguments.join(" "));
    let mut arguments: Vec<&OsStr> = arguments.iter().map(OsStr::new).collect();
    arguments.extend([OsStr::new("--dir"), options.dir.as_os_str()]);
    let output = launcher.run(&arguments).await?;
    let said = String::from_utf8_lossy(&output.stderr);
    // One that found something wrong says what it found, and fails.
    ensure!(output.status.success() || !output.stdout.is_empty(), "{command} failed\n{said}");
    let report =
        serde_json::from_slice(&output.stdout).with_context(|| format!("{command} said something else\n{said}"))?;
    Ok((Kept { command, report }, output.status.success()))
}

impl AllReport {
    /// Whether nothing was lost anywhere. A target that was not met is told, and is no failure.
    pub const fn is_clean(&self) -> bool {
        self.unclean.is_empty()
    }
}

impl fmt::Display for AllReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for Figure { row, work, what, target, reached, met } in &self.figures {
            let met = match met {
                Some(true) => "met",
                Some(false) => "NOT MET",
                None => "",
            };
            writeln!(f, "{row}  {work}: {what} {reached}, target {target}  {met}")?;
        }
        for name in &self.unclean {
            writeln!(f, "something went wrong in {name}")?;
        }
        write!(f, "written to {}", self.report.display())
    }
}
