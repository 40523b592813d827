//! What fuzzing calls (`tests/fuzz`), and the ordinary tests on its corpus: one function a target, which panics where something that has
//! to hold does not. Only they build this file.

mod model;

use crate::close::CloseReason;
use crate::codec::{Codec, Received};
use crate::outbox::Outbox;
use model::{End, Expected, Message};

/// Message sizes that a decoder is given to allow.
const FRAME_BYTES_MAX: [usize; 6] = [0, 1, 125, 126, 300, 32_768];

/// What one decoder made of a stream.
#[derive(Debug, PartialEq, Eq)]
struct Seen {
    messages: Vec<Message>,
    end: CloseReason,
    /// Before the goodbye.
    answered: Vec<u8>,
    /// The goodbye.
    goodbye: Vec<u8>,
}

/// The decoder of clients' frames. The first three bytes choose the largest message and how the rest is cut into reads.
///
/// - However the bytes are cut, the messages, the end and the answers are the same.
/// - They are what a second, plain reading of RFC 6455 gives.
/// - No message is larger than allowed, and not more goes out than came in.
/// - Nothing follows the one close frame.
pub fn frames(input: &[u8]) {
    let Some(([largest, one, other], stream)) = input.split_first_chunk() else { return };
    let most = FRAME_BYTES_MAX.into_iter().cycle().nth((*largest).into()).unwrap_or_default();
    let whole = decoded(stream, most, &[stream.len().max(1)]);
    let sizes = [usize::from(*one % 16) + 1, usize::from(*other) + 1];
    let cut = decoded(stream, most, &sizes);
    assert!(whole == cut, "cut into {sizes:?}: {cut:?} and not {whole:?}");
    judge(&whole, &model::expected(stream, most), stream, most);
}

fn judge(seen: &Seen, expected: &Expected, stream: &[u8], most: usize) {
    let Expected { messages, pongs, end } = expected;
    assert!(seen.messages == *messages, "{messages:?} were sent, and read were {seen:?}");
    let is_broken = matches!(seen.end, CloseReason::Protocol | CloseReason::InvalidUtf8 | CloseReason::TooBig);
    let fits = match end {
        End::Lost => seen.end == CloseReason::SocketLost,
        End::Closed => seen.end == CloseReason::Client,
        End::Broken => is_broken,
        End::BrokenOnceThere => is_broken || seen.end == CloseReason::SocketLost,
        End::ClosedBadly => is_broken || seen.end == CloseReason::Client,
    };
    assert!(fits, "{end:?} was to be expected, and it ended with {:?}", seen.end);
    for message in &seen.messages {
        assert!(message.len() <= most, "a message of {} bytes, and {most} are allowed", message.len());
    }
    let closing = seen.answered.strip_prefix(&**pongs).expect("the answers begin with a pong for each ping");
    let closing = [closing, &seen.goodbye].concat();
    let sent = pongs.len() + closing.len();
    // A goodbye for a reason of its own is the server's, and short.
    assert!(sent <= stream.len().max(pongs.len() + 127), "{sent} bytes out for {} in", stream.len());
    if seen.end == CloseReason::SocketLost {
        assert!(closing.is_empty(), "nobody is there to read {closing:?}");
        return;
    }
    let [0x88, length, payload @ ..] = closing.as_slice() else { panic!("{closing:?} is no close frame") };
    assert!(usize::from(*length) == payload.len() && *length <= 125, "something follows the close frame: {closing:?}");
    assert!(payload.len() != 1, "a close frame with half a code");
}

/// Reads a stream as the connection does, in reads of these sizes.
fn decoded(stream: &[u8], most: usize, sizes: &[usize]) -> Seen {
    let mut sizes = sizes.iter().copied().cycle();
    let mut rest = stream;
    let mut next_read = || rest.split_off(..sizes.next().unwrap_or(1).min(rest.len())).unwrap_or_default();
    let mut outbox = Outbox::default();
    let mut codec = Codec::new(next_read(), most);
    let mut messages = Vec::new();
    let mut ended = false;
    let end = loop {
        match codec.next(&mut outbox) {
            Ok(Some(Received::Text(text))) => {
                assert!(std::str::from_utf8(text.as_bytes()).is_ok(), "text that is not UTF-8: {:?}", text.as_bytes());
                messages.push(Message::Text(text.as_bytes().to_vec()));
            }
            Ok(Some(Received::Binary(payload))) => messages.push(Message::Binary(payload.to_vec())),
            Ok(Some(Received::Alive)) => messages.push(Message::Alive),
            Ok(Some(Received::Close)) => break CloseReason::Client,
            Err(reason) => break reason,
            Ok(None) => {
                assert!(!ended, "it waits for bytes after the last");
                let read = next_read();
                if read.is_empty() {
                    codec.end_input();
                    ended = true;
                }
                codec.feed(read);
            }
        }
        assert!(messages.len() <= stream.len() / 2, "more messages than frames");
    };
    let answered = outbox.waiting().to_vec();
    if end != CloseReason::SocketLost {
        codec.close(end, &mut outbox);
    }
    let goodbye = outbox.waiting().get(answered.len()..).unwrap_or_default().to_vec();
    Seen { messages, end, answered, goodbye }
}

#[cfg(test)]
#[path = "../../../../tests/fuzz/replay.rs"]
mod replay;

#[cfg(test)]
mod tests {
    use super::replay::replay;

    #[test]
    fn frames_that_fuzzing_kept_are_decoded_as_they_should_be() {
        replay("frames", super::frames);
    }
}
