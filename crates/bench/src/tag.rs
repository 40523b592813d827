//! What a post carries so that every copy of it is recognised wherever it arrives: letters in its text, found without parsing what is around them.

use memchr::memmem;
use std::sync::LazyLock;

/// What goes before a tag's letters. No sentence of a bench holds it, and no guard takes letters for a number.
const MARK: &[u8] = b"zqkkb";

/// Letters of a tag: one for each four bits.
const LETTERS: usize = 8;

/// Bytes that a tag takes in a text.
pub const TAG_BYTES: usize = MARK.len() + LETTERS;

static FINDER: LazyLock<memmem::Finder<'static>> = LazyLock::new(|| memmem::Finder::new(MARK));

/// The number of a post: the how-manieth it is of its generator.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Tag(pub u32);

impl Tag {
    /// As it stands in a text.
    pub fn to_bytes(self) -> [u8; TAG_BYTES] {
        let mut bytes = [0; TAG_BYTES];
        let letters = (0..LETTERS).rev().map(|place| b'a' + ((self.0 >> (place * 4)) & 0xf) as u8);
        let all = MARK.iter().copied().chain(letters);
        bytes.iter_mut().zip(all).for_each(|(to, from)| *to = from);
        bytes
    }

    /// The first one in `bytes`, and where what follows it begins.
    pub fn find(bytes: &[u8]) -> Option<(Self, usize)> {
        let begin = FINDER.find(bytes)? + MARK.len();
        let letters = bytes.get(begin..begin + LETTERS)?;
        let number = letters.iter().try_fold(0_u32, |number, letter| {
            let nibble = letter.checked_sub(b'a').filter(|nibble| *nibble < 16)?;
            Some(number << 4 | u32::from(nibble))
        })?;
        Some((Self(number), begin + LETTERS))
    }

    /// All in `bytes`, in order.
    pub fn find_all(mut bytes: &[u8], mut found: impl FnMut(Self)) {
        while let Some((tag, after)) = Self::find(bytes) {
            found(tag);
            bytes = bytes.get(after..).unwrap_or_default();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_is_found_in_whatever_stands_around_it() {
        for number in [0, 1, 0xdead_beef, u32::MAX] {
            let mut text = "안녕하세요 ".as_bytes().to_vec();
            text.extend(Tag(number).to_bytes());
            text.extend(b"\"}   ");
            assert_eq!(Tag::find(&text), Some((Tag(number), text.len() - 5)));
        }
    }

    #[test]
    fn all_tags_of_a_text_are_found_and_half_ones_are_not() {
        let mut text = [Tag(7).to_bytes(), Tag(8).to_bytes()].concat();
        text.extend(&Tag(9).to_bytes()[..TAG_BYTES - 1]);
        let mut found = Vec::new();
        Tag::find_all(&text, |tag| found.push(tag.0));
        assert_eq!(found, [7, 8]);
        assert_eq!(Tag::find(b"zqkkbabcdefgz"), None);
    }
}
