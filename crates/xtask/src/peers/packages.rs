//! Debian's packages, unpacked into `target/xtask/peers/` and not installed: nothing starts on its own, and no service is added to the machine.

use crate::repo::Repo;
use crate::surroundings;
use crate::workbench::Workbench;
use anyhow::{Context, bail, ensure};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// What is unpacked, with whatever of their dependencies the machine lacks.
const WANTED: [&str; 3] = ["nginx", "libnginx-mod-nchan", "mosquitto"];

/// Packages that were unpacked.
#[derive(Debug)]
pub(super) struct Packages {
    archives: PathBuf,
    root: PathBuf,
}

impl Packages {
    /// Unpacks them, unless they are there.
    pub(super) fn ready(bench: &Workbench) -> anyhow::Result<Self> {
        let packages = Self::at(&bench.repo)?;
        let complete = packages.root.join(".complete");
        if complete.is_file() {
            return Ok(packages);
        }
        let what = format!("{} (apt-get, unpacked into target/xtask/)", WANTED.join(", "));
        ensure!(bench.consent.allows(&what), "missing: {what}. Run again with --yes to have that fetched");
        ensure!(surroundings::program("apt-get").is_some(), "only Debian and its children have apt-get");
        packages.fetch(bench)?;
        packages.unpack(bench)?;
        fs::write(complete, "")?;
        Ok(packages)
    }

    /// A file that a package brought, by its path in the root.
    pub(super) fn file(&self, path: &str) -> anyhow::Result<PathBuf> {
        let file = self.root.join(path);
        ensure!(file.exists(), "the packages brought no {path}");
        Ok(file)
    }

    /// Which version a package has.
    pub(super) fn version(&self, package: &str) -> anyhow::Result<String> {
        let archive = self.archive(package)?;
        let shown = Command::new("dpkg-deb").arg("--field").arg(archive).arg("Version").output()?;
        let version = String::from_utf8(shown.stdout)?;
        // What stands before and behind is Debian's own.
        let version = version.trim().rsplit(':').next().unwrap_or_default();
        Ok(version.split(['-', '+']).next().unwrap_or_default().to_owned())
    }

    /// The libraries that came along.
    pub(super) fn libraries(&self) -> anyhow::Result<PathBuf> {
        let folders = fs::read_dir(self.root.join("usr/lib"))?.flatten().map(|entry| entry.path());
        let mut folders = folders.filter(|folder| folder.to_string_lossy().ends_with("-linux-gnu"));
        Ok(folders.next().unwrap_or_else(|| self.root.join("usr/lib")))
    }

    fn at(repo: &Repo) -> anyhow::Result<Self> {
        let folder = repo.kept("peers")?;
        Ok(Self { archives: folder.join("archives"), root: folder.join("root") })
    }

    fn fetch(&self, bench: &Workbench) -> anyhow::Result<()> {
        fs::create_dir_all(self.archives.join("partial"))?;
        if surroundings::is_root() {
            bench.run("apt-get", &["update"])?;
        }
        let mut download = bench.command("apt-get");
        download.args(["install", "--yes", "--no-install-recommends", "--download-only", "--reinstall"]);
        // Nothing of the machine's is written, so that no lock is needed either.
        download.args(["--option", "Debug::NoLocking=1", "--option"]);
        download.arg(format!("Dir::Cache::archives={}", self.archives.display()));
        bench.log.run(download.args(WANTED).env("DEBIAN_FRONTEND", "noninteractive"))
    }

    fn unpack(&self, bench: &Workbench) -> anyhow::Result<()> {
        for archive in archives_in(&self.archives)? {
            bench.log.run(bench.command("dpkg-deb").arg("--extract").arg(archive).arg(&self.root))?;
        }
        Ok(())
    }

    fn archive(&self, package: &str) -> anyhow::Result<PathBuf> {
        let begin = format!("{package}_");
        let mut archives = archives_in(&self.archives)?.into_iter();
        let found =
            archives.find(|archive| archive.file_name().is_some_and(|name| name.to_string_lossy().starts_with(&begin)));
        found.with_context(|| format!("{package} was not fetched"))
    }
}

fn archives_in(folder: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let files = fs::read_dir(folder)?.flatten().map(|entry| entry.path());
    let archives: Vec<PathBuf> = files.filter(|file| file.extension().is_some_and(|kind| kind == "deb")).collect();
    if archives.is_empty() {
        bail!("apt-get fetched nothing");
    }
    Ok(archives)
}
