//! Texts that are bodies, in the form that is kept, and texts that are not.

use anyhow::ensure;
use kkanbu_model::{Body, BodyError, Limits};
use kkanbu_wire::{Code, RejectCode};
use serde::Serialize;

pub(super) const ABOUT: &str = "Bodies under the limits of 2000 graphemes and 8000 bytes. The text is `text`, as many times as `times` says \
                                (once without it). `nfc`, as many times, is what every member is given, where it is not the text; `code` and `name` say how \
                                a text is refused.";

/// A text and what becomes of it.
#[derive(Serialize)]
pub(super) struct BodyVector {
    about: &'static str,
    text: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    times: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    nfc: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<i32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<&'static str>,
}

/// What is expected of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Expected {
    /// It stays as it is.
    Kept,
    /// It becomes this.
    Becomes(&'static str),
    /// It is refused.
    Refused(BodyError),
}

use BodyError::{BidiOverride, ControlCharacter, Empty, TooLong};
use Expected::{Becomes, Kept, Refused};

const BODIES: [(&str, &str, usize, Expected); 33] = [
    ("Hangul", "안녕하세요", 1, Kept),
    ("Hangul in single letters", "\u{1112}\u{1161}\u{11AB}\u{1100}\u{1173}\u{11AF}", 1, Becomes("한글")),
    ("compatibility letters are others", "ㅋㅋㅋ ㅠㅠ", 1, Kept),
    ("an accent of its own", "cafe\u{0301}", 1, Becomes("café")),
    ("a sign with a canonical twin", "\u{212B}", 1, Becomes("Å")),
    ("a character that NFC takes apart", "\u{0958}", 1, Becomes("\u{0915}\u{093C}")),
    ("a ligature stays, NFC is not NFKC", "ﬁ ① ｱ", 1, Kept),
    ("newline and tab", "줄\n\t칸", 1, Kept),
    ("white space around", "  가  ", 1, Kept),
    ("a family is one grapheme", "👨‍👩‍👧‍👦", 1, Kept),
    ("right-to-left letters", "שלום مرحبا", 1, Kept),
    ("a joiner inside", "می\u{200C}خواهم", 1, Kept),
    ("as many graphemes as may be", "가", 2_000, Kept),
    ("a grapheme too many", "가", 2_001, Refused(TooLong)),
    ("letters count after NFC", "\u{1100}\u{1161}", 2_000, Becomes("가")),
    ("as many bytes as may be", "👍👍", 1_000, Kept),
    ("too many bytes in few graphemes", "👨‍👩‍👧‍👦", 321, Refused(TooLong)),
    ("nothing", "", 1, Refused(Empty)),
    ("spaces", " \n\t\u{3000}", 1, Refused(Empty)),
    ("what shows nothing", "\u{200B}\u{2060}\u{00AD}", 1, Refused(Empty)),
    ("a Hangul filler", "\u{3164}", 1, Refused(Empty)),
    ("NUL", "가\u{0000}나", 1, Refused(ControlCharacter)),
    ("carriage return", "가\r\n나", 1, Refused(ControlCharacter)),
    ("escape", "\u{001B}[31m가", 1, Refused(ControlCharacter)),
    ("delete", "가\u{007F}", 1, Refused(ControlCharacter)),
    ("a C1 control", "가\u{0085}나", 1, Refused(ControlCharacter)),
    ("line separator", "가\u{2028}나", 1, Refused(ControlCharacter)),
    ("byte order mark", "\u{FEFF}가", 1, Refused(ControlCharacter)),
    ("interlinear annotation", "가\u{FFF9}나", 1, Refused(ControlCharacter)),
    ("right-to-left override", "가\u{202E}나", 1, Refused(BidiOverride)),
    ("left-to-right embedding", "가\u{202A}나", 1, Refused(BidiOverride)),
    ("pop directional formatting", "가\u{202C}나", 1, Refused(BidiOverride)),
    ("first strong isolate", "가\u{2068}나\u{2069}", 1, Refused(BidiOverride)),
];

pub(super) fn vectors() -> anyhow::Result<Vec<BodyVector>> {
    BODIES.iter().map(|(about, text, times, expected)| vector(about, text, *times, *expected)).collect()
}

fn vector(about: &'static str, text: &'static str, times: usize, expected: Expected) -> anyhow::Result<BodyVector> {
    let (nfc, refused) = match expected {
        Kept => (None, None),
        Becomes(nfc) => (Some(nfc), None),
        Refused(error) => (None, Some(error)),
    };
    let wanted = refused.map_or_else(|| Ok(nfc.unwrap_or(text).repeat(times)), Err);
    let found = Body::new(&text.repeat(times), &Limits::default()).map(|body| body.as_str().to_owned());
    ensure!(found == wanted, "the body \"{about}\" is taken otherwise than expected");
    let (times, refused) = ((times > 1).then_some(times), refused.map(code));
    Ok(BodyVector { about, text, times, nfc, code: refused.map(Code::number), name: refused.map(Code::name) })
}

fn code(error: BodyError) -> RejectCode {
    match error {
        Empty => RejectCode::BodyEmpty,
        TooLong => RejectCode::BodyTooLong,
        ControlCharacter => RejectCode::BodyControlCharacter,
        BidiOverride => RejectCode::BodyBidiOverride,
    }
}
