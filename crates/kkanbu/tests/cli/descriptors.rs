//! File descriptors run out: who is in is served, who comes later waits, and the server recovers by itself.

use serde_json::Value;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

/// Few, and yet enough to start with.
const FILES: u32 = 64;

/// A demo that may open only so many files, and its port.
fn demo(folder: &Path) -> (Child, u16) {
    let binary = env!("CARGO_BIN_EXE_kkanbu");
    let script = format!("ulimit -n {FILES}; exec {binary} demo --json --port 0 --folder {}", folder.display());
    let mut command = Command::new("bash");
    let mut child = command.args(["-c", &script]).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let ready: Value = serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error}: {line}"));
    let join = ready["links"]["mentor"].as_str().unwrap();
    let port = join.trim_start_matches("http://").split(['/', ':']).nth(1).unwrap();
    (child, port.parse().unwrap())
}

fn connect(port: u16) -> TcpStream {
    let socket = TcpStream::connect(("127.0.0.1", port)).unwrap();
    socket.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
    socket
}

/// Asks, and says whether an answer begins in time.
fn is_answered(socket: &mut TcpStream, question: &[u8], begin: &[u8]) -> bool {
    let mut answer = vec![0; begin.len()];
    socket.write_all(question).unwrap();
    socket.read_exact(&mut answer).is_ok_and(|()| answer == begin)
}

const PAGE: &[u8] = b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
const UPGRADE: &[u8] = b"GET /ws HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
    Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: kkanbu.v1\r\n\r\n";
const PING: &[u8] = &[0x89, 0x80, 0, 0, 0, 0];
const PONG: &[u8] = &[0x8a, 0x00];

#[test]
fn a_server_out_of_file_descriptors_serves_who_is_in_and_recovers() {
    let folder = tempfile::tempdir().unwrap();
    let (mut server, port) = demo(folder.path());
    let mut inside = connect(port);
    assert!(is_answered(&mut inside, UPGRADE, b"HTTP/1.1 101"));
    // The rest of the answer.
    let mut tail = Vec::new();
    while !tail.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        inside.read_exact(&mut byte).unwrap();
        tail.extend(byte);
    }
    assert!(is_answered(&mut inside, PING, PONG));

    let crowd: Vec<_> = (0..FILES).map(|_| connect(port)).collect();
    let mut late = connect(port);
    late.set_read_timeout(Some(Duration::from_millis(500))).unwrap();
    assert!(!is_answered(&mut late, PAGE, b"HTTP/1.1 200"), "descriptors never ran out");
    for _ in 0..3 {
        assert!(is_answered(&mut inside, PING, PONG), "who is in is not served");
    }

    drop(crowd);
    late.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
    let mut answer = [0; 12];
    late.read_exact(&mut answer).unwrap();
    assert_eq!(&answer, b"HTTP/1.1 200", "who waited is not served now");
    assert!(is_answered(&mut connect(port), PAGE, b"HTTP/1.1 200"));
    assert!(is_answered(&mut inside, PING, PONG));
    assert!(server.try_wait().unwrap().is_none(), "the server died");
    server.kill().unwrap();
    server.wait().unwrap();
}
