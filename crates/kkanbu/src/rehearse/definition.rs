//! The programme to rehearse: whose seats are to be filled.

use crate::programme_file;
use anyhow::{Context, anyhow};
use kkanbu_model::Programme;
use std::path::PathBuf;

/// The programme that is built in.
pub(super) const BUILT_IN: &str = "anyang-2022";

const ANYANG: &str = include_str!("../../programmes/anyang-2022.toml");

/// A programme and the text that defines it.
#[derive(Debug)]
pub(super) struct Definition {
    pub(super) programme: Programme,
    pub(super) text: String,
    /// Where it was read; `None` for the one that is built in.
    pub(super) file: Option<PathBuf>,
}

impl Definition {
    /// Reads the built-in programme of this id, or a programme file.
    pub(super) fn load(which: &str) -> anyhow::Result<Self> {
        if which == BUILT_IN {
            return Self::parse(ANYANG.to_owned(), None);
        }
        let text = std::fs::read_to_string(which)
            .with_context(|| format!("{which} is neither {BUILT_IN} nor a programme file that can be read"))?;
        // The server may be started elsewhere.
        Self::parse(text, Some(std::path::absolute(which)?))
    }

    fn parse(text: String, file: Option<PathBuf>) -> anyhow::Result<Self> {
        let programme = programme_file::read_as_text(&text)
            .map_err(|errors| anyhow!("the programme file is wrong:\n{}", errors.join("\n")))?;
        Ok(Self { programme, text, file })
    }

    /// The programme's id.
    pub(super) fn id(&self) -> &str {
        self.programme.id.as_str()
    }

    /// The same programme's text under another id, to run beside it.
    pub(super) fn text_as(&self, id: &str) -> anyhow::Result<String> {
        let mut table: toml::Table = self.text.parse()?;
        let header = table.get_mut("programme").and_then(toml::Value::as_table_mut);
        header.context("the programme file has no programme")?.insert("id".to_owned(), id.into());
        Ok(table.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shadow_is_the_same_programme_under_another_id() {
        let anyang = Definition::load(BUILT_IN).unwrap();
        let shadow = Definition::parse(anyang.text_as("rehearsal-0123abcd").unwrap(), None).unwrap();
        assert_eq!(shadow.id(), "rehearsal-0123abcd");
        assert_eq!(Programme { id: anyang.programme.id.clone(), ..shadow.programme }, anyang.programme);
    }

    #[test]
    fn what_is_no_programme_is_named() {
        assert!(Definition::load("no-such-file").unwrap_err().to_string().contains("no-such-file"));
    }
}
