//! What moderators did to a member in a room, at rest: one sealed record under a tag that tells neither the member nor the room.
//!
//! The tag is a function of the member's key and the room, so that a sanction outlives the membership; the record keeps the handles
//! under which the member was sanctioned, so that moderators can take it back by the handle that they know, and those under which it has
//! posted and left, so that leaving is no way out.

use crate::sealing::{SealError, push_text, text};
use kkanbu_keys::{ContentKey, Tag};
use kkanbu_model::{Handle, Minute, ProgrammeId, RoomAct, RoomId, Sanction};

/// Sealed records are as long as a multiple of this. One is enough for as many of the handles that the word lists can draw as a record holds, and
/// goes into a page of SQLite without spilling over.
const RECORD_BYTES: usize = 768;

/// Handles that are remembered of a member who comes and goes: any of them names the member, so that the latest are enough.
const FORMER_MAX: usize = 16;

/// Stands for the member of this membership tag, which is a function of its key and the room.
pub(crate) fn sanction_tag(key: &ContentKey, membership: &Tag) -> Tag {
    key.tag("sanction", &[membership])
}

/// What moderators did to one member in one room.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Record {
    /// The room.
    pub(crate) room: RoomId,
    /// The tag that the member's membership in the room has, whenever it is in there.
    pub(crate) membership: Tag,
    /// Until when it may not write, and under which handle it was told so.
    pub(crate) muted: Option<(Minute, Handle)>,
    /// It was put out, under this handle.
    pub(crate) removed: Option<Handle>,
    /// Handles under which it posted before it left, the latest last.
    pub(crate) former: Vec<Handle>,
}

impl Record {
    /// Nothing, of the member with this membership tag.
    pub(crate) const fn new(room: RoomId, membership: Tag) -> Self {
        Self { room, membership, muted: None, removed: None, former: Vec::new() }
    }

    /// Whether there is nothing in it.
    pub(crate) const fn is_empty(&self) -> bool {
        self.muted.is_none() && self.removed.is_none() && self.former.is_empty()
    }

    /// The member, which has posted under this handle, leaves.
    pub(crate) fn leaves(&mut self, handle: Handle) {
        if self.former.len() >= FORMER_MAX {
            self.former.remove(0);
        }
        self.former.push(handle);
    }

    /// What the member is under.
    pub(crate) fn sanction(&self) -> Sanction {
        Sanction { muted_until: self.muted.as_ref().map(|(until, _)| *until), removed: self.removed.is_some() }
    }

    /// Whether the member was sanctioned under this handle, or has posted under it and left.
    pub(crate) fn names(&self, handle: &Handle) -> bool {
        let muted = self.muted.as_ref().map(|(_, muted)| muted);
        muted.into_iter().chain(&self.removed).chain(&self.former).any(|name| name == handle)
    }

    /// What the member is under once the act is done.
    pub(crate) fn after(self, act: &RoomAct) -> Self {
        match act {
            RoomAct::Mute(handle, until) => Self { muted: Some((*until, handle.clone())), ..self },
            RoomAct::Unmute(_) => Self { muted: None, ..self },
            RoomAct::Remove(handle) => Self { removed: Some(handle.clone()), ..self },
            RoomAct::Readmit(_) => Self { removed: None, ..self },
            RoomAct::HidePost(_)
            | RoomAct::RestorePost(_)
            | RoomAct::Freeze
            | RoomAct::Thaw
            | RoomAct::Slow(_)
            | RoomAct::Notice(_) => self,
        }
    }
}

/// Seals a record for the row with this tag.
pub(crate) fn seal(
    key: &ContentKey,
    programme: &ProgrammeId,
    tag: &Tag,
    record: &Record,
) -> Result<Vec<u8>, SealError> {
    let mut plain = record.membership.to_vec();
    plain.push(u8::from(record.muted.is_some()) | u8::from(record.removed.is_some()) << 1);
    let until = record.muted.as_ref().map_or(0, |(until, _)| until.get());
    plain.extend_from_slice(&until.to_be_bytes());
    let handles = [record.muted.as_ref().map(|(_, handle)| handle), record.removed.as_ref()];
    push_text(&mut plain, record.room.as_str())?;
    for handle in handles {
        push_text(&mut plain, handle.map_or("", Handle::as_str))?;
    }
    // An empty text ends the list, as the padding does.
    for handle in &record.former {
        push_text(&mut plain, handle.as_str())?;
    }
    plain.extend_from_slice(&[0; 2]);
    plain.resize(plain.len().next_multiple_of(RECORD_BYTES), 0);
    key.seal(&context(programme, tag), &plain).map_err(|_| SealError)
}

/// Opens what `seal` made for the row with this tag, which must be its member's.
pub(crate) fn open_own(
    key: &ContentKey,
    programme: &ProgrammeId,
    tag: &Tag,
    sealed: &[u8],
) -> Result<Record, SealError> {
    let record = open(key, programme, tag, sealed)?;
    if sanction_tag(key, &record.membership) == *tag { Ok(record) } else { Err(SealError) }
}

fn open(key: &ContentKey, programme: &ProgrammeId, tag: &Tag, sealed: &[u8]) -> Result<Record, SealError> {
    let plain = key.open(&context(programme, tag), sealed).map_err(|_| SealError)?;
    let (membership, rest) = plain.split_first_chunk().ok_or(SealError)?;
    let (flags, rest) = rest.split_first().ok_or(SealError)?;
    let (until, rest) = rest.split_first_chunk().ok_or(SealError)?;
    let (room, rest) = text(rest)?;
    let (muted, rest) = text(rest)?;
    let (removed, mut rest) = text(rest)?;
    let mut former = Vec::new();
    while let Ok((handle, after)) = text(rest)
        && !handle.is_empty()
    {
        former.push(Handle::new(handle).map_err(|_| SealError)?);
        rest = after;
    }
    let handle = |is: bool, text: &str| is.then(|| Handle::new(text).map_err(|_| SealError)).transpose();
    let until = Minute::new(u64::from_be_bytes(*until));
    Ok(Record {
        room: RoomId::new(room).map_err(|_| SealError)?,
        membership: *membership,
        muted: handle(flags & 1 != 0, muted)?.map(|handle| (until, handle)),
        removed: handle(flags & 2 != 0, removed)?,
        former,
    })
}

/// Binds a record to its row. Ids hold no NUL.
fn context(programme: &ProgrammeId, tag: &Tag) -> Vec<u8> {
    let mut context = format!("sanction\0{programme}\0").into_bytes();
    context.extend_from_slice(tag);
    context
}

#[cfg(test)]
mod tests {
    use super::*;
    use kkanbu_model::Secret;

    fn key() -> ContentKey {
        ContentKey::from_secret(Secret::new([7; 32])).unwrap()
    }

    fn programme() -> ProgrammeId {
        ProgrammeId::new("p").unwrap()
    }

    fn records() -> Vec<Record> {
        let nothing = Record::new(RoomId::new("plaza").unwrap(), [3; 32]);
        let handle = |text: &str| Handle::new(text).unwrap();
        let muted = Some((Minute::new(29_000_000), handle(&"힣".repeat(40))));
        let removed = Some(handle(&"가".repeat(40)));
        vec![
            Record { muted: muted.clone(), ..nothing.clone() },
            Record { removed: removed.clone(), ..nothing.clone() },
            Record { muted, removed, ..nothing.clone() },
            Record { former: vec![handle("느긋한 두루미"), handle("새")], ..nothing.clone() },
            Record { former: vec![handle("반짝이는 큰고니 12345"); FORMER_MAX], ..nothing.clone() },
            Record {
                muted: Some((Minute::new(0), handle("새"))),
                room: RoomId::new("a".repeat(64)).unwrap(),
                ..nothing.clone()
            },
            nothing,
        ]
    }

    #[test]
    fn every_record_survives_sealing_and_opens_in_its_row_only() {
        for record in records() {
            let sealed = seal(&key(), &programme(), &[1; 32], &record).unwrap();
            assert_eq!(open(&key(), &programme(), &[1; 32], &sealed), Ok(record));
            assert_eq!(open(&key(), &programme(), &[2; 32], &sealed), Err(SealError));
            assert_eq!(open(&key(), &ProgrammeId::new("q").unwrap(), &[1; 32], &sealed), Err(SealError));
        }
    }

    #[test]
    fn no_more_former_handles_are_kept_than_the_latest() {
        let mut record = Record::new(RoomId::new("plaza").unwrap(), [3; 32]);
        for number in 0..100 {
            record.leaves(Handle::new(format!("새 {number}")).unwrap());
        }
        assert_eq!(record.former.len(), FORMER_MAX);
        assert!(record.names(&Handle::new("새 99").unwrap()) && !record.names(&Handle::new("새 1").unwrap()));
        let sealed = seal(&key(), &programme(), &[1; 32], &record).unwrap();
        assert_eq!(open(&key(), &programme(), &[1; 32], &sealed), Ok(record));
    }

    #[test]
    fn the_length_of_a_record_tells_nothing() {
        let lengths: std::collections::HashSet<usize> =
            records().iter().map(|record| seal(&key(), &programme(), &[1; 32], record).unwrap().len()).collect();
        assert_eq!(lengths.len(), 1);
    }
}
