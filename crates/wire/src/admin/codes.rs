//! The admin socket's table of codes.

use crate::codes::code_table;

code_table! {
    /// Why one command on the admin socket was refused. 3000-3499: the same command may succeed later; 3500-3999 and JSON-RPC's own
    /// negative codes: not as it stands.
    AdminCode {
        MalformedJson = -32700 "malformed_json" "The line is not JSON in UTF-8, or holds a lone surrogate. `id` is null where it could not be read.",
        InvalidRequest = -32600 "invalid_request" "The line is JSON but no command: not an object, a batch, no `id`, or an unknown field beside `method` and `params`.",
        UnknownMethod = -32601 "unknown_method" "There is no such method.",
        InvalidParams = -32602 "invalid_params" "A parameter is missing, unknown, of the wrong type or out of range; `data.detail` says which.",
        Unavailable = 3400 "unavailable" "The server can't write or read now. Send the same command with the same `key` again after a pause.",
        TooManyConnections = 3401 "too_many_connections" "As many connections are open as may be. `id` is null, and the server closes this one; come back later.",
        InvalidProgramme = 3600 "invalid_programme" "The programme file is wrong; `data.detail` holds everything that is wrong with it.",
        ProgrammeFailed = 3601 "programme_failed" "The programme could not be made or ended; `data.detail` says why.",
        UnknownProgramme = 3602 "unknown_programme" "No such programme runs on this server.",
        UnknownRoom = 3603 "unknown_room" "The programme has no such room.",
        UnknownPost = 3604 "unknown_post" "There is no post at this offset, or it is no longer kept.",
        UnknownHandle = 3605 "unknown_handle" "Nobody in this room has this handle.",
        KeyReused = 3606 "key_reused" "This `key` was used for another act before. Make a new one for each act.",
        BadText = 3607 "bad_text" "The text can't be put up; `data.detail` says why: `body_empty`, `body_too_long`, `body_control_character` or `body_bidi_override`.",
        LineTooLong = 3608 "line_too_long" "The line is longer than 1 MiB. `id` is null, and the server closes the connection.",
    }
}

#[cfg(test)]
mod tests {
    use super::AdminCode;
    use crate::{Code, RejectCode};
    use std::collections::HashSet;

    #[test]
    fn codes_are_unique_and_in_a_range_of_their_own() {
        let numbers: HashSet<i32> = AdminCode::ALL.iter().map(|code| code.number()).collect();
        let names: HashSet<&str> = AdminCode::ALL.iter().map(|code| code.name()).collect();
        assert_eq!((numbers.len(), names.len()), (AdminCode::ALL.len(), AdminCode::ALL.len()));
        for code in AdminCode::ALL {
            let number = code.number();
            let own = (3400..3500).contains(&number) || (3600..3700).contains(&number);
            assert!(own || (-32768..=-32000).contains(&number), "{}", code.name());
            // One number never means two things, whichever wire it came over.
            let members = RejectCode::from_number(number);
            assert!(members.is_none_or(|other| other.name() == code.name()), "{}", code.name());
        }
    }
}
