//! Boundary type: what an audit entry says in detail, as it is sealed. The first byte is the form's version, the rest JSON and spaces.
//!
//! It is sealed under the programme's content key for its place in the audit log: an entry that is moved to another number does
//! not open. It holds the command's key too, so that whatever waits for the room's log needs nothing but the entry's number.

use crate::sealing::SealError;
use kkanbu_keys::{ContentKey, Tag};
use kkanbu_model::{Act, Body, CommandKey, Handle, Minute, Offset, ProgrammeId, RoomAct, RoomId};
use serde::{Deserialize, Serialize};

/// Details are as long as this, whatever they say: enough for all handles that the word lists can draw. Longer ones, and notices, are
/// as long as a multiple of [`NOTICE_BYTES`].
const DETAIL_BYTES: usize = 512;

/// Notices are as long as a multiple of this.
const NOTICE_BYTES: usize = 1024;

/// Which form the bytes after the first have.
const VERSION: u8 = 1;

/// What one entry says in detail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Detail {
    /// The programme was created: nothing but that whoever wrote it held the content key.
    Created,
    /// An act in a room, under this key.
    InRoom(RoomId, RoomAct, CommandKey),
}

impl Detail {
    /// Whether `later` is the same thing asked for again.
    pub(crate) fn is_asked_again_by(&self, later: &Self) -> bool {
        match (self, later) {
            (Self::InRoom(room, act, key), Self::InRoom(again_room, again, again_key)) => {
                room == again_room && key == again_key && act.is_asked_again_by(again)
            }
            (Self::Created, Self::Created) => true,
            (Self::Created, Self::InRoom(..)) | (Self::InRoom(..), Self::Created) => false,
        }
    }
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
enum StoredDetail {
    Created,
    InRoom { room: String, key: String, act: StoredAct },
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
enum StoredAct {
    HidePost { target: u64 },
    RestorePost { target: u64 },
    Freeze,
    Thaw,
    Slow { seconds: u32 },
    Notice { text: Option<String> },
    Mute { handle: String, until: u64 },
    Unmute { handle: String },
    Remove { handle: String },
    Readmit { handle: String },
}

/// Stands for a command's key in its programme.
pub(crate) fn command_tag(key: &ContentKey, programme: &ProgrammeId, command: CommandKey) -> Tag {
    key.tag("act", &[programme.as_str().as_bytes(), command.as_bytes()])
}

/// The name that the audit log has for it.
pub(crate) fn name(room: &RoomId, act: &RoomAct) -> &'static str {
    Act::InRoom(room.clone(), act.clone()).name()
}

/// Seals a detail for the entry with this number.
pub(crate) fn seal(key: &ContentKey, number: u64, detail: &Detail) -> Result<Vec<u8>, SealError> {
    let mut plain = Vec::with_capacity(DETAIL_BYTES);
    plain.push(VERSION);
    serde_json::to_writer(&mut plain, &StoredDetail::from(detail)).map_err(|_| SealError)?;
    let notice = matches!(detail, Detail::InRoom(_, RoomAct::Notice(_), _));
    let length =
        if notice || plain.len() > DETAIL_BYTES { plain.len().next_multiple_of(NOTICE_BYTES) } else { DETAIL_BYTES };
    plain.resize(length, b' ');
    key.seal(&context(number), &plain).map_err(|_| SealError)
}

/// Opens what `seal` made for the entry with this number.
pub(crate) fn open(key: &ContentKey, number: u64, sealed: &[u8]) -> Result<Detail, SealError> {
    let plain = key.open(&context(number), sealed).map_err(|_| SealError)?;
    let Some((&VERSION, json)) = plain.split_first() else { return Err(SealError) };
    let stored: StoredDetail = serde_json::from_slice(json).map_err(|_| SealError)?;
    stored.try_into()
}

fn context(number: u64) -> Vec<u8> {
    let mut context = b"audit".to_vec();
    context.extend_from_slice(&number.to_be_bytes());
    context
}

impl From<&Detail> for StoredDetail {
    fn from(detail: &Detail) -> Self {
        match detail {
            Detail::Created => Self::Created,
            Detail::InRoom(room, act, key) => {
                Self::InRoom { room: room.as_str().to_owned(), key: key.to_text(), act: act.into() }
            }
        }
    }
}

impl TryFrom<StoredDetail> for Detail {
    type Error = SealError;

    fn try_from(stored: StoredDetail) -> Result<Self, SealError> {
        match stored {
            StoredDetail::Created => Ok(Self::Created),
            StoredDetail::InRoom { room, key, act } => Ok(Self::InRoom(
                RoomId::new(room).map_err(|_| SealError)?,
                act.try_into()?,
                CommandKey::parse(&key).map_err(|_| SealError)?,
            )),
        }
    }
}

impl From<&RoomAct> for StoredAct {
    fn from(act: &RoomAct) -> Self {
        let text = |handle: &Handle| handle.as_str().to_owned();
        match act {
            RoomAct::HidePost(target) => Self::HidePost { target: target.get() },
            RoomAct::RestorePost(target) => Self::RestorePost { target: target.get() },
            RoomAct::Freeze => Self::Freeze,
            RoomAct::Thaw => Self::Thaw,
            RoomAct::Slow(seconds) => Self::Slow { seconds: *seconds },
            RoomAct::Notice(body) => Self::Notice { text: body.as_ref().map(|body| body.as_str().to_owned()) },
            RoomAct::Mute(handle, until) => Self::Mute { handle: text(handle), until: until.get() },
            RoomAct::Unmute(handle) => Self::Unmute { handle: text(handle) },
            RoomAct::Remove(handle) => Self::Remove { handle: text(handle) },
            RoomAct::Readmit(handle) => Self::Readmit { handle: text(handle) },
        }
    }
}

impl TryFrom<StoredAct> for RoomAct {
    type Error = SealError;

    fn try_from(stored: StoredAct) -> Result<Self, SealError> {
        let handle = |text: String| Handle::new(text).map_err(|_| SealError);
        Ok(match stored {
            StoredAct::HidePost { target } => Self::HidePost(Offset::new(target)),
            StoredAct::RestorePost { target } => Self::RestorePost(Offset::new(target)),
            StoredAct::Freeze => Self::Freeze,
            StoredAct::Thaw => Self::Thaw,
            StoredAct::Slow { seconds } => Self::Slow(seconds),
            StoredAct::Notice { text } => Self::Notice(text.map(Body::from_log)),
            StoredAct::Mute { handle: text, until } => Self::Mute(handle(text)?, Minute::new(until)),
            StoredAct::Unmute { handle: text } => Self::Unmute(handle(text)?),
            StoredAct::Remove { handle: text } => Self::Remove(handle(text)?),
            StoredAct::Readmit { handle: text } => Self::Readmit(handle(text)?),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use kkanbu_model::Secret;
    use std::collections::HashSet;

    fn key(byte: u8) -> ContentKey {
        ContentKey::from_secret(Secret::new([byte; 32])).unwrap()
    }

    fn in_room(act: RoomAct) -> Detail {
        Detail::InRoom(RoomId::new("plaza").unwrap(), act, CommandKey::from_bytes([9; 16]))
    }

    fn notice(text: &str) -> RoomAct {
        RoomAct::Notice(Some(Body::from_log(text.to_owned())))
    }

    fn all() -> Vec<RoomAct> {
        let handle = || Handle::new("용감한 고라니").unwrap();
        vec![
            RoomAct::HidePost(Offset::new(7)),
            RoomAct::RestorePost(Offset::new(Offset::MAX)),
            RoomAct::Freeze,
            RoomAct::Thaw,
            RoomAct::Slow(30),
            RoomAct::Mute(handle(), Minute::new(29_000_000)),
            RoomAct::Unmute(handle()),
            RoomAct::Remove(Handle::new("힣".repeat(40)).unwrap()),
            RoomAct::Readmit(handle()),
            RoomAct::Notice(None),
            notice("오늘은 여기까지\n\"감사합니다\""),
        ]
    }

    #[test]
    fn every_detail_survives_sealing() {
        for detail in all().into_iter().map(in_room).chain([Detail::Created]) {
            let sealed = seal(&key(1), 7, &detail).unwrap();
            assert_eq!(open(&key(1), 7, &sealed), Ok(detail));
        }
    }

    #[test]
    fn a_detail_opens_at_its_number_and_with_its_key_only() {
        let sealed = seal(&key(1), 7, &Detail::Created).unwrap();
        assert_eq!(open(&key(1), 8, &sealed), Err(SealError));
        assert_eq!(open(&key(2), 7, &sealed), Err(SealError));
        assert_eq!(open(&key(1), 7, &[]), Err(SealError));
    }

    #[test]
    fn lengths_tell_no_more_than_the_size_of_a_notice() {
        let length = |detail: Detail| seal(&key(1), 7, &detail).unwrap().len();
        let (notices, others): (Vec<_>, Vec<_>) = all().into_iter().partition(|act| matches!(act, RoomAct::Notice(_)));
        let others: HashSet<usize> = others.into_iter().map(in_room).chain([Detail::Created]).map(length).collect();
        assert_eq!(others.len(), 1);
        let notices: HashSet<usize> = notices.into_iter().map(in_room).map(length).collect();
        assert_eq!(notices.len(), 1, "no notice, and a short one");
        let sealing = length(Detail::Created) - DETAIL_BYTES;
        assert_eq!((length(in_room(notice(&"a".repeat(8_000)))) - sealing) % NOTICE_BYTES, 0);
    }
}
