//! Lengths that frames are padded to, and close codes after which a client comes back.

use crate::docgen::codes::again;
use anyhow::ensure;
use kkanbu_wire::{CloseCode, Code, PADDED_SIZES, Padding, may_come_back};
use serde::Serialize;

pub(super) const ABOUT_PADDING: &str =
    "Lengths in bytes of frames to clients: of the JSON, and with the trailing spaces after it.";
pub(super) const ABOUT_CLOSES: &str = "WebSocket close codes, and whether a client comes back by itself. `name` is there for codes that this server sends.";

/// A length before and after padding.
#[derive(Serialize)]
pub(super) struct PaddingVector {
    length: usize,
    padded: usize,
}

/// A close code.
#[derive(Serialize)]
pub(super) struct CloseVector {
    code: u16,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<&'static str>,
    come_back: bool,
}

pub(super) fn padding() -> Vec<PaddingVector> {
    let edges = PADDED_SIZES.into_iter().flat_map(|size| [size - 1, size, size + 1]);
    let lengths = std::iter::once(1).chain(edges).chain([131_072, 131_073]);
    let padded = |length| {
        let mut frame = vec![b'x'; length];
        Padding::Quiet.pad(&mut frame);
        PaddingVector { length, padded: frame.len() }
    };
    lengths.map(padded).collect()
}

/// What RFC 6455 defines, this server's own codes, and the edges of the ranges.
const CODES: [u16; 29] = [
    1000, 1001, 1002, 1003, 1005, 1006, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 1015, 3000, 3999, 4000, 4001,
    4002, 4003, 4004, 4499, 4500, 4501, 4502, 4503, 4998, 4999,
];

pub(super) fn closes() -> anyhow::Result<Vec<CloseVector>> {
    for code in CloseCode::ALL {
        ensure!(CODES.iter().any(|known| i32::from(*known) == code.number()), "no vector for close {}", code.name());
        ensure!(u16::try_from(code.number()).is_ok_and(may_come_back) == again(code.number()), "{}", code.name());
    }
    let vector = |code: u16| {
        let name = CloseCode::from_number(i32::from(code)).map(Code::name);
        CloseVector { code, name, come_back: may_come_back(code) }
    };
    Ok(CODES.into_iter().map(vector).collect())
}
