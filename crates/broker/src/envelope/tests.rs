//! Every event survives its envelope; nothing else opens, and no bytes make the reader panic.

use super::*;
use kkanbu_model::{ProgrammeId, RoomId, Secret};
use proptest::prelude::*;

fn room(room: &str) -> RoomAddress {
    RoomAddress { programme: ProgrammeId::new("anyang-2022").unwrap(), room: RoomId::new(room).unwrap() }
}

fn content_key() -> ContentKey {
    ContentKey::from_secret(Secret::new([9; 32])).unwrap()
}

fn handle() -> impl Strategy<Value = Handle> {
    "[가-힣]{1,4} [가-힣]{1,4}".prop_map(|text| Handle::new(text).unwrap())
}

fn offset() -> impl Strategy<Value = Offset> {
    (1..=Offset::MAX).prop_map(Offset::new)
}

fn membership() -> impl Strategy<Value = MembershipId> {
    any::<[u8; 16]>().prop_map(MembershipId::from_bytes)
}

fn event() -> impl Strategy<Value = Event> {
    let body = || any::<String>().prop_map(Body::from_log);
    let mentions = || prop::collection::vec(handle(), 0..3);
    let badge = prop::option::of(Just(Name::new("멘토").unwrap()));
    let author =
        (handle(), badge, membership()).prop_map(|(handle, badge, membership)| Author { handle, badge, membership });
    let reaction = prop::sample::select(Reaction::ALL.to_vec());
    prop_oneof![
        (author, body(), prop::option::of(offset()), mentions(), any::<bool>()).prop_map(
            |(author, body, reply_to, mentions, question)| Event::Post { author, body, reply_to, mentions, question }
        ),
        (offset(), body(), mentions()).prop_map(|(target, body, mentions)| Event::Edit { target, body, mentions }),
        offset().prop_map(|target| Event::Retract { target }),
        (offset(), reaction, any::<bool>(), membership()).prop_map(|(target, reaction, on, by)| Event::React {
            target,
            reaction,
            on,
            by
        }),
        (offset(), any::<bool>()).prop_map(|(target, on)| Event::Answer { target, on }),
        offset().prop_map(|target| Event::Hide { target }),
        offset().prop_map(|target| Event::Restore { target }),
        Just(Event::Freeze),
        Just(Event::Thaw),
        any::<u32>().prop_map(|seconds| Event::Slow { seconds }),
        prop::option::of(body()).prop_map(|text| Event::Notice { text }),
        (any::<bool>(), any::<u32>(), prop::option::of(body())).prop_map(|(frozen, slow_seconds, notice)| {
            Event::Settings(RoomSettings { frozen, slow_seconds, notice })
        }),
    ]
}

proptest! {
    #[test]
    fn every_event_survives_its_envelope(event in event(), minute in any::<u64>(), key in any::<[u8; 16]>()) {
        let (key, minute) = (IdempotencyKey(key), Minute::new(minute));
        let sealed = seal(&content_key(), &room("plaza"), key, minute, &event).unwrap();
        let opened = open(&content_key(), &room("plaza"), key, Offset::new(7), &sealed).unwrap();
        prop_assert_eq!(opened, Publication { offset: Offset::new(7), minute, event });
    }

    #[test]
    fn lengths_at_rest_are_multiples_of_the_pad(event in event()) {
        prop_assert_eq!(encode(Minute::new(1), &event).unwrap().len() % PAD_BYTES, 0);
    }

    #[test]
    fn any_bytes_decode_or_are_refused(bytes in any::<Vec<u8>>(), text in "\\PC*") {
        let _ = decode(&bytes);
        let versioned: Vec<u8> = std::iter::once(VERSION).chain(text.bytes()).collect();
        let _ = decode(&versioned);
    }
}

#[test]
fn a_record_opens_only_in_its_room_and_under_its_key() {
    let key = IdempotencyKey([1; 16]);
    let sealed = seal(&content_key(), &room("plaza"), key, Minute::new(1), &Event::Freeze).unwrap();
    let at = Offset::new(1);
    assert!(open(&content_key(), &room("plaza"), key, at, &sealed).is_ok());
    assert_eq!(open(&content_key(), &room("topic-1"), key, at, &sealed), Err(EnvelopeError));
    assert_eq!(open(&content_key(), &room("plaza"), IdempotencyKey([2; 16]), at, &sealed), Err(EnvelopeError));
}

#[test]
fn a_version_of_the_future_is_refused() {
    let mut plain = encode(Minute::new(1), &Event::Freeze).unwrap();
    assert!(decode(&plain).is_ok());
    plain[0] = VERSION + 1;
    assert_eq!(decode(&plain), Err(EnvelopeError));
    assert_eq!(decode(&[]), Err(EnvelopeError));
}

#[test]
fn the_form_at_rest_has_not_changed() {
    let event = Event::Post {
        author: Author {
            handle: Handle::new("brave-otter").unwrap(),
            badge: None,
            membership: MembershipId::from_bytes([0xab; 16]),
        },
        body: Body::from_log("hello".into()),
        reply_to: None,
        mentions: Vec::new(),
        question: false,
    };
    let plain = encode(Minute::new(5), &event).unwrap();
    let json = std::str::from_utf8(&plain[1..]).unwrap().trim_end();
    assert_eq!(
        json,
        r#"{"minute":5,"event":{"post":{"handle":"brave-otter","membership":"abababababababababababababababab","body":"hello"}}}"#
    );
}
