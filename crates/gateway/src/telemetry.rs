//! Everything that the gateway logs and counts. A privacy review reads this file: no address, user agent, key, handle, room, programme or body
//! is in it but the room of a log that broke, which names no person.

use crate::close::CloseReason;
use crate::http::UpgradeRefused;
use kkanbu_broker::{Broker, BrokerError};
use kkanbu_model::{RoomAct, RoomAddress};
use kkanbu_store::StoreError;
use kkanbu_wire::{Code, Command, RejectCode};
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::{Registry, Unit};
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
///
/// Deliveries are not counted, nor are bytes or frames to members: divided by publications they would be the number of sessions in the room,
/// which the gauges show in bands.
#[derive(Debug)]
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
    phase_changes: Counter,
    acts: Family<Reason, Counter>,
    relay_failures: Counter,
    texts_erased: Counter,
    logs_trimmed: Counter,
    retention_failures: Counter,
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
            phase_changes: Counter::default(),
            acts: Family::default(),
            relay_failures: Counter::default(),
            texts_erased: Counter::default(),
            logs_trimmed: Counter::default(),
            retention_failures: Counter::default(),
            store_errors: Counter::default(),
            broker_errors: Counter::default(),
        };
        // Those that have not happened yet are shown too.
        for act in RoomAct::NAMES {
            drop(telemetry.acts.get_or_create(&Reason { reason: act }));
        }
        telemetry.register();
        telemetry
    }

    /// Shows what the room log counts too.
    pub(crate) fn with_log(mut self, broker: &dyn Broker) -> Self {
        let help = "Times that making publications and other changes of the room log durable took";
        self.registry.register_with_unit("log_sync", help, Unit::Seconds, broker.sync_seconds());
        self
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
        registry.register("commands", "Commands received, by area: write, other", self.commands.clone());
        registry.register("rejections", "Commands rejected, by code", self.rejections.clone());
        registry.register("publications", "Commands of members that were published", self.publications.clone());
        registry.register(
            "publish_timeouts",
            "Publishes that took longer than the limit",
            self.publish_timeouts.clone(),
        );
        registry.register("phase_changes", "Rooms that opened or closed by the calendar", self.phase_changes.clone());
        registry.register("acts", "Acts of administrators in rooms, by name", self.acts.clone());
        registry.register(
            "relay_failures",
            "Times that acts of administrators could not be told to a room log",
            self.relay_failures.clone(),
        );
        registry.register(
            "texts_erased",
            "Texts erased from the room log because they were replaced, taken back or expired",
            self.texts_erased.clone(),
        );
        registry.register(
            "logs_trimmed",
            "Times that expired posts were deleted from a room's log",
            self.logs_trimmed.clone(),
        );
        registry.register(
            "retention_failures",
            "Times that texts to be deleted could not be deleted; it is tried again",
            self.retention_failures.clone(),
        );
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

    /// Live sessions, for the spread of a drain. Nothing else may tell it.
    pub(crate) fn sessions_live(&self) -> u32 {
        u32::try_from(self.sessions_live.load(Ordering::Relaxed)).unwrap_or_default()
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

    /// Counts a command by whether it writes, and no finer: exact counts of joins and leaves, read often, would be their times; and a session
    /// enters with as many commands each time, so that entries less ends would be the number of live sessions.
    pub(crate) fn command(&self, command: &Command) {
        let area = match command {
            Command::Post(_) | Command::Edit(_) | Command::Retract(_) | Command::React(_) | Command::Answer(_) => {
                "write"
            }
            Command::Preview(_)
            | Command::Challenge(_)
            | Command::Authenticate(_)
            | Command::Rooms(_)
            | Command::Join(_)
            | Command::Resume(_)
            | Command::Leave(_)
            | Command::Redraw(_)
            | Command::History(_) => "other",
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

    pub(crate) fn store_failed(&self, error: &StoreError) {
        self.store_errors.inc();
        error!(%error, "store failed");
    }

    pub(crate) fn broker_failed(&self, error: &BrokerError) {
        self.broker_errors.inc();
        error!(%error, "log failed");
    }

    /// An administrator has done something in a room.
    pub(crate) fn acted(&self, act: &'static str) {
        self.acts.get_or_create(&Reason { reason: act }).inc();
    }

    /// Acts could not be told to their rooms' logs. It is tried again.
    pub(crate) fn relay_failed(&self, reason: &str) {
        self.relay_failures.inc();
        warn!(reason, "acts of administrators wait for the room log");
    }

    /// Texts were erased from the log.
    pub(crate) fn erased(&self, texts: usize) {
        self.texts_erased.inc_by(texts as u64);
    }

    /// Expired posts were deleted from a room's log.
    pub(crate) fn trimmed(&self) {
        self.logs_trimmed.inc();
    }

    /// What has to be deleted is still there. It is tried again.
    pub(crate) fn retention_failed(&self, error: &BrokerError) {
        self.retention_failures.inc();
        warn!(%error, "texts that have to be deleted are still in the room log");
    }

    /// A room has opened or closed.
    pub(crate) fn phase_changed(&self) {
        self.phase_changes.inc();
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

#[cfg(test)]
mod tests {
    use super::*;
    use kkanbu_wire::{Challenge, InRoom, Nothing};

    /// What is counted where these commands come and a session ends.
    fn counted(commands: &[Command]) -> String {
        let telemetry = Telemetry::new();
        telemetry.session_began();
        for command in commands {
            telemetry.command(command);
        }
        telemetry.session_ended(CloseReason::Client);
        // Labels come in any order.
        let text = telemetry.metrics_text();
        let mut lines: Vec<&str> = text.lines().collect();
        lines.sort_unstable();
        lines.join("\n")
    }

    #[test]
    fn whether_somebody_entered_joined_or_left_can_not_be_told_from_the_counters() {
        let room = || InRoom { room: "plaza".into() };
        let entered = counted(&[Command::Challenge(Challenge { programme: "p".into() }), Command::Join(room())]);
        assert!(entered.contains("kkanbu_commands_total{area=\"other\"} 2"), "{entered}");
        assert_eq!(entered, counted(&[Command::Rooms(Nothing {}), Command::Leave(room())]));
    }
}
