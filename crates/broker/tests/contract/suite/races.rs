//! The three races that the log decides. Each contender folds the log, decides on what it has folded, publishes, and
//! where that was stale waits for the version named and decides again: as every node of the server does.

use crate::harness::{EngineUnderTest, Follower, PLAZA, claim, decided_on, post, read_all, text};
use futures_util::future::join_all;
use kkanbu_broker::{Broker, Entry, PublishError};
use kkanbu_model::{Event, Offset, Publication, StateVersion};
use std::sync::Arc;

/// A contender's view: the log as far as it was followed, and the version that this is.
struct Decider {
    broker: Arc<dyn Broker>,
    log: Follower,
    version: StateVersion,
}

impl Decider {
    async fn new(broker: &Arc<dyn Broker>) -> Self {
        let log = Follower::after(&**broker, &PLAZA, Offset::ZERO).await;
        Self { broker: Arc::clone(broker), log, version: StateVersion::default() }
    }

    fn seen(&self) -> impl Iterator<Item = &Publication> {
        self.log.seen.iter().map(Arc::as_ref)
    }

    /// Decides until the decision holds. `decide` says what to publish, or `None` to give up.
    async fn act(&mut self, decide: impl Fn(&Self) -> Option<Event>) -> Option<Offset> {
        // One command, so one key through all the tries.
        let command = decided_on(self.version, Event::Thaw);
        loop {
            let event = decide(self)?;
            let entry = Entry { decided_on: Some(self.version), event, ..command.clone() };
            match self.broker.publish(&PLAZA, entry).await {
                Ok(published) => return Some(published.offset),
                Err(PublishError::Stale { now }) => {
                    self.log.until(now.0).await;
                    let changes = self.seen().filter(|publication| publication.event.changes_state());
                    self.version = StateVersion(changes.last().expect("what made it stale").offset);
                }
                Err(error) => panic!("{error}"),
            }
        }
    }
}

async fn contenders(engine: &impl EngineUnderTest, count: usize) -> Vec<Decider> {
    let broker = engine.broker();
    join_all((0..count).map(|_| Decider::new(&broker))).await
}

pub(crate) async fn the_last_seats_go_to_exactly_as_many(engine: &impl EngineUnderTest) {
    const SEATS: usize = 5;
    let contenders = contenders(engine, 24).await;
    let seated = join_all(contenders.into_iter().enumerate().map(async |(number, mut contender)| {
        let name = format!("contender {number}");
        let taken = contender.act(|view| (view.seen().count() < SEATS).then(|| claim(&name))).await;
        taken.map(|offset| (offset, name))
    }))
    .await;
    let mut seated: Vec<_> = seated.into_iter().flatten().collect();
    seated.sort_unstable();
    let log = read_all(&*engine.broker(), &PLAZA, 100).await;
    let in_log: Vec<_> = log.iter().map(|publication| (publication.offset, text(publication))).collect();
    assert_eq!(in_log.len(), SEATS, "as many as there are seats");
    assert_eq!(in_log, seated, "who was told so, and nobody else");
}

pub(crate) async fn one_handle_goes_to_one_member(engine: &impl EngineUnderTest) {
    const WORDS: [&str; 6] = ["고라니", "수달", "두루미", "담비", "삵", "너구리"];
    let contenders = contenders(engine, 20).await;
    let drawn = join_all(contenders.into_iter().enumerate().map(async |(number, mut contender)| {
        // Everybody wants the same words first and goes on to the next ones where they are taken.
        let free = |view: &Decider| {
            let taken: Vec<_> = view.seen().map(text).collect();
            WORDS.iter().find(|word| !taken.iter().any(|taken| taken == *word)).copied()
        };
        contender.act(|view| free(view).map(claim)).await.map(|offset| (offset, number))
    }))
    .await;
    assert_eq!(drawn.iter().flatten().count(), WORDS.len());
    let log = read_all(&*engine.broker(), &PLAZA, 100).await;
    assert_eq!(log.iter().map(|publication| text(publication)).collect::<Vec<_>>(), WORDS);
}

pub(crate) async fn nothing_is_posted_after_a_freeze(engine: &impl EngineUnderTest) {
    const POSTERS: usize = 12;
    const POSTS: usize = 200;
    let mut all = contenders(engine, POSTERS + 1).await;
    let mut moderator = all.pop().unwrap();
    let frozen = |view: &Decider| view.seen().any(|publication| publication.event == Event::Freeze);
    let posters = all.into_iter().map(async |mut poster| {
        let mut acknowledged = Vec::new();
        for _ in 0..POSTS {
            match poster.act(|view| (!frozen(view)).then(|| post("still allowed"))).await {
                Some(offset) => acknowledged.push(offset),
                None => break,
            }
        }
        acknowledged
    });
    let freezing = async {
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        moderator.act(|_| Some(Event::Freeze)).await.expect("frozen")
    };
    let (acknowledged, freeze) = tokio::join!(join_all(posters), freezing);

    let log = read_all(&*engine.broker(), &PLAZA, 1_000).await;
    assert_eq!(log.last().unwrap().offset, freeze, "nothing follows the freeze");
    let posted: usize = acknowledged.iter().map(Vec::len).sum();
    assert_eq!(log.len(), posted + 1, "each acknowledged post is there");
    assert!(posted < POSTERS * POSTS, "the freeze came while they were posting");
}
