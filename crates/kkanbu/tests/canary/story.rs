//! What people do while the canaries are about: they talk, make mistakes, are moderated, and meet a full disk.

use crate::birds::{self, Canary, Kind, Nest, SOURCES};
use crate::doors;
use crate::raw::{Raw, sends_bytes};
use crate::site::Site;
use kkanbu_client::{Client, Draft, JoinLink, Options, Seed, command_key};
use kkanbu_model::Offset;
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::protocol::frame::Frame;
use tokio_tungstenite::tungstenite::protocol::frame::coding::{CloseCode, Data, OpCode};
use tokio_tungstenite::tungstenite::protocol::{CloseFrame, Message};
use tokio_util::task::TaskTracker;
use unicode_normalization::UnicodeNormalization;

pub(crate) const PROGRAMME: &str = "anyang-2022";
pub(crate) const ENDING: &str = "ending-2022";

/// How long members try to write on a full disk. Long enough that the server has tried, too.
const FULL: Duration = Duration::from_secs(2);

/// Everybody, and what was heard of them.
pub(crate) struct Cast {
    pub(crate) nest: Nest,
    pub(crate) ann: Client,
    pub(crate) ben: Client,
    pub(crate) cho: Client,
    tasks: TaskTracker,
}

/// The link of a role.
pub(crate) fn link(site: &Site, nest: &Nest, programme: &str, role: &str) -> JoinLink {
    let links = site.tells("programme.links", &json!({ "programme": programme }));
    let link: JoinLink = links["links"][role].as_str().unwrap().parse().unwrap();
    nest.add(Canary::words(Kind::JoinCode, "a join code", link.code.expose()));
    link
}

impl Cast {
    /// Three members come in and join the plaza.
    pub(crate) async fn gather(site: &Site) -> Self {
        let (nest, tasks) = (Nest::default(), TaskTracker::new());
        let mut members = Vec::new();
        for (number, role) in ["mentor", "mentee", "mentee"].into_iter().enumerate() {
            let link = link(site, &nest, PROGRAMME, role);
            members.push(member(site, &nest, &tasks, number, &link).await);
        }
        let [ann, ben, cho] = <[Client; 3]>::try_from(members).unwrap();
        Self { nest, ann, ben, cho, tasks }
    }

    /// They talk in every way that there is.
    pub(crate) async fn talk(&self) -> Talk {
        let Self { ann, ben, cho, .. } = self;
        let name = birds::OWN_NAME;
        ann.post("plaza", &format!("안녕하세요, {name}입니다. {}", birds::POSTED)).await.unwrap();
        ann.post("plaza", &name.nfd().collect::<String>()).await.unwrap();
        let told = [birds::OTHERS_NAME, birds::PHONE, birds::STAFF_NUMBER, birds::EMAIL].join(" / ");
        let personal = Draft::new("plaza", told);
        assert_eq!(ann.send(&personal).await.unwrap_err().rejected_as(), Some("confirm_needed"));
        let personal = ann.send(&personal.confirmed()).await.unwrap();
        ann.edit("plaza", personal, birds::EDITED).await.unwrap();

        let question = ben.send(&Draft::new("plaza", birds::ASKED).asking()).await.unwrap();
        let posts = ben.history("plaza", None, 10).await.unwrap().posts;
        let asker = posts.iter().find(|post| post.offset == question.get()).unwrap().author.clone();
        let reply = Draft::new("plaza", birds::REPLIED).replying_to(question.get()).mentioning([asker.clone()]);
        ann.send(&reply).await.unwrap();
        ann.answer("plaza", question, true).await.unwrap();
        let withdrawn = ben.post("plaza", birds::RETRACTED).await.unwrap();
        ben.react("plaza", withdrawn, "👍", true).await.unwrap();
        ben.retract("plaza", withdrawn).await.unwrap();
        let hidden = ben.post("plaza", birds::HIDDEN).await.unwrap();

        let drawn = cho.redraw("plaza").await.unwrap();
        cho.post("plaza", birds::POSTED).await.unwrap();
        cho.open_questions("plaza", None, 10).await.unwrap();
        Talk { asker, other: drawn, hidden }
    }

    /// Members post, and the disk is full.
    pub(crate) async fn meet_a_full_disk(&self, site: &Site) {
        self.cho.rooms().await.unwrap();
        site.fills_the_disk();
        let posting = async |client: &Client| timeout(FULL, client.post("plaza", birds::DISK_FULL)).await;
        let (ann, cho) = tokio::join!(posting(&self.ann), posting(&self.cho));
        assert!(ann.is_err() && cho.is_err(), "the disk is not full: {ann:?}, {cho:?}");
    }

    pub(crate) async fn go(self) -> Nest {
        for client in [&self.ann, &self.ben, &self.cho] {
            client.close().await;
        }
        self.nest
    }

    /// A programme of which nothing is to be left.
    pub(crate) async fn end_a_programme(&self, site: &Site) -> Value {
        let definition = std::fs::read_to_string("programmes/anyang-2022.toml").unwrap().replace(PROGRAMME, ENDING);
        site.tells("programme.create", &json!({ "definition": definition }));
        let link = link(site, &self.nest, ENDING, "mentee");
        let dee = member(site, &self.nest, &self.tasks, 3, &link).await;
        dee.post("plaza", birds::ENDED).await.unwrap();
        let handle = dee.history("plaza", None, 1).await.unwrap().posts[0].author.clone();
        for (file, key) in site.content_keys() {
            self.nest.add(Canary::bytes(Kind::ContentKey, &file, &key));
        }
        let room = json!({ "programme": ENDING, "room": "plaza" });
        site.tells("room.notice", &with(&room, "text", birds::ENDED));
        site.tells("member.remove", &with(&room, "handle", handle.as_str()));
        dee.close().await;
        site.tells("programme.end", &json!({ "programme": ENDING }));
        site.tells("audit.list", &json!({ "limit": 100 }))
    }
}

/// What the moderators have to know of the talk.
pub(crate) struct Talk {
    asker: String,
    other: String,
    hidden: Offset,
}

/// A member with the real client, in the plaza, who comes from an address of its own.
async fn member(site: &Site, nest: &Nest, tasks: &TaskTracker, number: usize, link: &JoinLink) -> Client {
    let door = doors::open(tasks, SOURCES[number], site.members).await;
    let seed = Seed::random();
    nest.add(Canary::bytes(Kind::Secret, "a seed", seed.expose_secret()));
    let options = Options {
        dial: Some(door.to_string()),
        tap: Some(Arc::new(nest.clone())),
        wait_max: Duration::from_secs(1),
        ..Options::joining(link, seed)
    };
    let (client, mut events) = Client::connect(options).await.unwrap();
    tasks.spawn(async move { while events.next().await.is_some() {} });
    client.join("plaza").await.unwrap();
    client
}

fn with(params: &Value, name: &str, value: impl Into<Value>) -> Value {
    let mut params = params.clone();
    params[name] = value.into();
    params
}

/// Moderators do all that they can, and say what nobody understands.
pub(crate) fn moderate(site: &Site, talk: &Talk) {
    let room = json!({ "programme": PROGRAMME, "room": "plaza" });
    site.tells("room.notice", &with(&room, "text", birds::NOTICE));
    site.tells("post.hide", &with(&room, "offset", talk.hidden.get()));
    site.tells("member.mute", &with(&with(&room, "handle", talk.other.as_str()), "minutes", 60));
    site.tells("member.unmute", &with(&room, "handle", talk.other.as_str()));
    site.tells("member.remove", &with(&room, "handle", talk.asker.as_str()));
    site.tells("room.freeze", &room);
    site.tells("room.thaw", &room);
    site.tells("room.posts", &with(&room, "limit", 50));
    let (line, handle) = (birds::ADMIN_LINE, birds::UNHEARD_HANDLE);
    for refused in [
        format!("{{\"{line}"),
        json!({ "jsonrpc": "2.0", "id": 1, "method": line, "params": {} }).to_string(),
        json!({ "jsonrpc": "2.0", "id": 1, "method": "programme.create", "params": { "definition": line } })
            .to_string(),
        json!({ "jsonrpc": "2.0", "id": 1, "method": "programme.links", "params": { "programme": line } }).to_string(),
        json!({ "jsonrpc": "2.0", "id": 1, "method": "member.remove", "params": with(&room, "handle", handle) })
            .to_string(),
    ] {
        assert!(site.tells_raw(&refused).get("error").is_some(), "{refused}");
    }
}

/// Mistakes and attacks, each with something planted in it.
pub(crate) async fn err(site: &Site, cast: &Cast) {
    let link = link(site, &cast.nest, PROGRAMME, "mentor");
    let door = doors::open(&cast.tasks, SOURCES[4], site.members).await;
    let frames = bad_frames();
    let mut visitor = Raw::at(door, &link, &cast.nest).await;
    for frame in &frames {
        visitor.says(frame).await.unwrap();
    }
    visitor.enters(&link).await;
    visitor
        .says(&json!({ "jsonrpc": "2.0", "id": 3, "method": "join", "params": { "room": "plaza" } }).to_string())
        .await;
    for frame in &frames {
        visitor.says(frame).await.unwrap();
    }
    guess_codes(&mut Raw::at(door, &link, &cast.nest).await, &link).await;
    for message in fatal_messages() {
        let mut visitor = Raw::at(door, &link, &cast.nest).await;
        visitor.sends(message).await;
        while visitor.hears().await.is_some() {}
    }
    let (path, query, bad) = (birds::PATH, birds::QUERY, birds::IN_BAD_BYTES);
    for request in [
        format!("GET /{path}?q={query} HTTP/1.1\r\nHost: {bad}\r\nConnection: close\r\n\r\n"),
        format!("POST /{path}/%EB%82%A8 HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"),
        format!("GET /ws?{query} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"),
    ] {
        let mut stream = TcpStream::connect(door).await.unwrap();
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).await.unwrap();
        assert!(answer.starts_with(b"HTTP/1.1 4"), "{}", String::from_utf8_lossy(&answer));
    }
    let header = format!("GET / HTTP/1.1\r\nHost: x\r\n{bad}: {}\r\n\r\n", bad.repeat(2_000));
    for bytes in [format!("{bad} \u{0} HTTP/9.9\r\n\r\n"), format!("\u{16}\u{3}\u{1}{bad}\r\n\r\n"), header] {
        sends_bytes(SOURCES[4], site.members, bytes.as_bytes()).await;
    }
}

/// Frames that cost their sender an answer.
fn bad_frames() -> Vec<String> {
    let call = |method: &str, params: Value| json!({ "jsonrpc": "2.0", "id": 9, "method": method, "params": params });
    let key = command_key().to_text();
    let post = |body: &str| json!({ "room": "plaza", "key": key, "body": body });
    let calls = [
        call(birds::UNHEARD_METHOD, json!({})),
        call("post", with(&post(birds::POSTED), birds::UNHEARD_FIELD, birds::UNHEARD_FIELD)),
        call("post", post(&birds::TOO_LONG.repeat(201))),
        call("post", post(&format!("{}\u{7}", birds::TOO_LONG))),
        call("post", with(&post(birds::POSTED), "mentions", json!([birds::UNHEARD_HANDLE]))),
        call("post", with(&post(birds::POSTED), "room", birds::UNHEARD_ROOM)),
        call("join", json!({ "room": birds::UNHEARD_ROOM })),
        call("react", json!({ "room": "plaza", "key": key, "target": 1, "reaction": birds::MALFORMED, "on": true })),
        call("challenge", json!({ "programme": birds::UNHEARD_PROGRAMME })),
        call("preview", json!({ "programme": PROGRAMME, "code": birds::UNHEARD_FIELD })),
    ];
    let mut frames: Vec<String> = calls.iter().map(Value::to_string).collect();
    frames.push(format!("{{\"{}\": [\"\\ud800\"", birds::MALFORMED));
    frames.push(format!("[\"{}\"]", birds::MALFORMED));
    frames
}

/// Wrong join codes until the server has had enough.
async fn guess_codes(visitor: &mut Raw, link: &JoinLink) {
    for attempt in 0.. {
        assert!(attempt < 100, "nobody minds the guessing");
        let mut answer = visitor.signs(link, &Seed::random()).await;
        answer.code = Some(birds::WRONG_CODE.to_owned());
        let command = kkanbu_wire::Command::Authenticate(answer);
        visitor.sends(Message::text(kkanbu_wire::encode_command(2, &command))).await;
        // The last answer may be followed by the end.
        let preview = json!({ "jsonrpc": "2.0", "id": 4, "method": "preview", "params": { "programme": PROGRAMME, "code": birds::WRONG_CODE } });
        if visitor.hears().await.is_none() || visitor.says(&preview.to_string()).await.is_none() {
            return;
        }
    }
}

/// Messages that cost their sender the session.
fn fatal_messages() -> Vec<Message> {
    let words = birds::IN_CONTROL_FRAMES;
    let broken = [birds::IN_BAD_BYTES.as_bytes(), b"\xEB\x82\xFF"].concat();
    vec![
        Message::text(birds::TOO_LONG.repeat(1_500)),
        Message::binary(words.as_bytes()),
        Message::Frame(Frame::message(broken, OpCode::Data(Data::Text), true)),
        Message::Frame(Frame::message(words.as_bytes(), OpCode::Data(Data::Reserved(3)), true)),
        Message::Close(Some(CloseFrame { code: CloseCode::Normal, reason: words.into() })),
    ]
}
