//! What a publication says, as far as two of them must be told apart. Bodies are kept as fingerprints only.

use kkanbu_client::What;
use std::hash::{DefaultHasher, Hash, Hasher};

/// A fingerprint of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct Print(u64);

impl Print {
    pub(super) fn of(text: &str) -> Self {
        let mut hasher = DefaultHasher::new();
        text.hash(&mut hasher);
        Self(hasher.finish())
    }
}

/// What was written, or came as written.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum Said {
    /// A post; without a body it was retracted since.
    Post { body: Option<Print> },
    /// A new text; without a body the post was retracted since.
    Edit { target: u64, body: Option<Print> },
    /// A post was taken back.
    Retract { target: u64 },
    /// A reaction was set or taken back.
    Reaction { target: u64, reaction: Print },
    /// Nothing that members write.
    Other,
}

impl Said {
    pub(super) fn of(what: &What) -> Self {
        let print = |body: &Option<String>| body.as_deref().map(Print::of);
        match what {
            What::Post { body, .. } => Self::Post { body: print(body) },
            What::Edit { target, body, .. } => Self::Edit { target: *target, body: print(body) },
            What::Retract { target } => Self::Retract { target: *target },
            What::Reaction { target, reaction, .. } => {
                Self::Reaction { target: *target, reaction: Print::of(reaction) }
            }
            What::Answered { .. }
            | What::Hide { .. }
            | What::Restore { .. }
            | What::Freeze
            | What::Thaw
            | What::Slow { .. }
            | What::Notice { .. }
            | What::Settings { .. }
            | What::Unknown => Self::Other,
        }
    }

    /// Whether `seen` is this, perhaps with its text gone since.
    pub(super) fn is_shown_by(&self, seen: &Self) -> bool {
        match (self, seen) {
            (Self::Post { .. }, Self::Post { body: None }) => true,
            (Self::Edit { target, .. }, Self::Edit { target: seen, body: None }) => target == seen,
            _ => self == seen,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_retracted_text_still_shows_its_post_and_another_text_does_not() {
        let post = |text: &str| Said::Post { body: Some(Print::of(text)) };
        assert!(post("a").is_shown_by(&post("a")));
        assert!(post("a").is_shown_by(&Said::Post { body: None }));
        assert!(!post("a").is_shown_by(&post("b")));
        let edit = |target, text: &str| Said::Edit { target, body: Some(Print::of(text)) };
        assert!(edit(1, "a").is_shown_by(&Said::Edit { target: 1, body: None }));
        assert!(!edit(1, "a").is_shown_by(&Said::Edit { target: 2, body: None }));
        assert!(!post("a").is_shown_by(&Said::Other));
    }
}
