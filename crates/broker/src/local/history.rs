//! What an engine answers where a room's ring does not reach back far enough.

use crate::BrokerError;
use crate::local::{Following, RoomLog};
use async_trait::async_trait;
use kkanbu_model::{Offset, Publication};
use std::sync::Arc;

/// What was read: publications in order without hole, and what stopped the reading.
pub(crate) struct Read {
    /// The first offset that was kept when storage was read. Where it lies beyond what was asked for, so does what
    /// was read.
    pub(crate) kept_from: Offset,
    pub(crate) publications: Vec<Arc<Publication>>,
    pub(crate) stopped_by: Option<BrokerError>,
}

/// Reads rooms' logs from storage.
#[async_trait]
pub(crate) trait History: Send + Sync {
    /// Completes what the room's memory said follows `after`.
    async fn complete(
        &self,
        room: &Arc<RoomLog>,
        after: Offset,
        following: Following,
        limit: usize,
    ) -> Result<Read, BrokerError>;
}
