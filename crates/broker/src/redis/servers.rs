//! Which server has what: one server, whoever the sentinels say is master, or a cluster's slots. Nothing else of the
//! engine knows which of the three it is.

use crate::BrokerError;
use crate::redis::link::{Link, LinkError};
use crate::redis::names;
use crate::redis::settings::{Fault, Settings, Topology};
use crate::redis::values::{number, text, texts};
use parking_lot::RwLock;
use redis::{Client, Cmd, ConnectionAddr, ConnectionInfo, IntoConnectionInfo as _, Value};
use std::collections::HashMap;
use std::ops::RangeInclusive;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Mutex;
use tokio::time::{Instant, sleep};

/// Between two tries of something that a server could not do just then.
const PAUSE: Duration = Duration::from_millis(25);

/// Who is asked again who is master is not asked more often than this.
const REFRESH: Duration = Duration::from_millis(100);

/// A master, and the slots that it has.
#[derive(Clone)]
pub(crate) struct Share {
    pub(crate) slots: Vec<RangeInclusive<u16>>,
    pub(crate) master: Arc<Link>,
}

impl Share {
    /// A key in one of these slots that holds nothing.
    pub(crate) fn probe_key(&self) -> String {
        names::probe_in(|slot| self.slots.iter().any(|slots| slots.contains(&slot)))
    }
}

/// All servers that are used.
pub(crate) struct Servers {
    topology: Topology,
    answer: Duration,
    /// How to connect to the ones that were named: the form of all others.
    named: Vec<ConnectionInfo>,
    links: RwLock<HashMap<String, Arc<Link>>>,
    shares: RwLock<Arc<Vec<Share>>>,
    refreshed: Mutex<Option<Instant>>,
}

impl Servers {
    /// The servers of these settings, of which none was asked yet.
    pub(crate) fn new(settings: &Settings) -> Result<Self, Fault> {
        let mut named = Vec::new();
        for (url, place) in settings.urls.iter().zip(1..) {
            let fault = |error: redis::RedisError| Fault::Url { place, reason: error.to_string() };
            named.push(url.as_str().into_connection_info().map_err(fault)?);
        }
        if named.iter().any(|info| matches!(info.addr(), ConnectionAddr::TcpTls { .. })) {
            // Whoever was first has chosen the same.
            let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
        }
        Ok(Self {
            topology: settings.topology.clone(),
            answer: settings.timings.answer,
            named,
            links: RwLock::default(),
            shares: RwLock::default(),
            refreshed: Mutex::new(None),
        })
    }

    /// Who is master of what now.
    pub(crate) fn shares(&self) -> Arc<Vec<Share>> {
        Arc::clone(&self.shares.read())
    }

    /// The master of a slot.
    pub(crate) async fn master(&self, slot: u16) -> Result<Arc<Link>, LinkError> {
        if let Some(master) = self.known_master(slot) {
            return Ok(master);
        }
        self.refresh().await?;
        self.known_master(slot).ok_or_else(|| LinkError::NotNow(format!("nobody has slot {slot}")))
    }

    pub(crate) fn known_master(&self, slot: u16) -> Option<Arc<Link>> {
        let shares = self.shares();
        let share = shares.iter().find(|share| share.slots.iter().any(|slots| slots.contains(&slot)))?;
        Some(Arc::clone(&share.master))
    }

    /// Sends a command to whoever has the key, wherever it goes meanwhile, until the time for an answer is over.
    pub(crate) async fn ask(&self, key: &str, command: &Cmd) -> Result<Value, BrokerError> {
        let slot = names::slot(key);
        let until = Instant::now() + self.answer;
        loop {
            let asked = match self.master(slot).await {
                Ok(master) => self.ask_at(&master, command).await,
                Err(error) => Err(error),
            };
            match asked {
                Ok(value) => return Ok(value),
                Err(LinkError::Refused(reason)) => return Err(BrokerError::Unavailable { reason }),
                Err(error) => {
                    // Where nobody can be asked, the next try says why.
                    let _ = self.refresh().await;
                    if Instant::now() + PAUSE > until {
                        return Err(error.into());
                    }
                    sleep(PAUSE).await;
                }
            }
        }
    }

    /// Sends a command to this server, or where it says that the key is being moved to.
    async fn ask_at(&self, master: &Arc<Link>, command: &Cmd) -> Result<Value, LinkError> {
        match master.ask(command.clone()).await {
            Err(LinkError::Asking(address)) => {
                let mut pipeline = redis::Pipeline::with_capacity(2);
                pipeline.cmd("ASKING").add_command(command.clone());
                let target = self.link(&address)?;
                target.pipeline(&pipeline).await?.pop().unwrap_or_else(|| Err(LinkError::Away("no reply".to_owned())))
            }
            asked => asked,
        }
    }

    /// Asks anew who is master of what. Many who ask at once are answered together.
    pub(crate) async fn refresh(&self) -> Result<(), LinkError> {
        let mut refreshed = self.refreshed.lock().await;
        if refreshed.is_some_and(|when| when.elapsed() < REFRESH) {
            return Ok(());
        }
        let shares = match &self.topology {
            Topology::Server => vec![Share { slots: vec![0..=u16::MAX], master: self.first()? }],
            Topology::Sentinel { service } => {
                vec![Share { slots: vec![0..=u16::MAX], master: self.ask_sentinels(service).await? }]
            }
            Topology::Cluster => self.ask_cluster().await?,
        };
        *refreshed = Some(Instant::now());
        *self.shares.write() = Arc::new(shares);
        Ok(())
    }

    fn first(&self) -> Result<Arc<Link>, LinkError> {
        let first = self.named.first().ok_or_else(|| LinkError::Away("no server is named".to_owned()))?;
        self.link_to(first.clone())
    }

    /// The link to a server at host and port, connected to as the first that was named is.
    pub(crate) fn link(&self, address: &str) -> Result<Arc<Link>, LinkError> {
        let unusable = || LinkError::Away(format!("{address} is no address"));
        let (host, port) = address.rsplit_once(':').ok_or_else(unusable)?;
        let port = port.parse().map_err(|_| unusable())?;
        let first = self.named.first().ok_or_else(unusable)?;
        let host = host.to_owned();
        let addr = if let ConnectionAddr::TcpTls { insecure, tls_params, .. } = first.addr() {
            ConnectionAddr::TcpTls { host, port, insecure: *insecure, tls_params: tls_params.clone() }
        } else {
            ConnectionAddr::Tcp(host, port)
        };
        self.link_to(first.clone().set_addr(addr))
    }

    fn link_to(&self, info: ConnectionInfo) -> Result<Arc<Link>, LinkError> {
        let address = info.addr().to_string();
        if let Some(link) = self.links.read().get(&address) {
            return Ok(Arc::clone(link));
        }
        let link = Link::new(info, self.answer).map_err(|error| LinkError::Away(error.to_string()))?;
        Ok(Arc::clone(self.links.write().entry(address).or_insert_with(|| Arc::new(link))))
    }

    /// Asks one sentinel after the other who is master, and whoever is named whether it is true.
    async fn ask_sentinels(&self, service: &str) -> Result<Arc<Link>, LinkError> {
        let mut failed = LinkError::Away("no sentinel is named".to_owned());
        for sentinel in &self.named {
            match self.ask_sentinel(sentinel, service).await {
                Ok(master) => return Ok(master),
                Err(error) => failed = error,
            }
        }
        Err(failed)
    }

    async fn ask_sentinel(&self, sentinel: &ConnectionInfo, service: &str) -> Result<Arc<Link>, LinkError> {
        let away = |error: redis::RedisError| LinkError::Away(error.to_string());
        let client = Client::open(sentinel.clone()).map_err(away)?;
        let asking = async {
            let mut connection = client.get_multiplexed_async_connection().await?;
            redis::cmd("SENTINEL").arg("GET-MASTER-ADDR-BY-NAME").arg(service).query_async(&mut connection).await
        };
        let asked: Option<(String, u16)> = tokio::time::timeout(Duration::from_millis(500), asking)
            .await
            .map_err(|_| LinkError::Away("a sentinel does not answer".to_owned()))?
            .map_err(away)?;
        let (host, port) = asked.ok_or_else(|| LinkError::Away(format!("no sentinel knows {service}")))?;
        let master = self.link(&format!("{host}:{port}"))?;
        let role = master.ask(redis::cmd("ROLE")).await?;
        let role = texts(role).into_iter().next().unwrap_or_default();
        if role == "master" { Ok(master) } else { Err(LinkError::NotNow(format!("the master is a {role}"))) }
    }

    /// Asks one node after the other which master has which slots.
    async fn ask_cluster(&self) -> Result<Vec<Share>, LinkError> {
        let mut known: Vec<_> = self.shares().iter().map(|share| Arc::clone(&share.master)).collect();
        for info in &self.named {
            known.push(self.link_to(info.clone())?);
        }
        let mut failed = LinkError::Away("no node is named".to_owned());
        for node in known {
            match node.ask(redis::cmd("CLUSTER").arg("SLOTS").clone()).await {
                Ok(slots) => return self.read_slots(slots, node.address()),
                Err(error) => failed = error,
            }
        }
        Err(failed)
    }

    fn read_slots(&self, slots: Value, asked: &str) -> Result<Vec<Share>, LinkError> {
        let mut shares: HashMap<String, Share> = HashMap::new();
        let Value::Array(ranges) = slots else { return Err(LinkError::Away("no slots".to_owned())) };
        for range in ranges {
            let Value::Array(range) = range else { continue };
            let mut range = range.into_iter();
            let (Some(from), Some(to), Some(Value::Array(node))) = (range.next(), range.next(), range.next()) else {
                continue;
            };
            let mut node = node.into_iter();
            let (host, port) =
                (node.next().and_then(text).unwrap_or_default(), node.next().and_then(number).unwrap_or(0));
            // A node that does not know its own host is the one that was asked.
            let host =
                if host.is_empty() { asked.rsplit_once(':').map_or(asked, |(host, _)| host).to_owned() } else { host };
            let address = format!("{host}:{port}");
            let slots = u16::try_from(number(from).unwrap_or(0)).unwrap_or(0)
                ..=u16::try_from(number(to).unwrap_or(0)).unwrap_or(0);
            let master = self.link(&address)?;
            shares.entry(address).or_insert_with(|| Share { slots: Vec::new(), master }).slots.push(slots);
        }
        if shares.is_empty() {
            Err(LinkError::NotNow("no node has slots".to_owned()))
        } else {
            Ok(shares.into_values().collect())
        }
    }
}
