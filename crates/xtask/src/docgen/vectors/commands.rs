//! Frames that clients send: each command in its shortest and its longest form, and other ways to write the same.

use super::fixed::{CODE, EPOCH, OTHER, PROGRAMME, ROOM, key};
use super::{raw, signatures};
use anyhow::{Context, ensure};
use kkanbu_model::Offset;
use kkanbu_wire::{
    Answer, Authenticate, Challenge, Command, Edit, History, InRoom, Nothing, Position, Post, Preview, React, Resume,
    Retract, decode_command, encode_command,
};
use serde::Serialize;
use serde_json::value::RawValue;

pub(super) const ABOUT: &str = "Frames that the server takes. Where `same_as` names another vector the frame is another way to write the same \
                                command; the others are written as our own client writes them, byte for byte.";

/// A frame with the command that it means.
#[derive(Serialize)]
pub(in crate::docgen) struct CommandVector {
    pub(in crate::docgen) name: String,
    pub(in crate::docgen) frame: String,
    id: u64,
    pub(in crate::docgen) method: &'static str,
    params: Box<RawValue>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::docgen) same_as: Option<&'static str>,
}

pub(super) fn vectors() -> anyhow::Result<Vec<CommandVector>> {
    let mut vectors = Vec::new();
    for (number, (name, command)) in (1..).zip(named()?) {
        vectors.push(vector(name, number, &command)?);
    }
    vectors.push(vector("the smallest id", 0, &Command::Rooms(Nothing {}))?);
    vectors.push(vector("the largest id", Offset::MAX, &Command::Rooms(Nothing {}))?);
    for (name, same_as, rewrite) in OTHER_WAYS {
        let original = vectors.iter().find(|vector| vector.name == same_as).context("a vector is missing")?;
        let frame = rewrite.iter().fold(original.frame.clone(), |frame, (from, to)| frame.replace(from, to));
        ensure!(frame != original.frame, "{name}: nothing is different");
        let (id, method, params) = (original.id, original.method, original.params.clone());
        vectors.push(CommandVector { name: name.to_owned(), frame, id, method, params, same_as: Some(same_as) });
    }
    for vector in &vectors {
        let read = decode_command(&vector.frame).ok().with_context(|| format!("{} is refused", vector.name))?;
        ensure!(read.id == vector.id && read.command.method() == vector.method, "{} means something else", vector.name);
    }
    Ok(vectors)
}

fn vector(name: &str, id: u64, command: &Command) -> anyhow::Result<CommandVector> {
    let frame = encode_command(id, command);
    let params = params(command)?;
    Ok(CommandVector { name: name.to_owned(), frame, id, method: command.method(), params, same_as: None })
}

fn params(command: &Command) -> anyhow::Result<Box<RawValue>> {
    match command {
        Command::Preview(params) => raw(params),
        Command::Challenge(params) => raw(params),
        Command::Authenticate(params) => raw(params),
        Command::Rooms(params) => raw(params),
        Command::Join(params) | Command::Leave(params) | Command::Redraw(params) => raw(params),
        Command::Resume(params) => raw(params),
        Command::Post(params) => raw(params),
        Command::Edit(params) => raw(params),
        Command::Retract(params) => raw(params),
        Command::React(params) => raw(params),
        Command::Answer(params) => raw(params),
        Command::History(params) => raw(params),
    }
}

fn named() -> anyhow::Result<Vec<(&'static str, Command)>> {
    let mut named = entering()?;
    named.extend(writing());
    Ok(named)
}

fn entering() -> anyhow::Result<Vec<(&'static str, Command)>> {
    let (key, signature) = signatures::own_answer()?;
    let room = || InRoom { room: ROOM.to_owned() };
    let history = |before| History { room: ROOM.to_owned(), before, limit: 50, open_questions: false };
    let resume = |offset| Resume { room: ROOM.to_owned(), position: Position { epoch: EPOCH.to_owned(), offset } };
    let preview = Preview { programme: PROGRAMME.to_owned(), code: CODE.to_owned() };
    Ok(vec![
        ("preview", Command::Preview(preview)),
        ("challenge", Command::Challenge(Challenge { programme: PROGRAMME.to_owned() })),
        (
            "authenticate, later times",
            Command::Authenticate(Authenticate { key: key.clone(), signature: signature.clone(), code: None }),
        ),
        (
            "authenticate, the first time in an open programme",
            Command::Authenticate(Authenticate { key, signature, code: Some(CODE.to_owned()) }),
        ),
        ("rooms", Command::Rooms(Nothing {})),
        ("join", Command::Join(room())),
        ("resume", Command::Resume(resume(7))),
        ("resume from before the first publication", Command::Resume(resume(0))),
        ("leave", Command::Leave(room())),
        ("redraw", Command::Redraw(room())),
        ("history, the newest page", Command::History(history(None))),
        ("history, an older page", Command::History(history(Some(120)))),
        ("history, open questions", Command::History(History { open_questions: true, ..history(None) })),
    ])
}

fn writing() -> Vec<(&'static str, Command)> {
    let post = |n, body: &str| Post {
        room: ROOM.to_owned(),
        key: key(n),
        body: body.to_owned(),
        reply_to: None,
        mentions: Vec::new(),
        confirmed: false,
        question: false,
    };
    let edit = |n, body: &str| Edit {
        room: ROOM.to_owned(),
        key: key(n),
        target: 13,
        body: body.to_owned(),
        mentions: Vec::new(),
        confirmed: false,
    };
    let react = |n, on| React { room: ROOM.to_owned(), key: key(n), target: 3, reaction: "❤️".to_owned(), on };
    let (reply_to, mentions, confirmed) = (Some(3), vec![OTHER.to_owned()], true);
    let question = true;
    let full =
        Post {
            reply_to, mentions: mentions.clone(), confirmed, question, ..post(2, "010-1234-5678로 연락 주세요")
        };
    let answer = |n, on| Answer { room: ROOM.to_owned(), key: key(n), target: 3, on };
    vec![
        ("post, as little as possible", Command::Post(post(1, "안녕하세요"))),
        ("post, with everything", Command::Post(full)),
        ("post, a question", Command::Post(Post { question, ..post(9, "점심은 어디서 드세요?") })),
        ("post, with what JSON escapes", Command::Post(post(3, "\"따옴표\" \\ 줄\n칸\t끝 \u{1F44D}"))),
        ("edit, as little as possible", Command::Edit(edit(4, "안녕하세요!"))),
        ("edit, with everything", Command::Edit(Edit { mentions, confirmed, ..edit(5, "안녕하세요!") })),
        ("retract", Command::Retract(Retract { room: ROOM.to_owned(), key: key(6), target: 13 })),
        ("react", Command::React(react(7, true))),
        ("react, taken back", Command::React(react(8, false))),
        ("answer", Command::Answer(answer(10, true))),
        ("answer, open again", Command::Answer(answer(11, false))),
    ]
}

/// Name, the vector that it says the same as, and what is replaced in that one's frame.
type OtherWay = (&'static str, &'static str, &'static [(&'static str, &'static str)]);

const OTHER_WAYS: [OtherWay; 6] = [
    ("white space around and between", "join", &[("{\"", "\r\n\t{ \""), (":", " : "), ("}}", "\n}\n}\n")]),
    (
        "another order of fields",
        "join",
        &[
            ("{\"jsonrpc\":\"2.0\",", "{"),
            ("\"method\":\"join\",", ""),
            ("}}", "},\"method\":\"join\",\"jsonrpc\":\"2.0\"}"),
        ],
    ),
    (
        "escaped names of fields and of the method",
        "join",
        &[("\"join\"", "\"j\\u006fin\""), ("\"room\"", "\"\\u0072oom\"")],
    ),
    ("escaped Hangul", "post, as little as possible", &[("안녕", "\\uc548\\uB155")]),
    ("an escaped pair of surrogates", "post, with what JSON escapes", &[("\u{1F44D}", "\\ud83d\\udc4d")]),
    (
        "defaults written out",
        "post, as little as possible",
        &[("\"}}", "\",\"mentions\":[],\"confirmed\":false,\"question\":false}}")],
    ),
];
