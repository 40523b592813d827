//! What the tests need and a fresh Debian machine lacks. System packages come by apt-get, everything else goes into
//! `target/xtask/`. Nothing is installed without consent.

mod node;
mod promtool;
mod python;

pub(crate) use node::Node;
pub(crate) use promtool::promtool;
pub(crate) use python::python_for;

use crate::surroundings;
use crate::workbench::Workbench;
use anyhow::{bail, ensure};
use std::path::PathBuf;
use std::process::Command;

/// Something that a step needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tool {
    /// rustfmt and clippy.
    Lints,
    /// Python 3 with virtual environments.
    Python,
    /// The pinned Node.
    Node,
    /// A browser.
    Chromium,
    /// Korean letters and pictographs for the browser.
    Fonts,
    /// A database server.
    Postgres,
    /// Redis servers for the tests, and sentinels.
    Redis,
    /// What judges units.
    Systemd,
    /// What builds images without a daemon.
    Buildah,
    /// The proxy that we ship a configuration for.
    Haproxy,
    /// What reads compose files.
    Compose,
    /// What judges Prometheus' rules.
    Promtool,
}

impl Tool {
    /// All of them, each after what it stands on.
    pub(crate) const ALL: [Self; 7] =
        [Self::Lints, Self::Python, Self::Node, Self::Chromium, Self::Fonts, Self::Postgres, Self::Redis];

    /// Those that a step can do without, saying what it did not check.
    const SPARED: [Self; 5] = [Self::Systemd, Self::Buildah, Self::Haproxy, Self::Compose, Self::Promtool];

    pub(crate) fn is_there(self, bench: &Workbench) -> bool {
        match self {
            Self::Lints => works("cargo", &["fmt", "--version"]) && works("cargo", &["clippy", "--version"]),
            Self::Python => works("python3", &["-c", "import venv, ensurepip"]),
            Self::Node => Node::is_there(bench),
            Self::Chromium => browser().is_some(),
            Self::Fonts => has_font(":lang=ko") && has_font(":charset=1f64f"),
            Self::Postgres => has_postgres(),
            // Debian's server and sentinel are this program by other names. Its package starts no service.
            Self::Redis => works("redis-check-rdb", &["--version"]) || works("redis-server", &["--version"]),
            Self::Systemd => works("systemd-analyze", &["--version"]),
            Self::Buildah => works("buildah", &["--version"]),
            Self::Haproxy => haproxy().is_some(),
            Self::Compose => works("docker-compose", &["--version"]),
            Self::Promtool => promtool(bench).is_some(),
        }
    }

    fn name(self) -> String {
        match self {
            Self::Lints => "rustfmt and clippy (rustup)".to_owned(),
            Self::Python => "python3 with venv (apt-get)".to_owned(),
            Self::Node => format!("Node {} (PyPI, into target/xtask/)", node::VERSION),
            Self::Chromium => "Chromium (apt-get)".to_owned(),
            Self::Fonts => "Korean and emoji fonts (apt-get)".to_owned(),
            Self::Postgres => "PostgreSQL (apt-get)".to_owned(),
            Self::Redis => "Redis (apt-get)".to_owned(),
            Self::Systemd => "systemd-analyze (apt-get)".to_owned(),
            Self::Buildah => "buildah (apt-get)".to_owned(),
            Self::Haproxy => "HAProxy (apt-get)".to_owned(),
            Self::Compose => "docker-compose (apt-get)".to_owned(),
            Self::Promtool => "promtool (out of Debian's package, into target/xtask/)".to_owned(),
        }
    }

    /// What Debian calls it; empty where it comes from elsewhere.
    const fn packages(self) -> &'static [&'static str] {
        match self {
            Self::Lints | Self::Node | Self::Promtool => &[],
            Self::Python => &["python3", "python3-venv"],
            Self::Chromium => &["chromium"],
            Self::Fonts => &["fontconfig", "fonts-noto-cjk", "fonts-noto-color-emoji"],
            Self::Postgres => &["postgresql"],
            Self::Redis => &["redis-tools"],
            Self::Systemd => &["systemd"],
            Self::Buildah => &["buildah"],
            Self::Haproxy => &["haproxy"],
            Self::Compose => &["docker-compose"],
        }
    }
}

/// Makes sure that these are there, asking once for all that are not. Gives back what was installed.
pub(crate) fn ensure_all(bench: &Workbench, wanted: &[Tool]) -> anyhow::Result<Vec<String>> {
    let missing: Vec<Tool> = wanted.iter().copied().filter(|tool| !tool.is_there(bench)).collect();
    if missing.is_empty() {
        return Ok(Vec::new());
    }
    let names: Vec<String> = missing.iter().map(|tool| tool.name()).collect();
    let packages: Vec<&str> = missing.iter().flat_map(|tool| tool.packages()).copied().collect();
    if !bench.consent.allows(&names.join(", ")) {
        bail!("missing: {}. Run again with --yes to have that installed{}", names.join(", "), by_hand(&packages));
    }
    install_packages(bench, &packages)?;
    for tool in &missing {
        match tool {
            Tool::Lints => bench.run("rustup", &["component", "add", "rustfmt", "clippy"])?,
            Tool::Node => Node::install(bench)?,
            Tool::Promtool => promtool::install(bench)?,
            Tool::Python
            | Tool::Chromium
            | Tool::Fonts
            | Tool::Postgres
            | Tool::Redis
            | Tool::Systemd
            | Tool::Buildah
            | Tool::Haproxy
            | Tool::Compose => {}
        }
        ensure!(tool.is_there(bench), "{} was installed and still does not work", tool.name());
    }
    Ok(names)
}

/// Installs what steps can do without, where that is allowed and works. A step says itself what it could not check.
pub(crate) fn offer_spared(bench: &Workbench) -> anyhow::Result<Vec<String>> {
    let mut installed = Vec::new();
    for tool in Tool::SPARED {
        match ensure_all(bench, &[tool]) {
            Ok(names) => installed.extend(names),
            Err(error) => bench.log.note(format_args!("{error:#}"))?,
        }
    }
    Ok(installed)
}

/// The browser for the page's tests.
pub(crate) fn chromium(bench: &Workbench) -> anyhow::Result<PathBuf> {
    ensure_all(bench, &[Tool::Chromium, Tool::Fonts])?;
    browser().ok_or_else(|| anyhow::anyhow!("no Chromium in PATH"))
}

fn install_packages(bench: &Workbench, packages: &[&str]) -> anyhow::Result<()> {
    if packages.is_empty() {
        return Ok(());
    }
    if surroundings::program("apt-get").is_none() || !surroundings::is_root() {
        bail!("system packages are missing, and only root on Debian can install them from here{}", by_hand(packages));
    }
    bench.run("apt-get", &["update"])?;
    let mut install = bench.command("apt-get");
    install.args(["install", "-y", "--no-install-recommends"]).args(packages);
    bench.log.run(install.env("DEBIAN_FRONTEND", "noninteractive"))
}

fn by_hand(packages: &[&str]) -> String {
    if packages.is_empty() {
        return String::new();
    }
    format!("; or by hand: sudo apt-get install --no-install-recommends {}", packages.join(" "))
}

/// The proxy, which Debian puts where only root looks.
pub(crate) fn haproxy() -> Option<PathBuf> {
    surroundings::program("haproxy").or_else(|| Some(PathBuf::from("/usr/sbin/haproxy")).filter(|file| file.is_file()))
}

fn browser() -> Option<PathBuf> {
    ["chromium", "chromium-browser", "google-chrome-stable"].into_iter().find_map(surroundings::program)
}

/// In the path, or where Debian puts the programs of each version.
fn has_postgres() -> bool {
    let versions = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let folders = versions.map(|version| version.path().join("bin"));
    let all_in = |folder: PathBuf| ["initdb", "postgres", "psql"].iter().all(|name| folder.join(name).is_file());
    ["initdb", "postgres", "psql"].iter().all(|name| surroundings::program(name).is_some())
        || folders.into_iter().any(all_in)
}

fn has_font(pattern: &str) -> bool {
    Command::new("fc-list").args([pattern, "family"]).output().is_ok_and(|output| !output.stdout.is_empty())
}

fn works(program: &str, arguments: &[&str]) -> bool {
    Command::new(program).args(arguments).output().is_ok_and(|output| output.status.success())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::repo::Repo;
    use crate::shell::Log;
    use crate::workbench::Consent;

    #[test]
    fn nothing_is_installed_without_consent() {
        let folder = tempfile::tempdir().expect("a folder");
        let repo = Repo::find().expect("this repository").with_target(folder.path());
        let log = Log::begin(folder.path().join("step.log"), None, None).expect("a log");
        let bench = Workbench { repo, consent: Consent::Missing, log };
        let error = ensure_all(&bench, &[Tool::Node]).expect_err("nobody said yes");
        assert!(error.to_string().contains("--yes"), "{error}");
        assert_eq!(bench.log.text(), "", "no command ran");
    }

    #[test]
    fn what_apt_could_bring_is_named_for_those_who_install_by_hand() {
        assert_eq!(by_hand(Tool::Node.packages()), "");
        assert!(by_hand(Tool::Chromium.packages()).ends_with("chromium"));
    }
}
