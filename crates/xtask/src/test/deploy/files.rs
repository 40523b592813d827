//! What lies in `deploy/` beside image and unit, checked by `tests/deploy/` with the tools that are on this machine.

use crate::surroundings;
use crate::tools::{haproxy, promtool};
use crate::workbench::Workbench;
use std::path::Path;

/// Runs all checks that have their tool, and says which have none.
pub(super) fn check(bench: &Workbench, python: &Path, kkanbu: &Path) -> anyhow::Result<String> {
    let tools = [
        ("HAPROXY", haproxy(), "proxy"),
        ("COMPOSE", surroundings::program("docker-compose"), "compose file"),
        ("PROMTOOL", promtool(bench), "alerts"),
    ];
    let mut test = bench.command(python);
    test.args(["-m", "pytest", "-p", "no:cacheprovider", "tests/deploy"]);
    test.env("PYTHONPATH", bench.repo.at("tests/python")).env("KKANBU_BIN", kkanbu);
    test.env("PYTHONDONTWRITEBYTECODE", "1").env("PYTHONUNBUFFERED", "1");
    let (mut checked, mut left) = (vec!["manifests", "dashboard", "runbook"], Vec::new());
    for (variable, found, what) in tools {
        if let Some(program) = found {
            test.env(variable, program);
            checked.push(what);
        } else {
            left.push(format!("; NOT CHECKED: {what}, without its tool"));
        }
    }
    bench.log.run(&mut test)?;
    Ok(format!("{} hold{}", checked.join(", "), left.concat()))
}
