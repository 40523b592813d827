//! All rooms that this node knows.

use crate::redis::room::{Room, Stand};
use kkanbu_model::{ProgrammeId, RoomAddress};
use parking_lot::RwLock;
use std::collections::HashMap;
use std::sync::Arc;

/// All rooms that were touched since the start, by address and by channel.
#[derive(Default)]
pub(crate) struct Registry(RwLock<Known>);

#[derive(Default)]
struct Known {
    by_address: HashMap<RoomAddress, Arc<Room>>,
    by_channel: HashMap<Vec<u8>, Arc<Room>>,
}

impl Registry {
    pub(crate) fn get(&self, address: &RoomAddress) -> Option<Arc<Room>> {
        self.0.read().by_address.get(address).cloned()
    }

    pub(crate) fn of_channel(&self, channel: &[u8]) -> Option<Arc<Room>> {
        self.0.read().by_channel.get(channel).cloned()
    }

    /// The room that is there, or this one.
    pub(crate) fn insert(&self, address: &RoomAddress, key: String, ring_max: usize, stand: &Stand) -> Arc<Room> {
        let mut known = self.0.write();
        if let Some(room) = known.by_address.get(address) {
            return Arc::clone(room);
        }
        let room = Arc::new(Room::new(address.clone(), key, ring_max, stand));
        known.by_channel.insert(room.key.clone().into_bytes(), Arc::clone(&room));
        known.by_address.insert(address.clone(), Arc::clone(&room));
        room
    }

    /// Those that somebody follows, or has followed until lately.
    pub(crate) fn followed(&self) -> Vec<Arc<Room>> {
        self.0.read().by_address.values().filter(|room| room.is_followed()).cloned().collect()
    }

    /// Ends a room.
    pub(crate) fn remove(&self, room: &Room) {
        let mut known = self.0.write();
        known.by_address.remove(&room.address);
        known.by_channel.remove(room.key.as_bytes());
        room.log.close();
    }

    /// Ends all rooms of a programme, or all.
    pub(crate) fn remove_all(&self, programme: Option<&ProgrammeId>) {
        let rooms: Vec<_> = self.0.read().by_address.values().cloned().collect();
        for room in rooms.iter().filter(|room| programme.is_none_or(|programme| room.address.programme == *programme)) {
            self.remove(room);
        }
    }
}
