//! Bytes on their way to one socket. One writer: whoever owns the connection.

use bytes::{Buf, BytesMut};

/// Bytes from which on the outbox takes no more publications: the cursor waits instead, and its distance is the debt.
pub(crate) const OUTBOX_SOFT_BYTES: usize = 65_536;

/// Largest memory kept for reuse while nothing waits.
const KEEP_BYTES: usize = 4_096;

/// Bytes that wait for the socket.
#[derive(Debug, Default)]
pub(crate) struct Outbox {
    bytes: BytesMut,
}

impl Outbox {
    /// Appends whole frames.
    pub(crate) fn push(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
    }

    /// Whether publications may be copied in.
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
        // The capacity leaves out what was taken already; reclaiming brings that back, and allocates nothing.
        if self.bytes.is_empty() && self.bytes.try_reclaim(KEEP_BYTES + 1) {
            self.bytes = BytesMut::new();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_outbox_that_was_full_keeps_little_memory_when_it_is_empty() {
        let mut outbox = Outbox::default();
        outbox.push(&vec![0; OUTBOX_SOFT_BYTES]);
        outbox.taken(OUTBOX_SOFT_BYTES / 2);
        assert_eq!(outbox.waiting().len(), OUTBOX_SOFT_BYTES / 2);
        outbox.taken(OUTBOX_SOFT_BYTES / 2);
        assert!(outbox.is_empty());
        assert!(!outbox.bytes.try_reclaim(KEEP_BYTES + 1), "the memory is still there");
    }
}
