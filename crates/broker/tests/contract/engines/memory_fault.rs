//! The memory engine over a journal that loses, fails and stalls on command.

use crate::engines::fault_journal::Disk;
use crate::harness::{EngineUnderTest, key, room};
use kkanbu_broker::Broker;
use kkanbu_broker::memory::{MemoryBroker, Record};
use kkanbu_keys::Keyring;
use kkanbu_model::{Limits, Offset, RoomAddress, StateVersion};
use parking_lot::Mutex;
use std::sync::Arc;

pub(crate) struct MemoryFault {
    pub(crate) disk: Disk,
    keyring: Keyring,
    limits: Limits,
    broker: Mutex<Arc<MemoryBroker>>,
}

impl MemoryFault {
    /// Cuts the power and starts again.
    pub(crate) async fn crash(&self) {
        self.disk.crash();
        self.restart().await;
    }
}

impl EngineUnderTest for MemoryFault {
    async fn start(keyring: Keyring, limits: Limits) -> Self {
        let disk = Disk::default();
        let broker = MemoryBroker::start(disk.journal(), keyring.clone(), &limits).unwrap();
        Self { disk, keyring, limits, broker: Mutex::new(Arc::new(broker)) }
    }

    fn broker(&self) -> Arc<dyn Broker> {
        Arc::<MemoryBroker>::clone(&self.broker.lock())
    }

    fn keyring(&self) -> &Keyring {
        &self.keyring
    }

    async fn restart(&self) {
        let broker = Arc::clone(&self.broker.lock());
        broker.close().await;
        let broker = MemoryBroker::start(self.disk.journal(), self.keyring.clone(), &self.limits).unwrap();
        *self.broker.lock() = Arc::new(broker);
    }

    async fn fail_writes(&self, fail: bool) {
        self.disk.set_full(fail);
    }

    async fn hold_writes(&self, hold: bool) {
        self.disk.hold(hold);
    }

    async fn damage(&self, room: &RoomAddress, offset: Offset) {
        self.disk.change_record(room, offset, |record| record.sealed[20] ^= 1);
        self.restart().await;
    }

    async fn expire(&self, room: &RoomAddress, through: Offset) {
        self.disk.expire(room, through);
        self.restart().await;
    }

    async fn plant(&self, bytes: &[u8]) {
        self.disk.plant(Record {
            room: room("planted"),
            offset: Offset::new(1),
            version: StateVersion::default(),
            key: key(0),
            fingerprint: [0; 16],
            sealed: bytes.to_vec(),
        });
    }

    async fn read_aside(&self, read: bool) {
        self.disk.read_aside(read);
    }

    async fn raw(&self) -> Vec<(String, Vec<u8>)> {
        let bytes = |record: Record| [&record.key.0[..], &record.fingerprint[..], &record.sealed[..]].concat();
        self.disk.records().into_iter().map(|record| (record.room.to_string(), bytes(record))).collect()
    }

    async fn sealed(&self, room: &RoomAddress) -> Vec<Vec<u8>> {
        self.disk.records().into_iter().filter(|record| record.room == *room).map(|record| record.sealed).collect()
    }
}
