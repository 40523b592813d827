//! `cargo xtask test`: everything that people and CI check, in one order, each step with its own log.

mod autobahn;
mod clients;
mod deploy;
mod rehearsal;
mod rust;
mod steps;
mod summary;

pub(crate) use steps::Step;

use crate::repo::Repo;
use crate::report::{self, Stream};
use crate::shell::Log;
use crate::surroundings;
use crate::workbench::{Consent, Workbench};
use anyhow::bail;
use std::process::ExitCode;
use steps::{STEPS, Show};
use summary::{Ended, Result as StepResult, Summary};

/// `cargo xtask test`
#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// Install what is missing without asking.
    #[arg(long)]
    yes: bool,
    /// Run these steps alone.
    #[arg(long, value_name = "STEP", num_args = 1..)]
    only: Vec<String>,
    /// Print the steps and what each of them shows.
    #[arg(long)]
    list: bool,
    /// Print the result as one JSON object; everything for people goes to standard error.
    #[arg(long)]
    json: bool,
}

/// What a step has to say when it passed: a few words, or nothing.
pub(crate) type Note = Option<String>;

/// Runs the steps, all of them even where one fails, and sums up.
pub(crate) fn run(options: &Options) -> anyhow::Result<ExitCode> {
    if options.list {
        for step in STEPS {
            report::say(format_args!("{:<10} {}", step.name, step.shows));
        }
        return Ok(ExitCode::SUCCESS);
    }
    let chosen = chosen(&options.only)?;
    let runner = Runner {
        repo: Repo::find()?,
        consent: Consent::new(options.yes),
        stream: if options.json { Stream::Error } else { Stream::Output },
    };
    let summary = runner.run(&chosen)?;
    if options.json {
        report::say(summary.json());
    } else {
        report::say(&summary);
    }
    Ok(if summary.is_clean() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn chosen(only: &[String]) -> anyhow::Result<Vec<&'static Step>> {
    let known: Vec<&str> = STEPS.iter().map(|step| step.name).collect();
    if let Some(unknown) = only.iter().find(|name| !known.contains(&name.as_str())) {
        bail!("no step is called `{unknown}`; there are: {}", known.join(", "));
    }
    Ok(STEPS.iter().filter(|step| only.is_empty() || only.iter().any(|name| name == step.name)).collect())
}

struct Runner {
    repo: Repo,
    consent: Consent,
    /// Where people read along.
    stream: Stream,
}

impl Runner {
    fn run(&self, steps: &[&'static Step]) -> anyhow::Result<Summary> {
        let mut summary = Summary::begin();
        for (index, step) in steps.iter().enumerate() {
            self.stream.say(format_args!("[{:>2}/{}] {}: {}", index + 1, steps.len(), step.name, step.shows));
            let began = surroundings::now();
            let ended = match step.needs.iter().find(|needed| summary.has_failed(needed)) {
                Some(needed) => Ended::Failed(format!("not run: `{needed}` failed")),
                None => self.run_step(step)?,
            };
            let result = StepResult { name: step.name, ended, took: began.elapsed() };
            self.stream.say(format_args!("        {result}"));
            summary.add(result);
        }
        Ok(summary)
    }

    /// Runs a step; where it fails, shows everything that it said.
    fn run_step(&self, step: &Step) -> anyhow::Result<Ended> {
        let shown = matches!(step.show, Show::Always).then_some(self.stream);
        let path = self.repo.kept("logs")?.join(format!("{}.log", step.name));
        let log = Log::begin(path, shown, Some(step.limit))?;
        let bench = Workbench { repo: self.repo.clone(), consent: self.consent, log };
        Ok(match (step.run)(&bench) {
            Ok(note) => Ended::Passed(note.unwrap_or_default()),
            Err(error) => {
                if !bench.log.was_shown() {
                    self.stream.say(bench.log.text().trim_end());
                }
                Ended::Failed(format!("{error:#} (log: {})", bench.log.path().display()))
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn steps_have_names_of_their_own_and_need_earlier_ones() {
        let mut seen = HashSet::new();
        for step in STEPS {
            assert!(step.needs.iter().all(|needed| seen.contains(needed)), "{} needs a later step", step.name);
            assert!(seen.insert(step.name), "{} is there twice", step.name);
        }
    }

    #[test]
    fn only_keeps_the_order_of_the_list_and_refuses_unknown_names() {
        let names = |only: &[&str]| {
            let only: Vec<String> = only.iter().map(ToString::to_string).collect();
            chosen(&only).map(|steps| steps.iter().map(|step| step.name).collect::<Vec<_>>())
        };
        assert_eq!(names(&["tidy", "fmt"]).expect("known"), ["fmt", "tidy"]);
        assert_eq!(names(&[]).expect("all").len(), STEPS.len());
        assert!(names(&["coffee"]).expect_err("unknown").to_string().contains("tidy"));
    }
}
