//! Seats, handles, badges and bands.

use crate::harness::{SILENCE, World, rejected, roomy};
use kkanbu_model::Limits;
use kkanbu_wire::{RejectCode, What};
use std::collections::HashSet;

#[tokio::test]
async fn seats_are_first_come_first_served_and_never_overbooked() {
    let world = World::start().await;
    let code = world.code("anyang-2022", "mentor");
    let mut crowd = Vec::new();
    for _ in 0..30 {
        crowd.push(world.stranger().await);
    }
    let attempts = crowd.iter_mut().map(|person| person.authenticate("anyang-2022", Some(&code)));
    let results = futures_util::future::join_all(attempts).await;
    let (seated, refused): (Vec<_>, Vec<_>) = results.into_iter().partition(Result::is_ok);
    assert_eq!(seated.len(), 17);
    for refusal in refused {
        rejected(refusal, RejectCode::RoomFull);
    }
    // The mentees' seats are their own.
    world.member("mentee").await;
}

#[tokio::test]
async fn a_room_s_own_seats_are_given_back_by_leaving() {
    let world = World::start().await;
    let mut seated = Vec::new();
    for _ in 0..5 {
        let mut person = world.member("mentor").await;
        person.joins("small").await.unwrap();
        seated.push(person);
    }
    let mut sixth = world.member("mentor").await;
    rejected(sixth.joins("small").await, RejectCode::RoomFull);
    seated[0].leaves("small").await.unwrap();
    sixth.joins("small").await.unwrap();
    rejected(seated[0].joins("small").await, RejectCode::RoomFull);
}

#[tokio::test]
async fn handles_are_unique_in_a_room_and_unrelated_across_rooms() {
    let world = World::start().await;
    let mut plaza = HashSet::new();
    let mut pairs = 0;
    for _ in 0..17 {
        let mut person = world.member("mentor").await;
        let here = person.joins("plaza").await.unwrap().handle;
        let there = person.joins("mentors").await.unwrap().handle;
        pairs += usize::from(here == there);
        assert_eq!(person.joins("plaza").await.unwrap().handle, here, "joining again is harmless");
        assert!(plaza.insert(here), "a handle twice");
    }
    assert!(pairs <= 1, "{pairs} of 17 have the same handle in both rooms");
}

#[tokio::test]
async fn a_handle_is_drawn_anew_until_the_first_post() {
    let world = World::start().await;
    let mut person = world.in_plaza("mentor").await;
    let first = person.handle().to_owned();
    let second = person.redraws("plaza").await.unwrap();
    assert_ne!(first, second);
    let at = person.posts("plaza", "hello").await.unwrap();
    person.sees(&second, "hello").await;
    rejected(person.redraws("plaza").await, RejectCode::HandleFixed);
    // Another session of the same member knows the handle and its own posts.
    let mut again = world.again(&person).await;
    assert_eq!(again.joins("plaza").await.unwrap().handle, second);
    let page = again.history("plaza", None, 10).await.unwrap();
    assert!(page.posts.iter().any(|post| post.offset == at && post.mine));
}

#[tokio::test]
async fn a_handle_drawn_in_one_session_is_what_another_posts_under() {
    let world = World::start().await;
    let mut phone = world.in_plaza("mentor").await;
    let mut desk = world.again(&phone).await;
    desk.joins("plaza").await.unwrap();
    let drawn = phone.redraws("plaza").await.unwrap();
    desk.posts("plaza", "from the desk").await.unwrap();
    phone.sees(&drawn, "from the desk").await;
}

#[tokio::test]
async fn a_badge_appears_once_five_of_the_role_are_in() {
    let world = World::start().await;
    let mut first = world.in_plaza("mentor").await;
    first.posts("plaza", "one of one").await.unwrap();
    let badge = |what: &What| {
        let What::Post { role, .. } = what else { panic!("no post: {what:?}") };
        role.clone()
    };
    assert_eq!(badge(&first.next_publication().await.what), None);
    let mut others = Vec::new();
    for _ in 0..4 {
        others.push(world.in_plaza("mentor").await);
    }
    first.posts("plaza", "one of five").await.unwrap();
    assert_eq!(badge(&first.next_publication().await.what), Some("멘토".into()));
    let mut mentee = world.in_plaza("mentee").await;
    mentee.posts("plaza", "one mentee").await.unwrap();
    assert_eq!(badge(&mentee.next_publication().await.what), None);
}

#[tokio::test]
async fn a_room_s_size_is_a_band() {
    let world = World::start().await;
    let mut people = Vec::new();
    let mut sizes = Vec::new();
    for _ in 0..11 {
        let mut person = world.member("mentor").await;
        sizes.push(person.joins("plaza").await.unwrap().size);
        people.push(person);
    }
    assert_eq!(sizes[..9], ["1-9"; 9]);
    assert_eq!(sizes[9..], ["10-29"; 2]);
    assert_eq!(people[0].rooms().await[0].size, "10-29");
}

#[tokio::test]
async fn a_resume_under_way_while_the_member_leaves_elsewhere_brings_no_ghost_in() {
    let world = World::start().await;
    let mut phone = world.member("mentor").await;
    let joined = phone.joins("plaza").await.unwrap();
    phone.posts("plaza", "before").await.unwrap();
    let mut desk = world.again(&phone).await;
    world.broker.read_slowly(true);
    let resume = kkanbu_wire::Resume { room: "plaza".into(), position: joined.position };
    desk.begins(&kkanbu_wire::Command::Resume(resume)).await;
    tokio::time::sleep(SILENCE).await;
    phone.leaves("plaza").await.unwrap();
    world.broker.read_slowly(false);
    desk.next_reply().await.1.unwrap();
    rejected(desk.posts("plaza", "a ghost").await, RejectCode::NotAMember);
    assert_eq!(desk.next_room_ended().await.code, 2500);
    // A membership that began after that is nobody's ghost.
    phone.joins("plaza").await.unwrap();
    desk.joins("plaza").await.unwrap();
    desk.posts("plaza", "somebody new").await.unwrap();
}

#[tokio::test]
async fn a_session_may_be_in_so_many_rooms() {
    let world = World::with(Limits { rooms_max: 1, ..roomy() }).await;
    let mut person = world.in_plaza("mentor").await;
    rejected(person.joins("small").await, RejectCode::TooManyRooms);
    person.joins("plaza").await.unwrap();
    person.leaves("plaza").await.unwrap();
    person.joins("small").await.unwrap();
}

#[tokio::test]
async fn drawing_and_joining_anew_has_its_allowance() {
    let world = World::with(Limits { joins_per_minute: 3, ..roomy() }).await;
    let mut person = world.in_plaza("mentor").await;
    person.redraws("plaza").await.unwrap();
    person.redraws("plaza").await.unwrap();
    let refusal = rejected(person.redraws("plaza").await, RejectCode::RateLimited);
    assert!(refusal.data.retry_after_ms.is_some_and(|wait| wait <= 20_000));
    rejected(person.joins("small").await, RejectCode::RateLimited);
    // Being let in where one is a member already costs nothing.
    person.joins("plaza").await.unwrap();
}

#[tokio::test]
async fn reading_has_its_allowance() {
    let world = World::with(Limits { reads_per_minute: 6, reads_burst: 3, ..roomy() }).await;
    let (mut greedy, mut other) = (world.in_plaza("mentor").await, world.in_plaza("mentee").await);
    for _ in 0..3 {
        greedy.history("plaza", None, 1).await.unwrap();
    }
    let refusal = rejected(greedy.history("plaza", None, 1).await, RejectCode::RateLimited);
    assert!(refusal.data.retry_after_ms.is_some_and(|wait| wait <= 10_000));
    // It is a member's own, and has nothing to do with writing.
    greedy.posts("plaza", "x").await.unwrap();
    other.history("plaza", None, 1).await.unwrap();
}

#[tokio::test]
async fn rooms_of_other_roles_do_not_exist() {
    let world = World::start().await;
    let mut mentee = world.member("mentee").await;
    assert!(mentee.rooms().await.iter().all(|room| room.room != "mentors"));
    for room in ["mentors", "nowhere", "Not An Id"] {
        rejected(mentee.joins(room).await, RejectCode::UnknownRoom);
        rejected(mentee.posts(room, "x").await, RejectCode::UnknownRoom);
        rejected(mentee.history(room, None, 1).await, RejectCode::UnknownRoom);
    }
    rejected(mentee.posts("plaza", "x").await, RejectCode::NotAMember);
    rejected(mentee.leaves("plaza").await, RejectCode::NotAMember);
    rejected(mentee.redraws("plaza").await, RejectCode::NotAMember);
}

#[tokio::test]
async fn leaving_makes_a_stranger_and_ends_the_room_everywhere() {
    let world = World::start().await;
    let mut phone = world.in_plaza("mentor").await;
    let mut desk = world.again(&phone).await;
    desk.joins("plaza").await.unwrap();
    let at = phone.posts("plaza", "mine").await.unwrap();
    phone.next_publication().await;
    desk.next_publication().await;
    let before = phone.handle().to_owned();
    phone.leaves("plaza").await.unwrap();
    let ended = desk.next_room_ended().await;
    assert_eq!((ended.code, ended.reason.as_str()), (2500, "left"));
    phone.sees_nothing().await;
    rejected(desk.posts("plaza", "x").await, RejectCode::NotAMember);
    assert_ne!(phone.joins("plaza").await.unwrap().handle, before);
    rejected(phone.edits("plaza", at, "no longer mine").await, RejectCode::NotYourPost);
    // A handle that has posted is nobody else's ever again.
    for _ in 0..20 {
        assert_ne!(phone.redraws("plaza").await.unwrap(), before);
    }
}
