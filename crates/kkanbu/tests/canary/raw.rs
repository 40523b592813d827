//! A visitor at a bare socket, who does what no client of ours would.

use crate::birds::{Canary, Kind, Nest};
use crate::doors;
use crate::site::PATIENCE;
use futures_util::{SinkExt, StreamExt};
use kkanbu_client::{JoinLink, MemberIdentity, Seed};
use kkanbu_wire::{Challenge, Challenged, Command, FromServer, SUBPROTOCOL, decode_from_server, encode_command};
use std::net::{Ipv4Addr, SocketAddr};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::ClientRequestBuilder;
use tokio_tungstenite::{WebSocketStream, client_async};

pub(crate) struct Raw {
    socket: WebSocketStream<TcpStream>,
    nest: Nest,
}

impl Raw {
    /// Comes to a door and opens a WebSocket.
    pub(crate) async fn at(door: SocketAddr, link: &JoinLink, nest: &Nest) -> Self {
        let uri = link.origin.socket_url().parse().unwrap();
        let request = ClientRequestBuilder::new(uri).with_sub_protocol(SUBPROTOCOL);
        let stream = TcpStream::connect(door).await.unwrap();
        let (socket, _) = client_async(request, stream).await.unwrap();
        Self { socket, nest: nest.clone() }
    }

    /// Sends anything. A server that has closed already is no failure.
    pub(crate) async fn sends(&mut self, message: Message) {
        let _ = self.socket.send(message).await;
    }

    /// The next text; `None` once the session is over.
    pub(crate) async fn hears(&mut self) -> Option<String> {
        loop {
            match timeout(PATIENCE, self.socket.next()).await.unwrap() {
                Some(Ok(Message::Text(text))) => {
                    self.nest.hears(&text);
                    return Some(text.to_string());
                }
                Some(Ok(Message::Close(_)) | Err(_)) | None => return None,
                Some(Ok(_)) => {}
            }
        }
    }

    /// Says something and hears what comes of it.
    pub(crate) async fn says(&mut self, text: &str) -> Option<String> {
        self.nest.hears(text);
        self.sends(Message::text(text)).await;
        self.hears().await
    }

    /// Takes a challenge and signs it.
    pub(crate) async fn signs(&mut self, link: &JoinLink, seed: &Seed) -> kkanbu_wire::Authenticate {
        let challenge = Command::Challenge(Challenge { programme: link.programme.to_string() });
        let reply = self.says(&encode_command(1, &challenge)).await.unwrap();
        let FromServer::Result { result, .. } = decode_from_server(&reply).unwrap() else {
            panic!("no challenge: {reply}")
        };
        let challenged: Challenged = serde_json::from_str(result.get()).unwrap();
        let identity = MemberIdentity::derive(seed, &link.programme).unwrap();
        identity.answer(&challenged, &link.origin, Some(&link.code)).unwrap()
    }

    /// Comes in as a new member.
    pub(crate) async fn enters(&mut self, link: &JoinLink) {
        let seed = Seed::random();
        self.nest.add(Canary::bytes(Kind::Secret, "a seed", seed.expose_secret()));
        let answer = self.signs(link, &seed).await;
        let welcome = self.says(&encode_command(2, &Command::Authenticate(answer))).await.unwrap();
        assert!(welcome.contains("\"result\""), "{welcome}");
    }
}

/// Sends bytes that need not be HTTP and hears the whole answer.
pub(crate) async fn sends_bytes(from: Ipv4Addr, to: SocketAddr, bytes: &[u8]) -> Vec<u8> {
    let mut stream = doors::dial(from, to).await.unwrap();
    stream.write_all(bytes).await.unwrap();
    stream.shutdown().await.unwrap();
    let mut answer = Vec::new();
    // A connection that is reset has said all that it will.
    let _ = timeout(PATIENCE, stream.read_to_end(&mut answer)).await.unwrap();
    answer
}
