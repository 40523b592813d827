//! The pseudonym that a room shows, and the language that it is drawn in.

use crate::text::{has_more_graphemes, is_bidi_override, is_refused_control};
use std::fmt;
use std::sync::Arc;
use unicode_normalization::is_nfc;

/// Most graphemes a handle may have.
const HANDLE_GRAPHEMES_MAX: usize = 40;

/// A pseudonym in one room ("용감한 고라니", "brave-otter"): random words, unique in the room, never a function of
/// anything stable about the member. Clones share the text.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Handle(Arc<str>);

/// Why a text is no handle.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum HandleError {
    /// Nothing in it.
    #[error("a handle is not empty")]
    Empty,
    /// More than [`HANDLE_GRAPHEMES_MAX`] graphemes.
    #[error("a handle has at most {HANDLE_GRAPHEMES_MAX} characters")]
    TooLong,
    /// Control characters, bidirectional overrides or text that is not NFC.
    #[error("a handle is plain NFC text")]
    NotPlain,
}

impl Handle {
    /// Checks that `text` can be a handle.
    pub fn new(text: impl Into<String>) -> Result<Self, HandleError> {
        let text = text.into();
        if text.trim().is_empty() {
            return Err(HandleError::Empty);
        }
        if has_more_graphemes(&text, HANDLE_GRAPHEMES_MAX) {
            return Err(HandleError::TooLong);
        }
        if text.chars().any(|c| c.is_control() || is_refused_control(c) || is_bidi_override(c)) || !is_nfc(&text) {
            return Err(HandleError::NotPlain);
        }
        Ok(Self(text.into()))
    }

    /// The words.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

// A handle in a log line would tie a person's words to a time, so it does not print itself.
impl fmt::Debug for Handle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Handle(…)")
    }
}

/// The language of a programme's handles. One for all of its members: a choice of one's own would tell something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Language {
    /// "용감한 고라니"
    Korean,
    /// "brave-otter"
    English,
}

impl Language {
    /// The language tag (BCP 47).
    pub const fn tag(self) -> &'static str {
        match self {
            Self::Korean => "ko",
            Self::English => "en",
        }
    }

    /// The language with this tag, if it is one of ours.
    pub fn from_tag(tag: &str) -> Option<Self> {
        [Self::Korean, Self::English].into_iter().find(|language| language.tag() == tag)
    }
}
