//! What stands for a member at rest: keyed tags in place of keys and handles, and one sealed record a membership.
//!
//! Every database engine uses these, so that no engine decides for itself what may be seen.

use kkanbu_keys::{ContentKey, Tag};
use kkanbu_model::{Handle, MemberKey, Membership, MembershipId, ProgrammeId, RoleId, RoomAddress, Sanction};

/// Sealed records are as long as a multiple of this, so that the length of a handle does not show. One is enough for all that the
/// word lists can draw.
const RECORD_BYTES: usize = 256;

/// A sealed record does not open, or is not what it should be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a sealed record does not open")]
pub(crate) struct SealError;

/// Proves that the content key is the programme's: a wrong key would find no member, and all would seem to be strangers.
pub(crate) fn programme_tag(key: &ContentKey, programme: &ProgrammeId) -> Tag {
    key.tag("programme", &[programme.as_str().as_bytes()])
}

/// Stands for the member's key in its programme.
pub(crate) fn member_tag(key: &ContentKey, programme: &ProgrammeId, member: &MemberKey) -> Tag {
    key.tag("member", &[programme.as_str().as_bytes(), member.as_bytes()])
}

/// Stands for the member's key in one room: unrelated to its tag in any other room.
pub(crate) fn membership_tag(key: &ContentKey, room: &RoomAddress, member: &MemberKey) -> Tag {
    key.tag("membership", &[room.programme.as_str().as_bytes(), room.room.as_str().as_bytes(), member.as_bytes()])
}

/// Stands for a handle in one room.
pub(crate) fn handle_tag(key: &ContentKey, room: &RoomAddress, handle: &Handle) -> Tag {
    let parts = [room.programme.as_str().as_bytes(), room.room.as_str().as_bytes(), handle.as_str().as_bytes()];
    key.tag("handle", &parts)
}

/// Seals a membership for the row with this tag. Whether it has posted is the row's, not the record's, and what moderators did to its
/// member has a record of its own.
pub(crate) fn seal(
    key: &ContentKey,
    room: &RoomAddress,
    tag: &Tag,
    membership: &Membership,
) -> Result<Vec<u8>, SealError> {
    let mut record = membership.id.as_bytes().to_vec();
    for text in [membership.role.as_str(), membership.handle.as_str()] {
        push_text(&mut record, text)?;
    }
    record.resize(record.len().next_multiple_of(RECORD_BYTES), 0);
    key.seal(&context(room, tag), &record).map_err(|_| SealError)
}

/// Opens what `seal` made for the row with this tag. The sanction is to be filled in.
pub(crate) fn open(
    key: &ContentKey,
    room: &RoomAddress,
    tag: &Tag,
    sealed: &[u8],
    posted: bool,
) -> Result<Membership, SealError> {
    let record = key.open(&context(room, tag), sealed).map_err(|_| SealError)?;
    let (id, rest) = record.split_first_chunk::<16>().ok_or(SealError)?;
    let (role, rest) = text(rest)?;
    let (handle, _padding) = text(rest)?;
    Ok(Membership {
        id: MembershipId::from_bytes(*id),
        handle: Handle::new(handle).map_err(|_| SealError)?,
        role: RoleId::new(role).map_err(|_| SealError)?,
        posted,
        sanction: Sanction::default(),
    })
}

/// Adds a text with its length before it.
pub(crate) fn push_text(record: &mut Vec<u8>, text: &str) -> Result<(), SealError> {
    let length = u16::try_from(text.len()).map_err(|_| SealError)?;
    record.extend_from_slice(&length.to_be_bytes());
    record.extend_from_slice(text.as_bytes());
    Ok(())
}

/// A text with its length before it, and what follows.
pub(crate) fn text(bytes: &[u8]) -> Result<(&str, &[u8]), SealError> {
    let (length, rest) = bytes.split_first_chunk::<2>().ok_or(SealError)?;
    let (text, rest) = rest.split_at_checked(usize::from(u16::from_be_bytes(*length))).ok_or(SealError)?;
    Ok((std::str::from_utf8(text).map_err(|_| SealError)?, rest))
}

/// Binds a record to its row, so that records can't be swapped between members, rooms or programmes. Ids hold no NUL.
fn context(room: &RoomAddress, tag: &Tag) -> Vec<u8> {
    let mut context = format!("membership\0{}\0{}\0", room.programme, room.room).into_bytes();
    context.extend_from_slice(tag);
    context
}

#[cfg(test)]
mod tests {
    use super::*;
    use kkanbu_model::{RoomId, Secret};
    use proptest::prelude::*;

    fn key() -> ContentKey {
        ContentKey::from_secret(Secret::new([7; 32])).unwrap()
    }

    fn room(id: &str) -> RoomAddress {
        RoomAddress { programme: ProgrammeId::new("p").unwrap(), room: RoomId::new(id).unwrap() }
    }

    fn membership(handle: &str) -> Membership {
        Membership {
            id: MembershipId::from_bytes([9; 16]),
            handle: Handle::new(handle).unwrap(),
            role: RoleId::new("mentor").unwrap(),
            posted: true,
            sanction: Sanction::default(),
        }
    }

    #[test]
    fn a_record_opens_in_its_row_only() {
        let member = membership("용감한 고라니");
        let sealed = seal(&key(), &room("a"), &[1; 32], &member).unwrap();
        assert_eq!(open(&key(), &room("a"), &[1; 32], &sealed, true), Ok(member));
        assert_eq!(open(&key(), &room("b"), &[1; 32], &sealed, true), Err(SealError));
        assert_eq!(open(&key(), &room("a"), &[2; 32], &sealed, true), Err(SealError));
    }

    #[test]
    fn the_length_of_a_record_does_not_tell_the_handle() {
        let length = |handle: &str| seal(&key(), &room("a"), &[1; 32], &membership(handle)).unwrap().len();
        assert_eq!(length("가"), length(&"힣".repeat(40)));
    }

    #[test]
    fn a_key_has_unrelated_tags_in_two_rooms_and_in_the_programme() {
        let member = MemberKey::from_bytes([3; 32]);
        let tags = [
            member_tag(&key(), &room("a").programme, &member),
            membership_tag(&key(), &room("a"), &member),
            membership_tag(&key(), &room("b"), &member),
        ];
        assert!(tags[0] != tags[1] && tags[1] != tags[2] && tags[0] != tags[2]);
    }

    proptest! {
        #[test]
        fn any_handle_survives_sealing(text in "\\PC{1,40}") {
            if let Ok(handle) = Handle::new(text) {
                let member = Membership { handle, ..membership("x") };
                let sealed = seal(&key(), &room("a"), &[1; 32], &member).unwrap();
                prop_assert_eq!(open(&key(), &room("a"), &[1; 32], &sealed, true), Ok(member));
            }
        }
    }
}
