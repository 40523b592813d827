//! What a generator is told to do and what it tells: one JSON object a line, on its standard input and output.

use crate::dialect::Spoken;
use hdrhistogram::Histogram;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::str::FromStr;

/// What to do next.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(tag = "do", rename_all = "snake_case")]
pub enum Order {
    /// Connect everybody, and have them join.
    Connect(Connect),
    /// Post for a while, and keep the record.
    Window(Window),
    /// Post for a while and wait for nothing: the record is closed by what follows.
    Publish(Window),
    /// Say what has happened to those who are in.
    Look,
    /// Everybody comes back, to where each of them was.
    Return(Return),
    /// The narrow ones read, but are left out of the record.
    Excuse,
    /// The narrow ones read no more, and are left out of the record.
    Stall,
    /// The stalled ones read what is left for them, and come in anew.
    Revive,
}

/// Whom to connect, where to.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Connect {
    /// The server.
    pub address: SocketAddr,
    /// The certificate to trust, where it is spoken to over TLS.
    pub tls: Option<PathBuf>,
    /// How to speak.
    pub spoken: Spoken,
    /// How many rooms.
    pub rooms: usize,
    /// How many members each of them has.
    pub members: usize,
    /// How many may be on their way in at once.
    pub at_once: usize,
    /// How long all of it may take.
    pub seconds_max: u64,
    /// So many of each room, the last ones, get sockets that hold little, so that they can stall.
    #[serde(default)]
    pub narrow: usize,
}

/// How everybody comes back.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub struct Return {
    /// Whether each waits as clients do; otherwise all knock at once, and only who was turned away waits.
    pub jitter: bool,
    /// Connections whose upgrade is not answered yet, at most: what the kernel does not keep for the server it drops, and then it is the kernel's
    /// second until it tries again that is measured.
    pub at_once: usize,
    /// Posts in so many rooms, each as soon as its first member is back.
    pub posts: usize,
    /// How long all of it may take.
    pub seconds_max: u64,
}

/// How much to post.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub struct Window {
    /// Posts a second over all rooms.
    pub rate: Rate,
    /// For how long.
    pub seconds: f64,
    /// At [`Rate::Max`]: posts of a room that are not answered yet.
    pub in_flight: usize,
}

/// Posts a second over all rooms.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Rate {
    /// So many, each at its time, whatever has become of the ones before.
    PerSecond(f64),
    /// As many as the server takes, with a bounded number in flight.
    Max,
}

impl FromStr for Rate {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text == "max" {
            return Ok(Self::Max);
        }
        let rate = text.parse().ok().filter(|rate| (0.001..=10_000_000.0).contains(rate));
        rate.map(Self::PerSecond).ok_or_else(|| "a rate is a number of posts a second, or max".to_owned())
    }
}

impl fmt::Display for Rate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::PerSecond(rate) => write!(f, "{rate}"),
            Self::Max => f.write_str("max"),
        }
    }
}

/// What the generator tells.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(tag = "tells", rename_all = "snake_case")]
pub enum Told {
    /// So many are in.
    Joining {
        /// How many.
        joined: usize,
    },
    /// All are in.
    Connected {
        /// How long that took.
        seconds: f64,
    },
    /// The first post is about to go out.
    Began,
    /// Everything has arrived, or will not.
    Ended(Box<Heard>),
    /// The posts are out.
    Published,
    /// What has happened.
    Looked(Looked),
    /// Everybody is back, or will not be.
    Returned(Box<Returned>),
    /// They are left out of the record.
    Stalled,
    /// They are in again.
    Revived {
        /// How the server had ended the connections, and how many of them so.
        ends: BTreeMap<String, u64>,
    },
    /// It can't go on.
    Failed {
        /// Why.
        why: String,
    },
}

/// What has happened to those who are in.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Looked {
    /// Pings that were answered.
    pub pongs: u64,
    /// Connections that ended.
    pub closed: u64,
    /// Why the first of them did.
    pub closed_why: Option<String>,
}

/// What coming back came to. Seconds count from the first connection that the server took.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Returned {
    /// Those who are in.
    pub joined: usize,
    /// Of them, those whom the server did not give what they had missed.
    pub unrecovered: u64,
    /// Until 99 % were in.
    pub joined_99_seconds: f64,
    /// Until all were.
    pub joined_seconds: f64,
    /// Until 99 % had everything.
    pub caught_up_99_seconds: f64,
    /// Until all had.
    pub caught_up_seconds: f64,
    /// Most upgrades that were answered within 100 ms.
    pub upgrades_per_100_ms_max: u64,
    /// Attempts that failed and were made again.
    pub retries: u64,
    /// Why they failed, and how many so.
    pub retried_why: BTreeMap<String, u64>,
    /// Posts that were answered since before the end.
    pub acknowledged: u64,
    /// Deliveries that were missed or new, since all came back.
    pub deliveries: u64,
    /// Publications that did not reach a member.
    pub lost: u64,
    /// Deliveries that came again.
    pub duplicated: u64,
    /// Deliveries out of the room's order.
    pub reordered: u64,
    /// The generator's own CPU time.
    pub generator_cpu_seconds: f64,
}

/// What a window came to.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Heard {
    /// How long posts were sent.
    pub seconds: f64,
    /// How long it took after that until the last one had arrived everywhere.
    pub settling_seconds: f64,
    /// Posts that were sent.
    pub posts: u64,
    /// Posts that the server took.
    pub acknowledged: u64,
    /// Posts without an answer.
    pub unanswered: u64,
    /// Refused posts by the server's name for why.
    pub refused: BTreeMap<String, u64>,
    /// First arrivals of a post at a member.
    pub deliveries: u64,
    /// Those of them that came while posts were still sent.
    pub deliveries_while_posting: u64,
    /// Posts that should have arrived at a member and did not.
    pub lost: u64,
    /// Arrivals of what had arrived before.
    pub duplicated: u64,
    /// Arrivals in another order than the room's.
    pub reordered: u64,
    /// Arrivals in another room, or after the window that they belong to.
    pub astray: u64,
    /// Connections that ended.
    pub closed: u64,
    /// Why the first of them did.
    pub closed_why: Option<String>,
    /// The size of the last delivery's frame, with its head.
    pub frame_bytes: usize,
    /// The most that a post went out after it was due, in microseconds: beyond a few milliseconds the generator was too busy.
    pub behind_max_us: u64,
    /// The generator's own CPU time.
    pub generator_cpu_seconds: f64,
    /// Times from being due to arriving.
    pub latencies: Latencies,
    /// The 99th percentile of the posts of each second, in microseconds. What stops the machine for a moment is in one or two of them.
    #[serde(default)]
    pub p99_us_by_second: Vec<u64>,
}

/// Times from being due to arriving at a member, over all deliveries, in microseconds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Latencies {
    /// Half are no longer.
    pub p50_us: u64,
    /// 99 % are no longer.
    pub p99_us: u64,
    /// 99.9 % are no longer.
    pub p999_us: u64,
    /// None is longer.
    pub max_us: u64,
}

impl Latencies {
    pub(crate) fn of(histogram: &Histogram<u64>) -> Self {
        Self {
            p50_us: histogram.value_at_quantile(0.5),
            p99_us: histogram.value_at_quantile(0.99),
            p999_us: histogram.value_at_quantile(0.999),
            max_us: histogram.max(),
        }
    }
}

impl Heard {
    /// Whether every post was taken and reached every member exactly once, in one order.
    pub fn is_clean(&self) -> bool {
        let wrong = [self.lost, self.duplicated, self.reordered, self.astray, self.unanswered, self.closed];
        self.posts > 0 && self.refused.is_empty() && wrong.iter().all(|count| *count == 0)
    }
}
