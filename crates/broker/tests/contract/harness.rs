//! What an engine brings to be tested, and words to tell a test's story with.

use kkanbu_broker::{
    Broker, BrokerError, Entry, Head, IdempotencyKey, PublishError, Published, Subscribed, Subscription,
};
use kkanbu_keys::{ContentKey, Keyring};
use kkanbu_model::{
    Author, Body, Event, Handle, Limits, MembershipId, Minute, Offset, ProgrammeId, Publication, RoomAddress, RoomId,
    Secret, StateVersion,
};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, LazyLock};
use std::time::Duration;

/// Every test of the suite ends within this, or hangs.
const DEADLINE: Duration = Duration::from_mins(2);

/// The secret bytes of the test programme's content key.
pub(crate) const CONTENT_KEY: [u8; 32] = *b"kkanbu contract suite's own key!";

/// An engine, with what a test has to do to its storage behind its back.
pub(crate) trait EngineUnderTest: Send + Sync + Sized {
    /// Starts on new, empty storage.
    async fn start(keyring: Keyring, limits: Limits) -> Self;
    /// The engine.
    fn broker(&self) -> Arc<dyn Broker>;
    /// The keys that the engine uses.
    fn keyring(&self) -> &Keyring;
    /// Closes the engine and starts it again on the same storage.
    async fn restart(&self);
    /// Makes every write fail until told otherwise.
    async fn fail_writes(&self, fail: bool);
    /// Makes every write wait until told otherwise.
    async fn hold_writes(&self, hold: bool);
    /// Changes one byte of a record's sealed part. Restarts, so that it has to be read.
    async fn damage(&self, room: &RoomAddress, offset: Offset);
    /// Lets everything through this offset expire. Restarts, so that it has to be read.
    async fn expire(&self, room: &RoomAddress, through: Offset);
    /// Stores bytes as an engine would that does not seal.
    async fn plant(&self, bytes: &[u8]);
    /// Lets somebody else read the storage at one moment, as a backup does, until told otherwise.
    async fn read_aside(&self, read: bool);
    /// Everything that lies in the storage, byte by byte, the parts with their names.
    async fn raw(&self) -> Vec<(String, Vec<u8>)>;
    /// The sealed parts of a room's records.
    async fn sealed(&self, room: &RoomAddress) -> Vec<Vec<u8>>;
}

/// Limits of the suite: a ring so small that most readers fall behind it.
pub(crate) fn limits() -> Limits {
    Limits { ring_publications_max: 8, log_queue_max: 2_048, ..Limits::default() }
}

/// Runs one rule on a fresh engine.
pub(crate) async fn run<E: EngineUnderTest>(rule: impl AsyncFnOnce(&E)) {
    let engine = E::start(keyring(), limits()).await;
    tokio::time::timeout(DEADLINE, rule(&engine)).await.expect("the rule ended in time");
    tokio::time::timeout(DEADLINE, engine.broker().close()).await.expect("the engine closed in time");
}

/// The keys of both test programmes.
pub(crate) fn keyring() -> Keyring {
    let keyring = Keyring::default();
    keyring.insert(programme(), content_key(CONTENT_KEY));
    keyring.insert(other_programme(), content_key([2; 32]));
    keyring
}

pub(crate) fn content_key(bytes: [u8; 32]) -> ContentKey {
    ContentKey::from_secret(Secret::new(bytes)).unwrap()
}

pub(crate) fn programme() -> ProgrammeId {
    ProgrammeId::new("anyang-2022").unwrap()
}

pub(crate) fn other_programme() -> ProgrammeId {
    ProgrammeId::new("seogwipo-2026").unwrap()
}

pub(crate) fn room(id: &str) -> RoomAddress {
    RoomAddress { programme: programme(), room: RoomId::new(id).unwrap() }
}

/// The room that most tests happen in.
pub(crate) static PLAZA: LazyLock<RoomAddress> = LazyLock::new(|| room("plaza"));

/// A key that no other entry has.
pub(crate) fn fresh_key() -> IdempotencyKey {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    key(u128::from(NEXT.fetch_add(1, Ordering::Relaxed)))
}

pub(crate) fn key(number: u128) -> IdempotencyKey {
    // Spread like the keyed hashes that real keys are.
    IdempotencyKey((number.wrapping_mul(0x9E37_79B9_7F4A_7C15_F39C_C060_5CED_C835)).to_be_bytes())
}

/// An entry decided on any state.
pub(crate) fn entry(event: Event) -> Entry {
    Entry { key: fresh_key(), fingerprint: [1; 16], decided_on: None, minute: Minute::new(29_000_000), event }
}

pub(crate) fn decided_on(version: StateVersion, event: Event) -> Entry {
    Entry { decided_on: Some(version), ..entry(event) }
}

pub(crate) fn post(text: &str) -> Event {
    post_of("용감한 고라니", text)
}

pub(crate) fn post_of(handle: &str, text: &str) -> Event {
    let author =
        Author { handle: Handle::new(handle).unwrap(), badge: None, membership: MembershipId::from_bytes([7; 16]) };
    Event::Post { author, body: body(text), reply_to: None, mentions: Vec::new(), question: false }
}

/// An event that changes the room's state and carries a text. It stands for whatever the rules will put into the log:
/// here a claim that a decider makes.
pub(crate) fn claim(text: &str) -> Event {
    Event::Edit { target: Offset::new(1), body: body(text), mentions: Vec::new() }
}

pub(crate) fn body(text: &str) -> Body {
    Body::new(text, &Limits::default()).unwrap()
}

/// The text that a publication carries, empty where it carries none.
pub(crate) fn text(publication: &Publication) -> String {
    match &publication.event {
        Event::Post { body, .. } | Event::Edit { body, .. } => body.as_str().to_owned(),
        Event::Notice { text: Some(text) } => text.as_str().to_owned(),
        Event::Retract { .. }
        | Event::React { .. }
        | Event::Answer { .. }
        | Event::Hide { .. }
        | Event::Restore { .. }
        | Event::Freeze
        | Event::Thaw
        | Event::Slow { .. }
        | Event::Notice { text: None }
        | Event::Settings(_) => String::new(),
    }
}

/// Publishes and expects it to work; gives the offset.
pub(crate) async fn publish(broker: &dyn Broker, room: &RoomAddress, event: Event) -> Offset {
    broker.publish(room, entry(event)).await.expect("published").offset
}

/// Publishes `count` posts one after the other.
pub(crate) async fn publish_posts(broker: &dyn Broker, room: &RoomAddress, count: usize) {
    for number in 1..=count {
        publish(broker, room, post(&format!("post {number}"))).await;
    }
}

/// Publishes as a client does that may try again: until it is known what became of it.
pub(crate) async fn publish_stubbornly(
    broker: &dyn Broker,
    room: &RoomAddress,
    entry: Entry,
) -> Result<Published, PublishError> {
    loop {
        match broker.publish(room, entry.clone()).await {
            Err(PublishError::Unavailable(BrokerError::Overloaded | BrokerError::Unavailable { .. })) => {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
            settled => return settled,
        }
    }
}

/// Everything that a room's log holds, read in pages of this size.
pub(crate) async fn read_all(broker: &dyn Broker, room: &RoomAddress, page: usize) -> Vec<Arc<Publication>> {
    let mut position = broker.head(room).await.unwrap().position;
    position.offset = Offset::ZERO;
    let mut all = Vec::new();
    loop {
        match broker.read(room, position, page).await.unwrap() {
            kkanbu_broker::Page::Publications(page) if page.is_empty() => return all,
            kkanbu_broker::Page::Publications(page) => {
                position.offset = page.last().unwrap().offset;
                all.extend(page);
            }
            kkanbu_broker::Page::Gap(reason) => panic!("a gap: {reason:?}"),
        }
    }
}

/// Somebody who follows a room and keeps what was handed out. Panics at a hole, a duplicate or a change of order.
pub(crate) struct Follower {
    subscription: Box<dyn Subscription>,
    /// The head at the time of subscribing.
    pub(crate) head: Head,
    cursor: Offset,
    /// What was handed out, in order.
    pub(crate) seen: Vec<Arc<Publication>>,
    /// The epochs that were told.
    pub(crate) epochs: Vec<Head>,
    /// The gaps that were told: after how many hand-outs, and where it went on.
    pub(crate) gaps: Vec<(usize, Offset)>,
}

impl Follower {
    pub(crate) async fn after(broker: &dyn Broker, room: &RoomAddress, after: Offset) -> Self {
        let (head, subscription) = broker.subscribe(room, after).await.expect("subscribed");
        let cursor = after.min(head.position.offset);
        Self { subscription, head, cursor, seen: Vec::new(), epochs: Vec::new(), gaps: Vec::new() }
    }

    /// Follows from the beginning of what is kept.
    pub(crate) async fn from_the_beginning(broker: &dyn Broker, room: &RoomAddress, kept_from: Offset) -> Self {
        let mut follower = Self::after(broker, room, Offset::ZERO).await;
        follower.cursor = Offset::new(kept_from.get() - 1);
        follower
    }

    /// Takes what comes next.
    pub(crate) async fn next(&mut self) -> Result<(), BrokerError> {
        match self.subscription.next().await? {
            Subscribed::Publications(publications) => {
                assert!(!publications.is_empty(), "a hand-out is never empty");
                for publication in publications {
                    assert_eq!(publication.offset, self.cursor.next(), "without hole or duplicate");
                    self.cursor = publication.offset;
                    self.seen.push(publication);
                }
            }
            Subscribed::NewEpoch(head) => {
                self.cursor = head.position.offset;
                self.epochs.push(head);
            }
            Subscribed::Gap { kept_from } => {
                assert!(self.cursor.next() < kept_from, "a gap is forward");
                self.cursor = Offset::new(kept_from.get() - 1);
                self.gaps.push((self.seen.len(), kept_from));
            }
        }
        Ok(())
    }

    /// Follows until this offset was handed out.
    pub(crate) async fn until(&mut self, offset: Offset) {
        while self.cursor < offset {
            self.next().await.expect("the subscription goes on");
        }
    }

    /// Takes what comes within a short while.
    pub(crate) async fn briefly(&mut self, wait: Duration) {
        while let Ok(Ok(())) = tokio::time::timeout(wait, self.next()).await {}
    }

    /// Whether nothing comes within a short while.
    pub(crate) async fn hears_nothing(&mut self) -> bool {
        tokio::time::timeout(Duration::from_millis(50), self.next()).await.is_err()
    }

    pub(crate) fn texts(&self) -> Vec<String> {
        self.seen.iter().map(|publication| text(publication)).collect()
    }
}
