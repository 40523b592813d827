//! The benches: one file each.

mod all;
mod common;
mod fanout;
mod fanout_report;
mod figures;
mod floor;
mod idle;
mod peers;
mod peers_report;
mod slow;
mod storm;
mod text;

pub use all::{AllOptions, AllReport, all};
pub use common::{Faults, FloorKind, LAUNCH, Load};
pub use fanout::{FanoutOptions, fanout};
pub use fanout_report::{Around, Asked, FanoutReport, Offered, Pair, Totals};
pub use figures::{CoalescingFloorFigures, FloorFigures, Side};
pub use floor::{FloorOptions, FloorReport, floor};
pub use idle::{IdleOptions, IdleReport, idle};
pub use peers::{PeersOptions, peers};
pub use peers_report::{Entry, PeersReport};
pub use slow::{MemoryRound, SlowOptions, SlowPair, SlowReport, SlowSide, slow};
pub use storm::{StormOptions, StormReport, storm};
