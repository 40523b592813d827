//! The Redis engine on real servers, and first on one alone.

use crate::harness::EngineUnderTest;
use crate::redis::server::PrivateRedis;
use kkanbu_broker::Broker;
use kkanbu_broker::redis::{Durability, Names, RedisBroker, Settings, Timings, Topology};
use kkanbu_keys::{Keyring, ServerId};
use kkanbu_model::{Limits, Offset, RoomAddress};
use parking_lot::Mutex;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

pub(crate) const SERVER: ServerId = ServerId::from_bytes([5; 16]);

/// How servers stand together, for the engine that is tested on them.
pub(crate) trait Stands: Send + Sync + Sized {
    fn start() -> Self;
    fn settings(&self) -> Settings;
    /// All servers that keep something.
    fn servers(&self) -> Vec<&PrivateRedis>;
    /// Those that are written to.
    fn masters(&self) -> Vec<&PrivateRedis>;
    /// The one that has a key.
    fn holding(&self, key: &str) -> &PrivateRedis;
}

/// The Redis engine on servers that stand together somehow.
pub(crate) struct RedisEngine<S> {
    pub(crate) stands: S,
    keyring: Keyring,
    limits: Limits,
    broker: Mutex<Arc<RedisBroker>>,
}

/// On one server.
pub(crate) type RedisServer = RedisEngine<PrivateRedis>;

impl Stands for PrivateRedis {
    fn start() -> Self {
        Self::start(&[])
    }

    fn settings(&self) -> Settings {
        settings(vec![self.url()], Topology::Server)
    }

    fn servers(&self) -> Vec<&PrivateRedis> {
        vec![self]
    }

    fn masters(&self) -> Vec<&PrivateRedis> {
        vec![self]
    }

    fn holding(&self, _: &str) -> &PrivateRedis {
        self
    }
}

/// Settings of tests. Machines that run many tests at once are slow, so that answers have time.
pub(crate) fn settings(urls: Vec<String>, topology: Topology) -> Settings {
    let timings = Timings { answer: Duration::from_secs(20), probe: Duration::from_millis(100), ..Timings::default() };
    Settings { server: SERVER, urls, topology, durability: Durability::Proven, replicas: 0, timings }
}

pub(crate) async fn open(settings: Settings, keyring: &Keyring, limits: &Limits) -> Arc<RedisBroker> {
    Arc::new(RedisBroker::open(settings, keyring.clone(), limits).await.unwrap_or_else(|error| panic!("{error}")))
}

impl<S: Stands> RedisEngine<S> {
    async fn again(&self) {
        let broker = Arc::clone(&self.broker.lock());
        broker.close().await;
        let broker = open(self.stands.settings(), &self.keyring, &self.limits).await;
        *self.broker.lock() = broker;
    }

    fn of(&self, room: &RoomAddress) -> &PrivateRedis {
        self.stands.holding(&Names::new(SERVER).room(room))
    }
}

/// Changes what lies at an offset.
pub(crate) fn damage(server: &PrivateRedis, room: &RoomAddress, offset: Offset) {
    let (key, mut connection) = (Names::new(SERVER).room(room), server.connect());
    let mut record: Vec<u8> = redis::cmd("HGET").arg(&key).arg(offset.get()).query(&mut connection).unwrap();
    // After the idempotency key comes the sealed part.
    record[16 + 20] ^= 1;
    let set: usize = redis::cmd("HSET").arg(&key).arg(offset.get()).arg(record).query(&mut connection).unwrap();
    assert_eq!(set, 0, "it was there");
}

/// Deletes what lies before an offset.
pub(crate) fn expire(server: &PrivateRedis, room: &RoomAddress, through: Offset) {
    let (key, mut connection) = (Names::new(SERVER).room(room), server.connect());
    for offset in 1..=through.get() {
        let _: usize = redis::cmd("HDEL").arg(&key).arg(offset).query(&mut connection).unwrap();
    }
    let _: usize = redis::cmd("HSET").arg(&key).arg("f").arg(through.get() + 1).query(&mut connection).unwrap();
}

/// The sealed parts of a room's records.
pub(crate) fn sealed(server: &PrivateRedis, room: &RoomAddress) -> Vec<Vec<u8>> {
    let key = Names::new(SERVER).room(room);
    let all: std::collections::HashMap<Vec<u8>, Vec<u8>> =
        redis::cmd("HGETALL").arg(&key).query(&mut server.connect()).unwrap();
    let number = |field: &[u8]| std::str::from_utf8(field).ok()?.parse::<u64>().ok();
    let mut records: Vec<_> = all.into_iter().filter_map(|(field, record)| Some((number(&field)?, record))).collect();
    records.sort_unstable();
    records.into_iter().map(|(_, record)| record[16..].to_vec()).collect()
}

/// Everything that a server keeps or tells.
pub(crate) fn raw(server: &PrivateRedis) -> Vec<(String, Vec<u8>)> {
    let mut all = Vec::new();
    read_folder(server.folder.path(), &mut all);
    for command in [&["CLIENT", "LIST"][..], &["SLOWLOG", "GET", "1000"], &["KEYS", "*"], &["PUBSUB", "SHARDCHANNELS"]]
    {
        let said: redis::Value = server.run(command);
        all.push((command.join(" "), format!("{said:?}").into_bytes()));
    }
    all
}

fn read_folder(folder: &Path, all: &mut Vec<(String, Vec<u8>)>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            read_folder(&path, all);
        } else if let Ok(bytes) = std::fs::read(&path) {
            // A file may go while it is read, as those do that are written anew.
            all.push((path.display().to_string(), bytes));
        }
    }
}

/// Has the server make a snapshot that takes until it is told to stop.
pub(crate) fn read_aside(server: &PrivateRedis, read: bool) {
    if read {
        let _: () = server.run(&["CONFIG", "SET", "rdb-key-save-delay", "100000000"]);
        let _: redis::Value = server.run(&["BGSAVE"]);
        return;
    }
    let _: () = server.run(&["CONFIG", "SET", "rdb-key-save-delay", "0"]);
    let children = std::fs::read_to_string(format!("/proc/{0}/task/{0}/children", server.pid())).unwrap();
    for child in children.split_whitespace() {
        // It may have ended by itself.
        Command::new("kill").args(["-USR1", child]).status().unwrap();
    }
    loop {
        let info: String = server.run(&["INFO", "persistence"]);
        if info.contains("rdb_bgsave_in_progress:0")
            && info.contains("aof_rewrite_in_progress:0")
            && info.contains("aof_rewrite_scheduled:0")
        {
            return;
        }
        std::thread::sleep(Duration::from_millis(5));
    }
}

impl<S: Stands> EngineUnderTest for RedisEngine<S> {
    async fn start(keyring: Keyring, limits: Limits) -> Self {
        let stands = S::start();
        let broker = open(stands.settings(), &keyring, &limits).await;
        Self { stands, keyring, limits, broker: Mutex::new(broker) }
    }

    fn broker(&self) -> Arc<dyn Broker> {
        Arc::<RedisBroker>::clone(&self.broker.lock())
    }

    fn keyring(&self) -> &Keyring {
        &self.keyring
    }

    async fn restart(&self) {
        self.again().await;
    }

    // As a server does that is cut off from its replicas.
    async fn fail_writes(&self, fail: bool) {
        for master in self.stands.masters() {
            let _: () = master.run(&["CONFIG", "SET", "min-replicas-to-write", if fail { "9" } else { "0" }]);
        }
    }

    async fn hold_writes(&self, hold: bool) {
        let words: &[&str] = if hold { &["CLIENT", "PAUSE", "100000", "WRITE"] } else { &["CLIENT", "UNPAUSE"] };
        for master in self.stands.masters() {
            let _: () = master.run(words);
        }
    }

    async fn damage(&self, room: &RoomAddress, offset: Offset) {
        damage(self.of(room), room, offset);
        self.again().await;
    }

    async fn expire(&self, room: &RoomAddress, through: Offset) {
        expire(self.of(room), room, through);
        self.again().await;
    }

    async fn plant(&self, bytes: &[u8]) {
        let _: () =
            redis::cmd("SET").arg("planted").arg(bytes).query(&mut self.stands.holding("planted").connect()).unwrap();
    }

    async fn read_aside(&self, read: bool) {
        for master in self.stands.masters() {
            read_aside(master, read);
        }
    }

    async fn raw(&self) -> Vec<(String, Vec<u8>)> {
        self.stands.servers().into_iter().flat_map(raw).collect()
    }

    async fn sealed(&self, room: &RoomAddress) -> Vec<Vec<u8>> {
        sealed(self.of(room), room)
    }
}
