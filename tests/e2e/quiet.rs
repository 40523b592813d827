//! Promise P4: no one sees joins, leaves, presence, lists or who reacted; and nothing on the disk says it either.

use crate::harness::World;
use crate::trouble::get;
use kkanbu_wire::What;
use std::path::Path;

#[tokio::test]
async fn coming_leaving_and_drawing_anew_are_told_to_nobody() {
    let world = World::start().await;
    let mut watcher = world.in_plaza("mentor").await;
    let mut other = world.in_plaza("mentee").await;
    watcher.sees_nothing().await;
    other.redraws("plaza").await.unwrap();
    watcher.sees_nothing().await;
    other.leaves("plaza").await.unwrap();
    watcher.sees_nothing().await;
    other.joins("plaza").await.unwrap();
    let seed = other.vanishes();
    watcher.sees_nothing().await;
    drop(seed);
    // Not in the offsets either: the first post has the first offset, whoever came and went.
    assert_eq!(watcher.posts("plaza", "alone?").await.unwrap(), 1);
}

#[tokio::test]
async fn a_reaction_says_how_many_and_never_who() {
    let world = World::start().await;
    let mut one = world.in_plaza("mentor").await;
    let mut two = world.in_plaza("mentee").await;
    let at = one.posts("plaza", "x").await.unwrap();
    two.reacts("plaza", at, "👍", true).await.unwrap();
    one.next_publication().await;
    let frame = loop {
        let frame = one.next_frame().await.unwrap();
        if frame.contains("reaction") {
            break frame;
        }
    };
    assert!(!frame.contains(two.handle()), "{frame}");
}

#[tokio::test]
async fn publications_are_the_same_bytes_for_all() {
    let world = World::start().await;
    let mut writer = world.in_plaza("mentor").await;
    let (mut one, mut two) = (world.in_plaza("mentee").await, world.in_plaza("mentor").await);
    let at = writer.posts("plaza", "안녕하세요").await.unwrap();
    one.reacts("plaza", at, "👍", true).await.unwrap();
    let mut frames = Vec::new();
    for person in [&mut one, &mut two] {
        let first = person.next_publication().await;
        assert!(matches!(first.what, What::Post { .. }));
        frames.push((first, person.next_publication().await));
    }
    assert_eq!(frames[0], frames[1]);
}

/// How long the disk took for a sync, which comes before anybody is sent anything. How many syncs there were is compared.
fn is_a_time_of_the_disk(line: &str) -> bool {
    line.starts_with("kkanbu_log_sync_seconds_sum") || line.starts_with("kkanbu_log_sync_seconds_bucket{le=\"0.")
}

/// What a post adds to the operators' metrics in a room where so many others listen.
async fn a_post_adds(listeners: usize) -> Vec<String> {
    let world = World::start().await;
    let mut writer = world.in_plaza("mentor").await;
    let mut others = Vec::new();
    for _ in 0..listeners {
        others.push(world.in_plaza("mentee").await);
    }
    let (_, before) = get(world.ops, "/metrics").await;
    let at = writer.posts("plaza", "how many are here?").await.unwrap();
    writer.sees_own("how many are here?").await;
    for other in &mut others {
        assert_eq!(other.next_publication().await.offset, at);
    }
    let (_, after) = get(world.ops, "/metrics").await;
    let is_new = |line: &&str| !before.lines().any(|same| same == *line) && !is_a_time_of_the_disk(line);
    after.lines().filter(is_new).map(str::to_owned).collect()
}

#[tokio::test]
async fn what_a_post_adds_to_the_metrics_does_not_tell_how_many_listen() {
    let few = a_post_adds(1).await;
    assert!(few.contains(&"kkanbu_publications_total 1".to_owned()), "{few:?}");
    assert_eq!(few, a_post_adds(7).await);
}

/// Every file below a folder, with its bytes.
fn files(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap().map(Result::unwrap) {
        if entry.file_type().unwrap().is_dir() {
            found.extend(files(&entry.path()));
        } else if entry.file_type().unwrap().is_file() {
            found.push((entry.path().display().to_string(), std::fs::read(entry.path()).unwrap()));
        }
    }
    found
}

fn holding<'a>(files: &'a [(String, Vec<u8>)], needle: &[u8]) -> Vec<&'a str> {
    let holds = |bytes: &[u8]| bytes.windows(needle.len()).any(|window| window == needle);
    files.iter().filter(|(_, bytes)| holds(bytes)).map(|(path, _)| path.as_str()).collect()
}

#[tokio::test]
async fn bodies_handles_and_keys_are_nowhere_on_the_disk() {
    let world = World::start().await;
    let mut person = world.in_plaza("mentor").await;
    let body = "카나리아가 울었다";
    person.posts("plaza", body).await.unwrap();
    // The search finds what is there: the names of programmes are no secret.
    assert!(!holding(&files(world.folder()), "anyang-2022".as_bytes()).is_empty());
    let key = person.identity("anyang-2022").key();
    let seed = person.seed();
    for needle in [
        body.as_bytes(),
        person.handle().as_bytes(),
        key.as_bytes(),
        key.to_text().as_bytes(),
        seed.expose_secret(),
        world.code("anyang-2022", "mentor").as_bytes(),
    ] {
        assert_eq!(holding(&files(world.folder()), needle), [""; 0], "{}", String::from_utf8_lossy(needle));
    }
}
