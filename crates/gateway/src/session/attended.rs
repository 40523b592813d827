//! The rooms that a session is in, and how far it is in each. They are few: most sessions are in one.

use crate::close::CloseReason;
use crate::engine::Chunk;
use crate::feed::{FeedId, OutOfRing};
use crate::service::{Action, Attendance};
use kkanbu_model::{Offset, RoomId};

/// The rooms that a session is in, each once.
#[derive(Default)]
pub(super) struct Attended(Vec<Attendance>);

impl Attended {
    pub(super) const fn len(&self) -> usize {
        self.0.len()
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Attendance> {
        self.0.iter()
    }

    pub(super) fn get(&self, room: &RoomId) -> Option<&Attendance> {
        self.0.iter().find(|attendance| attendance.feed.address.room == *room)
    }

    pub(super) fn get_mut(&mut self, room: &RoomId) -> Option<&mut Attendance> {
        self.0.iter_mut().find(|attendance| attendance.feed.address.room == *room)
    }

    pub(super) fn of(&self, feed: FeedId) -> Option<&Attendance> {
        self.0.iter().find(|attendance| attendance.feed.id == feed)
    }

    pub(super) fn of_mut(&mut self, feed: FeedId) -> Option<&mut Attendance> {
        self.0.iter_mut().find(|attendance| attendance.feed.id == feed)
    }

    /// Puts a room in, and gives back what it had of that room before.
    pub(super) fn insert(&mut self, attendance: Attendance) -> Option<Attendance> {
        let before = self.remove(&attendance.feed.address.room.clone());
        // There is rarely a second one.
        self.0.reserve_exact(1);
        self.0.push(attendance);
        before
    }

    pub(super) fn remove(&mut self, room: &RoomId) -> Option<Attendance> {
        let place = self.0.iter().position(|attendance| attendance.feed.address.room == *room)?;
        Some(self.0.remove(place))
    }
    /// Gathers what follows one of the cursors. What rings have comes first: other rooms do not wait until one is caught up.
    ///
    /// Where a ring no longer reaches back to the cursor, the log has to be read. But one that was up to date, and whose socket takes
    /// nothing, is a slow consumer, and ends.
    pub(super) fn gather(&mut self, chunk: &mut Chunk, is_stalled: bool) -> Result<Option<Action>, CloseReason> {
        let mut behind = None;
        for attendance in &mut self.0 {
            match attendance.feed.gather(attendance.cursor, chunk) {
                Ok(true) => return Ok(None),
                Ok(false) => attendance.live = true,
                Err(OutOfRing) if attendance.live && is_stalled => return Err(CloseReason::SlowConsumer),
                Err(OutOfRing) => {
                    attendance.live = false;
                    let (feed, after) = (&attendance.feed, attendance.cursor);
                    behind.get_or_insert_with(|| Action::CatchUp { feed: feed.clone(), after });
                }
            }
        }
        Ok(behind)
    }

    /// What comes before `cursor`, and that itself, is on its way.
    pub(super) fn advance(&mut self, feed: FeedId, cursor: Offset) {
        if let Some(attendance) = self.of_mut(feed) {
            attendance.cursor = cursor;
            attendance.live |= cursor >= attendance.feed.head();
        }
    }
}
