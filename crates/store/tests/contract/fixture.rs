//! A programme, its members and their draws.

use crate::engine::Engine;
use kkanbu_keys::{ContentKey, Keyring};
use kkanbu_model::{
    Body, CommandKey, Handle, Hour, Language, MemberKey, Membership, MembershipId, Name, Programme, ProgrammeId, Role,
    RoleId, Room, RoomAct, RoomAddress, RoomId, Secret, TimeZone,
};
use kkanbu_store::{ActError, Acted, Draw, JoinError, Store};
use std::sync::Arc;

pub(crate) const MENTEE_SEATS: u32 = 37;
pub(crate) const MENTOR_SEATS: u32 = 17;
/// Seats a role in the room `topic-1`.
pub(crate) const TOPIC_SEATS: u32 = 5;

/// When all of it happens.
pub(crate) const HOUR: Hour = Hour::new(490_896);

pub(crate) fn content_key(byte: u8) -> ContentKey {
    ContentKey::from_secret(Secret::new([byte; 32])).unwrap()
}

/// The keys of `anyang-2022` and `seogwipo-2026`.
pub(crate) fn keyring() -> Keyring {
    let keyring = Keyring::default();
    keyring.insert(anyang().id, content_key(7));
    keyring.insert(seogwipo().id, content_key(8));
    keyring
}

pub(crate) fn role(id: &str) -> RoleId {
    RoleId::new(id).unwrap()
}

pub(crate) fn mentee() -> RoleId {
    role("mentee")
}

pub(crate) fn mentor() -> RoleId {
    role("mentor")
}

/// A room of `anyang-2022`.
pub(crate) fn room(id: &str) -> RoomAddress {
    RoomAddress { programme: anyang().id, room: RoomId::new(id).unwrap() }
}

pub(crate) fn name(text: &str) -> Name {
    Name::new(text).unwrap()
}

pub(crate) fn a_room(id: &str, roles: &[RoleId], seats_per_role: Option<u32>) -> Room {
    Room { seats_per_role, ..Room::new(RoomId::new(id).unwrap(), name(id), roles.to_vec()) }
}

/// 37 mentees and 17 mentors; the plaza is for all, `topic-1` has few seats, the lounge is for mentors.
pub(crate) fn anyang() -> Programme {
    Programme {
        id: ProgrammeId::new("anyang-2022").unwrap(),
        name: name("깐부 멘토링"),
        organisation: name("안양시"),
        purposes: Vec::new(),
        language: Language::Korean,
        timezone: TimeZone::default(),
        retention_days: 30,
        roles: vec![
            Role::new(mentee(), name("멘티"), MENTEE_SEATS),
            Role { answers: true, ..Role::new(mentor(), name("멘토"), MENTOR_SEATS) },
        ],
        rooms: vec![
            a_room("plaza", &[mentee(), mentor()], None),
            a_room("topic-1", &[mentee(), mentor()], Some(TOPIC_SEATS)),
            a_room("lounge", &[mentor()], None),
        ],
    }
}

pub(crate) fn seogwipo() -> Programme {
    Programme { id: ProgrammeId::new("seogwipo-2026").unwrap(), organisation: name("서귀포시"), ..anyang() }
}

/// The key of person `number`. Its bytes are spread so that a scan does not find them by chance.
pub(crate) fn member(number: u32) -> MemberKey {
    MemberKey::from_bytes(spread(number, 0xA5))
}

fn spread<const N: usize>(number: u32, salt: u8) -> [u8; N] {
    let mut state = u64::from(number) << 8 | u64::from(salt);
    std::array::from_fn(|_| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        state.to_be_bytes()[0]
    })
}

pub(crate) fn handle(text: &str) -> Handle {
    Handle::new(text).unwrap()
}

pub(crate) fn membership_id(number: u32) -> MembershipId {
    MembershipId::from_bytes(spread(number, 0x3C))
}

/// A draw that nobody else has.
pub(crate) fn draw(number: u32) -> Draw {
    draw_as(number, &format!("용감한 고라니 {number}"))
}

/// A draw with this handle.
pub(crate) fn draw_as(number: u32, text: &str) -> Draw {
    Draw { id: membership_id(number), handle: handle(text) }
}

/// A store that has `anyang-2022`.
pub(crate) async fn anyang_on<E: Engine>() -> E {
    let engine = E::create(keyring()).await;
    engine.store().create_programme(&anyang(), HOUR).await.unwrap();
    engine
}

/// Admits person `number` in this role.
pub(crate) async fn admit(store: &Arc<dyn Store>, number: u32, role: &RoleId) {
    assert_eq!(store.admit(&anyang().id, &member(number), role).await.as_ref(), Ok(role));
}

/// Makes person `number` a member of the room with a draw of its own.
pub(crate) async fn join(store: &Arc<dyn Store>, room: &RoomAddress, number: u32) -> Result<Membership, JoinError> {
    store.join(room, &member(number), draw(number)).await
}

/// Admits person `number` as a mentee and makes it a member of the room.
pub(crate) async fn settle(store: &Arc<dyn Store>, room: &RoomAddress, number: u32) -> Membership {
    admit(store, number, &mentee()).await;
    join(store, room, number).await.unwrap()
}

/// The key of command `number`.
pub(crate) fn command(number: u32) -> CommandKey {
    CommandKey::from_bytes(spread(number, 0x5A))
}

pub(crate) fn notice(text: &str) -> RoomAct {
    RoomAct::Notice(Some(Body::from_log(text.to_owned())))
}

/// Does an act in the room under the key of command `number`.
pub(crate) async fn act(
    store: &Arc<dyn Store>,
    room: &RoomAddress,
    act: &RoomAct,
    number: u32,
) -> Result<Acted, ActError> {
    store.act(room, act, command(number), HOUR).await
}
