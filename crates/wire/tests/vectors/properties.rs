//! Whatever a client sends is one command or one refusal, and never a panic.

use kkanbu_wire::{
    Answer, Authenticate, Challenge, Command, Edit, FromServer, History, InRoom, Nothing, Padding, Position, Post,
    Preview, React, RejectCode, Resume, Retract, decode_command, decode_from_server, encode_command, encode_error,
};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;

/// The largest number on the wire, 2^53-1: of ids and offsets alike.
const ID_MAX: u64 = (1 << 53) - 1;

fn text() -> impl Strategy<Value = String> {
    prop_oneof![any::<String>(), "[a-z0-9-]{1,64}", "[가-힣 ]{0,20}", "\\PC{0,40}"]
}

fn command() -> impl Strategy<Value = Command> {
    prop_oneof![entering(), writing()]
}

fn entering() -> impl Strategy<Value = Command> {
    let room = || text().prop_map(|room| InRoom { room });
    prop_oneof![
        (text(), text()).prop_map(|(programme, code)| Command::Preview(Preview { programme, code })),
        text().prop_map(|programme| Command::Challenge(Challenge { programme })),
        (text(), text(), option::of(text())).prop_map(|(key, signature, code)| Command::Authenticate(Authenticate {
            key,
            signature,
            code
        })),
        Just(Command::Rooms(Nothing {})),
        room().prop_map(Command::Join),
        room().prop_map(Command::Leave),
        room().prop_map(Command::Redraw),
        (text(), text(), 0..=ID_MAX)
            .prop_map(|(room, epoch, offset)| Command::Resume(Resume { room, position: Position { epoch, offset } })),
        (text(), option::of(0..=ID_MAX), any::<u16>(), any::<bool>()).prop_map(
            |(room, before, limit, open_questions)| {
                Command::History(History { room, before, limit, open_questions })
            }
        ),
    ]
}

fn writing() -> impl Strategy<Value = Command> {
    let (target, mentions) = (|| 0..=ID_MAX, || vec(text(), 0..4));
    prop_oneof![
        (text(), text(), text(), option::of(0..=ID_MAX), mentions(), any::<bool>(), any::<bool>()).prop_map(
            |(room, key, body, reply_to, mentions, confirmed, question)| {
                Command::Post(Post { room, key, body, reply_to, mentions, confirmed, question })
            }
        ),
        (text(), text(), target(), text(), mentions(), any::<bool>()).prop_map(
            |(room, key, target, body, mentions, confirmed)| {
                Command::Edit(Edit { room, key, target, body, mentions, confirmed })
            }
        ),
        (text(), text(), target()).prop_map(|(room, key, target)| Command::Retract(Retract { room, key, target })),
        (text(), text(), target(), text(), any::<bool>())
            .prop_map(|(room, key, target, reaction, on)| Command::React(React { room, key, target, reaction, on })),
        (text(), text(), target(), any::<bool>()).prop_map(|(room, key, target, on)| Command::Answer(Answer {
            room,
            key,
            target,
            on
        })),
    ]
}

/// Pieces of frames, right and wrong, that a frame is put together from.
fn fragments() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        Just("{".to_owned()),
        Just("}".to_owned()),
        Just("[".to_owned()),
        Just("]".to_owned()),
        Just(",".to_owned()),
        Just(":".to_owned()),
        Just("null".to_owned()),
        Just("true".to_owned()),
        Just("-1.5e400".to_owned()),
        Just("\"\\ud800\"".to_owned()),
        any::<u64>().prop_map(|number| number.to_string()),
        proptest::sample::select(Command::METHODS.to_vec()).prop_map(|method| format!("\"{method}\"")),
        proptest::sample::select(vec!["jsonrpc", "id", "method", "params", "room", "key", "position", "2.0"])
            .prop_map(|name| format!("\"{name}\"")),
        any::<String>(),
    ];
    vec(piece, 0..40).prop_map(|pieces| pieces.concat())
}

/// What every frame of a client has to come to.
fn assert_one_answer(frame: &str) -> Result<(), TestCaseError> {
    match decode_command(frame) {
        Ok(incoming) => {
            prop_assert!(incoming.id <= ID_MAX);
            let written = encode_command(incoming.id, &incoming.command);
            prop_assert_eq!(decode_command(&written).ok(), Some(incoming));
        }
        Err(refused) => {
            prop_assert!(refused.id.is_none_or(|id| id <= ID_MAX));
            let code = refused.rejection.known();
            prop_assert!(matches!(
                code,
                Some(
                    RejectCode::MalformedJson
                        | RejectCode::InvalidRequest
                        | RejectCode::UnknownMethod
                        | RejectCode::InvalidParams
                )
            ));
            let reply = encode_error(refused.id, &refused.rejection, Padding::Quiet);
            // Details quote what was sent; that must not make the answer grow with it.
            prop_assert!(reply.len() <= 2_048);
            let reply = decode_from_server(std::str::from_utf8(&reply).unwrap()).unwrap();
            let FromServer::Error { id, .. } = reply else {
                return Err(TestCaseError::fail("not read as a rejection"));
            };
            prop_assert_eq!(id, refused.id);
        }
    }
    Ok(())
}

proptest! {
    #[test]
    fn any_command_is_read_as_it_was_written(id in 0..=ID_MAX, command in command()) {
        let incoming = decode_command(&encode_command(id, &command)).unwrap();
        prop_assert_eq!(incoming.id, id);
        prop_assert!(incoming.command == command);
    }

    #[test]
    fn an_id_that_json_would_round_is_refused(id in ID_MAX + 1.., command in command()) {
        let refused = decode_command(&encode_command(id, &command)).unwrap_err();
        prop_assert_eq!((refused.id, refused.rejection.known()), (None, Some(RejectCode::InvalidRequest)));
    }

    #[test]
    fn any_text_gets_one_answer(frame in any::<String>()) {
        assert_one_answer(&frame)?;
    }

    #[test]
    fn any_bytes_that_are_text_get_one_answer(bytes in vec(any::<u8>(), 0..400)) {
        assert_one_answer(&String::from_utf8_lossy(&bytes))?;
    }

    #[test]
    fn pieces_of_frames_in_any_order_get_one_answer(frame in fragments()) {
        assert_one_answer(&frame)?;
    }

    #[test]
    fn a_frame_with_a_part_cut_out_or_put_in_gets_one_answer(
        id in 0..=ID_MAX, command in command(), from in any::<prop::sample::Index>(), to in any::<prop::sample::Index>(), put in fragments(),
    ) {
        let characters: Vec<char> = encode_command(id, &command).chars().collect();
        let (one, other) = (from.index(characters.len() + 1), to.index(characters.len() + 1));
        let (from, to) = (one.min(other), one.max(other));
        let cut: String = characters[..from].iter().copied().chain(put.chars()).chain(characters[to..].iter().copied()).collect();
        assert_one_answer(&cut)?;
    }

    #[test]
    fn a_command_cut_short_is_never_a_command(id in 0..=ID_MAX, command in command(), at in any::<prop::sample::Index>()) {
        let frame = encode_command(id, &command);
        let characters: Vec<char> = frame.chars().collect();
        let short: String = characters[..at.index(characters.len())].iter().collect();
        let refused = decode_command(&short).unwrap_err();
        prop_assert_eq!((refused.id, refused.rejection.known()), (None, Some(RejectCode::MalformedJson)));
    }

    #[test]
    fn any_frame_of_a_server_is_read_or_refused_without_a_panic(frame in prop_oneof![any::<String>(), fragments()]) {
        let _ = decode_from_server(&frame);
    }
}
