//! Everything that this crate logs and counts. A privacy review reads this file alone: no body, handle, key, member, room or programme
//! may appear in it.

use prometheus_client::metrics::histogram::Histogram;
use std::time::Duration;

/// Upper edges of the sync times told apart, in seconds: from a fast disk's to a failing one's.
const SYNC_SECONDS: [f64; 13] = [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0];

/// Counts syncs by how long they took. Nothing else is in it: neither what was synced nor for whom.
pub(crate) fn sync_seconds() -> Histogram {
    Histogram::new(SYNC_SECONDS)
}

/// The log's writer is ready.
pub(crate) fn log_started() {
    tracing::info!("log started");
}

/// What waited was written and the writer ended.
pub(crate) fn log_closed() {
    tracing::info!("log closed");
}

/// The writer ended without having been asked to: a bug. Everything answers `Closed` from now on.
pub(crate) fn log_died() {
    tracing::error!("log writer died, restart the server");
}

/// Publications were not written; their publishers were told and may try again.
pub(crate) fn write_failed(reason: &str, publications: usize) {
    tracing::error!(reason, publications, "log write failed");
}

/// Writing works again after a failure.
pub(crate) fn write_recovered() {
    tracing::info!("log writes again");
}

/// What was believed unwritten after a failure turned out to be in the log.
pub(crate) fn written_after_all(publications: u64) {
    tracing::warn!(publications, "log held publications whose write had failed");
}

/// One sync took long: everybody who posts is waiting for it.
pub(crate) fn sync_slow(took: Duration, publications: usize) {
    tracing::warn!(took_ms = u64::try_from(took.as_millis()).unwrap_or(u64::MAX), publications, "log sync is slow");
}

/// A room's epoch was begun anew.
pub(crate) fn epoch_begun() {
    tracing::info!("log epoch begun");
}

/// All logs of a programme were deleted.
pub(crate) fn programme_destroyed() {
    tracing::info!("programme's logs destroyed");
}

/// Texts were taken out of the log, or publications deleted from it.
pub(crate) fn retained_less(erased: usize, trimmed: u64) {
    tracing::debug!(erased, trimmed, "log holds less");
}

/// What was taken out of the log has left its files; nothing could be published meanwhile.
pub(crate) fn scrubbed(took: Duration) {
    let took_ms = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
    if took > Duration::from_secs(1) {
        tracing::warn!(took_ms, "scrubbing the log took long");
    } else {
        tracing::debug!(took_ms, "log scrubbed");
    }
}

/// What was taken out of the log is still in its files. The next erase, trim, start or close tries again.
pub(crate) fn scrub_failed(reason: &str) {
    tracing::warn!(reason, "log not scrubbed yet");
}

/// A record did not open.
pub(crate) fn record_damaged() {
    tracing::error!("log record does not open: wrong content key, or the log was changed");
}

/// A Redis server may lose what it acknowledged, and the settings accept that.
pub(crate) fn redis_weak(weakness: &str) {
    tracing::warn!(weakness, "weaker durability than acknowledged posts deserve was accepted");
}

/// A connection that rooms are heard on broke. They are brought up to date as soon as there is another.
pub(crate) fn redis_feed_lost() {
    tracing::warn!("connection to redis for subscriptions lost, rooms are brought up to date");
}

/// Redis does not hold what this node has seen of a room. A new epoch began in it.
pub(crate) fn redis_lost() {
    tracing::error!("redis lost publications, the room goes on in a new epoch");
}

/// A room's channel said something that this version does not know.
pub(crate) fn redis_foreign() {
    tracing::warn!("a room's channel said what this version does not know, the room's log is read instead");
}

/// Redis had lost the end of a room's log, and this node put it back as it was.
pub(crate) fn redis_restored(publications: u64) {
    tracing::warn!(publications, "redis had lost the end of a room's log, which was put back");
}
