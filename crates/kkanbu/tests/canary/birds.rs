//! The canaries: what is planted, and what turns up on the way, such as handles and nonces, that must be found nowhere either.

use data_encoding::BASE64URL_NOPAD;
use kkanbu_client::FrameTap;
use serde_json::Value;
use std::collections::BTreeSet;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::{Arc, Mutex, PoisonError};

/// What it is, for the table of what may be where.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
    /// Something about or by a person.
    Person,
    /// Where a person connects from, or says so.
    Address,
    /// A handle.
    Handle,
    /// Seeds, member keys, command keys, nonces, signatures.
    Secret,
    /// What lets people in.
    JoinCode,
    /// A programme's content key.
    ContentKey,
    /// The programme's name, which is no secret: it shows that the search finds what is there.
    Programme,
}

/// What is looked for.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Song {
    Words(String),
    Bytes(Vec<u8>),
    Address(IpAddr),
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Canary {
    pub(crate) kind: Kind,
    pub(crate) what: String,
    pub(crate) song: Song,
}

impl Canary {
    pub(crate) fn words(kind: Kind, what: &str, words: &str) -> Self {
        Self { kind, what: what.to_owned(), song: Song::Words(words.to_owned()) }
    }

    pub(crate) fn bytes(kind: Kind, what: &str, bytes: &[u8]) -> Self {
        Self { kind, what: what.to_owned(), song: Song::Bytes(bytes.to_vec()) }
    }

    fn address(what: &str, address: &str) -> Self {
        Self { kind: Kind::Address, what: what.to_owned(), song: Song::Address(address.parse().unwrap()) }
    }
}

/// Words that people write. Two names have syllables that only CP949 has, and not the older KS X 1001.
pub(crate) const OWN_NAME: &str = "남궁뷁솔";
pub(crate) const OTHERS_NAME: &str = "제갈똠찬";
pub(crate) const PHONE: &str = "010-9182-7364";
pub(crate) const STAFF_NUMBER: &str = "AY-70931846";
pub(crate) const EMAIL: &str = "byeoksol.namgung@canary-mail.example";
pub(crate) const POSTED: &str = "햇귤빛너구리장터";
pub(crate) const EDITED: &str = "서리꽃두루미우체국";
pub(crate) const RETRACTED: &str = "물안개수달도서관";
pub(crate) const ASKED: &str = "은하수족제비빵집";
pub(crate) const REPLIED: &str = "달무리올빼미이발소";
pub(crate) const HIDDEN: &str = "노을빛오소리양조장";
pub(crate) const NOTICE: &str = "첫눈삵우산가게";
pub(crate) const ENDED: &str = "안개비담비시계방";
pub(crate) const TOO_LONG: &str = "보름달고슴도치목공소";
pub(crate) const DISK_FULL: &str = "가랑비청설모편지함";
pub(crate) const MALFORMED: &str = "kanari-malformed-31";
pub(crate) const UNHEARD_METHOD: &str = "kanari.unheard_of";
pub(crate) const UNHEARD_FIELD: &str = "kanari_field_58";
pub(crate) const UNHEARD_ROOM: &str = "kanari-room-q7";
pub(crate) const UNHEARD_PROGRAMME: &str = "kanari-programme-z9";
pub(crate) const UNHEARD_HANDLE: &str = "까치발 카나리아";
pub(crate) const WRONG_CODE: &str = "KanariWrongCode77x";
pub(crate) const PATH: &str = "kanaripath-x81";
pub(crate) const QUERY: &str = "kanariquery-w26";
pub(crate) const IN_CONTROL_FRAMES: &str = "kanari-ping-and-close-12";
pub(crate) const IN_BAD_BYTES: &str = "kanari-bad-bytes-94";
pub(crate) const ADMIN_LINE: &str = "kanari-admin-line-63";
pub(crate) const USER_AGENT: &str = "Mozilla/5.0 (Linux; Android 14; SM-KANARI7731) Kkanari/88.4";
pub(crate) const COOKIE: &str = "kanaricookie5f3a9e";
pub(crate) const LANGUAGE: &str = "ko-KP-x-kanari";
pub(crate) const REFERER: &str = "https://intra.kanari-office.example/seat/4F-17";

/// Where members connect from. All start with 127, the rest is nobody's.
pub(crate) const SOURCES: [Ipv4Addr; 5] = [
    Ipv4Addr::new(127, 83, 201, 117),
    Ipv4Addr::new(127, 219, 94, 173),
    Ipv4Addr::new(127, 151, 238, 61),
    Ipv4Addr::new(127, 67, 182, 229),
    Ipv4Addr::new(127, 244, 109, 87),
];
/// Where proxies say that members connect from.
pub(crate) const FORWARDED: [&str; 4] =
    ["203.0.113.77", "198.51.100.193", "192.0.2.217", "2001:db8:ca7a:71e5:8c3b::1f"];

/// Everything that is planted.
pub(crate) fn planted() -> BTreeSet<Canary> {
    let person = [
        ("the name of a member", OWN_NAME),
        ("the name of a colleague", OTHERS_NAME),
        ("a phone number", PHONE),
        ("a staff number", STAFF_NUMBER),
        ("an e-mail address", EMAIL),
        ("words of a post", POSTED),
        ("words of an edit", EDITED),
        ("words that were taken back", RETRACTED),
        ("words of a question", ASKED),
        ("words of a reply", REPLIED),
        ("words that were hidden", HIDDEN),
        ("a moderator's notice", NOTICE),
        ("words in a programme that ends", ENDED),
        ("words of a text that was too long", TOO_LONG),
        ("words for a full disk", DISK_FULL),
        ("a malformed frame", MALFORMED),
        ("an unknown method", UNHEARD_METHOD),
        ("an unknown field", UNHEARD_FIELD),
        ("an unknown room", UNHEARD_ROOM),
        ("an unknown programme", UNHEARD_PROGRAMME),
        ("an unknown handle", UNHEARD_HANDLE),
        ("a wrong join code", WRONG_CODE),
        ("a path", PATH),
        ("a query", QUERY),
        ("a ping, a binary frame and a close reason", IN_CONTROL_FRAMES),
        ("broken UTF-8 and broken HTTP", IN_BAD_BYTES),
        ("a line at the admin socket", ADMIN_LINE),
        ("a user agent", "SM-KANARI7731"),
        ("a user agent's version", "Kkanari/88.4"),
        ("a cookie", COOKIE),
        ("a language", LANGUAGE),
        ("a referer", "kanari-office.example/seat/4F-17"),
    ];
    let person = person.map(|(what, words)| Canary::words(Kind::Person, what, words));
    let sources = SOURCES.iter().map(|address| Canary::address("a member's address", &address.to_string()));
    let forwarded = FORWARDED.iter().map(|address| Canary::address("a forwarded address", address));
    person.into_iter().chain(sources).chain(forwarded).collect()
}

/// Collects what turns up on the wire: handles, keys, nonces, signatures, codes.
#[derive(Clone, Default)]
pub(crate) struct Nest(Arc<Mutex<BTreeSet<Canary>>>);

impl Nest {
    pub(crate) fn add(&self, canary: Canary) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(canary);
    }

    pub(crate) fn all(&self) -> BTreeSet<Canary> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Keeps what a frame holds.
    pub(crate) fn hears(&self, frame: &str) {
        if let Ok(frame) = serde_json::from_str(frame) {
            self.search(&frame);
        }
    }

    fn search(&self, value: &Value) {
        if let Value::Array(items) = value {
            for item in items {
                self.search(item);
            }
        }
        let Value::Object(fields) = value else { return };
        for (name, value) in fields {
            self.search(value);
            let Some(text) = value.as_str() else { continue };
            match name.as_str() {
                "handle" | "author" => self.add(Canary::words(Kind::Handle, "a handle", text)),
                "key" | "nonce" | "signature" => self.secret(name, text),
                "code" => self.add(Canary::words(Kind::JoinCode, "a join code", text)),
                _ => {}
            }
        }
    }

    /// A secret as the text that goes over the wire, and as the bytes that it stands for.
    pub(crate) fn secret(&self, what: &str, text: &str) {
        self.add(Canary::words(Kind::Secret, what, text));
        let bytes = BASE64URL_NOPAD.decode(text.as_bytes()).unwrap();
        self.add(Canary::bytes(Kind::Secret, what, &bytes));
    }
}

impl FrameTap for Nest {
    fn received(&self, text: &str) {
        self.hears(text);
    }

    fn sent(&self, text: &str) {
        self.hears(text);
    }
}
