//! Coming back: everything missed, in order, once; or being told.

use crate::harness::{Person, World, rejected, roomy};
use kkanbu_broker::Broker;
use kkanbu_model::Limits;
use kkanbu_wire::{Position, RejectCode, What};

fn at(position: &Position, offset: u64) -> Position {
    Position { epoch: position.epoch.clone(), offset }
}

async fn sees_offsets(person: &mut Person, offsets: std::ops::RangeInclusive<u64>) {
    for offset in offsets {
        assert_eq!(person.next_publication().await.offset, offset);
    }
}

#[tokio::test]
async fn what_was_missed_comes_in_order_and_once() {
    let world = World::start().await;
    let mut writer = world.in_plaza("mentor").await;
    let mut reader = world.member("mentee").await;
    let joined = reader.joins("plaza").await.unwrap();
    for n in 0..5 {
        writer.posts("plaza", &format!("{n}")).await.unwrap();
    }
    sees_offsets(&mut reader, 1..=3).await;
    let mut back = world.again(&reader).await;
    drop(reader);
    let resumed = back.resumes("plaza", at(&joined.position, 3)).await.unwrap();
    assert!(resumed.recovered && resumed.position.offset == 5);
    writer.posts("plaza", "live").await.unwrap();
    sees_offsets(&mut back, 4..=6).await;
    back.sees_nothing().await;
}

#[tokio::test]
async fn what_is_no_longer_in_memory_comes_from_the_log() {
    let limits = Limits { ring_publications_max: 8, ..roomy() };
    let world = World::with(limits).await;
    let mut writer = world.in_plaza("mentor").await;
    let mut reader = world.member("mentee").await;
    let joined = reader.joins("plaza").await.unwrap();
    for n in 0..300 {
        writer.posts("plaza", &format!("{n}")).await.unwrap();
    }
    let mut back = world.again(&reader).await;
    assert!(back.resumes("plaza", joined.position).await.unwrap().recovered);
    writer.posts("plaza", "live").await.unwrap();
    sees_offsets(&mut back, 1..=301).await;
    back.sees_nothing().await;
}

#[tokio::test]
async fn nothing_is_missed_while_others_write_and_one_comes_and_goes() {
    let world = World::with(Limits { ring_publications_max: 64, ..roomy() }).await;
    let mut writer = world.in_plaza("mentor").await;
    let mut reader = world.member("mentee").await;
    let joined = reader.joins("plaza").await.unwrap();
    let writing = async {
        for n in 0..400 {
            writer.posts("plaza", &format!("{n}")).await.unwrap();
        }
    };
    let reading = async {
        let mut seen = 0;
        while seen < 400 {
            for _ in 0..37.min(400 - seen) {
                seen += 1;
                assert_eq!(reader.next_publication().await.offset, seen);
            }
            let back = world.again(&reader).await;
            reader = back;
            assert!(reader.resumes("plaza", at(&joined.position, seen)).await.unwrap().recovered);
        }
    };
    tokio::join!(writing, reading);
}

#[tokio::test]
async fn a_restart_keeps_everything_that_was_acknowledged() {
    let world = World::start().await;
    let mut writer = world.in_plaza("mentor").await;
    let mut reader = world.member("mentee").await;
    let joined = reader.joins("plaza").await.unwrap();
    let handle = writer.handle().to_owned();
    for n in 0..20 {
        writer.posts("plaza", &format!("{n}")).await.unwrap();
    }
    let world = world.restart().await;
    let mut back = world.again(&reader).await;
    let resumed = back.resumes("plaza", joined.position.clone()).await.unwrap();
    assert!(resumed.recovered && resumed.position.epoch == joined.position.epoch);
    for n in 0..20 {
        back.sees(&handle, &format!("{n}")).await;
    }
    let mut writer = world.again(&writer).await;
    assert_eq!(writer.joins("plaza").await.unwrap().handle, handle);
}

#[tokio::test]
async fn continuity_that_cannot_be_proven_is_said() {
    let world = World::start().await;
    let mut writer = world.in_plaza("mentor").await;
    let mut reader = world.member("mentee").await;
    let joined = reader.joins("plaza").await.unwrap();
    writer.posts("plaza", "before").await.unwrap();
    sees_offsets(&mut reader, 1..=1).await;

    let mut back = world.again(&reader).await;
    let ahead = back.resumes("plaza", at(&joined.position, 99)).await.unwrap();
    assert_eq!((ahead.recovered, ahead.reason.as_deref()), (false, Some("ahead")));

    world.broker.begin_epoch(&World::room("plaza")).await.unwrap();
    let ended = back.next_room_ended().await;
    assert_eq!((ended.code, ended.reason.as_str()), (2000, "log_replaced"));
    let resumed = back.resumes("plaza", at(&joined.position, 1)).await.unwrap();
    assert_eq!((resumed.recovered, resumed.reason.as_deref()), (false, Some("epoch")));
    assert_eq!(resumed.position.offset, 1, "offsets go on across epochs");
    let mut writer = world.again(&writer).await;
    writer.joins("plaza").await.unwrap();
    assert_eq!(writer.posts("plaza", "after").await.unwrap(), 2);
    sees_offsets(&mut back, 2..=2).await;
    let wrong = Position { epoch: "nonsense".into(), offset: 0 };
    rejected(back.resumes("plaza", wrong).await, RejectCode::InvalidParams);
}

#[tokio::test]
async fn resuming_makes_no_membership() {
    let world = World::start().await;
    let mut writer = world.member("mentor").await;
    let joined = writer.joins("plaza").await.unwrap();
    let mut stranger = world.member("mentee").await;
    rejected(stranger.resumes("plaza", joined.position).await, RejectCode::NotAMember);
}

#[tokio::test]
async fn a_text_that_was_taken_back_is_not_sent_to_who_comes_later() {
    let world = World::start().await;
    let mut writer = world.in_plaza("mentor").await;
    let mut reader = world.member("mentee").await;
    let joined = reader.joins("plaza").await.unwrap();
    let post = writer.posts("plaza", "a secret").await.unwrap();
    writer.edits("plaza", post, "still a secret").await.unwrap();
    writer.retracts("plaza", post).await.unwrap();
    let mut back = world.again(&reader).await;
    back.resumes("plaza", joined.position).await.unwrap();
    let (first, second) = (back.next_publication().await.what, back.next_publication().await.what);
    assert!(matches!(first, What::Post { body: None, retracted: true, .. }), "{first:?}");
    assert!(matches!(second, What::Edit { body: None, retracted: true, .. }), "{second:?}");
    assert_eq!(back.next_publication().await.what, What::Retract { target: post });
}
