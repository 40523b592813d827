//! What calls cost, over a Unix socket to a server on this machine: `cargo test -p kkanbu-store --test contract figures -- --ignored --nocapture`.

use super::Postgres;
use crate::engine::Engine;
use crate::fixture::{HOUR, act, anyang, command, draw, join, keyring, member, mentee, room};
use kkanbu_model::{Minute, Programme, Role, RoomAct};
use std::time::Duration;
use tokio::time::Instant;

const CALLS: u32 = 300;

/// Prints the median and the ninth decile of calls that were made one after the other.
macro_rules! timed {
    ($what:literal, $number:ident => $call:expr) => {{
        let mut took: Vec<Duration> = Vec::new();
        for $number in 0..CALLS {
            let since = Instant::now();
            $call;
            took.push(since.elapsed());
        }
        took.sort();
        let (median, ninth) = (took[took.len() / 2].as_micros(), took[took.len() * 9 / 10].as_micros());
        println!("{:28} {median:>7} µs {ninth:>7} µs", $what);
    }};
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "a measurement, to be run alone"]
async fn figures() {
    let engine = Postgres::create(keyring()).await;
    let (store, at) = (engine.store(), room("plaza"));
    let roles = vec![Role { seats: 1_000, ..Role::new(mentee(), anyang().name, 1_000) }, anyang().roles[1].clone()];
    store.create_programme(&Programme { roles, ..anyang() }, HOUR).await.unwrap();
    println!("{:28} {:>10} {:>10}", "one after the other", "median", "9 of 10");
    timed!("check (one write)", _number => store.check().await.unwrap());
    timed!("admit", number => store.admit(&anyang().id, &member(number), &mentee()).await.unwrap());
    timed!("join", number => join(&store, &at, number).await.unwrap());
    timed!("join again", number => join(&store, &at, number).await.unwrap());
    timed!("role", number => store.role(&anyang().id, &member(number)).await.unwrap());
    timed!("membership", number => store.membership(&at, &member(number)).await.unwrap());
    timed!("memberships", number => store.memberships(&anyang().id, &member(number)).await.unwrap());
    timed!("members", _number => store.members(&at).await.unwrap());
    timed!("mark posted", number => store.mark_posted(&at, &member(number), &draw(number).handle).await.unwrap());
    timed!("act on nobody", number => act(&store, &at, &RoomAct::Slow(number), number).await.unwrap());
    timed!("act on a member of 300", number => {
        let mute = RoomAct::Mute(draw(number).handle, Minute::new(9));
        store.act(&at, &mute, command(1_000 + number), HOUR).await.unwrap()
    });
    timed!("leave", number => store.leave(&at, &member(number)).await.unwrap());
    let since = Instant::now();
    engine.store.tidy().await.unwrap();
    println!("rewriting all tables took {:?}", since.elapsed());
}
