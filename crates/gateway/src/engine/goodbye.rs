//! The end of a connection: the last reply, the close frame, and a moment for the client's. It waits, so it is a task, for as long as it
//! takes and no longer than the limit.

use super::connection::Pending;
use crate::close::CloseReason;
use crate::codec::Codec;
use crate::outbox::Outbox;
use crate::session::{Step, Stepped};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::timeout;

/// What is left of a connection that ends.
pub(super) struct Goodbye<S, D> {
    pub(super) socket: S,
    pub(super) codec: Codec,
    pub(super) outbox: Outbox,
    pub(super) session: D,
    pub(super) pending: Option<Pending>,
    /// Given back when all is over.
    pub(super) permit: Option<OwnedSemaphorePermit>,
    pub(super) reason: CloseReason,
}

impl<S: AsyncRead + AsyncWrite + Unpin, D: Stepped> Goodbye<S, D> {
    /// Takes leave.
    pub(super) async fn say(mut self) -> CloseReason {
        if self.reason != CloseReason::SocketLost {
            self.finish_pending().await;
            self.part().await;
        }
        self.session.end();
        drop(self.permit);
        self.reason
    }

    /// On draining, the command in hand still gets its reply.
    async fn finish_pending(&mut self) {
        let (CloseReason::Draining(_), Some(pending)) = (self.reason, self.pending.take()) else { return };
        if let Ok(outcome) = timeout(self.session.limits().close, pending).await {
            for step in self.session.on_outcome(outcome) {
                // Closing is under way already, and nothing else is begun.
                if let Step::Send(frame) = step {
                    self.outbox.push(&frame);
                }
            }
        }
    }

    /// Flushes what waits, sends the close frame, and waits a moment for the client's, so that its reply does not meet a closed
    /// socket and throw the last bytes away.
    async fn part(&mut self) {
        self.codec.close(self.reason, &mut self.outbox);
        let parted = async {
            self.socket.write_all(self.outbox.waiting()).await?;
            self.socket.shutdown().await?;
            let mut rest = [0; 1_024];
            while self.socket.read(&mut rest).await? > 0 {}
            Ok::<(), std::io::Error>(())
        };
        // Whether the client took it or not, the socket is dropped now.
        let _ = timeout(self.session.limits().close, parted).await;
    }
}
