//! What is kept no longer is in no file any more.

use crate::harness::{World, roomy};
use kkanbu_model::Limits;
use kkanbu_wire::{Position, What};
use serde_json::json;
use std::time::Duration;

/// Minutes of the programme's thirty days.
const RETENTION: u64 = 30 * 24 * 60;

/// A server that deletes all the time.
async fn world() -> World {
    World::with(Limits { retention_pass: Duration::from_millis(100), ..roomy() }).await
}

/// Every file of the log, as it lies on the disk.
fn log_files(world: &World) -> Vec<u8> {
    ["log.sqlite", "log.sqlite-wal"]
        .iter()
        .flat_map(|name| std::fs::read(world.folder().join(name)).unwrap_or_default())
        .collect()
}

/// The sealed records that the files hold, by length: what was sealed can't be searched for by its text.
fn record_bytes(world: &World) -> usize {
    log_files(world).iter().filter(|byte| **byte != 0).count()
}

async fn passes() {
    tokio::time::sleep(Duration::from_millis(600)).await;
}

#[tokio::test]
async fn expired_posts_are_deleted_and_who_missed_them_is_told() {
    let world = world().await;
    let mut ann = world.in_plaza("mentee").await;
    let start = ann.joins("plaza").await.unwrap().position;
    for number in 0..20 {
        ann.posts("plaza", &format!("{number} {}", "긴 글 ".repeat(200))).await.unwrap();
    }
    let before = record_bytes(&world);
    world.clock.forward(RETENTION + 1);
    let young = ann.posts("plaza", "young").await.unwrap();
    passes().await;
    assert!(record_bytes(&world) < before / 4, "{before} before, {} after", record_bytes(&world));
    let posts = ann.history("plaza", None, 50).await.unwrap().posts;
    assert_eq!(posts.iter().map(|post| post.offset).collect::<Vec<_>>(), [young]);
    let mut late = world.again(&ann).await;
    let resumed = late.resumes("plaza", Position { offset: 3, ..start }).await.unwrap();
    assert_eq!((resumed.recovered, resumed.reason.as_deref()), (false, Some("expired")));
    // All of it holds after a restart too.
    let seed = ann.seed();
    let world = world.restart().await;
    let mut ann = crate::harness::Person::connect(&world.origin, world.address, seed).await;
    ann.authenticate("anyang-2022", None).await.unwrap();
    ann.joins("plaza").await.unwrap();
    let posts = ann.history("plaza", None, 50).await.unwrap().posts;
    assert_eq!(posts.iter().map(|post| post.offset).collect::<Vec<_>>(), [young]);
}

#[tokio::test]
async fn what_moderators_have_set_outlives_the_posts_around_it() {
    let world = world().await;
    let mut ann = world.in_plaza("mentee").await;
    let mut moderator = world.moderator().await;
    moderator.in_plaza("room.notice", json!({ "text": "공지" })).await.unwrap();
    moderator.in_plaza("room.slow", json!({ "seconds": 1 })).await.unwrap();
    ann.posts("plaza", "old").await.unwrap();
    world.clock.forward(RETENTION + 1);
    passes().await;
    let world = world.restart().await;
    let mut ben = world.member("mentee").await;
    let joined = ben.joins("plaza").await.unwrap();
    assert_eq!((joined.notice.map(|notice| notice.text).as_deref(), joined.slow_seconds), (Some("공지"), 1));
    assert!(ben.history("plaza", None, 50).await.unwrap().posts.is_empty());
}

#[tokio::test]
async fn a_retracted_text_leaves_the_log_and_its_post_stays_as_taken_back() {
    let world = world().await;
    let mut ann = world.in_plaza("mentee").await;
    let start = ann.joins("plaza").await.unwrap().position;
    let post = ann.posts("plaza", &"한 번 쓴 글 ".repeat(150)).await.unwrap();
    let edit = ann.edits("plaza", post, &"고쳐 쓴 글 ".repeat(150)).await.unwrap();
    let with_both = record_bytes(&world);
    passes().await;
    let with_one = record_bytes(&world);
    assert!(with_one < with_both, "the text that was replaced is still there");
    ann.retracts("plaza", post).await.unwrap();
    passes().await;
    assert!(record_bytes(&world) < with_one, "the text that was taken back is still there");
    let seed = ann.seed();
    let world = world.restart().await;
    let mut ann = crate::harness::Person::connect(&world.origin, world.address, seed).await;
    ann.authenticate("anyang-2022", None).await.unwrap();
    ann.resumes("plaza", start).await.unwrap();
    assert!(matches!(ann.next_publication().await.what, What::Post { body: None, retracted: true, .. }));
    let second = ann.next_publication().await;
    assert_eq!(second.offset, edit);
    assert!(matches!(second.what, What::Edit { body: None, retracted: true, .. }));
    let history = ann.history("plaza", None, 10).await.unwrap();
    assert!(history.posts[0].retracted);
}

#[tokio::test]
async fn an_edited_post_keeps_its_last_text_over_a_restart() {
    let world = world().await;
    let mut ann = world.in_plaza("mentee").await;
    let start = ann.joins("plaza").await.unwrap().position;
    let post = ann.posts("plaza", "first").await.unwrap();
    ann.edits("plaza", post, "second").await.unwrap();
    ann.edits("plaza", post, "third").await.unwrap();
    passes().await;
    let seed = ann.seed();
    let world = world.restart().await;
    let mut ann = crate::harness::Person::connect(&world.origin, world.address, seed).await;
    ann.authenticate("anyang-2022", None).await.unwrap();
    ann.resumes("plaza", start).await.unwrap();
    assert!(matches!(ann.next_publication().await.what, What::Post { body: None, retracted: false, .. }));
    assert!(matches!(ann.next_publication().await.what, What::Edit { body: None, retracted: false, .. }));
    let last = ann.next_publication().await.what;
    assert!(matches!(last, What::Edit { body: Some(text), .. } if text == "third"));
    let history = ann.history("plaza", None, 10).await.unwrap();
    assert_eq!((history.posts[0].body.as_deref(), history.posts[0].edited), (Some("third"), true));
}
