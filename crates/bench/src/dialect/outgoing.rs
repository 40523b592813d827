//! What is to be written to a connection: frames of a client, each masked with bytes of its own, as RFC 6455 wants it.

use crate::frames;

/// Bytes on their way out.
#[derive(Debug, Default)]
pub struct Outgoing {
    bytes: Vec<u8>,
    /// Where the next mask comes from. It hides nothing here; it has only to be another one each time.
    masks: u32,
}

impl Outgoing {
    /// A text frame.
    pub fn text(&mut self, payload: &[u8]) {
        self.frame(frames::TEXT, payload);
    }

    /// A binary frame.
    pub fn binary(&mut self, payload: &[u8]) {
        self.frame(frames::BINARY, payload);
    }

    /// The answer to a ping.
    pub(crate) fn pong(&mut self, payload: &[u8]) {
        self.frame(frames::PONG, payload);
    }

    /// Bytes that are no frame: the upgrade's request.
    pub(crate) fn raw(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
    }

    /// What is to be written.
    pub(crate) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// It was written.
    pub(crate) fn clear(&mut self) {
        self.bytes.clear();
    }

    fn frame(&mut self, opcode: u8, payload: &[u8]) {
        // A linear congruence runs through all masks before one comes again.
        self.masks = self.masks.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        frames::write_masked(opcode, payload, self.masks.to_be_bytes(), &mut self.bytes);
    }
}
