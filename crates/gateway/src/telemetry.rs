//! Everything that the gateway logs and counts. A privacy review reads this file: no address, user agent, key, handle, room, programme or body
//! is in it but the room of a log that broke, which names no person.

use crate::close::CloseReason;
use crate::http::UpgradeRefused;
use kkanbu_broker::BrokerError;
use kkanbu_model::RoomAddress;
use kkanbu_store::StoreError;
use kkanbu_wire::{Code, Command, RejectCode};
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;
use std::io;
use std::sync::atomic::{AtomicI64, Ordering};
use tracing::{debug, error, warn};

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Area {
    area: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Reason {
    reason: &'static str,
}

/// The gateway's events. Counters are whole-server; none carries a programme, room or role.
pub(crate) struct Telemetry {
    registry: Registry,
    sessions_ended: Family<Reason, Counter>,
    sessions_live: AtomicI64,
    sessions_live_band: Gauge,
    upgrades_refused: Family<Reason, Counter>,
    connections_refused: Counter,
    accepts_failed: Counter,
    tls_failed: Counter,
    commands: Family<Area, Counter>,
    rejections: Family<Reason, Counter>,
    publications: Counter,
    publish_timeouts: Counter,
    deliveries: Counter,
    store_errors: Counter,
    broker_errors: Counter,
}

impl Telemetry {
    pub(crate) fn new() -> Self {
        let mut telemetry = Self {
            registry: Registry::with_prefix("kkanbu"),
            sessions_ended: Family::default(),
            sessions_live: AtomicI64::new(0),
            sessions_live_band: Gauge::default(),
            upgrades_refused: Family::default(),
            connections_refused: Counter::default(),
            accepts_failed: Counter::default(),
            tls_failed: Counter::default(),
            commands: Family::default(),
            rejections: Family::default(),
            publications: Counter::default(),
            publish_timeouts: Counter::default(),
            deliveries: Counter::default(),
            store_errors: Counter::default(),
            broker_errors: Counter::default(),
        };
        telemetry.register();
        telemetry
    }

    fn register(&mut self) {
        let registry = &mut self.registry;
        registry.register(
            "sessions_ended",
            "WebSocket sessions that ended, by close reason",
            self.sessions_ended.clone(),
        );
        registry.register(
            "sessions_live_band",
            "Live sessions, as the lower edge of a band: 0, 1, 10, 30, 100, 300, 1000, 3000, 10000",
            self.sessions_live_band.clone(),
        );
        registry.register("upgrades_refused", "WebSocket upgrades refused, by reason", self.upgrades_refused.clone());
        registry.register(
            "connections_refused",
            "Connections refused over connections_max",
            self.connections_refused.clone(),
        );
        registry.register(
            "accepts_failed",
            "Failed accepts, as when file descriptors run out",
            self.accepts_failed.clone(),
        );
        registry.register(
            "tls_handshakes_failed",
            "TLS handshakes that failed or took too long",
            self.tls_failed.clone(),
        );
        registry.register("commands", "Commands received, by area: enter, room, write, history", self.commands.clone());
        registry.register("rejections", "Commands rejected, by code", self.rejections.clone());
        registry.register("publications", "Commands of members that were published", self.publications.clone());
        registry.register(
            "publish_timeouts",
            "Publishes that took longer than the limit",
            self.publish_timeouts.clone(),
        );
        registry.register("deliveries", "Publications copied into a session's outbox", self.deliveries.clone());
        registry.register("store_errors", "Failed calls of the store", self.store_errors.clone());
        registry.register("log_errors", "Failed calls of the room log", self.broker_errors.clone());
    }

    /// All metrics as `OpenMetrics` text.
    pub(crate) fn metrics_text(&self) -> String {
        self.sessions_live_band.set(band(self.sessions_live.load(Ordering::Relaxed)));
        let mut text = String::new();
        // Writing into a string does not fail.
        let _ = encode(&mut text, &self.registry);
        text
    }

    pub(crate) fn session_began(&self) {
        self.sessions_live.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn session_ended(&self, reason: CloseReason) {
        self.sessions_live.fetch_sub(1, Ordering::Relaxed);
        self.sessions_ended.get_or_create(&Reason { reason: reason.name() }).inc();
    }

    pub(crate) fn upgrade_refused(&self, refused: UpgradeRefused) {
        self.upgrades_refused.get_or_create(&Reason { reason: refused.name() }).inc();
    }

    pub(crate) fn connection_refused(&self) {
        self.connections_refused.inc();
    }

    pub(crate) fn accept_failed(&self, error: &io::Error) {
        self.accepts_failed.inc();
        warn!(%error, "accept failed");
    }

    pub(crate) fn tls_handshake_failed(&self) {
        self.tls_failed.inc();
    }

    /// Counts a command by its area alone: exact counts of joins and leaves, read often, would be their times.
    pub(crate) fn command(&self, command: &Command) {
        let area = match command {
            Command::Preview(_) | Command::Challenge(_) | Command::Authenticate(_) => "enter",
            Command::Rooms(_) | Command::Join(_) | Command::Resume(_) | Command::Leave(_) | Command::Redraw(_) => {
                "room"
            }
            Command::Post(_) | Command::Edit(_) | Command::Retract(_) | Command::React(_) => "write",
            Command::History(_) => "history",
        };
        self.commands.get_or_create(&Area { area }).inc();
    }

    pub(crate) fn rejected(&self, code: RejectCode) {
        self.rejections.get_or_create(&Reason { reason: code.name() }).inc();
    }

    pub(crate) fn published(&self) {
        self.publications.inc();
    }

    pub(crate) fn publish_timed_out(&self) {
        self.publish_timeouts.inc();
        warn!("publish timed out");
    }

    pub(crate) fn delivered(&self, count: u64) {
        self.deliveries.inc_by(count);
    }

    pub(crate) fn store_failed(&self, error: &StoreError) {
        self.store_errors.inc();
        error!(%error, "store failed");
    }

    pub(crate) fn broker_failed(&self, error: &BrokerError) {
        self.broker_errors.inc();
        error!(%error, "log failed");
    }

    pub(crate) fn feed_broken(&self, room: &RoomAddress, error: &BrokerError) {
        self.broker_errors.inc();
        error!(%room, %error, "room log can't be followed");
    }

    pub(crate) fn feed_interrupted(&self, room: &RoomAddress, error: &BrokerError) {
        self.broker_errors.inc();
        debug!(%room, %error, "room log interrupted, trying again");
    }
}

/// The lower edge of the band that a number falls into.
fn band(number: i64) -> i64 {
    [10_000, 3_000, 1_000, 300, 100, 30, 10, 1].into_iter().find(|edge| number >= *edge).unwrap_or(0)
}
