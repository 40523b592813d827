//! Every limit that a member meets, with its unit, its default and what happens when it is crossed.

use std::time::Duration;

/// Limits of sessions and rooms. One value for the whole server; clients learn what concerns them in the welcome.
///
/// Each field says what crossing it does. Tests cross every one of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of one message from a client. Crossed: the session closes with 1009.
    pub frame_bytes_max: usize,
    /// Graphemes of a body after NFC. Crossed: `body_too_long`.
    pub body_graphemes_max: usize,
    /// UTF-8 bytes of a body after NFC. Crossed: `body_too_long`.
    pub body_bytes_max: usize,
    /// Handles that one post may mention. Crossed: `too_many_mentions`.
    pub mentions_max: usize,
    /// Posts in one page of history. Crossed: `invalid_params`.
    pub history_posts_max: usize,
    /// Bytes of one page of history before padding. Crossed: the page ends earlier.
    pub history_bytes_max: usize,
    /// Commands that write, per member and minute, in the long run. Crossed: `rate_limited`.
    pub posts_per_minute: u32,
    /// Commands that write which a member may send at once after a pause. Crossed: `rate_limited`.
    pub posts_burst: u32,
    /// Commands that a member may fail or retry joining and drawing with, per minute. Crossed: `rate_limited`.
    pub joins_per_minute: u32,
    /// Commands that read (`history`, `rooms`, `resume`), per member and minute, in the long run. Crossed: `rate_limited`.
    pub reads_per_minute: u32,
    /// Commands that read which a member may send at once after a pause. Crossed: `rate_limited`.
    pub reads_burst: u32,
    /// Rooms that one session may have joined. Crossed: `too_many_rooms`.
    pub rooms_max: usize,
    /// Live sessions of one member. Crossed: the oldest closes as `replaced`.
    pub sessions_per_member_max: usize,
    /// Live connections of the whole server. Crossed: the newest is refused with 503.
    pub connections_max: usize,
    /// Time for an HTTP request's header. Crossed: the connection closes.
    pub header: Duration,
    /// Time from the upgrade to an accepted signature. Crossed: the session closes as `unauthenticated`.
    pub authenticate: Duration,
    /// Time between two pings of the server.
    pub heartbeat: Duration,
    /// Longest silence of a client. Crossed: the session closes as `silent`.
    pub silence_max: Duration,
    /// Longest time that a socket may refuse to take bytes. Crossed: the session closes as `slow_consumer`.
    pub write_stall_max: Duration,
    /// Time for the closing handshake and the last bytes. Crossed: the socket is dropped.
    pub close: Duration,
    /// Publications of a room that are kept ready in memory. Crossed: a live session that is further behind, and whose socket takes nothing,
    /// closes as `slow_consumer`; any other that is further behind has older ones read from the log.
    pub ring_publications_max: usize,
    /// Longest time that a publication waits for others of its room, where one was sent on just before: they leave together. A lone one leaves
    /// at once. Crossed: it leaves, with what has come until then. Zero: none ever waits.
    pub fanout_linger: Duration,
    /// Publications that wait for the log's writer. Crossed: `unavailable`.
    pub log_queue_max: usize,
    /// Longest time that a publication waits for others to be synced with, where publications come faster than that. One that comes alone
    /// does not wait. Crossed: what has come by then is synced. Longer: less CPU a publication, and later answers.
    pub commit_linger: Duration,
    /// Longest time that a text lies in the log's files after it expired, was replaced or taken back, but for the time that deleting takes.
    /// Crossed: it is deleted.
    pub retention_pass: Duration,
    /// Time for one publish. Crossed: `unavailable`, and the same key may be tried again.
    pub publish: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            frame_bytes_max: 32_768,
            body_graphemes_max: 2_000,
            body_bytes_max: 8_000,
            mentions_max: 10,
            history_posts_max: 50,
            history_bytes_max: 60_000,
            posts_per_minute: 30,
            posts_burst: 10,
            joins_per_minute: 30,
            reads_per_minute: 600,
            reads_burst: 120,
            rooms_max: 32,
            sessions_per_member_max: 4,
            connections_max: 15_000,
            header: Duration::from_secs(10),
            authenticate: Duration::from_secs(15),
            heartbeat: Duration::from_secs(25),
            silence_max: Duration::from_secs(55),
            write_stall_max: Duration::from_secs(20),
            close: Duration::from_secs(2),
            ring_publications_max: 1_024,
            fanout_linger: Duration::from_millis(4),
            log_queue_max: 4_096,
            commit_linger: Duration::from_millis(5),
            retention_pass: Duration::from_mins(10),
            publish: Duration::from_secs(5),
        }
    }
}
