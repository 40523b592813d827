//! What peers sent: one connection's bytes after the upgrade's answer, from the first on, with posts 7, 8 and 9 at the end. Cut everywhere,
//! they must say the same.

use super::{Dialect, Heard, Joining, Outgoing, Seat};
use crate::frames;
use crate::tag::Tag;

/// Who listened.
pub(super) const SEAT: Seat = Seat { index: 0, room: 0 };

/// What every recording ends with.
pub(super) fn deliveries() -> Vec<Heard> {
    [7, 8, 9].into_iter().map(|number| Heard::Delivery { tag: Tag(number), offset: None }).collect()
}

/// What is heard in a stream, wherever it is cut in two.
pub(super) fn heard(dialect: &mut dyn Dialect, stream: &[u8]) -> Vec<Heard> {
    let expected = listen(dialect, &[stream]);
    for cut in 0..stream.len() {
        let (first, second) = stream.split_at(cut);
        assert_eq!(listen(dialect, &[first, second]), expected, "cut before byte {cut}");
    }
    expected
}

/// What is heard in one payload.
pub(super) fn hears(dialect: &mut dyn Dialect, payload: &[u8]) -> Vec<Heard> {
    let mut all = Vec::new();
    dialect.hear(SEAT, payload, &mut Outgoing::default(), &mut |one| all.push(one));
    all
}

/// Payloads that end early, which no server should send, take nothing down, and nothing is heard that was not said.
pub(super) fn cut_payloads(dialect: &mut dyn Dialect, stream: &[u8]) {
    let mut out = Outgoing::default();
    let whole = frames::whole(stream, |_, payload| {
        let all = hears(dialect, payload);
        for cut in 0..payload.len() {
            let some = hears(dialect, &payload[..cut]);
            assert!(all.starts_with(&some), "cut before byte {cut}: {some:?}");
            let _ = dialect.join(SEAT, Some(&payload[..cut]), &mut out);
        }
        Ok(())
    });
    assert_eq!(whole.unwrap(), stream.len());
}

/// What was written, without its masks.
pub(super) fn said(out: &Outgoing) -> Vec<(u8, Vec<u8>)> {
    let mut all = Vec::new();
    let whole = frames::whole(out.bytes(), |head, payload| {
        let mut plain = Vec::new();
        frames::unmask(payload, head.mask.unwrap(), &mut plain);
        all.push((head.opcode, plain));
        Ok(())
    });
    assert_eq!(whole.unwrap(), out.bytes().len());
    all
}

/// Comes in and hears as a connection does.
fn listen(dialect: &mut dyn Dialect, pieces: &[&[u8]]) -> Vec<Heard> {
    let (mut all, mut kept, mut out) = (Vec::new(), Vec::new(), Outgoing::default());
    let mut is_in = dialect.join(SEAT, None, &mut out).unwrap() != Joining::Waits;
    for piece in pieces {
        kept.extend_from_slice(piece);
        let used = frames::whole(&kept, |_, payload| {
            if is_in {
                dialect.hear(SEAT, payload, &mut out, &mut |one| all.push(one));
            } else {
                is_in = dialect.join(SEAT, Some(payload), &mut out)? != Joining::Waits;
            }
            Ok(())
        });
        kept.drain(..used.unwrap());
    }
    assert!(kept.is_empty());
    all
}
