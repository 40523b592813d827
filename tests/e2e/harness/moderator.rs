//! A moderator at the admin socket: lines as they are, results as JSON.

#![expect(clippy::indexing_slicing, reason = "a test fails by panicking")]

use super::PATIENCE;
use serde_json::{Value, json};
use std::path::Path;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::UnixStream;
use tokio::net::unix::{OwnedReadHalf, OwnedWriteHalf};
use tokio::time::timeout;

/// A connection to the admin socket.
pub(crate) struct Moderator {
    reader: Reader,
    writer: Writer,
    next_id: u64,
}

/// What the server says.
pub(crate) struct Reader(BufReader<OwnedReadHalf>);

/// What the moderator says.
pub(crate) struct Writer(OwnedWriteHalf);

impl Writer {
    pub(crate) async fn says_raw(&mut self, line: &str) {
        self.0.write_all(line.as_bytes()).await.unwrap();
    }
}

impl Reader {
    /// The next line; `None` once the server has closed.
    pub(crate) async fn next_line(&mut self) -> Option<Value> {
        let mut line = String::new();
        let read = timeout(PATIENCE, self.0.read_line(&mut line)).await.expect("a line in time").unwrap();
        (read > 0).then(|| serde_json::from_str(&line).unwrap())
    }
}

impl Moderator {
    pub(crate) async fn connect(socket: &Path) -> Self {
        let (reader, writer) = UnixStream::connect(socket).await.unwrap().into_split();
        Self { reader: Reader(BufReader::new(reader)), writer: Writer(writer), next_id: 1 }
    }

    pub(crate) async fn says_raw(&mut self, line: &str) {
        self.writer.says_raw(line).await;
    }

    pub(crate) async fn next_line(&mut self) -> Option<Value> {
        self.reader.next_line().await
    }

    /// Both directions, to be used at the same time.
    pub(crate) fn split(&mut self) -> (&mut Reader, &mut Writer) {
        (&mut self.reader, &mut self.writer)
    }

    pub(crate) async fn begins(&mut self, method: &str, params: &Value) {
        let id = self.next_id;
        self.next_id += 1;
        let line = json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params });
        self.says_raw(&format!("{line}\n")).await;
    }

    /// The result of a command, or the name of the code that it was refused with.
    pub(crate) async fn calls(&mut self, method: &str, params: Value) -> Result<Value, String> {
        self.begins(method, &params).await;
        let reply = self.next_line().await.expect("an answer");
        match reply.get("error") {
            Some(error) => Err(error["message"].as_str().unwrap().to_owned()),
            None => Ok(reply["result"].clone()),
        }
    }

    /// Does something in the plaza.
    pub(crate) async fn in_plaza(&mut self, method: &str, mut more: Value) -> Result<Value, String> {
        more["programme"] = json!("anyang-2022");
        more["room"] = json!("plaza");
        self.calls(method, more).await
    }
}
