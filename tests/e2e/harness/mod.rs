//! A world of one server and its members, so that tests read like the story.

mod fault_broker;
mod fault_store;
mod moderator;
mod person;
mod test_clock;

pub(crate) use fault_broker::FaultBroker;
pub(crate) use fault_store::{FaultStore, StopsAt};
pub(crate) use moderator::Moderator;
pub(crate) use person::{Person, draft, rejected, request};
pub(crate) use test_clock::TestClock;

use kkanbu_broker::Broker;
use kkanbu_broker::memory::{MemoryBroker, SqliteJournal};
use kkanbu_client::Seed;
use kkanbu_gateway::{Asset, Listening, Parts, Programmes, Server, Settings, Tls, join_code};
use kkanbu_keys::{KeyFolder, Keyring};
use kkanbu_model::{Language, Limits, Name, Programme, ProgrammeId, Role, RoleId, Room, RoomAddress, RoomId, TimeZone};
use kkanbu_room::Guard;
use kkanbu_store::Store;
use kkanbu_store::sqlite::SqliteStore;
use kkanbu_wire::Padding;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tempfile::TempDir;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// The longest that a test waits for something that has to happen.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

/// Time for the server to end. Short, because some tests have it stop in the middle of something.
const DRAIN: Duration = Duration::from_secs(5);

/// How long a test listens before it believes that nothing comes.
pub(crate) const SILENCE: Duration = Duration::from_millis(150);

/// Limits under which tests are not slowed down; each test that crosses one sets it.
pub(crate) fn roomy() -> Limits {
    Limits {
        posts_per_minute: 1_000_000,
        posts_burst: 100_000,
        joins_per_minute: 100_000,
        reads_per_minute: 1_000_000,
        reads_burst: 100_000,
        ..Limits::default()
    }
}

/// A server in this process, and the folder that it lives in.
pub(crate) struct World {
    folder: Arc<TempDir>,
    limits: Limits,
    tls: Option<Tls>,
    pub(crate) origin: String,
    pub(crate) address: SocketAddr,
    pub(crate) ops: SocketAddr,
    pub(crate) broker: Arc<FaultBroker>,
    pub(crate) store: Arc<FaultStore>,
    pub(crate) clock: Arc<TestClock>,
    programmes: Programmes,
    drain: CancellationToken,
    running: Option<JoinHandle<bool>>,
}

/// A small programme in the shape of Anyang's.
pub(crate) fn programme(id: &str) -> Programme {
    let role = |id: &str, name: &str, seats| Role::new(RoleId::new(id).unwrap(), Name::new(name).unwrap(), seats);
    let room = |id: &str, roles: &[&str], seats_per_role| {
        let roles = roles.iter().map(|role| RoleId::new(*role).unwrap()).collect();
        Room { seats_per_role, ..Room::new(RoomId::new(id).unwrap(), Name::new(id).unwrap(), roles) }
    };
    Programme {
        id: ProgrammeId::new(id).unwrap(),
        name: Name::new("안양깐부 Talk").unwrap(),
        organisation: Name::new("안양시").unwrap(),
        purposes: vec![],
        language: Language::Korean,
        timezone: TimeZone::default(),
        retention_days: 30,
        roles: vec![Role { answers: true, ..role("mentor", "멘토", 17) }, role("mentee", "멘티", 37)],
        rooms: vec![
            room("plaza", &["mentor", "mentee"], None),
            room("small", &["mentor", "mentee"], Some(5)),
            room("mentors", &["mentor"], None),
        ],
    }
}

impl World {
    pub(crate) async fn start() -> Self {
        Self::with(roomy()).await
    }

    pub(crate) async fn with(limits: Limits) -> Self {
        Self::build(Arc::new(tempfile::tempdir().unwrap()), limits, None, Arc::default()).await
    }

    pub(crate) async fn with_tls(tls: Tls) -> Self {
        Self::build(Arc::new(tempfile::tempdir().unwrap()), roomy(), Some(tls), Arc::default()).await
    }

    async fn build(folder: Arc<TempDir>, limits: Limits, tls: Option<Tls>, clock: Arc<TestClock>) -> Self {
        let keyring = Keyring::default();
        let path = |name: &str| -> PathBuf { folder.path().join(name) };
        let fresh = !path("keys").exists();
        let keys = if fresh { KeyFolder::create(&path("keys")) } else { KeyFolder::open(&path("keys")) }.unwrap();
        let (store, log, id) = (path("store.sqlite"), path("log.sqlite"), keys.server_id());
        let store = if fresh {
            SqliteStore::create(&store, id, keyring.clone())
        } else {
            SqliteStore::open(&store, id, keyring.clone())
        };
        let fault_store = Arc::new(FaultStore::new(store.unwrap()));
        let store: Arc<dyn Store> = fault_store.clone();
        let journal = if fresh { SqliteJournal::create(&log, id) } else { SqliteJournal::open(&log, id) }.unwrap();
        let memory = MemoryBroker::start(journal, keyring.clone(), &limits).unwrap();
        let broker = Arc::new(FaultBroker::new(memory));
        let dyn_broker: Arc<dyn Broker> = broker.clone();
        let programmes =
            Programmes::load(keys, keyring, store.clone(), dyn_broker.clone(), clock.clone()).await.unwrap();
        programmes.create(programme("anyang-2022")).await.unwrap();
        programmes.create(programme("other-2023")).await.unwrap();

        let any = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        let listening = Listening::bind(any, Some(any), Some(&path("admin.sock"))).unwrap();
        let (address, ops) = (listening.members_address().unwrap(), listening.ops_address().unwrap());
        let scheme = if tls.is_some() { "https" } else { "http" };
        let origin = format!("{scheme}://localhost:{}", address.port());
        let settings = Settings {
            public_origin: origin.clone(),
            origins: vec![],
            tls: tls.clone(),
            limits,
            padding: Padding::Quiet,
            drain: DRAIN,
        };
        let page = Asset {
            bytes: "<!doctype html>".into(),
            media_type: "text/html".into(),
            immutable: false,
            etag: "\"1\"".into(),
        };
        let parts = Parts {
            store,
            broker: dyn_broker,
            programmes: programmes.clone(),
            clock: clock.clone(),
            guard: Guard::new(None).unwrap(),
            assets: Arc::new(move |path| path.is_empty().then(|| page.clone())),
            read_programme: |_| Err(vec!["no files in tests".into()]),
        };
        let drain = CancellationToken::new();
        #[expect(clippy::disallowed_methods, reason = "the harness joins the task in `stop`")]
        let running = tokio::spawn(Server::new(settings, parts).run(listening, drain.clone()));
        let store = fault_store;
        let running = Some(running);
        Self { folder, limits, tls, origin, address, ops, broker, store, clock, programmes, drain, running }
    }

    /// Drains the server and waits until it has ended. Says whether it ended in time.
    pub(crate) async fn stop(&mut self) -> bool {
        self.drain.cancel();
        match self.running.take() {
            Some(running) => running.await.unwrap(),
            None => true,
        }
    }

    /// Ends the server and starts another on the same folder.
    pub(crate) async fn restart(mut self) -> Self {
        self.stop().await;
        let (folder, limits, tls, clock) = (self.folder.clone(), self.limits, self.tls.clone(), self.clock.clone());
        drop(self);
        Self::build(folder, limits, tls, clock).await
    }

    /// The join code of a role.
    pub(crate) fn code(&self, programme: &str, role: &str) -> String {
        let id = ProgrammeId::new(programme).unwrap();
        let key = self.programmes.key(&id).unwrap();
        join_code(&key, &self.programmes.get(&id).unwrap(), &RoleId::new(role).unwrap())
    }

    /// Somebody who has opened a socket and said nothing.
    pub(crate) async fn stranger(&self) -> Person {
        Person::connect(&self.origin, self.address, Seed::random()).await
    }

    /// A new member of this role, in no room yet.
    pub(crate) async fn member(&self, role: &str) -> Person {
        let mut person = self.stranger().await;
        person.authenticate("anyang-2022", Some(&self.code("anyang-2022", role))).await.unwrap();
        person
    }

    /// One more programme.
    pub(crate) async fn creates(&self, programme: Programme) {
        self.programmes.create(programme).await.unwrap();
    }

    /// A new member of this role of another programme, in no room yet.
    pub(crate) async fn member_of(&self, programme: &str, role: &str) -> Person {
        let mut person = self.stranger().await;
        person.authenticate(programme, Some(&self.code(programme, role))).await.unwrap();
        person
    }

    /// A new member of this role, in the plaza.
    pub(crate) async fn in_plaza(&self, role: &str) -> Person {
        let mut person = self.member(role).await;
        person.joins("plaza").await.unwrap();
        person
    }

    /// The same member on another connection, authenticated.
    pub(crate) async fn again(&self, person: &Person) -> Person {
        let mut again = Person::connect(&self.origin, self.address, person.seed()).await;
        again.authenticate("anyang-2022", None).await.unwrap();
        again
    }

    /// A connection to the admin socket.
    pub(crate) async fn moderator(&self) -> Moderator {
        Moderator::connect(&self.folder().join("admin.sock")).await
    }

    /// A room of the programme.
    pub(crate) fn room(room: &str) -> RoomAddress {
        RoomAddress { programme: ProgrammeId::new("anyang-2022").unwrap(), room: RoomId::new(room).unwrap() }
    }

    /// Everything that the server wrote: the folder's files.
    pub(crate) fn folder(&self) -> &std::path::Path {
        self.folder.path()
    }
}
