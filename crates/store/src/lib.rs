//! Durable state behind one contract: programmes, rooms, seats, memberships, handles, sanctions, and the log of what moderators did.
//!
//! Nothing in it orders people: no serial number, no time, no insertion order. Whatever names a member is a tag or sealed under
//! the programme's content key. It does not know the rooms' rules; it keeps what must be unique unique.

mod act;
mod contract;
mod definition;
mod entries;
pub mod postgres;
mod proof;
mod sanction;
mod sealing;
pub mod sqlite;
mod telemetry;

pub use contract::{
    ActError, Acted, AdmitError, AuditEntry, Draw, JoinError, MarkError, RedrawError, Seat, Store, StoreError,
};
pub use kkanbu_audit::Head as AuditHead;
pub use proof::{AuditVerified, Unproven};
