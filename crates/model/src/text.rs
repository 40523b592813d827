//! Text that people write: what may be in it and how long it may be.

use crate::Limits;
use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;
use unicode_normalization::{IsNormalized, UnicodeNormalization, is_nfc_quick};
use unicode_segmentation::UnicodeSegmentation;

/// Bidirectional embeddings, overrides and isolates (Unicode UAX #9), with which text can be made to read as another.
pub(crate) const fn is_bidi_override(c: char) -> bool {
    matches!(c, '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}')
}

/// Control characters other than newline and tab, and the line and paragraph separators.
pub(crate) fn is_refused_control(c: char) -> bool {
    (c.is_control() && c != '\n' && c != '\t')
        || matches!(c, '\u{2028}' | '\u{2029}' | '\u{FEFF}' | '\u{FFF9}'..='\u{FFFB}')
}

/// The text in NFC. Most text is already, and a look at each character tells (UAX #15 §9).
fn to_nfc(text: &str) -> Cow<'_, str> {
    if is_nfc_quick(text.chars()) == IsNormalized::Yes { text.into() } else { text.nfc().collect() }
}

/// Whether a text has more graphemes than that. None has more graphemes than bytes, so that most need not be counted.
pub(crate) fn has_more_graphemes(text: &str, max: usize) -> bool {
    text.len() > max && text.graphemes(true).nth(max).is_some()
}

/// Why a text is no body.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BodyError {
    /// Nothing to read in it.
    #[error("the body is empty")]
    Empty,
    /// Too many graphemes or bytes.
    #[error("the body is too long")]
    TooLong,
    /// A control character other than newline and tab.
    #[error("the body holds a control character")]
    ControlCharacter,
    /// A bidirectional embedding, override or isolate.
    #[error("the body holds a bidirectional override")]
    BidiOverride,
}

/// What a post says: NFC, of bounded length, without characters that hide or reorder text. It does not print itself. Clones
/// share the text.
#[derive(Clone, PartialEq, Eq)]
pub struct Body(Arc<str>);

impl Body {
    /// Normalises `text` to NFC (UAX #15) and checks it.
    pub fn new(text: &str, limits: &Limits) -> Result<Self, BodyError> {
        // NFC can make a text longer, at most threefold in UTF-8 (UAX #15, table 4); what is far too long is not even normalised.
        if text.len() > limits.body_bytes_max.saturating_mul(4) {
            return Err(BodyError::TooLong);
        }
        if text.chars().any(is_bidi_override) {
            return Err(BodyError::BidiOverride);
        }
        if text.chars().any(is_refused_control) {
            return Err(BodyError::ControlCharacter);
        }
        let body = to_nfc(text);
        if body.chars().all(is_blank) {
            return Err(BodyError::Empty);
        }
        if body.len() > limits.body_bytes_max || has_more_graphemes(&body, limits.body_graphemes_max) {
            return Err(BodyError::TooLong);
        }
        Ok(Self(body.into()))
    }

    /// A body that was checked when it was written, as the log gives it back.
    pub fn from_log(text: String) -> Self {
        Self(text.into())
    }

    /// What is left of a body after its text was deleted from the log.
    pub fn erased() -> Self {
        Self(Arc::default())
    }

    /// Whether the text was deleted. No body that anybody wrote is empty.
    pub fn is_erased(&self) -> bool {
        self.0.is_empty()
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Body {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Body(…)")
    }
}

/// White space, and what shows nothing though Unicode does not call it white space.
fn is_blank(c: char) -> bool {
    c.is_whitespace()
        || matches!(
            c,
            '\u{200B}'..='\u{200F}' | '\u{2060}' | '\u{115F}' | '\u{1160}' | '\u{3164}' | '\u{FFA0}' | '\u{00AD}'
        )
}

/// Longest name of a programme, role or room, in graphemes.
const NAME_GRAPHEMES_MAX: usize = 80;

/// Longest name, in bytes: graphemes can be long.
const NAME_BYTES_MAX: usize = 320;

/// A text is no name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "a name is one line of 1 to {NAME_GRAPHEMES_MAX} characters and at most {NAME_BYTES_MAX} bytes, without control characters"
)]
pub struct NameError;

/// Name of a programme, organisation, role or room, as people see it. It names no person. Clones share the text.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Name(Arc<str>);

impl Name {
    /// Normalises `text` to NFC and checks it.
    pub fn new(text: &str) -> Result<Self, NameError> {
        let name: String = text.trim().nfc().collect();
        let plain = !name.chars().any(|c| c.is_control() || is_refused_control(c) || is_bidi_override(c));
        let fits = name.len() <= NAME_BYTES_MAX && (1..=NAME_GRAPHEMES_MAX).contains(&name.graphemes(true).count());
        if plain && fits { Ok(Self(name.into())) } else { Err(NameError) }
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn body(text: &str) -> Result<Body, BodyError> {
        Body::new(text, &Limits::default())
    }

    #[test]
    fn a_body_is_normalised_to_nfc() {
        let decomposed: String = "안녕하세요".nfd().collect();
        assert_eq!(body(&decomposed).unwrap().as_str(), "안녕하세요");
    }

    #[test]
    fn length_counts_graphemes_not_code_points() {
        let family = "👨‍👩‍👧‍👦";
        let limits = Limits { body_graphemes_max: 3, ..Limits::default() };
        assert!(Body::new(&family.repeat(3), &limits).is_ok());
        assert_eq!(Body::new(&family.repeat(4), &limits), Err(BodyError::TooLong));
    }

    #[test]
    fn text_of_other_scripts_is_normalised_too() {
        // A combining mark after its letter, two marks in the wrong order, jamo, a singleton, and one that NFC takes apart.
        for text in ["e\u{301}", "q\u{307}\u{323}", "\u{1112}\u{1161}\u{11AB}", "\u{212B}", "\u{958}", "가\u{11A8}"] {
            assert_eq!(body(text).unwrap().as_str(), text.nfc().collect::<String>(), "{text:?}");
        }
    }

    #[test]
    fn length_counts_bytes_too() {
        let limits = Limits { body_bytes_max: 6, ..Limits::default() };
        assert!(Body::new("가나", &limits).is_ok());
        assert_eq!(Body::new("가나다", &limits), Err(BodyError::TooLong));
    }

    #[test]
    fn what_hides_or_reorders_text_is_refused() {
        assert_eq!(body("abc\u{202E}def"), Err(BodyError::BidiOverride));
        assert_eq!(body("abc\u{2066}def"), Err(BodyError::BidiOverride));
        assert_eq!(body("abc\u{0000}"), Err(BodyError::ControlCharacter));
        assert_eq!(body("abc\u{001B}[31m"), Err(BodyError::ControlCharacter));
        assert_eq!(body("a\u{0085}b"), Err(BodyError::ControlCharacter));
        assert!(body("line\nline\ttab").is_ok());
    }

    #[test]
    fn a_body_that_shows_nothing_is_empty() {
        for text in ["", "  \n\t", "\u{200B}\u{2060}", "\u{3164}"] {
            assert_eq!(body(text), Err(BodyError::Empty), "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_a_body_within_limits_or_a_named_error(text in any::<String>()) {
            if let Ok(ok) = body(&text) {
                prop_assert!(unicode_normalization::is_nfc(ok.as_str()));
                prop_assert!(ok.as_str().len() <= Limits::default().body_bytes_max);
                // What was accepted once is accepted again, unchanged.
                prop_assert_eq!(body(ok.as_str()).unwrap(), ok);
            }
        }
    }
}
