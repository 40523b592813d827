//! Replies to commands that were done.

use super::fixed::{EPOCH, MINUTE, OTHER, OWN, PROGRAMME, ROOM, SERVER, nonce};
use anyhow::Context;
use kkanbu_model::{Admission, Limits, Phase, Reaction, SizeBand};
use kkanbu_wire::{
    Challenged, Empty, HistoryPage, Joined, LimitsInfo, NextRoom, NoticeInfo, Padding, Placed, Position, PostInfo,
    Previewed, ProgrammeInfo, ReactionInfo, Redrawn, RoleInfo, RoomInfo, RoomList, Welcome, encode_result,
};
use serde::Serialize;

pub(super) const ABOUT: &str = "Replies to commands that were done, before padding; `padded` is the length in bytes that trailing spaces bring the frame to. \
     Vectors with `means` are a later server's: a client takes them for the vector of that name.";
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

/// A frame as text.
pub(super) fn text(frame: Vec<u8>) -> anyhow::Result<String> {
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
        let (id, method) = (original.id, original.method);
        let mut quiet = frame.clone().into_bytes();
        Padding::Quiet.pad(&mut quiet);
        let padded = quiet.len();
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
    replies.add("rooms", "rooms", &RoomList { rooms: rooms(), next: Some(next_room()) })?;
    replies.add("rooms", "rooms, none of which is still to open", &RoomList { rooms: rooms(), next: None })?;
    replies.add("join", "join", &joined(None))?;
    replies.add(
        "join",
        "join, a frozen room in which nothing was written",
        &Joined { position: position(0), frozen: true, ..joined(None) },
    )?;
    replies.add(
        "join",
        "join, with all that moderators can set",
        &Joined { slow_seconds: 30, notice: Some(notice()), muted_until: Some(MINUTE + 60), ..joined(None) },
    )?;
    replies.add(
        "join",
        "join, a room that has closed",
        &Joined { phase: Phase::Closed.as_str().to_owned(), ..joined(None) },
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
    replies.add("answer", "answer", &Placed { offset: 17 })?;
    replies.add("history", "history, nothing", &page(Vec::new(), false))?;
    replies.add("history", "history", &page(posts(), true))?;
    replies.add_later(
        "rooms, with fields of a later server",
        "rooms, none of which is still to open",
        ("\"frozen\"", "\"colour\":{\"x\":[1]},\"frozen\""),
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
        next: Some(next_room()),
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
        purposes: vec!["업무 노하우 전수".to_owned(), "정서적 유대감 형성".to_owned()],
        roles: vec![mentor(), role()],
        timezone: "Asia/Seoul".to_owned(),
        language: "ko".to_owned(),
        retention_days: 30,
    }
}

fn role() -> RoleInfo {
    RoleInfo {
        id: "mentee".to_owned(),
        name: "멘티".to_owned(),
        seats: 37,
        admission: Admission::FirstCome.as_str().to_owned(),
        eligibility: Some("신규공무원".to_owned()),
        answers: false,
    }
}

fn mentor() -> RoleInfo {
    RoleInfo {
        id: "mentor".to_owned(),
        name: "멘토".to_owned(),
        seats: 17,
        admission: Admission::Screened.as_str().to_owned(),
        eligibility: None,
        answers: true,
    }
}

fn rooms() -> Vec<RoomInfo> {
    let room = |id: &str, name: &str, members, phase: Phase, handle: Option<&str>| RoomInfo {
        room: id.to_owned(),
        name: name.to_owned(),
        size: SizeBand::of(members).as_str().to_owned(),
        frozen: false,
        phase: phase.as_str().to_owned(),
        topic: None,
        opens: None,
        closes: None,
        handle: handle.map(str::to_owned),
    };
    let NextRoom { name, topic, opens } = next_room();
    vec![
        room(ROOM, "깐부 광장", 25, Phase::Open, Some(OWN)),
        room("work", "업무 노하우 전수", 3, Phase::Open, None),
        RoomInfo {
            topic,
            opens: Some(opens),
            closes: Some(opens + 120),
            ..room("lunch", &name, 0, Phase::Upcoming, None)
        },
    ]
}

/// The room that opens next.
pub(super) fn next_room() -> NextRoom {
    NextRoom {
        name: "4월의 만남".to_owned(), topic: Some("봄맞이 도시락 토크".to_owned()), opens: MINUTE + 1_440
    }
}

fn notice() -> NoticeInfo {
    NoticeInfo { text: "오늘 7시에 점심 모임이 있습니다".to_owned(), minute: MINUTE }
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
        slow_seconds: 0,
        notice: None,
        phase: Phase::Open.as_str().to_owned(),
        muted_until: None,
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
        retracted: false,
        hidden: false,
        question: false,
        answered: false,
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
        PostInfo { retracted: true, ..post(5, OWN, None) },
        PostInfo { hidden: true, ..post(6, OTHER, None) },
        PostInfo {
            role: Some("멘토".to_owned()),
            edited: true,
            reply_to,
            mentions,
            reactions,
            ..post(7, OTHER, Some("반가워요!"))
        },
        PostInfo { question: true, ..post(8, OWN, Some("점심은 어디서 드세요?")) },
        PostInfo { question: true, answered: true, ..post(9, OTHER, Some("언제 모이나요?")) },
    ]
}
