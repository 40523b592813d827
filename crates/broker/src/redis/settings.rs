//! What the engine has to be told, and everything that can be wrong with it or with the servers that it names.

use kkanbu_keys::ServerId;
use std::fmt;
use std::time::Duration;

/// How the servers stand together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Topology {
    /// One server.
    Server,
    /// Sentinels, who know which server of this name is the master.
    Sentinel {
        /// What they call it.
        service: String,
    },
    /// A cluster; the URLs are of some of its nodes.
    Cluster,
}

/// What the servers have to prove about keeping what they acknowledge.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Durability {
    /// They must say that they sync each write and evict nothing.
    Proven,
    /// They must not say anything weaker. Where they don't let themselves be asked, as where a provider runs them, the
    /// operator answers for it.
    Assured,
    /// Whatever they do is accepted, and told: acknowledged publications may be lost.
    Weaker,
}

/// Times that the engine keeps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Timings {
    /// Longest time for an answer. Crossed: `Unavailable`, and the same entry may be tried again.
    pub answer: Duration,
    /// How often connections, rooms that are quiet and who is master are looked at.
    pub probe: Duration,
    /// How long a room stays subscribed after its last subscriber has gone.
    pub linger: Duration,
    /// Longest time for writing the servers' files anew after something was taken out.
    pub scrub: Duration,
}

impl Default for Timings {
    fn default() -> Self {
        Self {
            answer: Duration::from_millis(1_500),
            probe: Duration::from_millis(500),
            linger: Duration::from_secs(30),
            scrub: Duration::from_mins(1),
        }
    }
}

/// Which servers, and what is expected of them.
#[derive(Clone)]
pub struct Settings {
    /// Whose logs. Names of keys are hashes under it.
    pub server: ServerId,
    /// `redis://` or `rediss://`, with user and password where there are some.
    pub urls: Vec<String>,
    /// How they stand together.
    pub topology: Topology,
    /// What they have to prove.
    pub durability: Durability,
    /// Replicas that must have each publication before it is acknowledged.
    pub replicas: usize,
    /// Times.
    pub timings: Timings,
}

impl fmt::Debug for Settings {
    // URLs hold passwords.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (urls, topology) = (self.urls.len(), &self.topology);
        f.debug_struct("Settings").field("urls", &urls).field("topology", topology).finish_non_exhaustive()
    }
}

/// Something that is wrong with the settings or a server.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// There are none.
    #[error("no Redis URL is given")]
    NoUrl,
    /// One server, and several URLs.
    #[error("several Redis URLs are given for one server; name sentinels or a cluster, or leave one")]
    SeveralServers,
    /// Not a URL that can be used. It is named by its place, as it may hold a password.
    #[error("Redis URL {place} can't be used: {reason}")]
    Url {
        /// The first is 1.
        place: usize,
        /// Why.
        reason: String,
    },
    /// Sentinels without the name of what they watch.
    #[error("sentinels are given and no name of the service that they watch")]
    NoService,
    /// A time is zero.
    #[error("{0} is zero; give it some time")]
    NoTime(&'static str),
    /// It does not answer.
    #[error("Redis at {server} can't be used: {reason}")]
    Unreachable {
        /// Host and port.
        server: String,
        /// What it or the system said.
        reason: String,
    },
    /// It has no sharded channels.
    #[error("Redis at {server} is version {version}; 7.0 is the oldest that has what is needed")]
    Old {
        /// Host and port.
        server: String,
        /// What it says that it is.
        version: String,
    },
    /// It keeps less than was asked for.
    #[error("Redis at {server} may lose what it acknowledged: {weakness}")]
    Weak {
        /// Host and port.
        server: String,
        /// What is set how, and how it has to be.
        weakness: String,
    },
}

/// Why the engine does not start: everything that was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenError(pub Vec<Fault>);

impl fmt::Display for OpenError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, fault) in self.0.iter().enumerate() {
            if index > 0 {
                f.write_str("; ")?;
            }
            write!(f, "{fault}")?;
        }
        Ok(())
    }
}

impl std::error::Error for OpenError {}

impl Settings {
    /// Everything that is wrong without asking any server.
    pub(crate) fn faults(&self) -> Vec<Fault> {
        let mut faults = Vec::new();
        if self.urls.is_empty() {
            faults.push(Fault::NoUrl);
        }
        if self.topology == Topology::Server && self.urls.len() > 1 {
            faults.push(Fault::SeveralServers);
        }
        if matches!(&self.topology, Topology::Sentinel { service } if service.is_empty()) {
            faults.push(Fault::NoService);
        }
        for (url, place) in self.urls.iter().zip(1..) {
            if let Err(error) = redis::Client::open(url.as_str()) {
                faults.push(Fault::Url { place, reason: error.to_string() });
            }
        }
        let Timings { answer, probe, scrub, linger: _ } = self.timings;
        for (time, name) in
            [(answer, "the time for an answer"), (probe, "the probe"), (scrub, "the time for scrubbing")]
        {
            if time.is_zero() {
                faults.push(Fault::NoTime(name));
            }
        }
        faults
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_faults_are_named_at_once_and_no_password() {
        let settings = Settings {
            server: ServerId::from_bytes([1; 16]),
            urls: vec!["http://user:geheim@elsewhere".to_owned(), "redis://here".to_owned()],
            topology: Topology::Server,
            durability: Durability::Proven,
            replicas: 0,
            timings: Timings { probe: Duration::ZERO, ..Timings::default() },
        };
        let said = OpenError(settings.faults()).to_string();
        assert_eq!(settings.faults().len(), 3, "{said}");
        assert!(said.contains("URL 1") && said.contains("several") && said.contains("the probe is zero"), "{said}");
        assert!(!said.contains("geheim") && !format!("{settings:?}").contains("geheim"));
        let nothing =
            Settings { urls: Vec::new(), topology: Topology::Sentinel { service: String::new() }, ..settings };
        assert_eq!(nothing.faults()[..2], [Fault::NoUrl, Fault::NoService]);
    }
}
