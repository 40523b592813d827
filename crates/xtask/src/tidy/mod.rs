//! The rules of the house as tests. A finding says where, what, and what to do about it.

mod ci;
mod code;
mod graph;
mod headers;
mod length;
mod limits;
mod links;
mod places;
mod registries;
mod source;

use crate::repo::{self, Repo};
use crate::report;
use crate::workbench::Workbench;
use anyhow::ensure;
use std::fmt::{self, Display};
use std::process::ExitCode;

/// Something that breaks a rule, or nearly does.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Finding {
    path: String,
    /// From 1; 0 where the whole file is meant.
    line: usize,
    /// What is wrong, and what to do.
    what: String,
    /// Only a warning: nothing fails.
    warning: bool,
}

impl Finding {
    fn new(path: &str, line: usize, what: impl Display) -> Self {
        Self { path: path.to_owned(), line, what: what.to_string(), warning: false }
    }

    fn warning(path: &str, line: usize, what: impl Display) -> Self {
        Self { warning: true, ..Self::new(path, line, what) }
    }
}

impl Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { path, line, what, warning } = self;
        let tone = if *warning { "warning: " } else { "" };
        write!(f, "{path}:{}: {tone}{what}", (*line).max(1))
    }
}

/// `cargo xtask tidy`
pub(crate) fn command() -> anyhow::Result<ExitCode> {
    let findings = findings()?;
    for finding in &findings {
        report::say(finding);
    }
    let broken = findings.iter().filter(|finding| !finding.warning).count();
    report::warn(format_args!("{broken} rules broken, {} warnings", findings.len() - broken));
    Ok(if broken == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// The same as a step of `cargo xtask test`.
pub(crate) fn step(bench: &Workbench) -> anyhow::Result<Option<String>> {
    let findings = findings()?;
    for finding in &findings {
        bench.log.note(finding)?;
    }
    let broken = findings.iter().filter(|finding| !finding.warning).count();
    ensure!(broken == 0, "{broken} rules broken");
    Ok((!findings.is_empty()).then(|| format!("{} warnings", findings.len())))
}

fn findings() -> anyhow::Result<Vec<Finding>> {
    let metadata = repo::metadata()?;
    let repo = Repo::of(&metadata);
    let sources = source::read_all(repo.root())?;
    let mut findings = graph::check(&graph::members(&metadata));
    findings.extend(places::check(&sources));
    findings.extend(links::check(&sources, &|path| repo.at(path).exists()));
    for source in &sources {
        headers::check(source, &mut findings);
        length::check(source, &mut findings);
        registries::check(source, &mut findings);
        limits::check(source, &mut findings);
        ci::check(source, &mut findings);
    }
    findings.sort_by(|one, other| (one.warning, &one.path, one.line).cmp(&(other.warning, &other.path, other.line)));
    Ok(findings)
}

/// What a test plants, and what a rule says about it.
#[cfg(test)]
fn found_by(rule: impl Fn(&source::Source, &mut Vec<Finding>), path: &str, text: &str) -> Vec<String> {
    let mut findings = Vec::new();
    rule(&source::Source::new(path.to_owned(), text.to_owned()), &mut findings);
    findings.iter().map(ToString::to_string).collect()
}
