//! A programme with its rooms and members, on a store of its own that was opened anew.

use crate::log::Log;
use data_encoding::BASE64URL_NOPAD;
use ed25519_dalek::{Signer, SigningKey};
use kkanbu_gateway::Programmes;
use kkanbu_gateway::measure::{Asked, Path};
use kkanbu_keys::{ContentKey, KeyFolder, Keyring};
use kkanbu_model::{
    Handle, Language, Limits, MemberKey, Membership, MembershipId, Name, Programme, ProgrammeId, Role, RoleId, Room,
    RoomAddress, RoomId, Sanction, Secret, SystemClock, TimeZone,
};
use kkanbu_store::sqlite::SqliteStore;
use kkanbu_store::{Draw, Store};
use std::sync::Arc;
use tempfile::TempDir;
use tokio::task::JoinSet;

#[derive(Clone, Copy)]
pub(crate) struct Shape {
    pub(crate) rooms: usize,
    pub(crate) members: usize,
}

pub(crate) struct Stage {
    _folder: TempDir,
    shape: Shape,
    store: Arc<SqliteStore>,
    programmes: Programmes,
    log: Arc<Log>,
}

fn name(text: &str) -> Name {
    Name::new(text).unwrap()
}

fn room_id(number: usize) -> RoomId {
    RoomId::new(format!("topic-{number}")).unwrap()
}

fn role() -> RoleId {
    RoleId::new("mentee").unwrap()
}

fn programme(shape: Shape) -> Programme {
    let seats = u32::try_from(shape.rooms * shape.members).unwrap();
    let room = |number| Room::new(room_id(number), name(&format!("주제 {number}")), vec![role()]);
    Programme {
        id: ProgrammeId::new("anyang-2022").unwrap(),
        name: name("깐부 멘토링"),
        organisation: name("안양시"),
        purposes: vec![name("신규 공무원의 적응"), name("직렬을 넘는 만남")],
        language: Language::Korean,
        timezone: TimeZone::default(),
        retention_days: 30,
        roles: vec![Role::new(role(), name("멘티"), seats)],
        rooms: (0..shape.rooms).map(room).collect(),
    }
}

pub(crate) fn membership() -> Membership {
    Membership {
        id: MembershipId::from_bytes([1; 16]),
        handle: Handle::new("용감한 고라니").unwrap(),
        role: role(),
        posted: true,
        sanction: Sanction::default(),
    }
}

pub(crate) fn content_key() -> ContentKey {
    ContentKey::from_secret(Secret::new([7; 32])).unwrap()
}

fn signing_key(number: usize) -> SigningKey {
    let mut secret = [9; 32];
    secret[..8].copy_from_slice(&(number as u64).to_be_bytes());
    SigningKey::from_bytes(&secret)
}

pub(crate) fn member(number: usize) -> MemberKey {
    MemberKey::from_bytes(signing_key(number).verifying_key().to_bytes())
}

impl Stage {
    /// Has all members admitted and in their rooms, and opens the store again, as after a restart.
    pub(crate) async fn new(shape: Shape) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let keys = KeyFolder::create(&folder.path().join("keys")).unwrap();
        let (keyring, log) = (Keyring::default(), Arc::new(Log::default()));
        let at = folder.path().join("store.sqlite");
        let store = Arc::new(SqliteStore::create(&at, keys.server_id(), keyring.clone()).unwrap());
        let load = async |store: &Arc<SqliteStore>| {
            let (keys, clock) = (keys.clone(), Arc::new(SystemClock));
            Programmes::load(keys, keyring.clone(), store.clone(), log.clone(), clock).await.unwrap()
        };
        load(&store).await.create(programme(shape)).await.unwrap();
        fill(&store, shape).await;
        store.close().await;
        let store = Arc::new(SqliteStore::open(&at, keys.server_id(), keyring.clone()).unwrap());
        let programmes = load(&store).await;
        Self { _folder: folder, shape, store, programmes, log }
    }

    pub(crate) fn path(&self) -> Path {
        let limits = Limits { posts_burst: 1_000, ..Limits::default() };
        Path::new(self.store.clone(), self.log.clone(), self.programmes.clone(), limits).unwrap()
    }

    pub(crate) fn members(&self) -> usize {
        self.shape.rooms * self.shape.members
    }

    pub(crate) fn programme(&self) -> ProgrammeId {
        programme(self.shape).id
    }

    pub(crate) fn room_of(&self, number: usize) -> RoomAddress {
        RoomAddress { programme: self.programme(), room: room_id(number % self.shape.rooms) }
    }

    pub(crate) fn store(&self) -> Arc<dyn Store> {
        self.store.clone()
    }

    pub(crate) fn sign(&self, path: &Path, number: usize) -> (Asked, MemberKey, String) {
        let (asked, key) = (path.challenge(&self.programme()).unwrap(), member(number));
        let signature = signing_key(number).sign(asked.text(key).as_bytes());
        (asked, key, BASE64URL_NOPAD.encode(&signature.to_bytes()))
    }

    pub(crate) async fn close(&self) {
        self.store.close().await;
    }
}

async fn fill(store: &Arc<SqliteStore>, shape: Shape) {
    let mut tasks = JoinSet::new();
    for number in 0..shape.rooms * shape.members {
        if tasks.len() >= 128 {
            tasks.join_next().await.unwrap().unwrap();
        }
        let (store, at) = (store.clone(), programme(shape).id);
        tasks.spawn(async move {
            let key = member(number);
            store.admit(&at, &key, &role()).await.unwrap();
            let handle = Handle::new(format!("용감한 고라니 {number}")).unwrap();
            let draw = Draw { id: MembershipId::from_bytes((number as u128).to_be_bytes()), handle };
            let room = RoomAddress { programme: at, room: room_id(number % shape.rooms) };
            store.join(&room, &key, draw).await.unwrap();
        });
    }
    tasks.join_all().await;
}
