//! Bytes on their way to one socket. One writer: whoever owns the connection.

use bytes::{Buf, BytesMut};

/// Bytes from which on nothing more is asked for: what a client does not read it has no replies to.
pub(crate) const OUTBOX_SOFT_BYTES: usize = 8_192;

/// Bytes that wait for the socket: replies, what came with them, and the rest of a publication that the socket took a part of. Whole
/// publications wait in their room's ring.
#[derive(Debug, Default)]
pub(crate) struct Outbox {
    bytes: BytesMut,
}

impl Outbox {
    /// Appends whole frames, or the rest of one.
    pub(crate) fn push(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
    }

    /// Whether the client may ask for more.
    pub(crate) fn has_room(&self) -> bool {
        self.bytes.len() < OUTBOX_SOFT_BYTES
    }

    /// Whether nothing waits.
    pub(crate) fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    /// What waits.
    pub(crate) fn waiting(&self) -> &[u8] {
        &self.bytes
    }

    /// The socket took `count` bytes.
    pub(crate) fn taken(&mut self, count: usize) {
        self.bytes.advance(count.min(self.bytes.len()));
        // No memory is held while nothing waits.
        if self.bytes.is_empty() {
            self.bytes = BytesMut::new();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_outbox_keeps_no_memory_when_it_is_empty() {
        let mut outbox = Outbox::default();
        outbox.push(&vec![0; OUTBOX_SOFT_BYTES]);
        outbox.taken(OUTBOX_SOFT_BYTES / 2);
        assert_eq!(outbox.waiting().len(), OUTBOX_SOFT_BYTES / 2);
        outbox.taken(OUTBOX_SOFT_BYTES / 2);
        assert!(outbox.is_empty());
        assert!(!outbox.bytes.try_reclaim(1), "there is memory still");
    }
}
