//! After the writing: waiting until everything has arrived, and reading the history with fresh eyes.

use super::cast::Cast;
use super::judge::Written;
use anyhow::Context;
use kkanbu_client::PostInfo;
use std::collections::BTreeMap;
use std::time::Duration;
use tokio::time::{Instant, sleep};

/// How long deliveries may take after the last write.
const ARRIVE: Duration = Duration::from_secs(15);

/// How often it is looked.
const LOOK: Duration = Duration::from_millis(50);

/// How long to go on listening for what should not come.
const AFTERWARDS: Duration = Duration::from_millis(500);

/// Waits until every member has seen the last acknowledged write of each of its rooms, or waiting is in vain.
pub(super) async fn wait_for_deliveries(cast: &Cast, written: &Written) {
    let mut last: BTreeMap<&str, u64> = BTreeMap::new();
    for write in &written.acknowledged {
        let last = last.entry(&write.room).or_default();
        *last = write.offset.max(*last);
    }
    let arrived = || {
        cast.members().iter().all(|member| {
            let due = |room: &str| last.get(room).copied().unwrap_or_default();
            member.rooms.iter().all(|room| member.recorder.highest(room) >= due(room))
        })
    };
    let deadline = Instant::now() + ARRIVE;
    while !arrived() && Instant::now() < deadline {
        sleep(LOOK).await;
    }
    sleep(AFTERWARDS).await;
}

/// Reads the whole history of every room, each by a further session of one of its members that remembers nothing.
pub(super) async fn read_history(cast: &Cast) -> anyhow::Result<BTreeMap<String, Vec<PostInfo>>> {
    let mut history = BTreeMap::new();
    for member in cast.members() {
        let unread: Vec<&String> = member.rooms.iter().filter(|room| !history.contains_key(*room)).collect();
        if unread.is_empty() {
            continue;
        }
        let visitor = member.visit().await.context("the history's reader can't come in")?;
        let mut read = Vec::new();
        for room in unread {
            visitor.join(room).await.with_context(|| format!("the history's reader can't join {room}"))?;
            let posts = visitor.whole_history(room).await.with_context(|| format!("the history of {room}"))?;
            read.push((room.clone(), posts));
        }
        history.extend(read);
        visitor.close().await;
    }
    Ok(history)
}
