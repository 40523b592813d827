//! Frames that follow a cursor, gathered for one write. Many cursors of a room stand at the same place: what was gathered for one
//! connection serves all of them.

use crate::feed::FeedId;
use bytes::Bytes;
use kkanbu_model::Offset;

/// Most bytes that are gathered for one write.
const CHUNK_BYTES_MAX: usize = 65_536;

/// Frames of one room, in order, without holes.
#[derive(Debug, Default)]
pub(crate) struct Chunk {
    /// Which room's, and after which offset.
    from: Option<(FeedId, Offset)>,
    /// The only frame, where there is one: it needs no copy.
    only: Bytes,
    /// All frames, where there are several.
    joined: Vec<u8>,
    /// Where each frame ends.
    ends: Vec<usize>,
}

impl Chunk {
    /// Empties it, for the frames of `feed` after `cursor`.
    pub(crate) fn begin(&mut self, feed: FeedId, cursor: Offset) {
        self.from = Some((feed, cursor));
        self.ends.clear();
        self.joined.clear();
    }

    /// Appends a frame, where there is room. The first one always fits.
    pub(crate) fn push(&mut self, frame: &Bytes) -> bool {
        let length = self.len();
        if self.ends.is_empty() {
            self.only = frame.clone();
        } else if length + frame.len() > CHUNK_BYTES_MAX {
            return false;
        } else {
            if self.ends.len() == 1 {
                self.joined.extend_from_slice(&self.only);
            }
            self.joined.extend_from_slice(frame);
        }
        self.ends.push(length + frame.len());
        true
    }

    /// Whether it holds what follows this cursor.
    pub(super) fn follows(&self, feed: FeedId, cursor: Offset) -> bool {
        self.from == Some((feed, cursor)) && !self.is_empty()
    }

    /// Forgets what is in it.
    pub(super) fn clear(&mut self) {
        self.from = None;
        self.ends.clear();
    }

    pub(super) const fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    fn len(&self) -> usize {
        self.ends.last().copied().unwrap_or_default()
    }

    pub(super) fn bytes(&self) -> &[u8] {
        match self.ends.len() {
            0 => &[],
            1 => &self.only,
            _ => &self.joined,
        }
    }

    /// Where the room's cursor stands once these bytes are on their way, and what is still missing of the frame that they end in.
    pub(super) fn after(&self, written: usize) -> Option<(FeedId, Offset, &[u8])> {
        let (feed, cursor) = self.from?;
        let whole_before = self.ends.partition_point(|end| *end < written);
        let (frames, end) = match self.ends.get(whole_before) {
            Some(end) if written > 0 => (whole_before + 1, *end),
            Some(_) | None => (0, 0),
        };
        let cursor = Offset::new(cursor.get() + frames as u64);
        Some((feed, cursor, self.bytes().get(written..end).unwrap_or_default()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chunk(frames: &[&'static str]) -> Chunk {
        let mut chunk = Chunk::default();
        chunk.begin(FeedId::first(), Offset::new(7));
        for frame in frames {
            assert!(chunk.push(&Bytes::from_static(frame.as_bytes())));
        }
        chunk
    }

    #[test]
    fn a_write_that_ends_within_a_frame_owes_the_rest_of_that_frame_alone() {
        let chunk = chunk(&["one", "three", "x"]);
        assert_eq!(chunk.bytes(), b"onethreex");
        let after = |written| chunk.after(written).map(|(_, cursor, rest)| (cursor.get(), rest)).unwrap();
        assert_eq!(after(0), (7, &b""[..]));
        assert_eq!(after(2), (8, &b"e"[..]));
        assert_eq!(after(3), (8, &b""[..]));
        assert_eq!(after(4), (9, &b"hree"[..]));
        assert_eq!(after(9), (10, &b""[..]));
    }

    #[test]
    fn one_frame_is_sent_as_it_is() {
        let chunk = chunk(&["alone"]);
        assert_eq!((chunk.bytes(), chunk.joined.len()), (&b"alone"[..], 0));
    }

    #[test]
    fn a_chunk_takes_no_more_than_a_write_should_but_always_one_frame() {
        let mut chunk = Chunk::default();
        chunk.begin(FeedId::first(), Offset::ZERO);
        assert!(chunk.push(&Bytes::from(vec![0; 2 * CHUNK_BYTES_MAX])));
        assert!(!chunk.push(&Bytes::from_static(b"x")));
    }

    #[test]
    fn what_was_gathered_for_one_place_is_not_taken_for_another() {
        let mut chunk = chunk(&["one"]);
        assert!(chunk.follows(FeedId::first(), Offset::new(7)));
        assert!(!chunk.follows(FeedId::first(), Offset::new(8)));
        chunk.clear();
        assert!(!chunk.follows(FeedId::first(), Offset::new(7)));
    }
}
