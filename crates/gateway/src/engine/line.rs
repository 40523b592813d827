//! One socket without waiting: how much of something it takes now, and since when it takes nothing.

use crate::close::CloseReason;
use std::pin::Pin;
use std::task::{Context, Poll, Waker};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::Instant;

/// A socket, and what it rings when it can go on.
pub(super) struct Line<S> {
    socket: S,
    waker: Waker,
    /// It has taken bytes that it may not have sent on, as TLS does.
    unflushed: bool,
    /// It refused to take more, and has not rung since.
    is_full: bool,
    /// When it began to refuse, where it has taken nothing since.
    full_since: Option<Instant>,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Line<S> {
    pub(super) const fn new(socket: S, waker: Waker) -> Self {
        Self { socket, waker, unflushed: false, is_full: false, full_since: None }
    }

    pub(super) const fn waker(&self) -> &Waker {
        &self.waker
    }

    /// Whether it takes nothing at present. It rings when it does again.
    pub(super) const fn is_full(&self) -> bool {
        self.is_full
    }

    /// It may have rung: whether it takes more shows when it is tried.
    pub(super) const fn try_again(&mut self) {
        self.is_full = false;
    }

    /// Everything that there was to write was tried.
    pub(super) const fn tried(&mut self) {
        if !self.is_full {
            self.full_since = None;
        }
    }

    /// Since when it takes nothing.
    pub(super) const fn full_since(&self) -> Option<Instant> {
        self.full_since
    }

    /// Reads what is there; `None` where nothing is, and it rings when something comes.
    pub(super) fn read<'a>(&mut self, buffer: &'a mut [u8]) -> Result<Option<&'a [u8]>, CloseReason> {
        let mut fresh = ReadBuf::new(buffer);
        match Pin::new(&mut self.socket).poll_read(&mut Context::from_waker(&self.waker), &mut fresh) {
            Poll::Pending => Ok(None),
            Poll::Ready(Err(_)) => Err(CloseReason::SocketLost),
            Poll::Ready(Ok(())) => {
                let count = fresh.filled().len();
                Ok(Some(buffer.get(..count).unwrap_or_default()))
            }
        }
    }

    /// Writes until everything is written or the socket is full.
    pub(super) fn write(&mut self, bytes: &[u8], now: Instant) -> Result<usize, CloseReason> {
        let mut rest = bytes;
        while !rest.is_empty() {
            match Pin::new(&mut self.socket).poll_write(&mut Context::from_waker(&self.waker), rest) {
                Poll::Ready(Ok(count)) if count > 0 => {
                    rest = rest.get(count..).unwrap_or_default();
                    // What only joins bytes that are held back is not on its way.
                    if !self.unflushed {
                        self.full_since = None;
                    }
                    self.unflushed = true;
                }
                Poll::Ready(_) => return Err(CloseReason::SocketLost),
                Poll::Pending => {
                    self.is_full = true;
                    self.full_since.get_or_insert(now);
                    break;
                }
            }
        }
        Ok(bytes.len() - rest.len())
    }

    /// Has the socket send on what it took.
    pub(super) fn flush(&mut self, now: Instant) -> Result<(), CloseReason> {
        if !self.unflushed {
            return Ok(());
        }
        match Pin::new(&mut self.socket).poll_flush(&mut Context::from_waker(&self.waker)) {
            Poll::Ready(Ok(())) => {
                self.unflushed = false;
                Ok(())
            }
            Poll::Ready(Err(_)) => Err(CloseReason::SocketLost),
            Poll::Pending => {
                self.is_full = true;
                self.full_since.get_or_insert(now);
                Ok(())
            }
        }
    }

    pub(super) fn into_socket(self) -> S {
        self.socket
    }
}
