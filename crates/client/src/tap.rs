//! A recorder's place on the socket: every raw text frame, before anything is read, dropped or repaired.

/// Sees every text frame of a session on the socket itself, below any de-duplication.
///
/// Frames carry keys, codes and bodies: a tap is for tests and rehearsals. Calls come from the session's task and must
/// not block.
pub trait FrameTap: Send + Sync {
    /// A new connection has been opened; what follows is on it.
    fn connected(&self) {}
    /// A text frame came.
    fn received(&self, text: &str);
    /// A text frame goes out.
    fn sent(&self, text: &str);
}
