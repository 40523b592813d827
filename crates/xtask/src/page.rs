//! The page: built with the pinned Node into `crates/web/dist/`, which is committed, so that `cargo build` needs no Node;
//! and the proof that what is committed is what the sources give.

use crate::report;
use crate::tools::Node;
use crate::workbench::Workbench;
use anyhow::Context;
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::ExitCode;
use walkdir::WalkDir;

const SOURCES: &str = "crates/web/page";
const BUILT: &str = "crates/web/dist";

/// `cargo xtask page`
#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// Build elsewhere and name the committed files that differ, byte for byte.
    #[arg(long)]
    check: bool,
    /// Install what is missing without asking.
    #[arg(long)]
    yes: bool,
}

/// Builds the page, or checks that it is built.
pub(crate) fn command(options: &Options) -> anyhow::Result<ExitCode> {
    let bench = Workbench::for_a_person("page", options.yes)?;
    if !options.check {
        build(&bench, &bench.repo.at(BUILT))?;
        return Ok(ExitCode::SUCCESS);
    }
    let differences = differences(&bench)?;
    for difference in &differences {
        report::say(difference);
    }
    Ok(if differences.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Types, format and unit tests of the page and its SDK.
pub(crate) fn test(bench: &Workbench) -> anyhow::Result<()> {
    let node = Node::ready(bench)?;
    let folder = bench.repo.at(SOURCES);
    node.install_packages(bench, &folder)?;
    bench.log.run(node.npm(&folder).args(["run", "check"]))?;
    bench.log.run(node.npm(&folder).args(["test"]))
}

/// Builds the page elsewhere and says which committed files are not what the sources give.
pub(crate) fn differences(bench: &Workbench) -> anyhow::Result<Vec<String>> {
    let fresh = bench.repo.kept("page")?;
    build(bench, &fresh)?;
    let differences = compare(&files_of(&bench.repo.at(BUILT))?, &files_of(&fresh)?);
    Ok(differences.iter().map(|what| format!("{BUILT}/{what}; run `cargo xtask page` and commit")).collect())
}

fn build(bench: &Workbench, into: &Path) -> anyhow::Result<()> {
    let node = Node::ready(bench)?;
    let folder = bench.repo.at(SOURCES);
    node.install_packages(bench, &folder)?;
    let mut build = node.npm(&folder);
    build.args(["run", "build", "--", "--emptyOutDir", "--outDir"]).arg(into);
    bench.log.run(&mut build)
}

type Files = BTreeMap<String, Vec<u8>>;

fn files_of(folder: &Path) -> anyhow::Result<Files> {
    let mut files = Files::new();
    for entry in WalkDir::new(folder) {
        let entry = entry.with_context(|| format!("could not read {}", folder.display()))?;
        if entry.file_type().is_file() {
            let name = entry.path().strip_prefix(folder)?.to_string_lossy().into_owned();
            files.insert(name, fs::read(entry.path())?);
        }
    }
    Ok(files)
}

fn compare(committed: &Files, fresh: &Files) -> Vec<String> {
    let missing = fresh.keys().filter(|name| !committed.contains_key(*name)).map(|name| format!("{name} is missing"));
    let wrong = committed.iter().filter_map(|(name, bytes)| match fresh.get(name) {
        Some(built) if built == bytes => None,
        Some(_) => Some(format!("{name} is not what the sources give")),
        None => Some(format!("{name} is not built from the sources any more")),
    });
    missing.chain(wrong).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files(of: &[(&str, &str)]) -> Files {
        of.iter().map(|(name, text)| ((*name).to_owned(), text.as_bytes().to_vec())).collect()
    }

    #[test]
    fn every_difference_of_the_built_page_is_named() {
        let committed = files(&[("index.html", "a"), ("old.js", "b"), ("same.css", "c")]);
        let fresh = files(&[("index.html", "A"), ("new.js", "b"), ("same.css", "c")]);
        assert_eq!(
            compare(&committed, &fresh),
            [
                "new.js is missing",
                "index.html is not what the sources give",
                "old.js is not built from the sources any more",
            ]
        );
        assert!(compare(&fresh, &fresh.clone()).is_empty());
    }
}
