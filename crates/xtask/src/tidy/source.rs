//! The files of the repository as the rules read them.

use super::code::code_only;
use anyhow::Context;
use std::fs;
use std::path::Path;
use walkdir::{DirEntry, WalkDir};

/// What is built, fetched or made by running things, wherever it lies.
const NOT_OURS: [&str; 9] =
    [".git", "target", "node_modules", "dist", "__pycache__", ".pytest_cache", "kkanbu-demo", "corpus", "regressions"];

/// A text file.
#[derive(Debug)]
pub(super) struct Source {
    /// From the top of the repository, with `/`.
    pub(super) path: String,
    pub(super) text: String,
    /// The same lines without comments and what stands in quotes; for Rust only, elsewhere the text itself.
    pub(super) code: String,
}

impl Source {
    pub(super) fn new(path: String, text: String) -> Self {
        let mut source = Self { path, code: String::new(), text };
        source.code = if source.kind() == "rs" { code_only(&source.text) } else { source.text.clone() };
        source
    }

    /// The ending of its name, without the dot.
    pub(super) fn kind(&self) -> &str {
        let name = self.name();
        name.rsplit_once('.').map_or("", |(_, ending)| ending)
    }

    /// The last part of its path.
    pub(super) fn name(&self) -> &str {
        self.path.rsplit('/').next().unwrap_or_default()
    }
}

/// All text files of the repository, in the order of their paths.
pub(super) fn read_all(root: &Path) -> anyhow::Result<Vec<Source>> {
    let mut sources = Vec::new();
    for entry in WalkDir::new(root).sort_by_file_name().into_iter().filter_entry(is_ours) {
        let entry = entry?;
        if !entry.file_type().is_file() {
            continue;
        }
        let path = entry.path().strip_prefix(root)?.to_string_lossy().into_owned();
        let bytes = fs::read(entry.path()).with_context(|| format!("could not read {path}"))?;
        if let Ok(text) = String::from_utf8(bytes) {
            sources.push(Source::new(path, text));
        }
    }
    Ok(sources)
}

fn is_ours(entry: &DirEntry) -> bool {
    entry.file_name().to_str().is_some_and(|name| !NOT_OURS.contains(&name))
}
