//! What is made of the table of fields: `deploy/kkanbu.example.toml`, which `kkanbu print-config --example` prints; and, by the tests, the
//! reference in `docs/CONFIGURATION.md`.

use super::fields::{FIELDS, Field, LeftOut, Takes};
use std::fmt::Write;

/// Longest line of the example.
const WIDTH: usize = 120;

impl Takes {
    fn in_words(&self) -> String {
        match self {
            Self::Origin => "an origin: scheme, host, and the port where it is not the usual one".to_owned(),
            Self::Origins => "a list of origins".to_owned(),
            Self::Address => "an IP address and a port".to_owned(),
            Self::Path => "a path".to_owned(),
            Self::Paths => "a list of paths".to_owned(),
            Self::Pattern => "a regular expression".to_owned(),
            Self::Number { min, max } => format!("a number from {min} to {max}"),
            Self::Seconds { min, max } => format!("{min} to {max} seconds"),
            Self::Words(words) => words.iter().map(|word| format!("`\"{word}\"`")).collect::<Vec<_>>().join(" or "),
        }
    }
}

impl LeftOut {
    fn in_words(&self) -> String {
        match self {
            Self::Refused => "none: it is needed".to_owned(),
            Self::Is(value) => format!("`{value}`"),
            Self::None(what) => (*what).to_owned(),
        }
    }
}

impl Field {
    /// The example switches on what every server has and what its health check asks.
    fn is_given_in_example(&self) -> bool {
        matches!(self.left_out, LeftOut::Refused) || self.key == "ops_listen"
    }
}

/// A configuration file with every field, explained.
pub(super) fn example() -> String {
    let mut out = "# The configuration of kkanbu, with every field: `kkanbu print-config --example`.\n\
                   # What has a # before it is left out and shows what could stand there. Relative paths are relative to this file's folder.\n"
        .to_owned();
    let mut table = "";
    for field in FIELDS {
        if field.table == table {
            out.push('\n');
        } else {
            table = field.table;
            // Writing into a string does not fail.
            let _ = writeln!(out, "\n# Where this server ends TLS itself:\n#[{table}]");
        }
        for line in [field.does, field.beware].into_iter().flat_map(wrapped) {
            let _ = writeln!(out, "# {line}");
        }
        let _ = writeln!(
            out,
            "# Takes {}. Default: {}.",
            plain(&field.takes.in_words()),
            plain(&field.left_out.in_words())
        );
        let mark = if field.is_given_in_example() { "" } else { "#" };
        let _ = writeln!(out, "{mark}{} = {}", field.key, field.example);
    }
    out
}

/// Markdown as it reads in a comment: no links, no backticks.
fn plain(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, linked)) = rest.split_once("](") {
        out.push_str(&before.replacen('[', "", 1));
        rest = linked.split_once(')').map_or("", |(_, after)| after);
    }
    out.push_str(rest);
    out.replace('`', "")
}

/// Lines that fit.
fn wrapped(text: &str) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in plain(text).split_whitespace() {
        match lines.last_mut() {
            Some(line) if line.len() + word.len() < WIDTH => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}

#[cfg(test)]
mod tests;
