//! Everything that the binary itself logs: starting, draining, and what an operator should mend.

use std::net::SocketAddr;
use tracing::{info, warn};

/// The server takes members in from now on.
pub(crate) fn serving(listen: SocketAddr) {
    info!(%listen, "serving");
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

/// There are fewer file descriptors than there may be connections.
pub(crate) fn few_file_descriptors(files: u64, connections_max: usize) {
    warn!(files, connections_max, "fewer file descriptors than connections_max; raise LimitNOFILE");
}

/// The limit of file descriptors stays as it is.
pub(crate) fn file_limit_failed(error: &std::io::Error) {
    warn!(%error, "the limit of file descriptors can't be raised");
}
