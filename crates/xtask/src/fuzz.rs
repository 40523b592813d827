//! `cargo xtask fuzz`: the fuzz targets of `tests/fuzz`, built with libFuzzer and coverage counters on the stable toolchain, run for a
//! time or a number of executions, and counted.

mod covering;

use crate::report;
use crate::workbench::Workbench;
use anyhow::{Context, bail, ensure};
use covering::covering;
use std::fmt::{self, Display};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// A target, and the longest input that is tried.
struct Target {
    name: &'static str,
    bytes_max: usize,
}

const TARGETS: &[Target] = &[
    Target { name: "frames", bytes_max: 320 },
    Target { name: "commands", bytes_max: 1_024 },
    Target { name: "server_frames", bytes_max: 2_048 },
    Target { name: "admin", bytes_max: 1_024 },
    Target { name: "programmes", bytes_max: 2_048 },
    Target { name: "backups", bytes_max: 1_024 },
];

/// What `cargo fuzz` passes for `-s none`: counters, the table that names their places, and what was compared with what.
const COVERAGE: &str = "-Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 \
    -Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table \
    -Cllvm-args=-sanitizer-coverage-trace-compares --cfg fuzzing -Ccodegen-units=1";

const TRIPLE: &str = "x86_64-unknown-linux-gnu";

const FUZZ: &str = "tests/fuzz";

/// `cargo xtask fuzz`
#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// Fuzz these targets alone.
    #[arg(long, value_name = "TARGET", num_args = 1..)]
    target: Vec<String>,
    /// Seconds for each target.
    #[arg(long, default_value_t = 60, conflicts_with = "executions")]
    seconds: u32,
    /// Executions of each target, however long they take.
    #[arg(long)]
    executions: Option<u64>,
    /// Run nothing but build, and say where the targets are: whoever runs them holds no lock of cargo's.
    #[arg(long)]
    build: bool,
    /// Put the inputs that reach most of all that was found into the committed corpora.
    #[arg(long)]
    keep: bool,
    /// Print the result as one JSON object.
    #[arg(long)]
    json: bool,
}

/// What one target did.
#[derive(Debug, serde::Serialize)]
struct Run {
    target: &'static str,
    executions: u64,
    executions_per_second: u64,
    /// Inputs that broke it, in `tests/fuzz/regressions/`.
    broken_by: Vec<String>,
}

impl Display for Run {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { target, executions, executions_per_second, broken_by } = self;
        write!(f, "{target:<14} {executions:>12} executions {executions_per_second:>8} a second")?;
        if broken_by.is_empty() { Ok(()) } else { write!(f, "; broken by {}", broken_by.join(", ")) }
    }
}

/// Fuzzes.
pub(crate) fn command(options: &Options) -> anyhow::Result<ExitCode> {
    let chosen = chosen(&options.target)?;
    let bench = Workbench::for_a_person("fuzz", false)?;
    let built = build(&bench, &chosen)?;
    if options.build {
        report::say(built.display());
        return Ok(ExitCode::SUCCESS);
    }
    if options.keep {
        chosen.iter().try_for_each(|target| keep(&bench, &built, target))?;
        return Ok(ExitCode::SUCCESS);
    }
    let until = match options.executions {
        Some(executions) => format!("-runs={executions}"),
        None => format!("-max_total_time={}", options.seconds),
    };
    let runs: Vec<Run> = chosen.iter().map(|target| run(&bench, &built, target, &until)).collect::<Result<_, _>>()?;
    if options.json {
        report::say(serde_json::to_string(&runs)?);
    } else {
        runs.iter().for_each(report::say);
    }
    let is_clean = runs.iter().all(|run| run.broken_by.is_empty());
    Ok(if is_clean { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn chosen(names: &[String]) -> anyhow::Result<Vec<&'static Target>> {
    if let Some(unknown) = names.iter().find(|name| TARGETS.iter().all(|target| target.name != **name)) {
        let known: Vec<&str> = TARGETS.iter().map(|target| target.name).collect();
        bail!("no target is called `{unknown}`; there are: {}", known.join(", "));
    }
    Ok(TARGETS.iter().filter(|target| names.is_empty() || names.iter().any(|name| name == target.name)).collect())
}

/// Builds targets in a folder of their own, since everything in it is instrumented. Gives the folder that they are in.
fn build(bench: &Workbench, targets: &[&Target]) -> anyhow::Result<PathBuf> {
    let folder = bench.repo.kept("fuzz")?;
    let mut cargo = bench.cargo_command();
    // With a triple, what runs while building is not instrumented.
    cargo.args(["build", "--package", "kkanbu-fuzz", "--features", "libfuzzer", "--profile", "fuzz", "--locked"]);
    cargo.args(["--target", TRIPLE, "--target-dir"]).arg(&folder).env("RUSTFLAGS", COVERAGE);
    for target in targets {
        cargo.args(["--bin", target.name]);
    }
    bench.log.run(&mut cargo)?;
    Ok(folder.join(TRIPLE).join("fuzz"))
}

/// Runs a target. What it finds new goes to a corpus of this machine, what breaks it to the regressions.
fn run(bench: &Workbench, built: &Path, target: &Target, until: &str) -> anyhow::Result<Run> {
    let found = found(bench, target)?;
    let regressions = bench.repo.at(FUZZ).join("regressions").join(target.name);
    let before = names(&regressions);
    fs::create_dir_all(&regressions)?;
    let mut fuzz = bench.command(built.join(target.name));
    fuzz.args([until, "-print_final_stats=1", "-timeout=10", "-rss_limit_mb=1024", "-verbosity=0"]);
    fuzz.arg(format!("-max_len={}", target.bytes_max));
    fuzz.arg(format!("-artifact_prefix={}/", regressions.display()));
    let words = bench.repo.at(FUZZ).join("dictionaries").join(target.name);
    if words.exists() {
        fuzz.arg(format!("-dict={}", words.display()));
    }
    fuzz.arg(found).arg(corpus(bench, target));
    let began = bench.log.text().len();
    let ended = bench.log.run(&mut fuzz);
    let said = bench.log.text();
    let said = said.get(began..).unwrap_or_default();
    let broken_by: Vec<String> = names(&regressions).into_iter().filter(|name| !before.contains(name)).collect();
    // Empty folders are not kept in the repository.
    let _ = fs::remove_dir(&regressions);
    if broken_by.is_empty() {
        ended.with_context(|| format!("{} did not end well", target.name))?;
    }
    Ok(Run {
        target: target.name,
        executions: stat(said, "number_of_executed_units").unwrap_or_default(),
        executions_per_second: stat(said, "average_exec_per_sec").unwrap_or_default(),
        broken_by,
    })
}

/// Replaces the committed corpus by the inputs of it and of this machine's that reach most.
fn keep(bench: &Workbench, built: &Path, target: &Target) -> anyhow::Result<()> {
    let folder = bench.repo.kept("fuzz-kept")?;
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(folder.join("merged"))?;
    let control = folder.join("control");
    let committed = corpus(bench, target);
    let mut merge = bench.command(built.join(target.name));
    merge.args(["-set_cover_merge=1", "-use_counters=0", "-verbosity=0"]);
    merge.arg(format!("-merge_control_file={}", control.display())).arg(folder.join("merged"));
    bench.log.run(merge.arg(&committed).arg(found(bench, target)?))?;
    let kept = covering(&String::from_utf8_lossy(&fs::read(control)?));
    ensure!(!kept.is_empty(), "nothing of {} would be kept", target.name);
    let contents: Vec<(PathBuf, Vec<u8>)> =
        kept.into_iter().map(|path| fs::read(&path).map(|content| (path, content))).collect::<Result<_, _>>()?;
    fs::remove_dir_all(&committed)?;
    fs::create_dir_all(&committed)?;
    for (path, content) in &contents {
        fs::write(committed.join(path.file_name().context("an input has a name")?), content)?;
    }
    report::say(format_args!("{}: {} inputs are kept", target.name, contents.len()));
    Ok(())
}

fn corpus(bench: &Workbench, target: &Target) -> PathBuf {
    bench.repo.at(FUZZ).join("corpus").join(target.name)
}

/// What this machine found. It may be deleted at any time.
fn found(bench: &Workbench, target: &Target) -> anyhow::Result<PathBuf> {
    let folder = bench.repo.kept("fuzz-found")?.join(target.name);
    fs::create_dir_all(&folder)?;
    Ok(folder)
}

fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let mut names: Vec<String> = entries.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

/// One of the numbers that libFuzzer says at the end.
fn stat(said: &str, name: &str) -> Option<u64> {
    let line = said.lines().rev().find_map(|line| line.strip_prefix("stat::")?.strip_prefix(name))?;
    line.trim_start_matches(':').trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_numbers_of_the_last_run_are_read() {
        let said = "stat::number_of_executed_units: 7\n#12 DONE\nstat::number_of_executed_units: 1000\n\
                    stat::average_exec_per_sec:     250\n";
        assert_eq!(stat(said, "number_of_executed_units"), Some(1_000));
        assert_eq!(stat(said, "average_exec_per_sec"), Some(250));
        assert_eq!(stat(said, "peak_rss_mb"), None);
    }

    #[test]
    fn unknown_targets_are_refused_and_none_means_all() {
        assert_eq!(chosen(&[]).expect("all").len(), TARGETS.len());
        assert!(chosen(&["coffee".to_owned()]).is_err());
        assert_eq!(chosen(&["frames".to_owned()]).expect("one").len(), 1);
    }

    #[test]
    fn every_target_is_built_and_has_a_corpus() {
        let repo = crate::repo::Repo::find().expect("this repository");
        let manifest = fs::read_to_string(repo.at(FUZZ).join("Cargo.toml")).expect("a manifest");
        for target in TARGETS {
            assert!(manifest.contains(&format!("path = \"targets/{}.rs\"", target.name)), "{}", target.name);
            assert!(!names(&repo.at(FUZZ).join("corpus").join(target.name)).is_empty(), "{}", target.name);
        }
        assert_eq!(manifest.matches("[[bin]]").count(), TARGETS.len());
    }
}
