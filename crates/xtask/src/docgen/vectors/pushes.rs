//! Frames that the server sends unasked.

use super::fixed::{MINUTE, OTHER, OWN, ROOM};
use super::server::{next_room, text};
use kkanbu_model::Reaction;
use kkanbu_wire::{Code, Muted, Padding, PhaseChanged, Publication, Push, RoomEndCode, RoomEnded, What, encode_push};
use serde::Serialize;

pub(super) const ABOUT: &str = "Pushes before padding; `padded` is the length in bytes that trailing spaces bring the frame to. Vectors with `means` are a later \
     server's: a client takes them for the vector of that name, or ignores them (`nothing`), or counts their offset and goes on \
     (`an offset`).";

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

/// A post as it came to be by the time of the push.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Since {
    Nothing,
    Retracted,
    Hidden,
    Replaced,
}

impl Since {
    fn shows(self, body: &str) -> Option<String> {
        (self == Self::Nothing).then(|| body.to_owned())
    }
}

fn post(since: Since) -> What {
    What::Post {
        author: OWN.to_owned(),
        role: None,
        body: since.shows("안녕하세요"),
        reply_to: None,
        mentions: Vec::new(),
        retracted: since == Since::Retracted,
        hidden: since == Since::Hidden,
        question: false,
    }
}

fn full_post() -> What {
    What::Post {
        author: OWN.to_owned(),
        role: Some("멘토".to_owned()),
        body: Some("반가워요".to_owned()),
        reply_to: Some(3),
        mentions: vec![OTHER.to_owned()],
        retracted: false,
        hidden: false,
        question: true,
    }
}

fn edit(since: Since, mentions: Vec<String>) -> What {
    let (retracted, hidden) = (since == Since::Retracted, since == Since::Hidden);
    What::Edit { target: 13, body: since.shows("안녕하세요!"), mentions, retracted, hidden }
}

fn reaction(reaction: Reaction, count: u64) -> What {
    What::Reaction { target: 3, reaction: reaction.as_str().to_owned(), count }
}

fn restored(body: Option<&str>, mentions: Vec<String>) -> What {
    What::Restore { target: 13, body: body.map(str::to_owned), mentions }
}

fn publications() -> Vec<(&'static str, What)> {
    let mentions = || vec![OTHER.to_owned()];
    let notice = |text: Option<&str>| What::Notice { text: text.map(str::to_owned) };
    let settings = |frozen, slow_seconds, text: Option<&str>| What::Settings {
        frozen,
        slow_seconds,
        text: text.map(str::to_owned),
    };
    vec![
        ("post", post(Since::Nothing)),
        ("post, with everything", full_post()),
        ("post, retracted since", post(Since::Retracted)),
        ("post, hidden since", post(Since::Hidden)),
        ("post, its text replaced since", post(Since::Replaced)),
        ("edit", edit(Since::Nothing, Vec::new())),
        ("edit, with mentions", edit(Since::Nothing, mentions())),
        ("edit of a post that was retracted since", edit(Since::Retracted, Vec::new())),
        ("edit of a post that was hidden since", edit(Since::Hidden, Vec::new())),
        ("edit, its text replaced since", edit(Since::Replaced, Vec::new())),
        ("retract", What::Retract { target: 13 }),
        ("reaction", reaction(Reaction::Agree, 2)),
        ("reaction, the last one taken back", reaction(Reaction::Heart, 0)),
        ("answered", What::Answered { target: 3, on: true }),
        ("answered, open again", What::Answered { target: 3, on: false }),
        ("hide", What::Hide { target: 13 }),
        ("restore", restored(Some("안녕하세요!"), Vec::new())),
        ("restore, with mentions", restored(Some("안녕하세요!"), mentions())),
        ("restore of a post that was retracted or hidden since", restored(None, Vec::new())),
        ("freeze", What::Freeze),
        ("thaw", What::Thaw),
        ("slow", What::Slow { slow_seconds: 30 }),
        ("slow, the end of it", What::Slow { slow_seconds: 0 }),
        ("notice", notice(Some("오늘 7시에 점심 모임이 있습니다"))),
        ("notice, taken down", notice(None)),
        ("settings", settings(true, 30, Some("오늘 7시에 점심 모임이 있습니다"))),
        ("settings, nothing set", settings(false, 0, None)),
    ]
}

pub(super) fn vectors() -> anyhow::Result<Vec<PushVector>> {
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
    for (name, phase, next) in [
        ("a room has opened", "open", Some(next_room())),
        ("a room has closed, and none opens after it", "closed", None),
    ] {
        let push = Push::Phase(PhaseChanged { room: ROOM.to_owned(), phase: phase.to_owned(), next });
        vectors.push(push_vector("phase", name, &push)?);
    }
    for (name, muted_until) in [("muted", Some(MINUTE + 60)), ("no longer muted", None)] {
        let push = Push::Muted(Muted { room: ROOM.to_owned(), muted_until });
        vectors.push(push_vector("muted", name, &push)?);
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
        r#"{"jsonrpc":"2.0","method":"publication","params":{"room":"plaza","offset":32,"minute":29412345,"kind":"freeze","until":29412400},"node":7}"#,
    ),
    (
        "a kind that this version does not know",
        "publication",
        "an offset",
        r#"{"jsonrpc":"2.0","method":"publication","params":{"room":"plaza","offset":24,"minute":29412345,"kind":"poll","choices":["가","나"]}}"#,
    ),
    (
        "a push that this version does not know",
        "maintenance",
        "nothing",
        r#"{"jsonrpc":"2.0","method":"maintenance","params":{"text":"내일 점검합니다"}}"#,
    ),
    ("a push without parameters", "tick", "nothing", r#"{"jsonrpc":"2.0","method":"tick"}"#),
];
