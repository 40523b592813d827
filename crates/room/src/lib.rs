//! The rules of a room: what may be posted and seen. Pure: no runtime, no socket, no clock, no randomness of its own.
//!
//! A room's state is a fold of its publications ([`RoomState`]); [`decide()`] looks at the state and says whether a command becomes
//! an event or is rejected. Whoever calls publishes the event, naming the state's version, and decides again where it was stale.

mod decide;
mod guard;
mod history;
mod retention;
mod state;

pub use decide::{Command, Decision, Rejection, RoomView, decide};
pub use guard::{Finding, FindingKind, Guard, GuardError};
pub use history::{HistoryPost, Page};
pub use state::{BADGE_MIN, PostState, RoomState};
