//! The live sessions of this node: how others reach one, and how many a member may have.

use crate::close::CloseReason;
use crate::service::Member;
use bytes::Bytes;
use kkanbu_model::{MemberKey, MembershipId, ProgrammeId, RoomAddress, RoomId};
use parking_lot::Mutex;
use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::Waker;

/// What somebody else wants of a session.
#[derive(Debug, Clone)]
pub(crate) enum Order {
    /// Close, for this reason.
    Close(CloseReason),
    /// This membership in the room was left in another session.
    Left(RoomId, MembershipId),
    /// This room has opened or closed; the frame that says so.
    Phase(RoomId, Bytes),
}

/// How others reach a session. Orders are few: they come from moderators, the calendar and the member's own other sessions.
#[derive(Debug)]
pub(crate) struct SessionHandle {
    id: u64,
    waker: Waker,
    orders: Mutex<Vec<Order>>,
}

impl SessionHandle {
    pub(crate) fn take_orders(&self) -> Vec<Order> {
        std::mem::take(&mut *self.orders.lock())
    }

    /// Has the session closed.
    pub(crate) fn close(&self, reason: CloseReason) {
        self.order(Order::Close(reason));
    }

    fn order(&self, order: Order) {
        self.orders.lock().push(order);
        self.waker.wake_by_ref();
    }
}

type Who = (ProgrammeId, MemberKey);

/// All authenticated sessions, by member. It lives in memory alone and goes with the process.
pub(crate) struct Registry {
    next_id: AtomicU64,
    per_member_max: usize,
    sessions: Mutex<HashMap<Who, Vec<Arc<SessionHandle>>>>,
}

impl Registry {
    pub(crate) fn new(per_member_max: usize) -> Self {
        Self { next_id: AtomicU64::new(1), per_member_max, sessions: Mutex::default() }
    }

    /// A handle on a session that `waker` wakes.
    pub(crate) fn new_handle(&self, waker: Waker) -> Arc<SessionHandle> {
        let id = self.next_id.fetch_add(1, Ordering::Relaxed);
        Arc::new(SessionHandle { id, waker, orders: Mutex::default() })
    }

    /// Counts a session as this member's; beyond the limit the oldest goes.
    pub(crate) fn opened(&self, member: &Member, session: &Arc<SessionHandle>) {
        let mut sessions = self.sessions.lock();
        let own = sessions.entry(who(member)).or_default();
        own.push(session.clone());
        if own.len() > self.per_member_max {
            own.remove(0).close(CloseReason::Replaced);
        }
    }

    /// Counts a session no longer.
    pub(crate) fn closed(&self, member: &Member, session: &SessionHandle) {
        let mut sessions = self.sessions.lock();
        if let Some(own) = sessions.get_mut(&who(member)) {
            own.retain(|other| other.id != session.id);
            if own.is_empty() {
                sessions.remove(&who(member));
            }
        }
    }

    /// Ends a room in all sessions of a member who left it.
    pub(crate) fn left_room(&self, member: &Member, room: &RoomId, left: MembershipId) {
        if let Some(own) = self.sessions.lock().get(&who(member)) {
            for session in own {
                session.order(Order::Left(room.clone(), left));
            }
        }
    }

    /// Tells all sessions of a programme that a room has opened or closed. Those whose role has not got the room do not pass it on.
    pub(crate) fn phase_changed(&self, room: &RoomAddress, frame: &Bytes) {
        for ((of, _), sessions) in self.sessions.lock().iter() {
            if *of == room.programme {
                for session in sessions {
                    session.order(Order::Phase(room.room.clone(), frame.clone()));
                }
            }
        }
    }

    /// Closes all sessions of a programme.
    pub(crate) fn end_programme(&self, programme: &ProgrammeId) {
        for ((of, _), sessions) in self.sessions.lock().iter() {
            if of == programme {
                for session in sessions {
                    session.close(CloseReason::ProgrammeEnded);
                }
            }
        }
    }
}

fn who(member: &Member) -> Who {
    (member.programme.id.clone(), member.key)
}
