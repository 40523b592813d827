//! Prometheus' promtool, which judges rules. Debian has it in the package of Prometheus itself, whose installation would start a server that scrapes
//! for ever; so it is taken out of the package, into `target/xtask/`.

use crate::surroundings;
use crate::workbench::Workbench;
use anyhow::Context;
use std::path::PathBuf;

/// Fetches the package and keeps one file of it.
const TAKE: &str = "apt-get download prometheus && dpkg-deb --fsys-tarfile prometheus_*.deb | tar --extract ./usr/bin/promtool && rm prometheus_*.deb";

/// The program, wherever it is.
pub(crate) fn promtool(bench: &Workbench) -> Option<PathBuf> {
    let taken = bench.repo.kept("promtool").ok()?.join("usr/bin/promtool");
    surroundings::program("promtool").or_else(|| taken.is_file().then_some(taken))
}

pub(super) fn install(bench: &Workbench) -> anyhow::Result<()> {
    let folder = bench.repo.kept("promtool")?;
    std::fs::create_dir_all(&folder)?;
    if surroundings::is_root() {
        bench.run("apt-get", &["update"])?;
    }
    bench.log.run(bench.command("sh").args(["-c", TAKE]).current_dir(folder)).context("promtool")
}
