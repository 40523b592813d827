//! Pseudonyms: random words, never a function of anything about the member.

use kkanbu_model::{Handle, Language};
use rand::seq::IndexedRandom;
use rand::{Rng, RngExt};

const KO_MODIFIERS: &str = include_str!("../words/ko-modifiers.txt");
const KO_ANIMALS: &str = include_str!("../words/ko-animals.txt");
const EN_MODIFIERS: &str = include_str!("../words/en-modifiers.txt");
const EN_ANIMALS: &str = include_str!("../words/en-animals.txt");

/// Draws of plain words before a number is added: rooms with thousands of members use the words up.
const PLAIN_DRAWS: u32 = 8;

/// Draws before giving up. With a number behind the words there are over two hundred million handles.
pub(crate) const DRAWS_MAX: u32 = 40;

/// Draws a handle. `attempt` counts from 0; later attempts add a number.
pub(crate) fn draw(language: Language, attempt: u32, random: &mut impl Rng) -> Option<Handle> {
    let (modifiers, animals, joint) = match language {
        Language::Korean => (KO_MODIFIERS, KO_ANIMALS, " "),
        Language::English => (EN_MODIFIERS, EN_ANIMALS, "-"),
    };
    let modifier = pick(modifiers, random)?;
    let animal = pick(animals, random)?;
    let words = format!("{modifier}{joint}{animal}");
    if attempt < PLAIN_DRAWS {
        return Handle::new(words).ok();
    }
    let number = random.random_range(2..10_000_u32);
    Handle::new(format!("{words}{joint}{number}")).ok()
}

fn pick<'a>(words: &'a str, random: &mut impl Rng) -> Option<&'a str> {
    let words: Vec<&str> = words.lines().collect();
    words.choose(random).copied()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn every_word_is_usable_and_there_are_enough() {
        for words in [KO_MODIFIERS, KO_ANIMALS, EN_MODIFIERS, EN_ANIMALS] {
            let list: Vec<&str> = words.lines().collect();
            let set: HashSet<&str> = list.iter().copied().collect();
            assert_eq!(set.len(), list.len(), "a word twice");
            assert!(list.len() >= 100, "{} words", list.len());
            assert!(list.iter().all(|word| !word.is_empty() && word.trim() == *word && Handle::new(*word).is_ok()));
        }
    }

    #[test]
    fn handles_are_drawn_in_the_programme_s_language() {
        let mut random = rand::rng();
        let korean = draw(Language::Korean, 0, &mut random).unwrap();
        assert!(korean.as_str().contains(' ') && !korean.as_str().is_ascii());
        let english = draw(Language::English, 0, &mut random).unwrap();
        assert!(english.as_str().contains('-') && english.as_str().is_ascii());
        let numbered = draw(Language::English, PLAIN_DRAWS, &mut random).unwrap();
        assert!(numbered.as_str().chars().any(|c| c.is_ascii_digit()));
    }
}
