//! A room's log as one process has it, whichever engine stands behind: where it stands, its latest publications, and the
//! cursors of those who follow it.

mod history;
mod room_log;
mod standing;
mod subscription;

pub(crate) use history::{History, Read};
pub(crate) use room_log::{Following, RoomLog, Rooms};
pub use standing::Standing;
pub(crate) use standing::random_epoch;
pub(crate) use subscription::RoomSubscription;
