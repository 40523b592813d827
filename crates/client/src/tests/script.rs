//! A server that does what a test tells it, one connection at a time.

use crate::{Client, Event, Events, FrameTap, JoinLink, Options, Seed};
use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::handshake::server::{ErrorResponse, Request, Response};
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::tungstenite::{Bytes, Message};
use tokio_tungstenite::{WebSocketStream, accept_hdr_async};

/// Longest that any step of a test may take.
pub(super) const STEP: Duration = Duration::from_secs(10);

pub(super) struct Server {
    pub(super) listener: TcpListener,
    pub(super) origin: String,
}

impl Server {
    pub(super) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let origin = format!("http://{}", listener.local_addr().unwrap());
        Self { listener, origin }
    }

    pub(super) fn options(&self) -> Options {
        let link: JoinLink = format!("{}/#/join/p-1/code", self.origin).parse().unwrap();
        Options::joining(&link, Seed::from_bytes([1; 16]))
    }

    pub(super) async fn accept(&self) -> Peer<TcpStream> {
        let (stream, _) = timeout(STEP, self.listener.accept()).await.expect("a connection").unwrap();
        Peer::upgrade(stream).await
    }

    /// A connection up to the welcome.
    pub(super) async fn welcome(&self) -> Peer<TcpStream> {
        let mut peer = self.accept().await;
        peer.welcome(&self.origin).await;
        peer
    }

    /// A session that is connected, with the server's side of it.
    pub(super) async fn session(&self) -> (Client, Events, Peer<TcpStream>) {
        self.session_with(self.options()).await
    }

    pub(super) async fn session_with(&self, options: Options) -> (Client, Events, Peer<TcpStream>) {
        let (connected, peer) = tokio::join!(Client::connect(options), self.welcome());
        let (client, events) = connected.unwrap();
        (client, events, peer)
    }

    /// A session that has joined `plaza` at this offset of epoch `e1`.
    pub(super) async fn joined(&self, offset: u64) -> (Client, Events, Peer<TcpStream>) {
        let (client, events, mut peer) = self.session().await;
        let (joined, ()) = tokio::join!(client.join("plaza"), peer.answer("join", joined(E1, offset)));
        assert_eq!(joined.unwrap().position.offset, offset);
        (client, events, peer)
    }
}

pub(super) const E1: &str = "00000000000000e1";
pub(super) const E2: &str = "00000000000000e2";

/// The result of `join` or of a `resume` that recovered.
pub(super) fn joined(epoch: &str, offset: u64) -> Value {
    json!({"room": "plaza", "handle": "용감한 고라니", "position": {"epoch": epoch, "offset": offset}, "size": "1-9",
           "frozen": false, "slow_seconds": 0, "phase": "open", "recovered": true})
}

/// The server's side of one connection.
pub(super) struct Peer<S> {
    socket: WebSocketStream<S>,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Peer<S> {
    pub(super) async fn upgrade(stream: S) -> Self {
        #[expect(clippy::result_large_err, clippy::unnecessary_wraps, reason = "tungstenite's callback is shaped so")]
        fn choose(request: &Request, mut response: Response) -> Result<Response, ErrorResponse> {
            let name = "sec-websocket-protocol";
            assert_eq!(request.headers()[name], "kkanbu.v1");
            response.headers_mut().insert(name, "kkanbu.v1".parse().unwrap());
            Ok(response)
        }
        Self { socket: accept_hdr_async(stream, choose).await.unwrap() }
    }

    pub(super) async fn welcome(&mut self, origin: &str) {
        self.answer("challenge", challenge(origin)).await;
        self.answer("authenticate", welcome()).await;
    }

    /// The next command: its id, method and parameters.
    pub(super) async fn command(&mut self) -> (u64, String, Value) {
        loop {
            match timeout(STEP, self.socket.next()).await.expect("a command").expect("a frame").unwrap() {
                Message::Text(text) => {
                    let frame: Value = serde_json::from_str(&text).unwrap();
                    let method = frame["method"].as_str().unwrap().to_owned();
                    return (frame["id"].as_u64().unwrap(), method, frame["params"].clone());
                }
                Message::Ping(_) | Message::Pong(_) => (),
                Message::Binary(_) | Message::Close(_) | Message::Frame(_) => panic!("no command"),
            }
        }
    }

    /// The next command, which is this one.
    pub(super) async fn expect(&mut self, method: &str) -> (u64, Value) {
        let (id, got, params) = self.command().await;
        assert_eq!(got, method, "{params}");
        (id, params)
    }

    /// Answers the next command, which is this one.
    pub(super) async fn answer(&mut self, method: &str, result: Value) {
        let (id, _) = self.expect(method).await;
        self.reply(id, result).await;
    }

    pub(super) async fn reply(&mut self, id: u64, result: Value) {
        self.send(&json!({"jsonrpc": "2.0", "id": id, "result": result})).await;
    }

    pub(super) async fn reject(&mut self, id: u64, code: i32, name: &str, data: Value) {
        self.send(&json!({"jsonrpc": "2.0", "id": id, "error": {"code": code, "message": name, "data": data}})).await;
    }

    pub(super) async fn publish(&mut self, offset: u64) {
        let params = json!({"room": "plaza", "offset": offset, "minute": 1, "kind": "post", "author": "a",
                            "body": format!("post {offset}")});
        self.push("publication", params).await;
    }

    pub(super) async fn push(&mut self, method: &str, params: Value) {
        self.send(&json!({"jsonrpc": "2.0", "method": method, "params": params})).await;
    }

    async fn send(&mut self, frame: &Value) {
        // Padded, as the contract says frames are.
        self.socket.send(Message::text(format!("{frame:<512}"))).await.unwrap();
    }

    pub(super) async fn ping(&mut self) {
        self.socket.send(Message::Ping(Bytes::new())).await.unwrap();
    }

    /// Closes with a code and waits until the other side is gone.
    pub(super) async fn close(mut self, code: u16, reason: &str) {
        let frame = CloseFrame { code: code.into(), reason: reason.to_owned().into() };
        self.socket.send(Message::Close(Some(frame))).await.unwrap();
        while let Ok(Some(Ok(_))) = timeout(STEP, self.socket.next()).await {}
    }

    /// A command that comes within a moment, where there should be none.
    pub(super) async fn silence(&mut self) -> Option<String> {
        timeout(Duration::from_millis(200), self.command()).await.ok().map(|(_, method, _)| method)
    }

    /// The code with which the client closes.
    pub(super) async fn closed_with(&mut self) -> Option<u16> {
        while let Some(Ok(message)) = timeout(STEP, self.socket.next()).await.expect("a close") {
            if let Message::Close(frame) = message {
                return frame.map(|frame| frame.code.into());
            }
        }
        None
    }
}

pub(super) fn challenge(origin: &str) -> Value {
    json!({"algorithm": "Ed25519", "server": origin, "programme": "p-1", "purpose": "session",
           "nonce": "A".repeat(43), "from_a_later_version": true})
}

pub(super) fn welcome() -> Value {
    json!({"programme": {"id": "p-1", "name": "P", "organisation": "O", "language": "ko", "retention_days": 30,
                         "purposes": [], "roles": [], "timezone": "Asia/Seoul"},
           "role": {"id": "mentee", "name": "멘티", "seats": 37, "admission": "first-come", "answers": false}, "rooms": [],
           "limits": {"frame_bytes_max": 32768, "body_graphemes_max": 2000, "body_bytes_max": 8000, "mentions_max": 10,
                      "history_posts_max": 50, "posts_per_minute": 30, "posts_burst": 10, "heartbeat_seconds": 1,
                      "rooms_max": 32},
           "reactions": ["👍"]})
}

pub(super) async fn next(events: &mut Events) -> Event {
    timeout(STEP, events.next()).await.expect("an event in time").expect("an event")
}

/// The next event is the publication with this offset.
pub(super) async fn gets(events: &mut Events, offset: u64) {
    let event = next(events).await;
    let Event::Publication(publication) = &event else { panic!("{event:?} in place of publication {offset}") };
    assert_eq!(publication.offset, offset);
}

/// The next two events are a break and a return.
pub(super) async fn comes_back(events: &mut Events) {
    let gone = next(events).await;
    assert!(matches!(gone, Event::Disconnected(_)), "{gone:?}");
    assert_eq!(next(events).await, Event::Reconnected);
}

/// Keeps every frame.
#[derive(Default)]
pub(super) struct Recorder {
    pub(super) frames: Mutex<Vec<String>>,
}

impl Recorder {
    pub(super) fn new() -> Arc<Self> {
        Arc::default()
    }

    pub(super) fn lines(&self) -> Vec<String> {
        self.frames.lock().unwrap().clone()
    }
}

impl FrameTap for Recorder {
    fn connected(&self) {
        self.frames.lock().unwrap().push("connected".into());
    }

    fn received(&self, text: &str) {
        self.frames.lock().unwrap().push(format!("< {}", text.trim_end()));
    }

    fn sent(&self, text: &str) {
        self.frames.lock().unwrap().push(format!("> {text}"));
    }
}
