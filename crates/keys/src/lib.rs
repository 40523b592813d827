//! Content keys: what seals bodies and names at rest, and the folder that they live in.
//!
//! A programme has one content key. Everything that the log and the store keep about its members is sealed or tagged
//! with it, so that destroying this one file ends the programme, old backups of the data included. The folder is never
//! inside the data folder and never in a backup.

mod content_key;
mod folder;
mod keyring;

pub use content_key::{ContentKey, OpenError, Tag};
pub use folder::{FolderError, KeyFolder, ServerId};
pub use keyring::{Keyring, UnknownProgramme};
