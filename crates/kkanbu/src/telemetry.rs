//! Everything that the binary itself logs: starting, draining, and what an operator should mend.

use kkanbu_model::ProgrammeId;
use std::net::SocketAddr;
use tracing::{info, warn};

/// The server takes members in from now on.
pub(crate) fn serving(listen: SocketAddr) {
    info!(%listen, "serving");
}

/// What an organiser should know of how a programme file was read. It names departments, never people.
pub(crate) fn programme_note(note: &str) {
    info!(note, "a programme file");
}

/// A programme that has ended is still listed in the configuration.
pub(crate) fn listed_programme_has_ended(programme: &ProgrammeId) {
    warn!(%programme, "a listed programme has ended, take its file out of programmes");
}

/// The signal to end has come.
pub(crate) fn draining() {
    info!("draining");
}

/// The data folder is an older copy.
pub(crate) fn data_put_back() {
    warn!("the data were put back from a copy: every room begins a new epoch");
}

/// The data could not be marked as the latest.
pub(crate) fn stamp_failed(error: &std::io::Error) {
    warn!(%error, "the data could not be stamped; the next start begins new epochs");
}

/// The databases keep the mark that they had.
pub(crate) fn pair_failed(error: &crate::pair::PairError) {
    warn!(%error, "the databases could not be marked anew as a pair; nothing needs to be done");
}

/// There are fewer file descriptors than there may be connections.
pub(crate) fn few_file_descriptors(files: u64, connections_max: usize) {
    warn!(files, connections_max, "fewer file descriptors than connections_max; raise LimitNOFILE");
}

/// The limit of file descriptors stays as it is.
pub(crate) fn file_limit_failed(error: &std::io::Error) {
    warn!(%error, "the limit of file descriptors can't be raised");
}
