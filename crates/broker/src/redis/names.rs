//! What keys and channels are called: keyed hashes that tell nobody which programme or room they are of.

use kkanbu_keys::ServerId;
use kkanbu_model::{ProgrammeId, RoomAddress};
use std::fmt::Write as _;

/// Bytes of a tag that a name holds: no two of any number of rooms share them.
const TAG_BYTES: usize = 16;

/// Slots of a cluster.
const SLOTS: u16 = 16_384;

/// Where tokens lie of those who took something out of a log and have not got it out of the files yet.
pub(crate) const UNSCRUBBED: &str = "kk:unscrubbed";

/// Names under one server's id. They don't hang on content keys: a programme whose key was destroyed is still found, and
/// one with a wrong key is seen to be damaged and not to be empty.
#[derive(Debug, Clone, Copy)]
pub struct Names(ServerId);

impl Names {
    /// The names of this server's rooms.
    pub const fn new(server: ServerId) -> Self {
        Self(server)
    }

    /// The tag of a room.
    pub fn tag(&self, room: &RoomAddress) -> String {
        self.hashed("redis room", &[room.programme.as_str().as_bytes(), room.room.as_str().as_bytes()])
    }

    /// The key of a room's log, which is its channel too.
    pub fn room(&self, room: &RoomAddress) -> String {
        room_of(&self.tag(room))
    }

    /// The key of the set of all tags of a programme's rooms.
    pub fn programme(&self, programme: &ProgrammeId) -> String {
        format!("kk:p:{{{}}}", self.hashed("redis programme", &[programme.as_str().as_bytes()]))
    }

    fn hashed(&self, purpose: &str, parts: &[&[u8]]) -> String {
        self.0.tag(purpose, parts).iter().take(TAG_BYTES).fold(String::new(), |mut hex, byte| {
            // Writing to a `String` does not fail.
            let _ = write!(hex, "{byte:02x}");
            hex
        })
    }
}

/// The key of the room with this tag.
pub(crate) fn room_of(tag: &str) -> String {
    format!("kk:{{{tag}}}")
}

/// The slot that a key lies in, by the part of it between braces.
pub(crate) fn slot(key: &str) -> u16 {
    let hashed = key.split_once('{').and_then(|(_, rest)| rest.split_once('}')).map(|(tag, _)| tag);
    let hashed = hashed.filter(|tag| !tag.is_empty()).unwrap_or(key);
    crc16(hashed.as_bytes()) % SLOTS
}

/// A key of ours in one of these slots.
pub(crate) fn probe_in(slots: impl Fn(u16) -> bool) -> String {
    let mut keys = (0..u32::from(SLOTS) * 64).map(|number| format!("kk:probe:{{{number}}}"));
    keys.find(|key| slots(slot(key))).unwrap_or_else(|| "kk:probe".to_owned())
}

/// CRC-16/XMODEM, as the cluster specification has it.
fn crc16(bytes: &[u8]) -> u16 {
    bytes.iter().fold(0, |crc, byte| {
        (0..8).fold(
            crc ^ (u16::from(*byte) << 8),
            |crc, _| {
                if crc & 0x8000 == 0 { crc << 1 } else { (crc << 1) ^ 0x1021 }
            },
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use kkanbu_model::RoomId;

    #[test]
    fn slots_are_those_of_the_cluster_specification() {
        assert_eq!(crc16(b"123456789"), 0x31C3);
        assert_eq!(slot("foo"), 12_182);
        assert_eq!(slot("kk:p:{foo}"), slot("foo"));
        assert_eq!(slot("{}foo"), crc16(b"{}foo") % SLOTS);
        assert!((100..200).contains(&slot(&probe_in(|slot| (100..200).contains(&slot)))));
    }

    #[test]
    fn a_name_tells_nothing_and_is_another_for_another_room_or_server() {
        let programme = ProgrammeId::new("anyang-2022").unwrap();
        let room = |id: &str| RoomAddress { programme: programme.clone(), room: RoomId::new(id).unwrap() };
        let names = Names::new(ServerId::from_bytes([1; 16]));
        assert!(!names.room(&room("plaza")).contains("plaza"));
        assert_ne!(names.room(&room("plaza")), names.room(&room("topic-1")));
        assert_ne!(names.room(&room("plaza")), Names::new(ServerId::from_bytes([2; 16])).room(&room("plaza")));
    }
}
