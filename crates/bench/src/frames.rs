//! WebSocket frames as a bench reads and writes them: in place, without buffers of their own, so that the generator stays cheaper than what it
//! measures.

use anyhow::bail;

/// A text frame.
pub(crate) const TEXT: u8 = 1;
/// A binary frame.
pub(crate) const BINARY: u8 = 2;
/// A close frame.
pub(crate) const CLOSE: u8 = 8;
/// A ping.
pub(crate) const PING: u8 = 9;
/// A pong.
pub(crate) const PONG: u8 = 10;

/// Longest payload that is read. Nothing that a bench makes comes near it.
const PAYLOAD_MAX: usize = 16 << 20;

/// The head of a frame, and where its payload lies behind it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Head {
    /// What kind of frame it is.
    pub(crate) opcode: u8,
    /// Where the payload begins, counted from the frame's first byte.
    pub(crate) begin: usize,
    /// Where the frame ends.
    pub(crate) end: usize,
    /// What the payload is masked with; clients' frames are.
    pub(crate) mask: Option<[u8; 4]>,
}

impl Head {
    /// Reads the head of the frame at the beginning of `bytes`; `None` where it is not all there yet. Whether the payload is there is for
    /// the caller to see: `end` may lie behind what there is.
    pub(crate) fn read(bytes: &[u8]) -> anyhow::Result<Option<Self>> {
        let [first, second, rest @ ..] = bytes else { return Ok(None) };
        let (length, mut begin) = match second & 0x7f {
            126 => match rest.first_chunk::<2>() {
                Some(length) => (usize::from(u16::from_be_bytes(*length)), 4),
                None => return Ok(None),
            },
            127 => match rest.first_chunk::<8>() {
                Some(length) => (usize::try_from(u64::from_be_bytes(*length)).unwrap_or(usize::MAX), 10),
                None => return Ok(None),
            },
            short => (usize::from(short), 2),
        };
        if length > PAYLOAD_MAX {
            bail!("a frame announces {length} bytes");
        }
        let mask = if second & 0x80 == 0 {
            None
        } else {
            let Some(mask) = bytes.get(begin..).and_then(<[u8]>::first_chunk::<4>) else { return Ok(None) };
            begin += 4;
            Some(*mask)
        };
        Ok(Some(Self { opcode: first & 0x0f, begin, end: begin + length, mask }))
    }
}

/// Takes all whole frames at the beginning of `bytes`, and gives how many bytes they were.
pub(crate) fn whole(bytes: &[u8], mut each: impl FnMut(&Head, &[u8]) -> anyhow::Result<()>) -> anyhow::Result<usize> {
    let mut used = 0;
    while let Some(rest) = bytes.get(used..)
        && let Some(head) = Head::read(rest)?
        && let Some(payload) = rest.get(head.begin..head.end)
    {
        each(&head, payload)?;
        used += head.end;
    }
    Ok(used)
}

/// Writes a server's frame.
pub(crate) fn write(opcode: u8, payload: &[u8], out: &mut Vec<u8>) {
    head(opcode, payload.len(), 0, out);
    out.extend_from_slice(payload);
}

/// Writes a client's frame, masked.
pub(crate) fn write_masked(opcode: u8, payload: &[u8], mask: [u8; 4], out: &mut Vec<u8>) {
    head(opcode, payload.len(), 0x80, out);
    out.extend_from_slice(&mask);
    out.extend(payload.iter().zip(mask.into_iter().cycle()).map(|(byte, key)| byte ^ key));
}

fn head(opcode: u8, length: usize, masked: u8, out: &mut Vec<u8>) {
    out.push(0x80 | opcode);
    match (u8::try_from(length), u16::try_from(length)) {
        (Ok(short @ 0..=0x7d), _) => out.push(masked | short),
        (_, Ok(middle)) => {
            out.push(masked | 0x7e);
            out.extend_from_slice(&middle.to_be_bytes());
        }
        (_, Err(_)) => {
            out.push(masked | 0x7f);
            out.extend_from_slice(&(length as u64).to_be_bytes());
        }
    }
}

/// Takes the mask off `payload`, into `plain`, which is emptied before.
pub(crate) fn unmask(payload: &[u8], mask: [u8; 4], plain: &mut Vec<u8>) {
    plain.clear();
    plain.extend(payload.iter().zip(mask.into_iter().cycle()).map(|(byte, key)| byte ^ key));
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Feeds `stream` in pieces of these sizes as a connection does, and gives what was read.
    fn read_in_pieces(stream: &[u8], sizes: &[usize]) -> Vec<(u8, Vec<u8>)> {
        let mut found = Vec::new();
        let (mut rest, mut kept): (&[u8], Vec<u8>) = (stream, Vec::new());
        let mut sizes = sizes.iter().cycle();
        while !rest.is_empty() {
            let (piece, after) = rest.split_at((*sizes.next().unwrap()).clamp(1, rest.len()));
            kept.extend_from_slice(piece);
            let used = whole(&kept, |head, payload| {
                let mut plain = payload.to_vec();
                if let Some(mask) = head.mask {
                    unmask(payload, mask, &mut plain);
                }
                found.push((head.opcode, plain));
                Ok(())
            });
            kept.drain(..used.unwrap());
            rest = after;
        }
        assert!(kept.is_empty());
        found
    }

    proptest! {
        #[test]
        fn frames_are_read_wherever_the_stream_is_cut(
            frames in prop::collection::vec((prop::sample::select(vec![TEXT, BINARY, PING, CLOSE]), prop_oneof![0_usize..200, 65_530_usize..65_540], any::<Option<[u8; 4]>>()), 1..8),
            sizes in prop::collection::vec(1_usize..1_000, 1..20),
        ) {
            let mut stream = Vec::new();
            let mut expected = Vec::new();
            for (opcode, length, mask) in frames {
                let payload: Vec<u8> = (0..=250).cycle().take(length).collect();
                match mask {
                    Some(mask) => write_masked(opcode, &payload, mask, &mut stream),
                    None => write(opcode, &payload, &mut stream),
                }
                expected.push((opcode, payload));
            }
            prop_assert_eq!(read_in_pieces(&stream, &sizes), expected);
        }
    }

    #[test]
    fn an_endless_frame_is_refused() {
        let mut bytes = vec![0x82, 127];
        bytes.extend(u64::MAX.to_be_bytes());
        assert!(Head::read(&bytes).is_err());
    }
}
