//! Golden vectors of the admin socket: lines with what they mean, made from fixed inputs by the server's own code.

use super::refused;
use crate::docgen::codes::again;
use crate::docgen::vectors::file;
use crate::docgen::vectors::fixed::{MINUTE, OTHER, OWN, PROGRAMME, ROOM, SERVER, key};
use anyhow::{Context, ensure};
use kkanbu_model::{Act, Offset, SizeBand};
use kkanbu_wire::admin::{
    AdminCode, AdminCommand, AdminError, Audit, AuditEntry, AuditHead, AuditList, CreateProgramme, Done, InProgramme,
    MemberDone, ModeratedPost, ModeratedPosts, ModeratedRoom, ModeratedRooms, MuteMember, NodeStatus, NoticeRoom,
    OnMember, OnPost, OnRoom, PostsOnly, ProgrammeCreated, ProgrammeItem, ProgrammeLinks, Programmes, RoomPosts,
    SlowRoom, decode_command, encode_command, encode_error, encode_result,
};
use kkanbu_wire::{Code, Empty, Nothing, NoticeInfo};
use serde::Serialize;
use std::collections::BTreeMap;

const ABOUT_COMMANDS: &str = "Lines, before their line feed, that the server takes. Where `same_as` names another vector the line is another way to write the \
     same command; the others are written as our own client writes them, byte for byte.";
const ABOUT_RESULTS: &str = "Replies, before their line feed, to commands that were done. Vectors with `means` are a later server's: a caller takes them for the vector of that name.";
const ABOUT_ERRORS: &str = "The reply for each row of the table, before its line feed. What `error.data.detail` says may change at any time: do not compare it.";

#[derive(Serialize)]
struct CommandVector {
    name: String,
    line: String,
    id: u64,
    method: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    same_as: Option<&'static str>,
}

#[derive(Serialize)]
struct ResultVector {
    name: &'static str,
    line: String,
    method: &'static str,
    id: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    means: Option<&'static str>,
}

#[derive(Serialize)]
struct ErrorVector {
    line: String,
    id: Option<u64>,
    code: i32,
    name: &'static str,
    again: bool,
}

/// The files' texts by name.
pub(super) fn files() -> anyhow::Result<Vec<(&'static str, String)>> {
    Ok(vec![
        ("commands", file(ABOUT_COMMANDS, &commands()?)?),
        ("results", file(ABOUT_RESULTS, &results()?)?),
        ("errors", file(ABOUT_ERRORS, &errors()?)?),
        ("rejected", file(refused::ABOUT, &refused::vectors()?)?),
    ])
}

fn line(bytes: Vec<u8>) -> anyhow::Result<String> {
    let text = String::from_utf8(bytes)?;
    let line = text.strip_suffix('\n').context("a line ends in a line feed")?;
    ensure!(!line.contains('\n'), "a line holds a line feed");
    Ok(line.to_owned())
}

fn commands() -> anyhow::Result<Vec<CommandVector>> {
    let mut vectors = Vec::new();
    for (id, (name, command)) in (1..).zip(named()) {
        vectors.push(command_vector(name, id, &command)?);
    }
    vectors.push(command_vector("the smallest id", 0, &AdminCommand::NodeStatus(Nothing {}))?);
    vectors.push(command_vector("the largest id", Offset::MAX, &AdminCommand::NodeStatus(Nothing {}))?);
    let other_ways = [
        ("white space around and between", "node.status", "{\"", "\r\t{ \""),
        ("an escaped method", "node.status", "node.status", "node\\u002estatus"),
        ("the default written out", "room.posts, the newest", "\"limit\":50", "\"limit\":50,\"only\":\"all\""),
    ];
    for (name, same_as, from, to) in other_ways {
        let original = vectors.iter().find(|vector| vector.name == same_as).context("a vector is missing")?;
        let (id, method, line) = (original.id, original.method, original.line.replacen(from, to, 1));
        ensure!(line != original.line, "{name}: nothing is different");
        vectors.push(CommandVector { name: name.to_owned(), line, id, method, same_as: Some(same_as) });
    }
    for vector in &vectors {
        let read =
            decode_command(vector.line.as_bytes()).ok().with_context(|| format!("{} is refused", vector.name))?;
        ensure!(read.id == vector.id && read.command.method() == vector.method, "{} means something else", vector.name);
    }
    Ok(vectors)
}

fn command_vector(name: &str, id: u64, command: &AdminCommand) -> anyhow::Result<CommandVector> {
    let line = line(encode_command(id, command))?;
    Ok(CommandVector { name: name.to_owned(), line, id, method: command.method(), same_as: None })
}

fn named() -> Vec<(&'static str, AdminCommand)> {
    let of = || InProgramme { programme: PROGRAMME.to_owned() };
    let posts = |before, limit, only| {
        let (programme, room) = (PROGRAMME.to_owned(), ROOM.to_owned());
        AdminCommand::RoomPosts(RoomPosts { programme, room, before, limit, only })
    };
    let definition = "[programme]\nid = \"anyang-2022\"\nname = \"안양깐부 Talk\"\n".to_owned();
    let mut named = vec![
        ("programme.create", AdminCommand::CreateProgramme(CreateProgramme { definition })),
        ("programme.list", AdminCommand::ListProgrammes(Nothing {})),
        ("programme.links", AdminCommand::ProgrammeLinks(of())),
        ("programme.end", AdminCommand::EndProgramme(of())),
        ("room.list", AdminCommand::ListRooms(of())),
        ("room.posts, the newest", posts(None, 50, PostsOnly::All)),
        ("room.posts, older ones that are hidden", posts(Some(120), 1, PostsOnly::Hidden)),
        ("room.posts, open questions", posts(None, 20, PostsOnly::OpenQuestions)),
    ];
    named.extend(acts());
    named.extend([
        ("audit.list, from the first", AdminCommand::ListAudit(AuditList { after: None, limit: 100 })),
        ("audit.list, from where one was", AdminCommand::ListAudit(AuditList { after: Some(7), limit: 1 })),
        ("node.status", AdminCommand::NodeStatus(Nothing {})),
        ("node.drain", AdminCommand::DrainNode(Nothing {})),
    ]);
    named
}

fn acts() -> Vec<(&'static str, AdminCommand)> {
    let (programme, room, handle) = (|| PROGRAMME.to_owned(), || ROOM.to_owned(), || OTHER.to_owned());
    let on_room = |key| OnRoom { programme: programme(), room: room(), key };
    let slow = |seconds, key| SlowRoom { programme: programme(), room: room(), seconds, key };
    let notice = |text: Option<&str>, key| NoticeRoom {
        programme: programme(),
        room: room(),
        text: text.map(str::to_owned),
        key,
    };
    let on_post = |key| OnPost { programme: programme(), room: room(), offset: 13, key };
    let mute = |minutes, key| MuteMember { programme: programme(), room: room(), handle: handle(), minutes, key };
    let on_member = |key| OnMember { programme: programme(), room: room(), handle: handle(), key };
    vec![
        ("room.freeze", AdminCommand::FreezeRoom(on_room(Some(key(1))))),
        ("room.freeze, as little as possible", AdminCommand::FreezeRoom(on_room(None))),
        ("room.thaw", AdminCommand::ThawRoom(on_room(Some(key(2))))),
        ("room.slow", AdminCommand::SlowRoom(slow(30, Some(key(3))))),
        ("room.slow, the end of it", AdminCommand::SlowRoom(slow(0, None))),
        ("room.notice", AdminCommand::NoticeRoom(notice(Some("오늘 7시에 점심 모임이 있습니다"), Some(key(4))))),
        ("room.notice, taken down", AdminCommand::NoticeRoom(notice(None, None))),
        ("post.hide", AdminCommand::HidePost(on_post(Some(key(5))))),
        ("post.restore", AdminCommand::RestorePost(on_post(Some(key(6))))),
        ("member.mute", AdminCommand::MuteMember(mute(60, Some(key(7))))),
        ("member.mute, as long as may be", AdminCommand::MuteMember(mute(43_200, None))),
        ("member.unmute", AdminCommand::UnmuteMember(on_member(Some(key(8))))),
        ("member.remove", AdminCommand::RemoveMember(on_member(Some(key(9))))),
        ("member.restore", AdminCommand::RestoreMember(on_member(Some(key(10))))),
    ]
}

/// The ids count up over the vectors.
struct Results(Vec<ResultVector>);

impl Results {
    fn add(&mut self, method: &'static str, name: &'static str, result: &impl Serialize) -> anyhow::Result<()> {
        let id = u64::try_from(self.0.len())? + 1;
        self.0.push(ResultVector { name, line: line(encode_result(id, result))?, method, id, means: None });
        Ok(())
    }
}

fn results() -> anyhow::Result<Vec<ResultVector>> {
    let mut results = Results(Vec::new());
    let link = |code: &str| format!("{SERVER}/#/join/{PROGRAMME}/{code}");
    let links: BTreeMap<String, String> = [("mentee", "mzxw6ytboi2dinrs"), ("mentor", "nbswy3dpfqqho33s")]
        .map(|(role, code)| (role.to_owned(), link(code)))
        .into();
    let (programme, name, url) = (PROGRAMME.to_owned(), "안양깐부 Talk".to_owned(), SERVER.to_owned());
    let item =
        ProgrammeItem {
            programme: programme.clone(), name: name.clone(), organisation: "안양시".to_owned(), rooms: 5
        };
    let made = ProgrammeCreated { programme: programme.clone(), name, url, links: links.clone() };
    results.add("programme.create", "programme.create", &made)?;
    results.add("programme.list", "programme.list", &Programmes { programmes: vec![item] })?;
    results.add("programme.list", "programme.list, none", &Programmes { programmes: Vec::new() })?;
    results.add("programme.links", "programme.links", &ProgrammeLinks { programme, links })?;
    results.add("programme.end", "programme.end", &Empty {})?;
    results.add("room.list", "room.list", &ModeratedRooms { rooms: rooms() })?;
    results.add("room.posts", "room.posts", &ModeratedPosts { posts: posts(), more: true })?;
    results.add("room.posts", "room.posts, none", &ModeratedPosts { posts: Vec::new(), more: false })?;
    for (number, method) in
        (3..).zip(["room.freeze", "room.thaw", "room.slow", "room.notice", "post.hide", "post.restore"])
    {
        results.add(method, method, &Done { number, again: false, offset: Some(number + 10) })?;
    }
    results.add(
        "room.freeze",
        "room.freeze, again with its key",
        &Done { number: 3, again: true, offset: Some(13) },
    )?;
    results.add(
        "post.hide",
        "post.hide, the room's log does not have it yet",
        &Done { number: 9, again: false, offset: None },
    )?;
    let member = |number, muted_until| MemberDone { number, again: false, muted_until };
    results.add("member.mute", "member.mute", &member(10, Some(MINUTE + 60)))?;
    results.add("member.unmute", "member.unmute", &member(11, None))?;
    results.add("member.remove", "member.remove", &member(12, None))?;
    results.add("member.restore", "member.restore", &member(13, None))?;
    results.add(
        "audit.list",
        "audit.list",
        &Audit { entries: entries(), head: AuditHead { number: 12, hash: hash(12) } },
    )?;
    let none = Audit { entries: Vec::new(), head: AuditHead { number: 0, hash: hash(0) } };
    results.add("audit.list", "audit.list, nothing was ever done", &none)?;
    results.add("node.status", "node.status", &status(false, Some(7), "ok"))?;
    results.add("node.status", "node.status, in trouble", &status(true, None, "no answer in time"))?;
    results.add("node.drain", "node.drain", &Empty {})?;
    let later = results.0.iter().find(|vector| vector.name == "node.status").context("a vector is missing")?;
    let (frame, id) = (later.line.replacen("\"draining\"", "\"load\":{\"x\":[1]},\"draining\"", 1), later.id);
    let name = "node.status, with fields of a later server";
    results.0.push(ResultVector { name, line: frame, method: "node.status", id, means: Some("node.status") });
    Ok(results.0)
}

fn rooms() -> Vec<ModeratedRoom> {
    let room = |id: &str, name: &str, phase: &str, members| ModeratedRoom {
        room: id.to_owned(),
        name: name.to_owned(),
        topic: None,
        phase: phase.to_owned(),
        opens: None,
        closes: None,
        size: SizeBand::of(members).as_str().to_owned(),
        frozen: false,
        slow_seconds: 0,
        notice: None,
        open_questions: 0,
    };
    let notice = Some(NoticeInfo { text: "오늘 7시에 점심 모임이 있습니다".to_owned(), minute: MINUTE });
    vec![
        ModeratedRoom {
            frozen: true,
            slow_seconds: 30,
            notice,
            open_questions: 2,
            ..room(ROOM, "깐부 광장", "open", 25)
        },
        ModeratedRoom {
            topic: Some("봄맞이 도시락 토크".to_owned()),
            opens: Some(MINUTE + 1_440),
            closes: Some(MINUTE + 1_560),
            ..room("lunch", "4월의 만남", "upcoming", 0)
        },
    ]
}

fn posts() -> Vec<ModeratedPost> {
    let post = |offset, author: &str, body: Option<&str>| ModeratedPost {
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
    };
    vec![
        post(3, OWN, Some("안녕하세요")),
        ModeratedPost { retracted: true, ..post(5, OWN, None) },
        ModeratedPost { hidden: true, edited: true, ..post(6, OTHER, Some("숨긴 글")) },
        ModeratedPost { role: Some("멘토".to_owned()), reply_to: Some(3), ..post(7, OTHER, Some("반가워요!")) },
        ModeratedPost { question: true, answered: true, ..post(8, OWN, Some("점심은 어디서 드세요?")) },
    ]
}

/// A hash as it would look; the chain itself is the store's.
fn hash(number: u8) -> String {
    format!("{number:02x}").repeat(32)
}

fn entries() -> Vec<AuditEntry> {
    let entry = |number: u8, act: &str| AuditEntry {
        number: u64::from(number),
        hour: MINUTE / 60,
        programme: PROGRAMME.to_owned(),
        act: act.to_owned(),
        room: (!act.starts_with("programme.")).then(|| ROOM.to_owned()),
        offset: act.starts_with("post.").then_some(13),
        handle: act.starts_with("member.").then(|| OTHER.to_owned()),
        seconds: (act == "room.slow").then_some(30),
        muted_until: (act == "member.mute").then_some(MINUTE + 60),
        text: (act == "room.notice").then(|| "오늘 7시에 점심 모임이 있습니다".to_owned()),
        hash: hash(number),
    };
    (1..).zip(Act::NAMES).map(|(number, act)| entry(number, act)).collect()
}

fn status(draining: bool, uptime_hours: Option<u64>, store: &str) -> NodeStatus {
    NodeStatus {
        version: "0.1.0".to_owned(),
        draining,
        uptime_hours,
        sessions: SizeBand::of(54).as_str().to_owned(),
        store: store.to_owned(),
        log: "ok".to_owned(),
    }
}

fn errors() -> anyhow::Result<Vec<ErrorVector>> {
    AdminCode::ALL.iter().map(|code| error(*code)).collect()
}

fn error(code: AdminCode) -> anyhow::Result<ErrorVector> {
    let of_connection = [AdminCode::MalformedJson, AdminCode::TooManyConnections, AdminCode::LineTooLong];
    let id = (!of_connection.contains(&code)).then_some(7);
    let details: &[&str] = if code == AdminCode::InvalidParams {
        &["limit is 1 to 50 at line 1 column 60"]
    } else if code == AdminCode::InvalidProgramme {
        &["a programme needs at least one room", "role mentor has 3 seats; fewer than 5 would point at people"]
    } else if code == AdminCode::BadText {
        &["body_too_long"]
    } else {
        &[]
    };
    let error = AdminError::new(code).details(details.iter().map(|detail| (*detail).to_owned()));
    let (number, name) = (code.number(), code.name());
    Ok(ErrorVector { line: line(encode_error(id, &error))?, id, code: number, name, again: again(number) })
}
