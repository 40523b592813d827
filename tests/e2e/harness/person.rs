//! One member at a raw socket: every frame is seen as it came, nothing is repaired.

use super::{PATIENCE, SILENCE};
use futures_util::{SinkExt, StreamExt};
use kkanbu_client::{JoinCode, MemberIdentity, Origin, Seed, command_key};
use kkanbu_model::ProgrammeId;
use kkanbu_wire::{
    Answer, Challenge, Command, Edit, FromServer, History, HistoryPage, InRoom, Joined, PADDED_SIZES, Placed, Position,
    Post, Publication, Push, React, Redrawn, RejectCode, Rejection, Resume, Retract, RoomEnded, SUBPROTOCOL, Welcome,
    What, decode_from_server, encode_command,
};
use std::collections::VecDeque;
use std::net::SocketAddr;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::http::HeaderValue;
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::tungstenite::{self, Message};
use tokio_tungstenite::{WebSocketStream, client_async};

/// Any byte stream that a socket can run on.
pub(crate) trait Wire: AsyncRead + AsyncWrite + Unpin + Send {}
impl<T: AsyncRead + AsyncWrite + Unpin + Send> Wire for T {}

type Socket = WebSocketStream<Box<dyn Wire>>;

/// A person with a seed and one open socket.
pub(crate) struct Person {
    socket: Socket,
    origin: Origin,
    seed: [u8; 16],
    next_id: u64,
    pushes: VecDeque<Push>,
    handle: Option<String>,
}

/// Offers the subprotocol as every client must.
pub(crate) fn request(origin: &str) -> tungstenite::handshake::client::Request {
    let mut request = format!("{}/ws", origin.replacen("http", "ws", 1)).into_client_request().unwrap();
    request.headers_mut().insert("Sec-WebSocket-Protocol", HeaderValue::from_static(SUBPROTOCOL));
    request
}

impl Person {
    pub(crate) async fn connect(origin: &str, address: SocketAddr, seed: Seed) -> Self {
        let stream = TcpStream::connect(address).await.unwrap();
        Self::over(origin, Box::new(stream), seed).await
    }

    pub(crate) async fn over(origin: &str, stream: Box<dyn Wire>, seed: Seed) -> Self {
        let (socket, _) = client_async(request(origin), stream).await.unwrap();
        let seed = *seed.expose_secret();
        Self { socket, origin: origin.parse().unwrap(), seed, next_id: 1, pushes: VecDeque::new(), handle: None }
    }

    pub(crate) fn seed(&self) -> Seed {
        Seed::from_bytes(self.seed)
    }

    /// The handle that it got when it joined a room last.
    pub(crate) fn handle(&self) -> &str {
        self.handle.as_deref().unwrap()
    }

    pub(crate) fn identity(&self, programme: &str) -> MemberIdentity {
        MemberIdentity::derive(&self.seed(), &ProgrammeId::new(programme).unwrap()).unwrap()
    }

    /// Sends a text as it is.
    pub(crate) async fn says_raw(&mut self, text: &str) {
        self.socket.send(Message::text(text)).await.unwrap();
    }

    pub(crate) async fn sends(&mut self, message: Message) -> Result<(), tungstenite::Error> {
        self.socket.send(message).await
    }

    /// The next text frame; or how the session ended.
    pub(crate) async fn next_frame(&mut self) -> Result<String, Option<CloseFrame>> {
        let received = timeout(PATIENCE, async {
            loop {
                match self.socket.next().await {
                    Some(Ok(Message::Text(text))) => return Ok(text.to_string()),
                    Some(Ok(Message::Close(frame))) => return Err(frame),
                    Some(Ok(_)) => {}
                    Some(Err(_)) | None => return Err(None),
                }
            }
        });
        let received = received.await.expect("a frame in time");
        if let Ok(text) = &received {
            assert!(PADDED_SIZES.contains(&text.len()), "a frame of {} bytes is not padded", text.len());
        }
        received
    }

    /// The next reply; pushes on the way are kept.
    pub(crate) async fn next_reply(&mut self) -> (Option<u64>, Result<String, Rejection>) {
        loop {
            let text = self.next_frame().await.expect("an open session");
            match decode_from_server(&text).unwrap() {
                FromServer::Result { id, result } => return (Some(id), Ok(result.get().to_owned())),
                FromServer::Error { id, error } => return (id, Err(error)),
                FromServer::Push(push) => self.pushes.push_back(push),
            }
        }
    }

    async fn call(&mut self, command: &Command) -> Result<String, Rejection> {
        let id = self.begins(command).await;
        let (answered, result) = self.next_reply().await;
        assert_eq!(answered, Some(id));
        result
    }

    /// Sends a command and does not wait.
    pub(crate) async fn begins(&mut self, command: &Command) -> u64 {
        let id = self.next_id;
        self.next_id += 1;
        self.says_raw(&encode_command(id, command)).await;
        id
    }

    async fn asks<T: for<'a> serde::Deserialize<'a>>(&mut self, command: Command) -> Result<T, Rejection> {
        Ok(serde_json::from_str(&self.call(&command).await?).unwrap())
    }

    pub(crate) async fn previews(&mut self, programme: &str, code: &str) -> Result<kkanbu_wire::Previewed, Rejection> {
        let preview = kkanbu_wire::Preview { programme: programme.into(), code: code.into() };
        self.asks(Command::Preview(preview)).await
    }

    pub(crate) async fn challenge(&mut self, programme: &str) -> Result<kkanbu_wire::Challenged, Rejection> {
        self.asks(Command::Challenge(Challenge { programme: programme.into() })).await
    }

    pub(crate) async fn authenticate(&mut self, programme: &str, code: Option<&str>) -> Result<Welcome, Rejection> {
        let challenged = self.challenge(programme).await?;
        let code = code.map(|code| JoinCode::new(code).unwrap());
        let answer = self.identity(programme).answer(&challenged, &self.origin, code.as_ref()).unwrap();
        self.asks(Command::Authenticate(answer)).await
    }

    pub(crate) async fn authenticates_with(&mut self, answer: kkanbu_wire::Authenticate) -> Result<Welcome, Rejection> {
        self.asks(Command::Authenticate(answer)).await
    }

    pub(crate) async fn joins(&mut self, room: &str) -> Result<Joined, Rejection> {
        let joined: Joined = self.asks(Command::Join(InRoom { room: room.into() })).await?;
        self.handle = Some(joined.handle.clone());
        Ok(joined)
    }

    pub(crate) async fn resumes(&mut self, room: &str, position: Position) -> Result<Joined, Rejection> {
        let joined: Joined = self.asks(Command::Resume(Resume { room: room.into(), position })).await?;
        self.handle = Some(joined.handle.clone());
        Ok(joined)
    }

    pub(crate) async fn leaves(&mut self, room: &str) -> Result<(), Rejection> {
        self.call(&Command::Leave(InRoom { room: room.into() })).await.map(drop)
    }

    pub(crate) async fn redraws(&mut self, room: &str) -> Result<String, Rejection> {
        self.asks(Command::Redraw(InRoom { room: room.into() })).await.map(|redrawn: Redrawn| redrawn.handle)
    }

    pub(crate) async fn rooms(&mut self) -> Vec<kkanbu_wire::RoomInfo> {
        let list: kkanbu_wire::RoomList = self.asks(Command::Rooms(kkanbu_wire::Nothing {})).await.unwrap();
        list.rooms
    }

    pub(crate) async fn posts(&mut self, room: &str, body: &str) -> Result<u64, Rejection> {
        self.sends_post(draft(room, body)).await
    }

    pub(crate) async fn sends_post(&mut self, post: Post) -> Result<u64, Rejection> {
        self.asks(Command::Post(post)).await.map(|placed: Placed| placed.offset)
    }

    pub(crate) async fn edits(&mut self, room: &str, target: u64, body: &str) -> Result<u64, Rejection> {
        let edit = Edit {
            room: room.into(),
            key: command_key().to_text(),
            target,
            body: body.into(),
            mentions: vec![],
            confirmed: false,
        };
        self.asks(Command::Edit(edit)).await.map(|placed: Placed| placed.offset)
    }

    pub(crate) async fn retracts(&mut self, room: &str, target: u64) -> Result<u64, Rejection> {
        let retract = Retract { room: room.into(), key: command_key().to_text(), target };
        self.asks(Command::Retract(retract)).await.map(|placed: Placed| placed.offset)
    }

    pub(crate) async fn reacts(&mut self, room: &str, target: u64, reaction: &str, on: bool) -> Result<u64, Rejection> {
        let key = command_key().to_text();
        let react = React { room: room.into(), key, target, reaction: reaction.into(), on };
        self.asks(Command::React(react)).await.map(|placed: Placed| placed.offset)
    }

    pub(crate) async fn answers(&mut self, room: &str, target: u64, on: bool) -> Result<u64, Rejection> {
        let answer = Answer { room: room.into(), key: command_key().to_text(), target, on };
        self.asks(Command::Answer(answer)).await.map(|placed: Placed| placed.offset)
    }

    pub(crate) async fn open_questions(&mut self, room: &str, limit: u16) -> Result<HistoryPage, Rejection> {
        self.asks(Command::History(History { room: room.into(), before: None, limit, open_questions: true })).await
    }

    pub(crate) async fn history(
        &mut self,
        room: &str,
        before: Option<u64>,
        limit: u16,
    ) -> Result<HistoryPage, Rejection> {
        self.asks(Command::History(History { room: room.into(), before, limit, open_questions: false })).await
    }

    /// The next push.
    pub(crate) async fn next_push(&mut self) -> Push {
        if let Some(push) = self.pushes.pop_front() {
            return push;
        }
        match decode_from_server(&self.next_frame().await.expect("an open session")).unwrap() {
            FromServer::Push(push) => push,
            other @ (FromServer::Result { .. } | FromServer::Error { .. }) => panic!("a reply to nothing: {other:?}"),
        }
    }

    /// The next publication.
    pub(crate) async fn next_publication(&mut self) -> Publication {
        match self.next_push().await {
            Push::Publication(publication) => publication,
            other @ (Push::RoomEnded(_) | Push::Phase(_) | Push::Muted(_) | Push::Unknown) => {
                panic!("no publication: {other:?}")
            }
        }
    }

    /// The next push says that a room has ended.
    pub(crate) async fn next_room_ended(&mut self) -> RoomEnded {
        match self.next_push().await {
            Push::RoomEnded(ended) => ended,
            other @ (Push::Publication(_) | Push::Phase(_) | Push::Muted(_) | Push::Unknown) => {
                panic!("no room ended: {other:?}")
            }
        }
    }

    /// The next publication is this post by this handle.
    pub(crate) async fn sees(&mut self, author: &str, text: &str) -> Publication {
        let publication = self.next_publication().await;
        match &publication.what {
            What::Post { author: by, body, .. } => {
                assert_eq!((by.as_str(), body.as_deref()), (author, Some(text)));
            }
            other @ (What::Edit { .. }
            | What::Retract { .. }
            | What::Reaction { .. }
            | What::Answered { .. }
            | What::Hide { .. }
            | What::Restore { .. }
            | What::Freeze
            | What::Thaw
            | What::Slow { .. }
            | What::Notice { .. }
            | What::Settings { .. }
            | What::Unknown) => {
                panic!("no post: {other:?}")
            }
        }
        publication
    }

    /// The next publication is this post of its own.
    pub(crate) async fn sees_own(&mut self, text: &str) -> Publication {
        let handle = self.handle().to_owned();
        self.sees(&handle, text).await
    }

    /// Nothing comes.
    pub(crate) async fn sees_nothing(&mut self) {
        assert!(self.pushes.is_empty(), "{:?}", self.pushes);
        let other_than_pings = async {
            loop {
                match self.socket.next().await {
                    Some(Ok(Message::Ping(_))) => {}
                    frame => return frame,
                }
            }
        };
        if let Ok(frame) = timeout(SILENCE, other_than_pings).await {
            panic!("something came: {frame:?}");
        }
    }

    /// How the session ends: close code and reason. What comes before is thrown away.
    pub(crate) async fn end(&mut self) -> (u16, String) {
        loop {
            match self.next_frame().await {
                Ok(_) => {}
                Err(Some(frame)) => return (frame.code.into(), frame.reason.to_string()),
                Err(None) => return (1006, String::new()),
            }
        }
    }

    /// Goes away without a word.
    pub(crate) fn vanishes(self) -> Seed {
        self.seed()
    }
}

/// A post with a key of its own.
pub(crate) fn draft(room: &str, body: &str) -> Post {
    Post {
        room: room.into(),
        key: command_key().to_text(),
        body: body.into(),
        reply_to: None,
        mentions: vec![],
        confirmed: false,
        question: false,
    }
}

/// Fails unless the command was rejected as this code.
#[track_caller]
pub(crate) fn rejected<T: std::fmt::Debug>(result: Result<T, Rejection>, code: RejectCode) -> Rejection {
    let rejection = result.expect_err("a rejection");
    assert_eq!(rejection.known(), Some(code), "{rejection:?}");
    rejection
}
