//! The step that checks `deploy/`: the Dockerfile by hadolint, the unit by systemd, the image by building its last stage and running it, and the
//! rest by `tests/deploy/`: the proxy before the real server, the compose file, the manifests, the rules, the dashboard and the runbook.
//! What a machine can't check is said in the step's note, never passed over.

mod files;
mod image;

use crate::tools::{Tool, python_for};
use crate::workbench::Workbench;
use anyhow::{Context, ensure};
use std::path::Path;

const DOCKERFILE: &str = "deploy/docker/Dockerfile";
const UNIT: &str = "deploy/systemd/kkanbu.service";

/// Where the unit expects the server.
const INSTALLED: &str = "/usr/local/bin/kkanbu";

/// Most exposure that `systemd-analyze security` may find, in tenths. What is left is the network, which the server is there for.
const EXPOSURE_TENTHS_MAX: u32 = 15;

/// `systemd-analyze security` reads units that are not installed since this version.
const READS_OFFLINE: u32 = 250;

/// All checks that this machine can do.
pub(super) fn run(bench: &Workbench) -> anyhow::Result<String> {
    let kkanbu = bench.kkanbu()?;
    let python = python_for(bench, "deploy")?;
    bench.log.run(bench.command(python.with_file_name("hadolint")).arg(DOCKERFILE))?;
    let (unit, image) = (unit(bench, &kkanbu)?, image::check(bench, &kkanbu)?);
    Ok(format!("{unit}; {image}; {}", files::check(bench, &python, &kkanbu)?))
}

fn unit(bench: &Workbench, kkanbu: &Path) -> anyhow::Result<String> {
    if !Tool::Systemd.is_there(bench) {
        return Ok("NOT CHECKED: the unit, without systemd-analyze".to_owned());
    }
    let text = std::fs::read_to_string(bench.repo.at(UNIT))?;
    ensure!(text.contains(&format!("ExecStart={INSTALLED} ")), "{UNIT} does not start {INSTALLED}");
    let folder = bench.repo.kept("unit")?;
    std::fs::create_dir_all(&folder)?;
    // The server that was built stands in for the one that will be installed.
    let copy = folder.join("kkanbu.service");
    std::fs::write(&copy, text.replace(INSTALLED, &kkanbu.display().to_string()))?;
    verify(bench, &copy)?;
    let version = bench.log.read(bench.command("systemd-analyze").arg("--version"))?;
    if number_after(&version, "systemd ").is_none_or(|version| version < READS_OFFLINE) {
        return Ok(format!("NOT CHECKED: the unit's exposure, with a systemd before {READS_OFFLINE}"));
    }
    let mut security = bench.command("systemd-analyze");
    security.args(["security", "--no-pager", "--offline=yes", &format!("--threshold={EXPOSURE_TENTHS_MAX}")]);
    let found = bench.log.read(security.arg(&copy))?;
    let exposure = found.rsplit_once("kkanbu.service: ").and_then(|(_, rest)| rest.split(' ').next());
    Ok(format!("unit verified, exposure {} of 10", exposure.context("no exposure was said")?))
}

/// Unknown directives are warnings that leave the exit code alone, so whatever is said of the unit is a failure.
fn verify(bench: &Workbench, unit: &Path) -> anyhow::Result<()> {
    let output = bench.command("systemd-analyze").args(["verify", "--no-pager"]).arg(unit).output()?;
    let said = String::from_utf8_lossy(&output.stderr);
    bench.log.note(format_args!("$ systemd-analyze verify kkanbu.service\n{said}"))?;
    let ours: Vec<&str> = said.lines().filter(|line| line.contains("kkanbu.service")).collect();
    ensure!(ours.is_empty() && output.status.success(), "systemd-analyze verify: {}", ours.join("\n"));
    Ok(())
}

fn number_after(text: &str, word: &str) -> Option<u32> {
    let (_, after) = text.split_once(word)?;
    after.split(|letter: char| !letter.is_ascii_digit()).next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn systemds_version_is_read() {
        assert_eq!(number_after("systemd 252 (252.39-1~deb12u2)\n+PAM", "systemd "), Some(252));
        assert_eq!(number_after("systemd-analyze", "systemd "), None);
    }
}
