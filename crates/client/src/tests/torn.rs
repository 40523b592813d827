//! However often and wherever the connection is cut: everything is written once and told once, in order.

use super::script::*;
use crate::{Client, Event, Options};
use serde_json::{Value, json};
use std::collections::HashMap;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};

const POSTS: u64 = 200;

/// Cuts one command in this many before it is done, and as many after it was done but before the reply.
const CUT_ONE_IN: u32 = 10;

/// A room of a server that keeps its promises on connections that do not hold.
#[derive(Default)]
struct Plaza {
    log: Vec<String>,
    by_key: HashMap<String, u64>,
    cuts: u64,
}

impl Plaza {
    fn cuts_here(&mut self) -> bool {
        let cut = rand::random_ratio(1, CUT_ONE_IN);
        self.cuts += u64::from(cut);
        cut
    }

    /// Serves until the connection is cut.
    async fn serve<S: AsyncRead + AsyncWrite + Unpin>(&mut self, peer: &mut Peer<S>) {
        let mut pushed = self.log.len();
        loop {
            let (id, method, params) = peer.command().await;
            if self.cuts_here() {
                return;
            }
            let result = self.act(&method, &params, &mut pushed);
            if self.cuts_here() {
                return;
            }
            peer.reply(id, result).await;
            for body in self.log.iter().skip(pushed) {
                pushed += 1;
                let push = json!({"room": "plaza", "offset": pushed, "minute": 1, "kind": "post", "author": "a", "body": body});
                peer.push("publication", push).await;
            }
        }
    }

    fn act(&mut self, method: &str, params: &Value, pushed: &mut usize) -> Value {
        match method {
            "join" => *pushed = self.log.len(),
            "resume" => *pushed = usize::try_from(params["position"]["offset"].as_u64().unwrap()).unwrap(),
            "post" => {
                let key = params["key"].as_str().unwrap().to_owned();
                let log = &mut self.log;
                let offset = *self.by_key.entry(key).or_insert_with(|| {
                    log.push(params["body"].as_str().unwrap().to_owned());
                    log.len() as u64
                });
                return json!({"offset": offset});
            }
            other => panic!("{other} was not to come"),
        }
        joined(E1, self.log.len() as u64)
    }
}

#[tokio::test]
async fn torn_connections_neither_lose_nor_repeat_nor_reorder() {
    let server = Server::start().await;
    let options = Options { wait_max: Duration::from_millis(5), ..server.options() };
    let writing = async {
        let (client, mut events) = Client::connect(options).await.unwrap();
        client.join("plaza").await.unwrap();
        let telling = async {
            let mut told = Vec::new();
            while (told.len() as u64) < POSTS {
                match next(&mut events).await {
                    Event::Publication(publication) => told.push(publication.offset),
                    Event::Disconnected(_) | Event::Reconnected => (),
                    event @ (Event::RoomReset { .. }
                    | Event::RoomEnded { .. }
                    | Event::Phase(_)
                    | Event::Muted(_)
                    | Event::Closed(_)) => {
                        panic!("{event:?}")
                    }
                }
            }
            told
        };
        let posting = async {
            let mut offsets = Vec::new();
            for pair in 0..POSTS / 2 {
                // Two at once, so that more than one is outstanding when it is cut.
                let (one, two) = (format!("post {}", pair * 2), format!("post {}", pair * 2 + 1));
                let (one, two) = tokio::join!(client.post("plaza", &one), client.post("plaza", &two));
                offsets.extend([one.unwrap().get(), two.unwrap().get()]);
            }
            offsets
        };
        tokio::join!(telling, posting)
    };
    let mut plaza = Plaza::default();
    let serving = async {
        loop {
            plaza.serve(&mut server.welcome().await).await;
        }
    };
    let (told, offsets) = tokio::select! {
        done = writing => done,
        () = serving => unreachable!(),
    };
    let all: Vec<u64> = (1..=POSTS).collect();
    assert_eq!(told, all, "told once and in order");
    assert_eq!(offsets, all, "acknowledged in the order of asking");
    let bodies: Vec<String> = (0..POSTS).map(|number| format!("post {number}")).collect();
    assert_eq!(plaza.log, bodies, "written once and in order");
    assert!(plaza.cuts > 10, "{} cuts", plaza.cuts);
}
