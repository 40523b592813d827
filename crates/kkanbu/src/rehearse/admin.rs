//! A shadow programme on a live server, made and destroyed through the admin socket.

use super::definition::Definition;
use anyhow::{Context, bail};
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::UnixStream;
use tokio::time::timeout;

/// How long the admin socket may take to answer.
const ANSWER: Duration = Duration::from_secs(30);

#[derive(Deserialize)]
struct Created {
    links: BTreeMap<String, String>,
}

#[derive(Deserialize)]
struct Reply {
    result: Option<Value>,
    error: Option<Value>,
}

/// A programme beside the real ones, for nothing but the rehearsal.
#[derive(Debug)]
pub(super) struct Shadow {
    socket: PathBuf,
    id: String,
    /// Whether it was asked for, and so may be there.
    asked_for: bool,
}

impl Shadow {
    pub(super) fn new(socket: &Path) -> Self {
        let id = format!("rehearsal-{:08x}", rand::random::<u32>());
        Self { socket: socket.to_owned(), id, asked_for: false }
    }

    /// Makes it after this definition. Gives each role's join link.
    pub(super) async fn create(&mut self, definition: &Definition) -> anyhow::Result<BTreeMap<String, String>> {
        let text = definition.text_as(&self.id)?;
        self.asked_for = true;
        let created = call(&self.socket, "programme.create", json!({"definition": text})).await;
        if created.is_err() {
            // Refused, so there is nothing to destroy; unless only the answer was lost.
            self.asked_for = created.as_ref().err().is_some_and(|error| !error.is::<Refused>());
        }
        let created: Created = serde_json::from_value(created?)?;
        Ok(created.links)
    }

    /// Destroys it and everything in it.
    pub(super) async fn destroy(self) -> anyhow::Result<()> {
        if self.asked_for {
            let destroyed = call(&self.socket, "programme.end", json!({"programme": self.id})).await;
            destroyed.with_context(|| format!("the shadow programme {} may still be there", self.id))?;
        }
        Ok(())
    }
}

/// The admin socket said no.
#[derive(Debug, thiserror::Error)]
#[error("the admin socket refused {method}: {error}")]
struct Refused {
    method: &'static str,
    error: Value,
}

async fn call(socket: &Path, method: &'static str, params: Value) -> anyhow::Result<Value> {
    let asking = async {
        let mut stream = UnixStream::connect(socket).await?;
        let call = json!({"jsonrpc": "2.0", "id": 1, "method": method, "params": params});
        stream.write_all(format!("{call}\n").as_bytes()).await?;
        let mut line = String::new();
        BufReader::new(stream).read_line(&mut line).await?;
        Ok::<_, std::io::Error>(line)
    };
    let line = timeout(ANSWER, asking).await.context("the admin socket did not answer")?;
    let line = line.with_context(|| format!("the admin socket {} can't be used", socket.display()))?;
    let reply: Reply = serde_json::from_str(&line).context("the admin socket's answer can't be read")?;
    match reply {
        Reply { error: Some(error), .. } => Err(Refused { method, error }.into()),
        Reply { result: Some(result), error: None } => Ok(result),
        Reply { result: None, error: None } => bail!("the admin socket's answer to {method} is empty"),
    }
}

#[cfg(test)]
mod tests {
    use super::super::folder::Folder;
    use super::*;
    use tokio::net::UnixListener;

    #[tokio::test]
    async fn a_shadow_is_made_and_destroyed_under_its_own_id() {
        let folder = Folder::new().unwrap();
        let socket = folder.path().join("admin.sock");
        let listener = UnixListener::bind(&socket).unwrap();
        let serving = async {
            let mut calls = Vec::new();
            for result in [json!({"programme": "x", "url": "u", "links": {"mentor": "l"}}), json!({})] {
                let (stream, _) = listener.accept().await.unwrap();
                let mut stream = BufReader::new(stream);
                let mut line = String::new();
                stream.read_line(&mut line).await.unwrap();
                calls.push(serde_json::from_str::<Value>(&line).unwrap());
                let reply = json!({"jsonrpc": "2.0", "id": 1, "result": result});
                stream.write_all(format!("{reply}\n").as_bytes()).await.unwrap();
            }
            calls
        };
        let rehearsing = async {
            let mut shadow = Shadow::new(&socket);
            let id = shadow.id.clone();
            let links = shadow.create(&Definition::load(Path::new("anyang-2022")).unwrap()).await.unwrap();
            shadow.destroy().await.unwrap();
            (id, links)
        };
        let (calls, (id, links)) = tokio::join!(serving, rehearsing);
        assert_eq!(links, BTreeMap::from([("mentor".to_owned(), "l".to_owned())]));
        assert_eq!(calls[0]["method"], "programme.create");
        assert!(calls[0]["params"]["definition"].as_str().unwrap().contains(&id));
        assert_eq!(calls[1]["method"], "programme.end");
        assert_eq!(calls[1]["params"], json!({"programme": id}));
    }

    #[tokio::test]
    async fn without_a_server_the_socket_is_named() {
        let mut shadow = Shadow::new(Path::new("/nonexistent/admin.sock"));
        let error = shadow.create(&Definition::load(Path::new("anyang-2022")).unwrap()).await.unwrap_err();
        assert!(format!("{error:#}").contains("/nonexistent/admin.sock"));
    }
}
