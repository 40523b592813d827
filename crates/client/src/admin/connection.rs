//! Lines over one Unix socket: commands go out, and each answer is found its command by the id.

use super::{AdminClientError, AdminCommand, AdminError};
use kkanbu_wire::admin::{AdminReply, LINE_BYTES_MAX, decode_reply, encode_command};
use serde_json::value::RawValue;
use std::io;
use std::path::Path;
use std::pin::pin;
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::UnixStream;
use tokio::net::unix::{OwnedReadHalf, OwnedWriteHalf};
use tokio::time::timeout;

/// Most bytes of one answer. Fifty posts of the longest kind, all of it escaped, are a quarter of this.
const ANSWER_BYTES_MAX: u64 = 16 * 1_048_576;

/// What became of one command.
pub(super) type Answer = Result<Box<RawValue>, AdminError>;

#[derive(Debug)]
pub(super) struct Connection {
    reader: BufReader<OwnedReadHalf>,
    writer: OwnedWriteHalf,
    next_id: u64,
}

impl Connection {
    pub(super) async fn open(socket: &Path) -> Result<Self, AdminClientError> {
        let stream = UnixStream::connect(socket).await.map_err(|error| AdminClientError::of_opening(socket, &error))?;
        let (reader, writer) = stream.into_split();
        Ok(Self { reader: BufReader::new(reader), writer, next_id: 1 })
    }

    /// The connection, where the server has not closed it since: it does that to one on which nothing was asked for a while.
    pub(super) async fn if_alive(mut self) -> Option<Self> {
        // Nothing is due on it, so that whatever can be read is its end, or nonsense.
        let silent = timeout(Duration::ZERO, self.reader.fill_buf()).await.is_err();
        silent.then_some(self)
    }

    /// Sends the commands and reads until each has its answer.
    pub(super) async fn exchange(&mut self, commands: &[AdminCommand]) -> Result<Vec<Answer>, AdminClientError> {
        let first = self.next_id;
        let mut lines = Vec::new();
        for (id, command) in (first..).zip(commands) {
            let line = encode_command(id, command);
            if line.len() > LINE_BYTES_MAX {
                return Err(AdminClientError::TooLong { bytes: line.len(), max: LINE_BYTES_MAX });
            }
            lines.extend(line);
            self.next_id = id + 1;
        }
        let mut answers: Vec<Option<Answer>> = vec![None; commands.len()];
        // Read while writing: a server that waits until its answers are taken would otherwise never take the rest. What it
        // said before the socket broke still counts, so that a failed write does not end the reading.
        {
            let writing = write(&mut self.writer, &lines);
            let mut reading = pin!(collect(&mut self.reader, first, &mut answers));
            tokio::select! {
                read = &mut reading => read?,
                written = writing => {
                    reading.await?;
                    written.map_err(|error| AdminClientError::of_connection(&error))?;
                }
            }
        }
        answers.into_iter().collect::<Option<Vec<Answer>>>().ok_or(AdminClientError::Closed)
    }
}

async fn write(writer: &mut OwnedWriteHalf, lines: &[u8]) -> io::Result<()> {
    writer.write_all(lines).await?;
    writer.flush().await
}

/// Reads answers until every command, the first of which had the id `first`, has one.
async fn collect(
    reader: &mut BufReader<OwnedReadHalf>,
    first: u64,
    answers: &mut [Option<Answer>],
) -> Result<(), AdminClientError> {
    while answers.iter().any(Option::is_none) {
        let line = line(reader).await?;
        let (id, answer) = match decode_reply(&line) {
            Ok(AdminReply::Result { id, result }) => (id, Ok(result)),
            Ok(AdminReply::Error { id: Some(id), error }) => (id, Err(error)),
            // Of the whole connection, as that there are too many.
            Ok(AdminReply::Error { id: None, error }) => return Err(AdminClientError::Refused(error)),
            Err(error) => return Err(AdminClientError::Unreadable(error.to_string())),
        };
        let place = id.checked_sub(first).and_then(|index| usize::try_from(index).ok());
        match place.and_then(|index| answers.get_mut(index)) {
            Some(waiting @ None) => *waiting = Some(answer),
            Some(Some(_)) | None => return Err(AdminClientError::Unreadable(format!("nobody asked for {id}"))),
        }
    }
    Ok(())
}

/// Reads one line, which must end in a line feed.
async fn line(reader: &mut BufReader<OwnedReadHalf>) -> Result<Vec<u8>, AdminClientError> {
    let mut line = Vec::new();
    let read = reader.take(ANSWER_BYTES_MAX).read_until(b'\n', &mut line).await;
    read.map_err(|error| AdminClientError::of_connection(&error))?;
    match line.last() {
        Some(b'\n') => Ok(line),
        Some(_) if line.len() as u64 == ANSWER_BYTES_MAX => {
            Err(AdminClientError::Unreadable("it is longer than any answer".to_owned()))
        }
        Some(_) | None => Err(AdminClientError::Closed),
    }
}
