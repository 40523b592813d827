//! The admin socket: JSON-RPC 2.0 lines over a Unix socket that only its owner may open.

use crate::server::ReadProgramme;
use crate::service::Service;
use kkanbu_model::{Programme, ProgrammeId};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use std::collections::BTreeMap;
use std::fs::Permissions;
use std::io;
use std::os::unix::fs::{FileTypeExt, PermissionsExt};
use std::os::unix::net::UnixStream as StdUnixStream;
use std::path::Path;
use std::sync::Arc;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{UnixListener, UnixStream};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// Most bytes of one line.
const LINE_BYTES_MAX: u64 = 1_048_576;

/// Connections at once.
const CONNECTIONS_MAX: usize = 16;

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

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Call<'a> {
    jsonrpc: String,
    id: u64,
    method: String,
    #[serde(borrow)]
    params: Option<&'a RawValue>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Create {
    /// The programme file's text.
    definition: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Named {
    programme: String,
}

#[derive(Serialize)]
struct Created {
    programme: String,
    url: String,
    /// Join links by role.
    links: BTreeMap<String, String>,
}

#[derive(Serialize)]
struct Done {}

#[derive(Serialize)]
struct Reply<T> {
    jsonrpc: &'static str,
    id: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    result: Option<T>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<Failure>,
}

#[derive(Serialize)]
struct Failure {
    code: i32,
    message: &'static str,
    data: Detail,
}

#[derive(Serialize)]
struct Detail {
    detail: Vec<String>,
}

fn failure(code: i32, message: &'static str, detail: Vec<String>) -> Failure {
    Failure { code, message, data: Detail { detail } }
}

/// What the admin socket stands on.
pub(crate) struct Admin {
    pub(crate) service: Arc<Service>,
    pub(crate) origin: Arc<str>,
    pub(crate) read_programme: ReadProgramme,
}

impl Admin {
    /// Serves until `stop`.
    pub(crate) async fn serve(self: Arc<Self>, listener: UnixListener, stop: CancellationToken, tasks: TaskTracker) {
        let connections = Arc::new(tokio::sync::Semaphore::new(CONNECTIONS_MAX));
        loop {
            let accepted = tokio::select! {
                () = stop.cancelled() => return,
                accepted = listener.accept() => accepted,
            };
            let Ok((stream, _)) = accepted else {
                tokio::time::sleep(std::time::Duration::from_millis(100)).await;
                continue;
            };
            let Ok(permit) = connections.clone().try_acquire_owned() else { continue };
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

    async fn lines(&self, stream: UnixStream) -> io::Result<()> {
        let (reader, mut writer) = stream.into_split();
        let mut reader = BufReader::new(reader);
        loop {
            let mut line = Vec::new();
            let read = (&mut reader).take(LINE_BYTES_MAX).read_until(b'\n', &mut line).await?;
            if read == 0 {
                return Ok(());
            }
            if line.last() != Some(&b'\n') && read as u64 == LINE_BYTES_MAX {
                let too_long = failure(-32600, "invalid_request", vec!["the line is too long".into()]);
                writer.write_all(&encode::<()>(None, Err(too_long))).await?;
                return Ok(());
            }
            let reply = self.line(&line).await;
            writer.write_all(&reply).await?;
        }
    }

    async fn line(&self, line: &[u8]) -> Vec<u8> {
        let call: Call<'_> = match serde_json::from_slice(line) {
            Ok(call) => call,
            Err(error) => {
                let code = if error.is_data() { (-32600, "invalid_request") } else { (-32700, "malformed_json") };
                return encode::<()>(None, Err(failure(code.0, code.1, vec![error.to_string()])));
            }
        };
        if call.jsonrpc != "2.0" {
            let wrong = failure(-32600, "invalid_request", vec!["jsonrpc must be \"2.0\"".into()]);
            return encode::<()>(Some(call.id), Err(wrong));
        }
        let params = call.params.map_or("{}", RawValue::get);
        let id = Some(call.id);
        match call.method.as_str() {
            "programme.create" => encode(id, self.create(params).await),
            "programme.destroy" => encode(id, self.destroy(params).await),
            _ => encode::<()>(id, Err(failure(-32601, "unknown_method", vec![call.method]))),
        }
    }

    async fn create(&self, params: &str) -> Result<Created, Failure> {
        let params: Create = typed(params)?;
        let programme =
            (self.read_programme)(&params.definition).map_err(|errors| failure(3600, "invalid_programme", errors))?;
        let programme = self
            .service
            .programmes
            .create(programme)
            .await
            .map_err(|error| failure(3601, "programme_failed", vec![error.to_string()]))?;
        self.created(&programme)
    }

    fn created(&self, programme: &Programme) -> Result<Created, Failure> {
        let links = self.service.programmes.join_links(programme, &self.origin);
        let links = links.map_err(|error| failure(3601, "programme_failed", vec![error.to_string()]))?;
        Ok(Created { programme: programme.id.to_string(), url: self.origin.to_string(), links })
    }

    async fn destroy(&self, params: &str) -> Result<Done, Failure> {
        let params: Named = typed(params)?;
        let unknown = || failure(3602, "unknown_programme", vec![params.programme.clone()]);
        let id = ProgrammeId::new(params.programme.as_str()).map_err(|_| unknown())?;
        self.service.programmes.get(&id).ok_or_else(unknown)?;
        self.service
            .end_programme(&id)
            .await
            .map_err(|error| failure(3601, "programme_failed", vec![error.to_string()]))?;
        Ok(Done {})
    }
}

fn typed<'a, T: Deserialize<'a>>(params: &'a str) -> Result<T, Failure> {
    serde_json::from_str(params).map_err(|error| failure(-32602, "invalid_params", vec![error.to_string()]))
}

fn encode<T: Serialize>(id: Option<u64>, result: Result<T, Failure>) -> Vec<u8> {
    let (result, error) = match result {
        Ok(result) => (Some(result), None),
        Err(error) => (None, Some(error)),
    };
    let mut line = serde_json::to_vec(&Reply { jsonrpc: "2.0", id, result, error }).unwrap_or_default();
    line.push(b'\n');
    line
}
