//! What may be written, what is asked back, and what is refused.

use crate::harness::{World, draft, rejected, roomy};
use kkanbu_model::Limits;
use kkanbu_wire::{FindingKind, RejectCode, What};
use std::time::Duration;

#[tokio::test]
async fn a_conversation() {
    let world = World::start().await;
    let mut mentor = world.in_plaza("mentor").await;
    let mut mentee = world.in_plaza("mentee").await;
    let (mentor_is, mentee_is) = (mentor.handle().to_owned(), mentee.handle().to_owned());

    let question = mentee.posts("plaza", "결재는 어디에 올리나요?").await.unwrap();
    mentor.sees(&mentee_is, "결재는 어디에 올리나요?").await;
    mentee.sees(&mentee_is, "결재는 어디에 올리나요?").await;

    let mut answer = draft("plaza", "온나라에 올리시면 됩니다.");
    answer.reply_to = Some(question);
    answer.mentions = vec![mentee_is.clone()];
    let answer = mentor.sends_post(answer).await.unwrap();
    let seen = mentee.sees(&mentor_is, "온나라에 올리시면 됩니다.").await;
    assert!(matches!(seen.what, What::Post { reply_to, ref mentions, .. }
        if reply_to == Some(question) && mentions == std::slice::from_ref(&mentee_is)));

    mentee.reacts("plaza", answer, "🙏", true).await.unwrap();
    mentor.next_publication().await;
    let reaction = mentor.next_publication().await;
    assert_eq!(reaction.what, What::Reaction { target: answer, reaction: "🙏".into(), count: 1 });

    mentor.edits("plaza", answer, "온나라 시스템에 올리시면 됩니다.").await.unwrap();
    mentee.retracts("plaza", question).await.unwrap();
    let page = mentor.history("plaza", None, 50).await.unwrap();
    assert_eq!(page.posts.len(), 2);
    assert!(page.posts[0].retracted && page.posts[0].body.is_none());
    assert_eq!(page.posts[1].body.as_deref(), Some("온나라 시스템에 올리시면 됩니다."));
    assert!(page.posts[1].edited && page.posts[1].mine && !page.more);
    assert_eq!(page.posts[1].reactions[0].count, 1);
    assert!(!page.posts[1].reactions[0].mine);
}

#[tokio::test]
async fn the_same_key_is_the_same_publication() {
    let world = World::start().await;
    let mut person = world.in_plaza("mentor").await;
    let post = draft("plaza", "once");
    let first = person.sends_post(post.clone()).await.unwrap();
    assert_eq!(person.sends_post(post.clone()).await.unwrap(), first);
    let mut other = post.clone();
    other.body = "something else".into();
    rejected(person.sends_post(other).await, RejectCode::KeyReused);
    person.sees_own("once").await;
    person.sees_nothing().await;

    let world = world.restart().await;
    let mut again = world.again(&person).await;
    again.joins("plaza").await.unwrap();
    assert_eq!(again.sends_post(post).await.unwrap(), first);
}

#[tokio::test]
async fn a_key_is_one_member_s_own() {
    let world = World::start().await;
    let (mut one, mut two) = (world.in_plaza("mentor").await, world.in_plaza("mentor").await);
    let post = draft("plaza", "the same words");
    let first = one.sends_post(post.clone()).await.unwrap();
    assert_ne!(two.sends_post(post).await.unwrap(), first);
}

#[tokio::test]
async fn the_guard_asks_before_a_number_goes_out() {
    let world = World::start().await;
    let mut person = world.in_plaza("mentor").await;
    let mut post = draft("plaza", "제 번호는 010-1234-5678이에요");
    let refusal = rejected(person.sends_post(post.clone()).await, RejectCode::ConfirmNeeded);
    assert_eq!(refusal.data.findings.len(), 1);
    assert_eq!(refusal.data.findings[0].kind, FindingKind::Phone);
    assert_eq!((refusal.data.findings[0].start, refusal.data.findings[0].end), (6, 19));
    person.sees_nothing().await;
    post.confirmed = true;
    person.sends_post(post).await.unwrap();
}

#[tokio::test]
async fn bodies_have_their_limits() {
    let world = World::start().await;
    let mut person = world.in_plaza("mentor").await;
    person.posts("plaza", &"가".repeat(2_000)).await.unwrap();
    for (body, code) in [
        ("가".repeat(2_001), RejectCode::BodyTooLong),
        ("👨‍👩‍👧‍👦".repeat(400), RejectCode::BodyTooLong),
        (" \n ".into(), RejectCode::BodyEmpty),
        ("a\u{0007}b".into(), RejectCode::BodyControlCharacter),
        ("a\u{202E}b".into(), RejectCode::BodyBidiOverride),
    ] {
        rejected(person.posts("plaza", &body).await, code);
    }
    // Decomposed jamo come out composed.
    let at = person.posts("plaza", "\u{1112}\u{1161}\u{11ab}\u{1100}\u{1173}\u{11af}").await.unwrap();
    let page = person.history("plaza", None, 1).await.unwrap();
    assert_eq!((page.posts[0].offset, page.posts[0].body.as_deref()), (at, Some("한글")));
}

#[tokio::test]
async fn what_is_not_one_s_own_or_not_there_is_refused() {
    let world = World::start().await;
    let (mut one, mut two) = (world.in_plaza("mentor").await, world.in_plaza("mentee").await);
    let at = one.posts("plaza", "mine").await.unwrap();
    rejected(two.edits("plaza", at, "yours").await, RejectCode::NotYourPost);
    rejected(two.retracts("plaza", at).await, RejectCode::NotYourPost);
    rejected(two.retracts("plaza", 99).await, RejectCode::UnknownPost);
    rejected(two.reacts("plaza", at, "🍜", true).await, RejectCode::UnknownReaction);
    let mut lurker = draft("plaza", "hello");
    lurker.mentions = vec![two.handle().into()];
    rejected(one.sends_post(lurker).await, RejectCode::UnknownHandle);
    let mut crowd = draft("plaza", "hello");
    crowd.mentions = vec![one.handle().into(); 11];
    rejected(two.sends_post(crowd).await, RejectCode::TooManyMentions);
    one.retracts("plaza", at).await.unwrap();
    rejected(two.reacts("plaza", at, "👍", true).await, RejectCode::PostRetracted);
}

#[tokio::test]
async fn a_member_who_writes_too_much_is_told_when_to_go_on() {
    let world = World::with(Limits { posts_per_minute: 600, posts_burst: 3, ..roomy() }).await;
    let mut phone = world.in_plaza("mentor").await;
    let mut desk = world.again(&phone).await;
    desk.joins("plaza").await.unwrap();
    let mut other = world.in_plaza("mentee").await;
    let mut refusal = None;
    for round in 0..10 {
        // The allowance is the member's, not the session's.
        let session = if round % 2 == 0 { &mut phone } else { &mut desk };
        if let Err(rejection) = session.posts("plaza", "again").await {
            refusal = Some(rejection);
            break;
        }
    }
    let refusal = refusal.expect("ten posts passed a limit of three");
    assert_eq!(refusal.known(), Some(RejectCode::RateLimited));
    other.posts("plaza", "others are not concerned").await.unwrap();
    let wait = refusal.data.retry_after_ms.unwrap();
    assert!((1..=200).contains(&wait), "{wait}");
    tokio::time::sleep(Duration::from_millis(wait + 20)).await;
    phone.posts("plaza", "now").await.unwrap();
}

#[tokio::test]
async fn history_comes_in_pages_that_fit_their_frame() {
    let world = World::start().await;
    let mut person = world.in_plaza("mentor").await;
    let body = "\"긴 글\"\n".repeat(280);
    let mut offsets = Vec::new();
    for _ in 0..40 {
        offsets.push(person.posts("plaza", &body).await.unwrap());
        person.next_publication().await;
    }
    let (mut before, mut seen) = (None, Vec::new());
    loop {
        let page = person.history("plaza", before, 50).await.unwrap();
        assert!(!page.posts.is_empty());
        seen.splice(0..0, page.posts.iter().map(|post| post.offset));
        before = seen.first().copied();
        if !page.more {
            break;
        }
    }
    assert_eq!(seen, offsets);
    rejected(person.history("plaza", None, 0).await, RejectCode::InvalidParams);
    rejected(person.history("plaza", None, 51).await, RejectCode::InvalidParams);
}
