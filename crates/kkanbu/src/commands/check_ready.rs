//! `check-ready`: asks the operators' port of a running server, as a container's health check does, where there is no other program.

use crate::output;
use anyhow::{Context, Result, bail};
use std::net::SocketAddr;
use std::process::ExitCode;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// The server itself gives each of its parts two seconds.
const PATIENCE: Duration = Duration::from_secs(5);

/// More is no answer of ours.
const ANSWER_BYTES_MAX: u64 = 16_384;

/// Succeeds where the server answers that it is ready.
pub(super) async fn run(ops: SocketAddr) -> Result<ExitCode> {
    let asked = tokio::time::timeout(PATIENCE, ask(ops)).await;
    let answer = asked.with_context(|| format!("{ops} does not answer"))?.with_context(|| format!("{ops}"))?;
    let (ready, said) = judged(&answer);
    if !ready {
        bail!("not ready: {said}");
    }
    output::say(said);
    Ok(ExitCode::SUCCESS)
}

async fn ask(ops: SocketAddr) -> std::io::Result<String> {
    let mut stream = TcpStream::connect(ops).await?;
    let request = format!("GET /readyz HTTP/1.1\r\nhost: {ops}\r\nconnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await?;
    let mut answer = Vec::new();
    stream.take(ANSWER_BYTES_MAX).read_to_end(&mut answer).await?;
    Ok(String::from_utf8_lossy(&answer).into_owned())
}

/// Whether an HTTP answer says yes, and what it says.
fn judged(answer: &str) -> (bool, &str) {
    let (head, body) = answer.split_once("\r\n\r\n").unwrap_or((answer, ""));
    let status = head.lines().next().unwrap_or_default();
    let ready = status.starts_with("HTTP/1.") && status.split(' ').nth(1) == Some("200");
    (ready, if body.is_empty() { status } else { body.trim_end() })
}

#[cfg(test)]
mod tests {
    use super::judged;

    #[test]
    fn only_an_answer_of_200_is_ready() {
        assert_eq!(judged("HTTP/1.1 200 OK\r\na: b\r\n\r\n{\"ready\":true}\n"), (true, "{\"ready\":true}"));
        assert_eq!(judged("HTTP/1.1 503 Service Unavailable\r\n\r\n{}"), (false, "{}"));
        assert_eq!(judged("HTTP/1.1 503 200\r\n\r\n"), (false, "HTTP/1.1 503 200"));
        assert_eq!(judged("SSH-2.0 200 x"), (false, "SSH-2.0 200 x"));
        assert_eq!(judged(""), (false, ""));
    }
}
