//! The three tables of codes, for people.

use kkanbu_wire::{CloseCode, Code, RejectCode, RoomEndCode, may_come_back};
use std::fmt::Write;

/// A close that RFC 6455 or its registry defines, and that this server does not choose itself or not in words of its own.
#[derive(Clone, Copy)]
pub(super) struct RfcClose {
    pub(super) number: i32,
    pub(super) name: &'static str,
    pub(super) meaning: &'static str,
}

/// Closes that a client may see and that are not in [`CloseCode`]: made by proxies, by libraries or by the lack of a close frame.
pub(super) const RFC_CLOSES: [RfcClose; 10] = [
    rfc(1001, "going_away", "The other side goes away."),
    rfc(1005, "no_status", "The close frame held no code. Never sent; libraries report it."),
    rfc(1006, "abnormal", "The connection ended without a close frame. Never sent; libraries report it."),
    rfc(1008, "policy_violation", "A proxy does not want this client."),
    rfc(1010, "missing_extension", "The client misses an extension. This protocol has none."),
    rfc(1011, "server_error", "Something between client and server failed."),
    rfc(1012, "service_restart", "Something between client and server restarts."),
    rfc(1013, "try_again_later", "Something between client and server has too much to do."),
    rfc(1014, "bad_gateway", "A proxy got no good answer from the server."),
    rfc(1015, "tls_failed", "The TLS handshake failed. Never sent; libraries report it."),
];

const fn rfc(number: i32, name: &'static str, meaning: &'static str) -> RfcClose {
    RfcClose { number, name, meaning }
}

/// Whether the same may succeed again: a command sent again, a room resumed, a session opened anew.
pub(super) fn again(number: i32) -> bool {
    match number {
        2000..=2499 | 3000..=3499 => true,
        1000..=1999 | 4000..=4999 => u16::try_from(number).is_ok_and(may_come_back),
        _ => false,
    }
}

/// `codes.md`.
pub(super) fn markdown() -> String {
    let mut out = "# Codes of `kkanbu.v1`\n\nGenerated from the server's types by `cargo xtask docgen`. Names and numbers are stable; \
                   meanings are for people. The number\nsays whether to try again, so that a client can deal with codes that it does not know.\n"
        .to_owned();
    section::<RejectCode>(
        &mut out,
        "Reject one command",
        "`error.code` and `error.message` of a reply. The session goes on. 3000-3499: the same command, with the same `key`, may succeed\n\
         later. 3500-3999 and JSON-RPC's own negative codes: not as it stands.",
        "Try again?",
        &[],
    );
    section::<RoomEndCode>(
        &mut out,
        "End one room in this session",
        "`code` and `reason` of a `room_ended`. The session goes on. 2000-2499: resume the room, or join it. 2500-2999: do not.",
        "Come back?",
        &[],
    );
    section::<CloseCode>(
        &mut out,
        "Close the session",
        "The code of the WebSocket close frame. 4000-4499: come back. 4500-4999: do not, before a person did something. Below 4000 the\n\
         codes are RFC 6455's; those that say that the client is wrong would come again, so do not come back.",
        "Come back?",
        &RFC_CLOSES,
    );
    out
}

/// A table with its title and what to know of it.
pub(super) fn section<T: Code>(out: &mut String, title: &str, about: &str, question: &str, more: &[RfcClose]) {
    let ours = T::ALL.iter().map(|code| RfcClose { number: code.number(), name: code.name(), meaning: code.meaning() });
    let mut rows: Vec<RfcClose> = ours.chain(more.iter().copied()).collect();
    rows.sort_by_key(|row| row.number);
    let _ = write!(out, "\n## {title}\n\n{about}\n\n| Code | Name | {question} | Meaning |\n|---|---|---|---|\n");
    for row in rows {
        let answer = if again(row.number) { "yes" } else { "no" };
        let _ = writeln!(out, "| {} | `{}` | {answer} | {} |", row.number, row.name, row.meaning);
    }
}
