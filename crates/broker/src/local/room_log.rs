//! A room's log in memory: where it stands, its latest publications, and who has to be woken.
//!
//! Only the writer changes it, and only to what is durable. So whatever can be seen here may be shown to anybody.

use crate::local::Standing;
use crate::{GapReason, Head};
use kkanbu_model::{Epoch, Offset, Position, ProgrammeId, Publication, RoomAddress};
use parking_lot::{Mutex, RwLock};
use std::collections::{BTreeSet, HashMap, VecDeque};
use std::sync::Arc;
use tokio::sync::watch;

/// One room's durable log, as far as it is kept ready.
pub(crate) struct RoomLog {
    address: RoomAddress,
    state: Mutex<State>,
    changed: watch::Sender<()>,
}

struct State {
    standing: Standing,
    /// Where the log stood when its epoch began, as far as this process saw it.
    epoch_began: Head,
    /// The latest publications without hole; the last one is the head.
    ring: VecDeque<Arc<Publication>>,
    /// Counts what has been taken out of the log. Pages read from the journal before it rose are not to be shown.
    revision: u64,
    closed: bool,
}

/// What follows an offset.
pub(crate) enum Following {
    /// These, in order. Empty at the head.
    Ready(Vec<Arc<Publication>>),
    /// More than the ring holds: read the journal, through this offset.
    InJournal {
        /// The durable head.
        through: Offset,
    },
}

/// What a subscription has to do next.
pub(crate) enum Step {
    /// Hand out what follows the cursor. There is something.
    HandOut(Following),
    /// Tell that an epoch began.
    TellNewEpoch(Head),
    /// Tell that what follows the cursor was trimmed up to this offset.
    TellGap(Offset),
    /// Nothing yet.
    Wait,
    /// The room is gone or the engine closed.
    End,
}

impl RoomLog {
    pub(crate) fn new(address: RoomAddress, standing: Standing) -> Self {
        let state =
            State { standing, epoch_began: standing.as_head(), ring: VecDeque::new(), revision: 0, closed: false };
        Self { address, state: Mutex::new(state), changed: watch::Sender::new(()) }
    }

    pub(crate) const fn address(&self) -> &RoomAddress {
        &self.address
    }

    pub(crate) fn standing(&self) -> Standing {
        self.state.lock().standing
    }

    pub(crate) fn is_closed(&self) -> bool {
        self.state.lock().closed
    }

    /// Wakes at every change from now on.
    pub(crate) fn watch(&self) -> watch::Receiver<()> {
        self.changed.subscribe()
    }

    /// Takes in publications that have become durable, without hole after the head.
    pub(crate) fn advance(&self, standing: Standing, publications: Vec<Arc<Publication>>, ring_max: usize) {
        {
            let mut state = self.state.lock();
            state.standing = standing;
            state.ring.extend(publications);
            let surplus = state.ring.len().saturating_sub(ring_max);
            state.ring.drain(..surplus);
        }
        self.changed.send_replace(());
    }

    /// Takes in where the journal says that the log stands: in a new epoch, trimmed, or further on after a write that seemed
    /// to have failed. Returns by how many publications it is further on.
    pub(crate) fn stands_at(&self, standing: Standing) -> u64 {
        let risen = {
            let mut state = self.state.lock();
            let risen = standing.head.get().saturating_sub(state.standing.head.get());
            if standing.head != state.standing.head {
                state.ring.clear();
            }
            if standing.epoch != state.standing.epoch {
                state.epoch_began = standing.as_head();
            }
            if standing.kept_from > state.standing.kept_from {
                state.revision += 1;
                while state.ring.front().is_some_and(|first| first.offset < standing.kept_from) {
                    state.ring.pop_front();
                }
            }
            state.standing = standing;
            risen
        };
        self.changed.send_replace(());
        risen
    }

    /// Takes the text out of publications in the ring, once it is out of the journal.
    pub(crate) fn erase(&self, offsets: &BTreeSet<Offset>) {
        let mut state = self.state.lock();
        state.revision += 1;
        for publication in state.ring.iter_mut().filter(|publication| offsets.contains(&publication.offset)) {
            if let Some(event) = publication.event.without_text() {
                *publication = Arc::new(Publication { event, ..Publication::clone(publication) });
            }
        }
    }

    /// Leaves everything to the journal: whether it still holds what the ring holds is not known.
    pub(crate) fn forget(&self) {
        let mut state = self.state.lock();
        state.revision += 1;
        state.ring.clear();
    }

    /// Rises with everything that is taken out of the log.
    pub(crate) fn revision(&self) -> u64 {
        self.state.lock().revision
    }

    /// Ends every subscription.
    pub(crate) fn close(&self) {
        self.state.lock().closed = true;
        self.changed.send_replace(());
    }

    /// What follows a position that somebody outside claims to have.
    pub(crate) fn after(&self, after: Position, limit: usize) -> Result<Following, GapReason> {
        let state = self.state.lock();
        if after.epoch != state.standing.epoch {
            return Err(GapReason::Epoch);
        }
        if after.offset > state.standing.head {
            return Err(GapReason::Ahead);
        }
        if after.offset.next() < state.standing.kept_from {
            return Err(GapReason::Expired);
        }
        Ok(state.following(after.offset, state.standing.head, limit))
    }

    /// What a subscription that has handed out everything through `cursor` in `epoch` has to do. The publications of an
    /// epoch are handed out before the next one is told.
    pub(crate) fn step(&self, epoch: Epoch, cursor: Offset, limit: usize) -> Step {
        let state = self.state.lock();
        if state.closed {
            return Step::End;
        }
        let told = epoch == state.standing.epoch;
        let through = if told { state.standing.head } else { state.epoch_began.position.offset };
        let kept_from = state.standing.kept_from;
        // Before the first hand-out nothing is missed. What a new epoch hides anyway is told after it.
        if cursor > Offset::ZERO && cursor.next() < kept_from && (told || kept_from <= through.next()) {
            return Step::TellGap(kept_from);
        }
        if cursor < through && kept_from <= through {
            Step::HandOut(state.following(cursor, through, limit))
        } else if told {
            Step::Wait
        } else {
            Step::TellNewEpoch(state.epoch_began)
        }
    }
}

impl State {
    fn following(&self, after: Offset, through: Offset, limit: usize) -> Following {
        let ring_follows = self.standing.head.get().saturating_sub(self.ring.len() as u64);
        let Some(skip) = after.get().checked_sub(ring_follows).and_then(|skip| usize::try_from(skip).ok()) else {
            return Following::InJournal { through };
        };
        let wanted = self.ring.iter().skip(skip).take(limit).take_while(|publication| publication.offset <= through);
        Following::Ready(wanted.cloned().collect())
    }
}

/// All rooms that were touched since the start. The engine is closed when its writer has ended.
#[derive(Default)]
pub(crate) struct Rooms(RwLock<RoomsState>);

#[derive(Default)]
struct RoomsState {
    rooms: HashMap<RoomAddress, Arc<RoomLog>>,
    closed: bool,
}

impl Rooms {
    pub(crate) fn get(&self, address: &RoomAddress) -> Option<Arc<RoomLog>> {
        self.0.read().rooms.get(address).cloned()
    }

    pub(crate) fn insert(&self, room: Arc<RoomLog>) {
        self.0.write().rooms.insert(room.address().clone(), room);
    }

    pub(crate) fn is_closed(&self) -> bool {
        self.0.read().closed
    }

    /// Ends all rooms of a programme.
    pub(crate) fn close_programme(&self, programme: &ProgrammeId) {
        self.0.write().rooms.retain(|address, room| {
            let stays = address.programme != *programme;
            if !stays {
                room.close();
            }
            stays
        });
    }

    /// Ends all rooms for good.
    pub(crate) fn close(&self) {
        let rooms = {
            let mut state = self.0.write();
            state.closed = true;
            std::mem::take(&mut state.rooms)
        };
        for room in rooms.values() {
            room.close();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use kkanbu_model::{Event, Minute, RoomId};

    #[test]
    fn the_ring_keeps_no_more_than_its_limit() {
        const RING_MAX: usize = 8;
        let programme = ProgrammeId::new("anyang-2022").unwrap();
        let address = RoomAddress { programme, room: RoomId::new("plaza").unwrap() };
        let room = RoomLog::new(address, Standing::new_room());
        for number in 1..=50 {
            let offset = Offset::new(number);
            let standing = Standing { head: offset, ..room.standing() };
            let publication = Publication { offset, minute: Minute::new(1), event: Event::Freeze };
            room.advance(standing, vec![Arc::new(publication)], RING_MAX);
            assert!(room.state.lock().ring.len() <= RING_MAX);
        }
        let following = |after| {
            let position = Position { epoch: room.standing().epoch, offset: Offset::new(after) };
            room.after(position, 100).unwrap()
        };
        assert!(matches!(following(42), Following::Ready(page) if page.len() == RING_MAX));
        assert!(matches!(following(41), Following::InJournal { through } if through == Offset::new(50)));
    }
}
