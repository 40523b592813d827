//! RFC 6455 once more, without buffers or states: all bytes are there. What the codec makes of a stream is held against this.

/// A message, or a sign of life.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Message {
    Text(Vec<u8>),
    Binary(Vec<u8>),
    Alive,
}

impl Message {
    pub(super) fn len(&self) -> usize {
        match self {
            Self::Text(payload) | Self::Binary(payload) => payload.len(),
            Self::Alive => 0,
        }
    }
}

/// How a stream ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    /// There are no more bytes.
    Lost,
    /// With a close frame.
    Closed,
    /// With a close frame that says something that it must not.
    ClosedBadly,
    /// With a breach.
    Broken,
    /// With a breach in a frame of which a part is missing. It may be noticed.
    BrokenOnceThere,
}

/// What is to come of a stream.
#[derive(Debug)]
pub(super) struct Expected {
    pub(super) messages: Vec<Message>,
    pub(super) pongs: Vec<u8>,
    pub(super) end: End,
}

struct Frame<'a> {
    last: bool,
    reserved: bool,
    opcode: u8,
    masked: bool,
    announced: u64,
    /// None where a part of it is missing.
    payload: Option<Vec<u8>>,
    rest: &'a [u8],
}

/// Takes a frame off. None where its header is not all there.
fn frame(stream: &[u8]) -> Option<Frame<'_>> {
    let ([first, second], rest) = stream.split_first_chunk()?;
    let (announced, rest) = match second & 0x7f {
        126 => rest.split_first_chunk().map(|(length, rest)| (u16::from_be_bytes(*length).into(), rest))?,
        127 => rest.split_first_chunk().map(|(length, rest)| (u64::from_be_bytes(*length), rest))?,
        length => (length.into(), rest),
    };
    let masked = second & 0x80 != 0;
    let (mask, rest) =
        if masked { rest.split_first_chunk().map(|(mask, rest)| (*mask, rest))? } else { ([0_u8; 4], rest) };
    let there = usize::try_from(announced).ok().and_then(|length| rest.split_at_checked(length));
    let unmasked = |bytes: &[u8]| bytes.iter().zip(mask.iter().cycle()).map(|(byte, mask)| byte ^ mask).collect();
    Some(Frame {
        last: first & 0x80 != 0,
        reserved: first & 0x70 != 0,
        opcode: first & 0x0f,
        masked,
        announced,
        payload: there.map(|(payload, _)| unmasked(payload)),
        rest: there.map_or(&[], |(_, rest)| rest),
    })
}

/// Reads a stream of a client whose messages have at most this many bytes.
pub(super) fn expected(mut stream: &[u8], most: usize) -> Expected {
    let (mut messages, mut pongs, mut begun) = (Vec::new(), Vec::new(), None);
    let end = loop {
        let Some(frame) = frame(stream) else { break End::Lost };
        stream = frame.rest;
        let is_broken = is_broken(&frame, begun.as_ref().map(Message::len), most);
        let Some(payload) = frame.payload else {
            break if is_broken { End::BrokenOnceThere } else { End::Lost };
        };
        match frame.opcode {
            _ if is_broken => break End::Broken,
            0x8 => break closed(&payload),
            0x9 => {
                pongs.extend([0x8a, u8::try_from(payload.len()).unwrap_or_default()]);
                pongs.extend(payload);
                messages.push(Message::Alive);
            }
            0xa => messages.push(Message::Alive),
            opcode => {
                let whole = match (begun.take(), opcode) {
                    (Some(Message::Text(so_far)), _) => Message::Text([so_far, payload].concat()),
                    (Some(Message::Binary(so_far)), _) => Message::Binary([so_far, payload].concat()),
                    (_, 0x1) => Message::Text(payload),
                    (_, _) => Message::Binary(payload),
                };
                if let Message::Text(text) = &whole
                    && !is_text(text, frame.last)
                {
                    break End::Broken;
                }
                if frame.last { messages.push(whole) } else { begun = Some(whole) }
            }
        }
    };
    Expected { messages, pongs, end }
}

/// Whether a frame may not stand where it does.
fn is_broken(frame: &Frame<'_>, begun: Option<usize>, most: usize) -> bool {
    let so_far = begun.unwrap_or_default() as u64;
    let is_in_place = match frame.opcode {
        0x0 => begun.is_some(),
        0x1 | 0x2 => begun.is_none(),
        0x8..=0xa => frame.last && frame.announced <= 125,
        _ => false,
    };
    // A control frame is no message, and still as long as a message may be.
    let room = if frame.opcode < 0x8 { (most as u64).saturating_sub(so_far) } else { most as u64 };
    frame.reserved || !frame.masked || !is_in_place || frame.announced > room
}

/// Whether bytes are text, or may be once the rest is there.
fn is_text(bytes: &[u8], all: bool) -> bool {
    match std::str::from_utf8(bytes) {
        Ok(_) => true,
        Err(error) => !all && error.error_len().is_none(),
    }
}

fn closed(payload: &[u8]) -> End {
    match payload.split_first_chunk() {
        None if payload.is_empty() => End::Closed,
        Some(([_, _], reason)) if is_text(reason, true) => End::Closed,
        _ => End::ClosedBadly,
    }
}
