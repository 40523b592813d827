//! The layout of the file: within a minute it is that of the keys' order, and the write-ahead log is empty.

use super::{SERVER, database, files_in};
use crate::fixture::{HOUR, act, admit, anyang, draw, join, keyring, mentee, room};
use kkanbu_model::RoomAct;
use kkanbu_store::Store;
use kkanbu_store::sqlite::{SqliteLimits, SqliteStore};
use rusqlite::Connection;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tempfile::TempDir;

/// A store that the same people entered in this order.
async fn entered(order: impl IntoIterator<Item = u32>, layout_kept: Duration) -> (TempDir, Arc<dyn Store>) {
    let folder = tempfile::tempdir().unwrap();
    SqliteStore::create(&database(&folder), SERVER, keyring()).unwrap().close().await;
    let limits = SqliteLimits { layout_kept, ..SqliteLimits::default() };
    let opened = SqliteStore::open_with(&database(&folder), SERVER, keyring(), &limits).unwrap();
    let store: Arc<dyn Store> = Arc::new(opened);
    store.create_programme(&anyang(), HOUR).await.unwrap();
    for number in order {
        admit(&store, number, &mentee()).await;
        join(&store, &room("plaza"), number).await.unwrap();
        if number % 12 == 0 {
            let remove = RoomAct::Remove(draw(number).handle);
            act(&store, &room("plaza"), &remove, number).await.unwrap();
        }
    }
    (folder, store)
}

/// Where in the files each tag lies.
fn places(folder: &TempDir) -> Vec<(String, Vec<usize>)> {
    let files = files_in(folder.path());
    let mut places: Vec<(String, Vec<usize>)> = Vec::new();
    for tag in tags(&database(folder)) {
        for (file, bytes) in &files {
            let at = bytes.windows(tag.len()).enumerate().filter(|(_, window)| *window == tag).map(|(at, _)| at);
            places.push((file.clone(), at.collect()));
        }
    }
    places.retain(|(_, at)| !at.is_empty());
    places
}

fn tags(path: &Path) -> Vec<Vec<u8>> {
    let connection = Connection::open(path).unwrap();
    let mut statement = connection
        .prepare(
            "SELECT tag FROM member UNION SELECT tag FROM membership UNION SELECT tag FROM handle
             UNION SELECT tag FROM sanction UNION SELECT tag FROM act ORDER BY 1",
        )
        .unwrap();
    statement.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect()
}

#[tokio::test]
async fn a_closed_file_does_not_tell_who_came_first() {
    let never = Duration::from_hours(1);
    let (forth_folder, forth) = entered(0..37, never).await;
    let (back_folder, back) = entered((0..37).rev(), never).await;
    assert_ne!(places(&forth_folder), places(&back_folder), "before, it does: this comparison finds an order");
    forth.close().await;
    back.close().await;
    let layout = places(&forth_folder);
    assert!(layout.len() >= 3 * 37 + 2 * 4);
    assert_eq!(layout, places(&back_folder));
}

#[tokio::test]
async fn a_running_store_rewrites_its_file_in_time() {
    let (_, reference) = entered(std::iter::empty(), Duration::from_hours(1)).await;
    drop(reference);
    let (forth_folder, _forth) = entered(0..37, Duration::from_millis(200)).await;
    let (back_folder, _back) = entered((0..37).rev(), Duration::from_millis(200)).await;
    for _ in 0..500 {
        let logs = [&forth_folder, &back_folder]
            .map(|folder| std::fs::metadata(folder.path().join("store.sqlite-wal")).map_or(0, |wal| wal.len()));
        if logs == [0, 0] {
            break;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    // The shared memory of the write-ahead log holds page numbers only.
    let layout = places(&forth_folder);
    assert!(layout.iter().all(|(file, _)| file == "store.sqlite"));
    assert_eq!(layout, places(&back_folder));
}

#[tokio::test]
async fn a_steady_stream_of_writes_does_not_put_the_rewriting_off() {
    let (folder, store) = entered(0..20, Duration::from_millis(300)).await;
    let wal = folder.path().join("store.sqlite-wal");
    let mut rewritten = false;
    for number in 0..400 {
        // Idempotent writes that count as writes.
        admit(&store, number % 20, &mentee()).await;
        rewritten |= std::fs::metadata(&wal).unwrap().len() == 0;
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    assert!(rewritten);
}

#[tokio::test]
async fn what_a_killed_process_left_is_rewritten_too() {
    let (folder, _store) = entered(0..10, Duration::from_hours(1)).await;
    let copy = super::left_behind(&folder);
    let wal = copy.path().join("store.sqlite-wal");
    assert!(std::fs::metadata(&wal).unwrap().len() > 0);
    let opened = SqliteStore::open(&database(&copy), SERVER, keyring()).unwrap();
    opened.close().await;
    let (back_folder, back) = entered((0..10).rev(), Duration::from_hours(1)).await;
    back.close().await;
    assert_eq!(places(&copy), places(&back_folder));
}

#[tokio::test]
async fn checks_alone_do_not_rewrite_the_file() {
    let (folder, store) = entered(0..5, Duration::from_millis(50)).await;
    tokio::time::sleep(Duration::from_millis(600)).await;
    let rewritten = std::fs::read(database(&folder)).unwrap();
    for _ in 0..5 {
        store.check().await.unwrap();
        tokio::time::sleep(Duration::from_millis(60)).await;
    }
    assert_eq!(std::fs::read(database(&folder)).unwrap(), rewritten);
}
