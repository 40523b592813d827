//! What came of the steps, for people and for programs.

use crate::surroundings;
use serde_json::json;
use std::fmt;
use std::time::{Duration, Instant};

/// How a step ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Ended {
    /// With a few words about it, or none.
    Passed(String),
    /// With the reason.
    Failed(String),
}

/// What came of one step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Result {
    pub(super) name: &'static str,
    pub(super) ended: Ended,
    pub(super) took: Duration,
}

impl Result {
    fn passed(&self) -> bool {
        matches!(self.ended, Ended::Passed(_))
    }
}

impl fmt::Display for Result {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = self.took.as_secs_f64();
        match &self.ended {
            Ended::Passed(note) if note.is_empty() => write!(f, "ok      {seconds:>7.1} s"),
            Ended::Passed(note) => write!(f, "ok      {seconds:>7.1} s  {note}"),
            Ended::Failed(reason) => write!(f, "FAILED  {seconds:>7.1} s  {reason}"),
        }
    }
}

/// What came of all steps.
#[derive(Debug)]
pub(super) struct Summary {
    began: Instant,
    results: Vec<Result>,
}

impl Summary {
    pub(super) fn begin() -> Self {
        Self { began: surroundings::now(), results: Vec::new() }
    }

    pub(super) fn add(&mut self, result: Result) {
        self.results.push(result);
    }

    pub(super) fn has_failed(&self, name: &str) -> bool {
        self.results.iter().any(|result| result.name == name && !result.passed())
    }

    pub(super) fn is_clean(&self) -> bool {
        self.results.iter().all(Result::passed)
    }

    fn passed(&self) -> usize {
        self.results.iter().filter(|result| result.passed()).count()
    }

    fn failed(&self) -> usize {
        self.results.len() - self.passed()
    }

    /// For programs.
    pub(super) fn json(&self) -> serde_json::Value {
        let steps: Vec<_> = self.results.iter().map(step_json).collect();
        json!({
            "passed": self.passed(),
            "failed": self.failed(),
            "seconds": self.began.elapsed().as_secs(),
            "steps": steps,
        })
    }
}

fn step_json(result: &Result) -> serde_json::Value {
    let (passed, note) = match &result.ended {
        Ended::Passed(note) => (true, note),
        Ended::Failed(reason) => (false, reason),
    };
    json!({ "name": result.name, "passed": passed, "seconds": result.took.as_secs(), "note": note })
}

/// The last line stands alone: `N passed, M failed`.
impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f)?;
        for result in &self.results {
            writeln!(f, "{:<10} {result}", result.name)?;
        }
        let took = self.began.elapsed().as_secs();
        writeln!(f, "\n{} min {} s", took / 60, took % 60)?;
        write!(f, "{} passed, {} failed", self.passed(), self.failed())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn summary() -> Summary {
        let mut summary = Summary::begin();
        let took = Duration::from_millis(1_500);
        summary.add(Result { name: "fmt", ended: Ended::Passed(String::new()), took });
        summary.add(Result { name: "rust", ended: Ended::Failed("`cargo test` ended with 101".into()), took });
        summary
    }

    #[test]
    fn the_last_line_counts_and_stands_alone() {
        let said = summary().to_string();
        assert_eq!(said.lines().last(), Some("1 passed, 1 failed"));
        assert!(said.contains("rust       FAILED      1.5 s  `cargo test` ended with 101"), "{said}");
    }

    #[test]
    fn one_failure_is_a_failure_and_json_says_which() {
        let summary = summary();
        assert!(!summary.is_clean() && summary.has_failed("rust") && !summary.has_failed("fmt"));
        let json = summary.json();
        assert_eq!((&json["passed"], &json["failed"]), (&json!(1), &json!(1)));
        assert_eq!(json["steps"][1]["passed"], json!(false));
    }
}
