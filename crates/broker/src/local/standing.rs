//! Where a room's log stands, as every engine keeps it.

use crate::Head;
use kkanbu_model::{Epoch, Offset, Position, StateVersion};

/// Where a room's log stands in storage.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Standing {
    /// Its epoch.
    pub epoch: Epoch,
    /// Its last offset.
    pub head: Offset,
    /// The offset of the last publication that changed the room's state.
    pub version: StateVersion,
    /// The first offset that is still kept; the one after the head where nothing is.
    pub kept_from: Offset,
}

impl Standing {
    /// An empty log under a new random epoch.
    pub fn new_room() -> Self {
        Self {
            epoch: random_epoch(),
            head: Offset::ZERO,
            version: StateVersion::default(),
            kept_from: Offset::ZERO.next(),
        }
    }

    /// The same log under a new random epoch.
    #[must_use]
    pub fn in_new_epoch(self) -> Self {
        Self { epoch: random_epoch(), ..self }
    }

    /// As the contract tells it.
    pub const fn as_head(&self) -> Head {
        Head {
            position: Position { epoch: self.epoch, offset: self.head },
            version: self.version,
            kept_from: self.kept_from,
        }
    }
}

pub(crate) fn random_epoch() -> Epoch {
    Epoch::new(rand::random())
}
