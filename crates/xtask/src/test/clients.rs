//! The steps in which clients that are not Rust meet the server as people get it.

use crate::tools::{Node, chromium, python_for};
use crate::workbench::Workbench;

/// The client in Python.
pub(super) fn python(bench: &Workbench) -> anyhow::Result<()> {
    let kkanbu = bench.kkanbu()?;
    let python = python_for(bench, "python")?;
    let mut test = bench.command(python);
    test.args(["-m", "pytest", "-p", "no:cacheprovider", "tests/python"]);
    test.env("PYTHONDONTWRITEBYTECODE", "1").env("PYTHONUNBUFFERED", "1").env("KKANBU_BIN", kkanbu);
    bench.log.run(&mut test)
}

/// The page in Chromium. Pictures of what was seen stay in `target/xtask/screenshots/`.
pub(super) fn browser(bench: &Workbench) -> anyhow::Result<()> {
    let kkanbu = bench.kkanbu()?;
    let folder = bench.repo.at("tests/page");
    let node = Node::ready(bench)?;
    node.install_packages(bench, &folder)?;
    let mut test = node.npm(&folder);
    test.arg("test").env("KKANBU_BIN", kkanbu).env("CHROMIUM", chromium(bench)?);
    bench.log.run(test.env("SCREENSHOTS", bench.repo.kept("screenshots")?))
}

/// The contract for client developers, read by tools that others wrote.
pub(super) fn contract(bench: &Workbench) -> anyhow::Result<()> {
    let folder = bench.repo.at("tests/contract");
    let node = Node::ready(bench)?;
    node.install_packages(bench, &folder)?;
    bench.log.run(node.npm(&folder).arg("test"))
}
