//! The admin socket's client: looks after programmes, moderates rooms, reads the audit log.
//!
//! The socket belongs to the user that runs the server, and opening it is all the permission there is. One [`AdminClient`] is one
//! connection. It asks one command at a time, or several at once with [`AdminClient::ask_all`]. After an answer that was late, lost or
//! unreadable the connection is given up and the next command opens another: whatever an old one still says is heard by nobody.
//!
//! Nothing is repeated by itself. An act that carries a `key` can be asked for again with the same key when its answer was lost: it is
//! the same act, done once.

mod calls;
mod connection;
mod error;

pub use error::AdminClientError;
pub use kkanbu_wire::admin::{
    AdminCode, AdminCommand, AdminError, Audit, AuditEntry, AuditHead, AuditList, CreateProgramme, Done, InProgramme,
    MemberDone, ModeratedPost, ModeratedPosts, ModeratedRoom, ModeratedRooms, MuteMember, NodeStatus, NoticeRoom,
    OnMember, OnPost, OnRoom, PostsOnly, ProgrammeCreated, ProgrammeItem, ProgrammeLinks, Programmes, RoomPosts,
    SlowRoom,
};

use connection::Connection;
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;
use std::path::{Path, PathBuf};
use std::time::Duration;
use tokio::time::timeout;

/// How long an answer may take where nothing else is said.
const DEADLINE: Duration = Duration::from_secs(30);

/// One connection to the admin socket of a server on this machine.
#[derive(Debug)]
pub struct AdminClient {
    socket: PathBuf,
    deadline: Duration,
    /// None after something went wrong on it: the next command opens another.
    connection: Option<Connection>,
}

impl AdminClient {
    /// Opens the socket at `path`. Fails where nobody listens there, or this user may not open it.
    pub async fn connect(path: impl AsRef<Path>) -> Result<Self, AdminClientError> {
        let socket = path.as_ref().to_owned();
        let connection = Some(Connection::open(&socket).await?);
        Ok(Self { socket, deadline: DEADLINE, connection })
    }

    /// Waits no longer than this for the answers to what is asked at once, instead of 30 seconds.
    #[must_use]
    pub const fn with_deadline(mut self, deadline: Duration) -> Self {
        self.deadline = deadline;
        self
    }

    /// Asks for one command. Fails where it was refused, or is not known to have been done.
    pub async fn ask<T: DeserializeOwned>(&mut self, command: &AdminCommand) -> Result<T, AdminClientError> {
        let result = self.ask_raw(command).await?;
        serde_json::from_str(result.get()).map_err(|error| AdminClientError::Unreadable(error.to_string()))
    }

    /// As [`AdminClient::ask`], with the result as the server wrote it: a later server's may hold more than this version knows.
    pub async fn ask_raw(&mut self, command: &AdminCommand) -> Result<Box<RawValue>, AdminClientError> {
        let mut answers = self.ask_all(std::slice::from_ref(command)).await?.into_iter();
        let answer = answers.next().ok_or(AdminClientError::Closed)?;
        answer.map_err(AdminClientError::Refused)
    }

    /// Asks for several commands without waiting in between; gives what became of each, in their order. The server does them in that
    /// order, also where one before was refused. Fails where not all of the answers came: any of them may have been done then.
    pub async fn ask_all(
        &mut self,
        commands: &[AdminCommand],
    ) -> Result<Vec<Result<Box<RawValue>, AdminError>>, AdminClientError> {
        let (deadline, connection) = (self.deadline, self.connection.take());
        let asking = async {
            let kept = match connection {
                Some(connection) => connection.if_alive().await,
                None => None,
            };
            let mut connection = match kept {
                Some(connection) => connection,
                None => Connection::open(&self.socket).await?,
            };
            let answers = connection.exchange(commands).await?;
            Ok((connection, answers))
        };
        let (connection, answers) =
            timeout(deadline, asking).await.map_err(|_| AdminClientError::Deadline(deadline))??;
        self.connection = Some(connection);
        Ok(answers)
    }
}
