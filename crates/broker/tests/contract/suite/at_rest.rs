//! What lies on the disk: no body, no name, no key, and lengths that say little.

use crate::harness::{
    CONTENT_KEY, EngineUnderTest, PLAZA, content_key, entry, post, post_of, programme, publish, publish_posts,
};
use kkanbu_broker::{BrokerError, Page};
use kkanbu_model::{Event, MembershipId, Offset, Position, Reaction};
use unicode_normalization::UnicodeNormalization;

const BODY: &str = "과장님께 털어놓은 비밀 이야기";
const HANDLE: &str = "소심한 두루미";
const PLANTED: &str = "일부러 심어 둔 평문 기록";
const MEMBERSHIP: [u8; 16] = [0xA7; 16];

/// The forms in which a text may show up.
fn forms(text: &str) -> Vec<Vec<u8>> {
    let utf16 = |text: &str| text.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let decomposed: String = text.nfd().collect();
    let escaped: Vec<_> = text.encode_utf16().map(|unit| format!("\\u{unit:04x}")).collect();
    vec![text.into(), utf16(text), utf16(&decomposed), decomposed.into(), escaped.concat().into()]
}

async fn parts_holding(engine: &impl EngineUnderTest, sought: &[Vec<u8>]) -> Vec<String> {
    let holds = |bytes: &[u8]| sought.iter().any(|sought| bytes.windows(sought.len()).any(|window| window == sought));
    engine.raw().await.into_iter().filter(|(_, bytes)| holds(bytes)).map(|(part, _)| part).collect()
}

pub(crate) async fn bodies_names_and_keys_are_not_in_the_data(engine: &impl EngineUnderTest) {
    let broker = engine.broker();
    publish_posts(&*broker, &PLAZA, 10).await;
    publish(&*broker, &PLAZA, post_of(HANDLE, BODY)).await;
    let by = MembershipId::from_bytes(MEMBERSHIP);
    publish(&*broker, &PLAZA, Event::React { target: Offset::new(11), reaction: Reaction::Sad, on: true, by }).await;

    // The scan finds what an engine leaves behind that does not seal, in each form.
    for form in forms(PLANTED) {
        assert_eq!(parts_holding(engine, std::slice::from_ref(&form)).await, Vec::<String>::new());
    }
    let planted: Vec<u8> = forms(PLANTED).concat();
    engine.plant(&planted).await;
    for form in forms(PLANTED) {
        assert!(!parts_holding(engine, &[form]).await.is_empty(), "the scan finds what was planted");
    }

    let mut sought: Vec<_> =
        [BODY, HANDLE, "고라니", "post 1", Reaction::Sad.as_str()].into_iter().flat_map(forms).collect();
    sought.push(MEMBERSHIP.to_vec());
    sought.push(b"a7a7a7a7a7a7a7a7".to_vec());
    sought.push(CONTENT_KEY.to_vec());
    assert_eq!(parts_holding(engine, &sought).await, Vec::<String>::new(), "while it runs");
    broker.close().await;
    assert_eq!(parts_holding(engine, &sought).await, Vec::<String>::new(), "after it was closed");
}

pub(crate) async fn equal_posts_differ_and_lengths_are_padded(engine: &impl EngineUnderTest) {
    let broker = engine.broker();
    for text in ["네", "네", "네 알겠습니다", "아니요"] {
        broker.publish(&PLAZA, entry(post(text))).await.unwrap();
    }
    let sealed = engine.sealed(&PLAZA).await;
    assert_ne!(sealed[0], sealed[1]);
    assert!(sealed.iter().all(|bytes| bytes.len() == sealed[0].len()), "short posts are all of one length");
}

pub(crate) async fn another_key_opens_nothing(engine: &impl EngineUnderTest) {
    publish_posts(&*engine.broker(), &PLAZA, 3).await;
    engine.restart().await;
    engine.keyring().insert(programme(), content_key([0x55; 32]));
    let broker = engine.broker();
    let start = Position { offset: Offset::ZERO, ..broker.head(&PLAZA).await.unwrap().position };
    assert_eq!(broker.read(&PLAZA, start, 10).await, Err(BrokerError::Damaged(PLAZA.clone(), Offset::new(1))));
    engine.keyring().insert(programme(), content_key(CONTENT_KEY));
    assert!(matches!(broker.read(&PLAZA, start, 10).await, Ok(Page::Publications(log)) if log.len() == 3));
}
