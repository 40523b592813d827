//! The admin socket: JSON-RPC 2.0 lines over a Unix socket that only its owner may open. What a command does is in `commands`.

mod commands;

use crate::server::ReadProgramme;
use crate::service::Service;
use kkanbu_wire::admin::{AdminCode, AdminError, AdminIncoming, LINE_BYTES_MAX, decode_command, encode_error};
use std::fs::Permissions;
use std::io;
use std::os::unix::fs::{FileTypeExt, PermissionsExt};
use std::os::unix::net::UnixStream as StdUnixStream;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::Semaphore;
use tokio::time::{Instant, timeout};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// Connections at once. Crossed: the newest is told `too_many_connections` and closed.
const CONNECTIONS_MAX: usize = 16;

/// Longest silence of a caller. Crossed: its connection closes, so that forgotten ones do not keep others out.
const IDLE_MAX: Duration = Duration::from_mins(5);

/// Time for the caller to take an answer. Crossed: its connection closes.
const WRITE_MAX: Duration = Duration::from_secs(20);

/// Wait after accepting failed, as it does when file descriptors have run out.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// Opens the socket with mode 0600. A stale one, which nobody answers on, is replaced; a live one is not.
pub(crate) fn bind(path: &Path) -> io::Result<UnixListener> {
    if let Ok(metadata) = std::fs::symlink_metadata(path) {
        if !metadata.file_type().is_socket() {
            return Err(io::Error::new(io::ErrorKind::AlreadyExists, "there is a file that is no socket"));
        }
        if StdUnixStream::connect(path).is_ok() {
            return Err(io::Error::new(io::ErrorKind::AddrInUse, "another server answers on it"));
        }
        std::fs::remove_file(path)?;
    }
    let listener = UnixListener::bind(path)?;
    std::fs::set_permissions(path, Permissions::from_mode(0o600))?;
    Ok(listener)
}

/// What the admin socket stands on.
pub(crate) struct Admin {
    pub(crate) service: Arc<Service>,
    pub(crate) origin: Arc<str>,
    pub(crate) read_programme: ReadProgramme,
    /// Begins the drain.
    pub(crate) drain: CancellationToken,
    pub(crate) started: Instant,
}

impl Admin {
    /// Serves until `stop`.
    pub(crate) async fn serve(self: Arc<Self>, listener: UnixListener, stop: CancellationToken, tasks: TaskTracker) {
        let connections = Arc::new(Semaphore::new(CONNECTIONS_MAX));
        loop {
            let accepted = tokio::select! {
                () = stop.cancelled() => return,
                accepted = listener.accept() => accepted,
            };
            let Ok((stream, _)) = accepted else {
                tokio::time::sleep(ACCEPT_PAUSE).await;
                continue;
            };
            let Ok(permit) = connections.clone().try_acquire_owned() else {
                refuse(&stream);
                continue;
            };
            let (admin, stop) = (self.clone(), stop.clone());
            tasks.spawn(async move {
                tokio::select! {
                    // A connection that breaks has lost nothing: each act was done or not when its reply was written.
                    _ = admin.lines(stream) => {}
                    () = stop.cancelled() => {}
                }
                drop(permit);
            });
        }
    }

    /// Answers one line after another: a caller that sends many at once waits in its own socket.
    async fn lines(&self, stream: UnixStream) -> io::Result<()> {
        let (reader, mut writer) = stream.into_split();
        let mut reader = BufReader::new(reader);
        let mut line = Vec::new();
        loop {
            line.clear();
            let limit = LINE_BYTES_MAX as u64;
            let read = timeout(IDLE_MAX, (&mut reader).take(limit).read_until(b'\n', &mut line)).await??;
            if read == 0 {
                return Ok(());
            }
            let whole = line.last() == Some(&b'\n');
            let reply = if whole || read < LINE_BYTES_MAX {
                self.line(&line).await
            } else {
                encode_error(None, &AdminError::new(AdminCode::LineTooLong))
            };
            timeout(WRITE_MAX, writer.write_all(&reply)).await??;
            if !whole {
                return Ok(());
            }
        }
    }

    async fn line(&self, line: &[u8]) -> Vec<u8> {
        match decode_command(line) {
            Ok(AdminIncoming { id, command }) => {
                self.perform(id, command).await.unwrap_or_else(|error| encode_error(Some(id), &error))
            }
            Err(refused) => encode_error(refused.id, &refused.error),
        }
    }
}

/// Says that there are too many already. A caller that does not listen misses nothing else.
fn refuse(stream: &UnixStream) {
    let _ = stream.try_write(&encode_error(None, &AdminError::new(AdminCode::TooManyConnections)));
}
