//! The three code tables: reject one command, end one room, close the session. The number says whether to try again.

/// A row of a code table: its number, its stable name and what it means, for `proto/codes.md` and for people.
pub trait Code: Copy + Sized + 'static {
    /// All rows, by number.
    const ALL: &'static [Self];
    /// The number on the wire.
    fn number(self) -> i32;
    /// The stable name.
    fn name(self) -> &'static str;
    /// What it means and what a client does.
    fn meaning(self) -> &'static str;
    /// The row with this number.
    fn from_number(number: i32) -> Option<Self> {
        Self::ALL.iter().copied().find(|code| code.number() == number)
    }
}

macro_rules! code_table {
    ($(#[$doc:meta])* $table:ident { $($variant:ident = $number:literal $name:literal $meaning:literal,)* }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum $table {
            $(#[doc = $meaning] $variant,)*
        }

        impl $crate::Code for $table {
            const ALL: &'static [Self] = &[$(Self::$variant,)*];

            fn number(self) -> i32 {
                match self { $(Self::$variant => $number,)* }
            }

            fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }

            fn meaning(self) -> &'static str {
                match self { $(Self::$variant => $meaning,)* }
            }
        }
    };
}

pub(crate) use code_table;

code_table! {
    /// Why one command was rejected. The session goes on. 3000-3499: the same command may succeed later; 3500-3999 and JSON-RPC's
    /// own negative codes: not as it stands.
    RejectCode {
        MalformedJson = -32700 "malformed_json" "The frame is not JSON, or holds a lone surrogate. `id` is null where it could not be read.",
        InvalidRequest = -32600 "invalid_request" "The frame is JSON but no command: not an object, a batch, no `id`, or an unknown field beside `method` and `params`.",
        UnknownMethod = -32601 "unknown_method" "There is no such method.",
        InvalidParams = -32602 "invalid_params" "A parameter is missing, unknown, of the wrong type or out of range; `data.detail` says which.",
        Unavailable = 3000 "unavailable" "The server can't write or read now. Nothing is lost: send the same command with the same key again after a pause.",
        RateLimited = 3001 "rate_limited" "Too many commands of this member. Send it again after `data.retry_after_ms`.",
        NoChallenge = 3002 "no_challenge" "There is no unused challenge on this connection: it was used, replaced or never asked for. Ask for a new one and sign that.",
        SlowMode = 3003 "slow_mode" "A moderator slowed the room down: each member waits between two posts. Send it again after `data.retry_after_ms`.",
        NotAuthenticated = 3500 "not_authenticated" "This command needs `authenticate` first.",
        AlreadyAuthenticated = 3501 "already_authenticated" "This session has authenticated; open another one for another member.",
        UnknownProgramme = 3502 "unknown_programme" "No such programme runs on this server.",
        BadSignature = 3504 "bad_signature" "The signature does not fit the key and this connection's challenge.",
        NotAdmitted = 3505 "not_admitted" "The key has no seat in the programme. In an open programme, send a join code.",
        WrongCode = 3506 "wrong_code" "The join code is not one of this programme's.",
        RoomFull = 3507 "room_full" "Every seat of the role is taken.",
        UnknownRoom = 3508 "unknown_room" "The programme has no such room for this role.",
        NotAMember = 3509 "not_a_member" "One is not a member of this room, or this session has not joined or resumed it. Join it first.",
        TooManyRooms = 3510 "too_many_rooms" "This session has joined as many rooms as it may.",
        HandleFixed = 3511 "handle_fixed" "The handle stays after the first post.",
        NoHandleLeft = 3512 "no_handle_left" "No free handle was found in this room.",
        RoomFrozen = 3513 "room_frozen" "A moderator has stopped posting in this room; a `thaw` will be pushed.",
        ConfirmNeeded = 3514 "confirm_needed" "The body looks as if it named somebody; `data.findings` says where. Ask the person, then send it with `confirmed`.",
        BodyEmpty = 3515 "body_empty" "There is nothing to read in the body.",
        BodyTooLong = 3516 "body_too_long" "The body has more graphemes or bytes than the welcome's limits allow.",
        BodyControlCharacter = 3517 "body_control_character" "The body holds a control character other than newline and tab.",
        BodyBidiOverride = 3518 "body_bidi_override" "The body holds a bidirectional override, with which text can be made to read as another.",
        UnknownPost = 3519 "unknown_post" "There is no post at this offset, or it is no longer kept.",
        PostRetracted = 3520 "post_retracted" "The post was taken back.",
        NotYourPost = 3521 "not_your_post" "Only the author may edit or retract a post.",
        UnknownHandle = 3522 "unknown_handle" "A mentioned handle has not posted in this room.",
        TooManyMentions = 3523 "too_many_mentions" "More mentions than the welcome's limits allow.",
        UnknownReaction = 3524 "unknown_reaction" "The reaction is not one of the welcome's.",
        KeyReused = 3525 "key_reused" "This `key` was used for something else before. Make a new one for each thing a person does.",
        RoomNotOpen = 3526 "room_not_open" "The room has not opened yet; the room list says when it will, and a `phase` will be pushed.",
        RoomClosed = 3527 "room_closed" "The room has closed. Its members may still read and take their own posts back.",
        Muted = 3528 "muted" "A moderator forbade this member to write in this room, until `data.muted_until`. Taking own posts back is still possible.",
        Removed = 3529 "removed" "A moderator put this member out of this room.",
        NotAQuestion = 3530 "not_a_question" "Only a post that was sent as a question can be marked as answered.",
        MayNotAnswer = 3531 "may_not_answer" "Only a question's author, or a member whose role answers, may mark it.",
        PostHidden = 3532 "post_hidden" "A moderator has hidden the post.",
    }
}

code_table! {
    /// Why a room ended in this session. 2000-2499: join or resume it again; 2500-2999: do not.
    RoomEndCode {
        LogReplaced = 2000 "log_replaced" "The room's log was replaced, for instance by a restored backup. Resume: the answer will be `recovered: false`.",
        LogUnavailable = 2001 "log_unavailable" "The room's log can't be read now. Resume after a pause.",
        Left = 2500 "left" "This member left the room in another session.",
        RoomDestroyed = 2501 "room_destroyed" "The room's programme has ended.",
        Removed = 2502 "removed" "A moderator put this member out of the room.",
    }
}

code_table! {
    /// Why the session was closed, as the WebSocket close code. 4000-4499: come back; 4500-4999: do not.
    CloseCode {
        Draining = 4000 "draining" "The node is going down. Come back after the milliseconds that the close reason names.",
        Silent = 4001 "silent" "Nothing was heard for more than two heartbeats.",
        SlowConsumer = 4002 "slow_consumer" "The client did not take what was sent to it. Come back and resume: nothing is lost. A client that reads nothing does not read this either: it sees the connection end without a code.",
        Unauthenticated = 4003 "unauthenticated" "No accepted `authenticate` within the time for it, as when a phone slept in between.",
        TooManyAttempts = 4500 "too_many_attempts" "Too many wrong join codes or signatures on one connection.",
        Replaced = 4501 "replaced" "The same member opened more sessions than it may; the oldest was closed.",
        ProgrammeEnded = 4502 "programme_ended" "The programme has ended, and everything in it was destroyed.",
        NormalClosure = 1000 "normal" "The client closed the session.",
        ProtocolError = 1002 "protocol_error" "The client broke RFC 6455: an unmasked frame, reserved bits, a wrong continuation.",
        UnsupportedData = 1003 "unsupported_data" "The client sent a binary message; this protocol is text.",
        InvalidUtf8 = 1007 "invalid_utf8" "The client sent a text message that is not UTF-8.",
        TooBig = 1009 "too_big" "The client sent a message over `limits.frame_bytes_max`.",
    }
}

/// Whether a client should come back by itself after a close with this code.
pub const fn may_come_back(close_code: u16) -> bool {
    match close_code {
        1000 | 1002 | 1003 | 1007 | 1008 | 1009 | 1010 => false,
        0..=4499 => true,
        4500..=u16::MAX => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    fn check<T: Code>(allowed: impl Fn(i32) -> bool) {
        let numbers: HashSet<i32> = T::ALL.iter().map(|code| code.number()).collect();
        let names: HashSet<&str> = T::ALL.iter().map(|code| code.name()).collect();
        assert_eq!(numbers.len(), T::ALL.len(), "a number twice");
        assert_eq!(names.len(), T::ALL.len(), "a name twice");
        for code in T::ALL {
            assert!(allowed(code.number()), "{} is out of its table's range", code.name());
            assert!(T::from_number(code.number()).is_some());
        }
    }

    #[test]
    fn codes_are_unique_and_in_their_table_s_range() {
        check::<RejectCode>(|n| (-32768..=-32000).contains(&n) || (3000..4000).contains(&n));
        check::<RoomEndCode>(|n| (2000..3000).contains(&n));
        check::<CloseCode>(|n| (4000..5000).contains(&n) || (1000..1016).contains(&n));
    }

    #[test]
    fn the_number_says_whether_to_come_back() {
        for code in [4000, 4001, 4002, 4003, 1001, 1006, 1011, 1012] {
            assert!(may_come_back(code), "{code}");
        }
        for code in [4500, 4501, 4502, 1000, 1002, 1003, 1007, 1009] {
            assert!(!may_come_back(code), "{code}");
        }
    }
}
