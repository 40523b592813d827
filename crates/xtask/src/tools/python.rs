//! Python environments in `target/xtask/`: one for each folder of tests that has requirements, and Node's wheel.

use super::{Tool, ensure_all};
use crate::workbench::Workbench;
use anyhow::Context;
use std::fs;
use std::path::{Path, PathBuf};

/// The interpreter of an environment that has what `tests/<name>/requirements.txt` lists.
pub(crate) fn python_for(bench: &Workbench, name: &str) -> anyhow::Result<PathBuf> {
    let requirements = bench.repo.at(&format!("tests/{name}/requirements.txt"));
    ensure_all(bench, &[Tool::Python])?;
    let folder = bench.repo.kept(&format!("python-for-{name}"))?;
    let python = folder.join("bin/python");
    bench.once_for(&requirements, &folder.join(".installed-by-xtask"), || {
        make_environment(bench, &folder)?;
        let pip = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--requirement"];
        bench.log.run(bench.command(&python).args(pip).arg(&requirements))
    })?;
    Ok(python)
}

/// A new, empty environment in place of whatever was there.
pub(super) fn make_environment(bench: &Workbench, folder: &Path) -> anyhow::Result<()> {
    let venv = ["-m", "venv", "--clear"];
    bench.log.run(bench.command("python3").args(venv).arg(folder)).context("python3 -m venv")
}

/// Where an environment keeps its packages.
pub(super) fn packages_of(environment: &Path) -> Option<PathBuf> {
    let versions = fs::read_dir(environment.join("lib")).ok()?;
    versions.flatten().map(|version| version.path().join("site-packages")).find(|packages| packages.is_dir())
}
