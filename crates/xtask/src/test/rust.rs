//! The steps that are cargo's.

use crate::workbench::Workbench;
use anyhow::ensure;

/// Builds the documentation of all our crates.
pub(super) fn documentation(bench: &Workbench) -> anyhow::Result<()> {
    let mut doc = bench.cargo_command();
    doc.args(["doc", "--workspace", "--no-deps", "--document-private-items", "--locked"])
        .env("RUSTDOCFLAGS", "-D warnings -A rustdoc::private_intra_doc_links");
    bench.log.run(&mut doc)
}

/// Runs all Rust tests, those after a failing one too, and says how many there were.
pub(super) fn tests(bench: &Workbench) -> anyhow::Result<String> {
    bench.cargo(&["test", "--workspace", "--locked", "--no-fail-fast"])?;
    let (passed, ignored) = counted(&bench.log.text());
    Ok(format!("{passed} tests passed, {ignored} ignored"))
}

/// Turns shuttle's locks on in the engine.
const INTERLEAVING: [&str; 6] = ["-p", "kkanbu-gateway", "--lib", "--locked", "--features", "interleaving"];

/// Has shuttle decide again and again who goes next.
pub(super) fn interleavings(bench: &Workbench) -> anyhow::Result<String> {
    bench.log.run(bench.cargo_command().arg("test").args(INTERLEAVING).arg("interleavings"))?;
    let (passed, _) = counted(&bench.log.text());
    ensure!(passed > 0, "there was nothing to run");
    Ok(format!("{passed} test passed"))
}

/// Checks what is not there without a feature.
pub(super) fn clippy(bench: &Workbench) -> anyhow::Result<()> {
    let run = |features: &[&str]| {
        let mut clippy = bench.cargo_command();
        bench.log.run(clippy.arg("clippy").args(features).args(["--", "-D", "warnings"]))
    };
    run(&[&INTERLEAVING[..], &["--tests"]].concat())?;
    run(&["-p", "kkanbu-gateway", "--benches", "--locked", "--features", "measure"])
}

/// Adds up the lines `test result: ok. 12 passed; 0 failed; 1 ignored; …`.
fn counted(output: &str) -> (u64, u64) {
    let results = output.lines().filter(|line| line.starts_with("test result: "));
    results.fold((0, 0), |(passed, ignored), line| (passed + before(line, "passed"), ignored + before(line, "ignored")))
}

fn before(line: &str, what: &str) -> u64 {
    let words: Vec<&str> = line.split([' ', ';']).filter(|word| !word.is_empty()).collect();
    let number = words.windows(2).find_map(|pair| match pair {
        [number, word] if *word == what => number.parse().ok(),
        _ => None,
    });
    number.unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tests_of_all_binaries_are_counted() {
        let output = "running 2 tests\ntest result: ok. 2 passed; 0 failed; 1 ignored; 0 measured\n\n\
                      test result: ok. 40 passed; 0 failed; 0 ignored; 0 measured; finished in 0.1s\n";
        assert_eq!(counted(output), (42, 1));
    }
}
