//! Frames that the server sends: replies, pushes and rejections.

use super::fixed::{EPOCH, MINUTE, OTHER, OWN, PROGRAMME, ROOM, SERVER, nonce};
use anyhow::Context;
use kkanbu_model::{Limits, Reaction, SizeBand};
use kkanbu_wire::{
    Challenged, Code, Empty, Finding, FindingKind, HistoryPage, Joined, LimitsInfo, Padding, Placed, Position,
    PostInfo, Previewed, ProgrammeInfo, Publication, Push, ReactionInfo, Redrawn, RejectCode, Rejection, RoleInfo,
    RoomEndCode, RoomEnded, RoomInfo, RoomList, Welcome, What, encode_error, encode_push, encode_result,
};
use serde::Serialize;

pub(super) const ABOUT_REPLIES: &str = "Replies to commands that were done, before padding; `padded` is the length in bytes that trailing spaces bring the frame to. \
     Vectors with `means` are a later server's: a client takes them for the vector of that name.";
pub(super) const ABOUT_PUSHES: &str = "Pushes before padding; `padded` is the length in bytes that trailing spaces bring the frame to. Vectors with `means` are a later \
     server's: a client takes them for the vector of that name, or ignores them (`nothing`), or counts their offset and goes on \
     (`an offset`).";
pub(super) const ABOUT_REJECTIONS: &str = "The reply for each row of the reject table, before padding. `error.data.detail` may change at any time: do not compare it.";

/// A reply.
#[derive(Serialize)]
pub(in crate::docgen) struct ReplyVector {
    pub(in crate::docgen) name: &'static str,
    pub(in crate::docgen) frame: String,
    padded: usize,
    pub(in crate::docgen) method: &'static str,
    id: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::docgen) means: Option<&'static str>,
}

/// A push.
#[derive(Serialize)]
pub(in crate::docgen) struct PushVector {
    pub(in crate::docgen) name: &'static str,
    pub(in crate::docgen) frame: String,
    padded: usize,
    pub(in crate::docgen) method: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::docgen) means: Option<&'static str>,
}

/// A rejection.
#[derive(Serialize)]
pub(in crate::docgen) struct RejectionVector {
    pub(in crate::docgen) frame: String,
    padded: usize,
    id: Option<u64>,
    code: i32,
    pub(in crate::docgen) name: &'static str,
    again: bool,
}

fn text(frame: Vec<u8>) -> anyhow::Result<String> {
    String::from_utf8(frame).context("frames are UTF-8")
}

/// The ids count up over the vectors.
struct Replies(Vec<ReplyVector>);

impl Replies {
    fn add(&mut self, method: &'static str, name: &'static str, result: &impl Serialize) -> anyhow::Result<()> {
        let id = u64::try_from(self.0.len())? + 1;
        let frame = text(encode_result(id, result, Padding::Off))?;
        let padded = encode_result(id, result, Padding::Quiet).len();
        self.0.push(ReplyVector { name, frame, padded, method, id, means: None });
        Ok(())
    }

    fn add_later(&mut self, name: &'static str, means: &'static str, (from, to): (&str, &str)) -> anyhow::Result<()> {
        let original = self.0.iter().find(|vector| vector.name == means).context("a vector is missing")?;
        let frame = original.frame.replacen(from, to, 1);
        let (id, method, padded) = (original.id, original.method, original.padded);
        self.0.push(ReplyVector { name, frame, padded, method, id, means: Some(means) });
        Ok(())
    }
}

pub(super) fn replies() -> anyhow::Result<Vec<ReplyVector>> {
    let mut replies = Replies(Vec::new());
    let challenged = Challenged {
        algorithm: kkanbu_wire::challenge::ALGORITHM.to_owned(),
        server: SERVER.to_owned(),
        programme: PROGRAMME.to_owned(),
        purpose: kkanbu_wire::challenge::PURPOSE.to_owned(),
        nonce: nonce(),
    };
    replies.add("preview", "preview", &Previewed { programme: programme(), role: role() })?;
    replies.add("challenge", "challenge", &challenged)?;
    replies.add("authenticate", "authenticate", &welcome())?;
    replies.add("rooms", "rooms", &RoomList { rooms: rooms() })?;
    replies.add("join", "join", &joined(None))?;
    replies.add(
        "join",
        "join, a frozen room in which nothing was written",
        &Joined { position: position(0), frozen: true, ..joined(None) },
    )?;
    replies.add("resume", "resume, recovered", &joined(None))?;
    replies.add("resume", "resume, the log was replaced", &joined(Some("epoch")))?;
    replies.add("resume", "resume, no longer kept", &joined(Some("expired")))?;
    replies.add("resume", "resume, beyond the log", &joined(Some("ahead")))?;
    replies.add("leave", "leave", &Empty {})?;
    replies.add("redraw", "redraw", &Redrawn { handle: OTHER.to_owned() })?;
    replies.add("post", "post", &Placed { offset: 13 })?;
    replies.add("edit", "edit", &Placed { offset: 14 })?;
    replies.add("retract", "retract", &Placed { offset: 15 })?;
    replies.add("react", "react", &Placed { offset: 16 })?;
    replies.add("history", "history, nothing", &page(Vec::new(), false))?;
    replies.add("history", "history", &page(posts(), true))?;
    replies.add_later(
        "rooms, with fields of a later server",
        "rooms",
        ("\"frozen\"", "\"topic\":{\"x\":[1]},\"frozen\""),
    )?;
    replies.add_later(
        "post, with a field of a later server beside the result",
        "post",
        ("\"result\"", "\"node\":7,\"result\""),
    )?;
    Ok(replies.0)
}

fn welcome() -> Welcome {
    let limits = Limits::default();
    let number = |value: usize| u32::try_from(value).unwrap_or(u32::MAX);
    Welcome {
        programme: programme(),
        role: role(),
        rooms: rooms(),
        limits: LimitsInfo {
            frame_bytes_max: number(limits.frame_bytes_max),
            body_graphemes_max: number(limits.body_graphemes_max),
            body_bytes_max: number(limits.body_bytes_max),
            mentions_max: number(limits.mentions_max),
            history_posts_max: number(limits.history_posts_max),
            posts_per_minute: limits.posts_per_minute,
            posts_burst: limits.posts_burst,
            heartbeat_seconds: u32::try_from(limits.heartbeat.as_secs()).unwrap_or(u32::MAX),
            rooms_max: number(limits.rooms_max),
        },
        reactions: Reaction::ALL.map(|reaction| reaction.as_str().to_owned()).to_vec(),
    }
}

fn programme() -> ProgrammeInfo {
    ProgrammeInfo {
        id: PROGRAMME.to_owned(),
        name: "안양깐부 Talk".to_owned(),
        organisation: "안양시".to_owned(),
        language: "ko".to_owned(),
        retention_days: 30,
    }
}

fn role() -> RoleInfo {
    RoleInfo { id: "mentee".to_owned(), name: "멘티".to_owned() }
}

fn rooms() -> Vec<RoomInfo> {
    let room = |id: &str, name: &str, members, handle: Option<&str>| RoomInfo {
        room: id.to_owned(),
        name: name.to_owned(),
        size: SizeBand::of(members).as_str().to_owned(),
        frozen: false,
        handle: handle.map(str::to_owned),
    };
    vec![room(ROOM, "깐부 광장", 25, Some(OWN)), room("work", "업무 노하우 전수", 3, None)]
}

fn position(offset: u64) -> Position {
    Position { epoch: EPOCH.to_owned(), offset }
}

fn joined(gap: Option<&str>) -> Joined {
    Joined {
        room: ROOM.to_owned(),
        handle: OWN.to_owned(),
        position: position(12),
        size: SizeBand::of(25).as_str().to_owned(),
        frozen: false,
        recovered: gap.is_none(),
        reason: gap.map(str::to_owned),
    }
}

fn page(posts: Vec<PostInfo>, more: bool) -> HistoryPage {
    HistoryPage { epoch: EPOCH.to_owned(), posts, more }
}

fn posts() -> Vec<PostInfo> {
    let post = |offset, author: &str, body: Option<&str>| PostInfo {
        offset,
        minute: MINUTE,
        author: author.to_owned(),
        role: None,
        body: body.map(str::to_owned),
        edited: false,
        retracted: body.is_none(),
        reply_to: None,
        mentions: Vec::new(),
        reactions: Vec::new(),
        mine: author == OWN,
    };
    let reaction =
        |reaction: Reaction, count, mine| ReactionInfo { reaction: reaction.as_str().to_owned(), count, mine };
    let reactions = vec![reaction(Reaction::Agree, 2, false), reaction(Reaction::Heart, 1, true)];
    let (reply_to, mentions) = (Some(3), vec![OWN.to_owned()]);
    vec![
        post(3, OWN, Some("안녕하세요")),
        post(5, OWN, None),
        PostInfo {
            role: Some("멘토".to_owned()),
            edited: true,
            reply_to,
            mentions,
            reactions,
            ..post(7, OTHER, Some("반가워요!"))
        },
    ]
}

fn post(body: Option<&str>) -> What {
    let (role, reply_to, mentions) = (None, None, Vec::new());
    let retracted = body.is_none();
    What::Post { author: OWN.to_owned(), role, body: body.map(str::to_owned), reply_to, mentions, retracted }
}

fn edit(body: Option<&str>, mentions: Vec<String>) -> What {
    What::Edit { target: 13, body: body.map(str::to_owned), mentions, retracted: body.is_none() }
}

fn reaction(reaction: Reaction, count: u64) -> What {
    What::Reaction { target: 3, reaction: reaction.as_str().to_owned(), count }
}

fn publications() -> Vec<(&'static str, What)> {
    let answer = What::Post {
        author: OWN.to_owned(),
        role: Some("멘토".to_owned()),
        body: Some("반가워요".to_owned()),
        reply_to: Some(3),
        mentions: vec![OTHER.to_owned()],
        retracted: false,
    };
    vec![
        ("post", post(Some("안녕하세요"))),
        ("post, with everything", answer),
        ("post, retracted since", post(None)),
        ("edit", edit(Some("안녕하세요!"), Vec::new())),
        ("edit, with mentions", edit(Some("안녕하세요!"), vec![OTHER.to_owned()])),
        ("edit of a post that was retracted since", edit(None, Vec::new())),
        ("retract", What::Retract { target: 13 }),
        ("reaction", reaction(Reaction::Agree, 2)),
        ("reaction, the last one taken back", reaction(Reaction::Heart, 0)),
        ("freeze", What::Freeze),
        ("thaw", What::Thaw),
    ]
}

pub(super) fn pushes() -> anyhow::Result<Vec<PushVector>> {
    let mut vectors = Vec::new();
    for (offset, (name, what)) in (13..).zip(publications()) {
        let push = Push::Publication(Publication { room: ROOM.to_owned(), offset, minute: MINUTE, what });
        vectors.push(push_vector("publication", name, &push)?);
    }
    for code in RoomEndCode::ALL {
        let (number, reason) = (code.number(), code.name().to_owned());
        let push = Push::RoomEnded(RoomEnded { room: ROOM.to_owned(), code: number, reason });
        vectors.push(push_vector("room_ended", code.name(), &push)?);
    }
    for (name, method, means, frame) in LATER_PUSHES {
        let mut padded = frame.as_bytes().to_vec();
        Padding::Quiet.pad(&mut padded);
        let padded = padded.len();
        vectors.push(PushVector { name, frame: frame.to_owned(), padded, method, means: Some(means) });
    }
    Ok(vectors)
}

fn push_vector(method: &'static str, name: &'static str, push: &Push) -> anyhow::Result<PushVector> {
    let frame = text(encode_push(push, Padding::Off))?;
    let padded = encode_push(push, Padding::Quiet).len();
    Ok(PushVector { name, frame, padded, method, means: None })
}

/// Name, method, meaning and frame of pushes that this version does not send.
const LATER_PUSHES: [(&str, &str, &str, &str); 4] = [
    (
        "a field that this version does not know",
        "publication",
        "freeze",
        r#"{"jsonrpc":"2.0","method":"publication","params":{"room":"plaza","offset":22,"minute":29412345,"kind":"freeze","until":29412400},"node":7}"#,
    ),
    (
        "a kind that this version does not know",
        "publication",
        "an offset",
        r#"{"jsonrpc":"2.0","method":"publication","params":{"room":"plaza","offset":24,"minute":29412345,"kind":"poll","choices":["가","나"]}}"#,
    ),
    (
        "a push that this version does not know",
        "notice",
        "nothing",
        r#"{"jsonrpc":"2.0","method":"notice","params":{"text":"내일 점검합니다"}}"#,
    ),
    ("a push without parameters", "tick", "nothing", r#"{"jsonrpc":"2.0","method":"tick"}"#),
];

pub(super) fn rejections() -> anyhow::Result<Vec<RejectionVector>> {
    RejectCode::ALL.iter().map(|code| rejection(*code)).collect()
}

fn rejection(code: RejectCode) -> anyhow::Result<RejectionVector> {
    let mut error = Rejection::new(code);
    if code == RejectCode::RateLimited {
        error.data.retry_after_ms = Some(1_500);
    } else if code == RejectCode::ConfirmNeeded {
        error.data.findings = vec![
            Finding { kind: FindingKind::Phone, start: 3, end: 16 },
            Finding { kind: FindingKind::ResidentNumber, start: 17, end: 31 },
            Finding { kind: FindingKind::Email, start: 32, end: 47 },
            Finding { kind: FindingKind::StaffNumber, start: 48, end: 56 },
        ];
    } else if code == RejectCode::InvalidParams {
        error = error.detail("missing field `room` at line 1 column 2");
    }
    let id = (code != RejectCode::MalformedJson).then_some(7);
    let frame = text(encode_error(id, &error, Padding::Off))?;
    let padded = encode_error(id, &error, Padding::Quiet).len();
    let again = crate::docgen::codes::again(code.number());
    Ok(RejectionVector { frame, padded, id, code: code.number(), name: code.name(), again })
}
