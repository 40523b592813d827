//! The server put together: listeners, the service, and the order in which it ends.

use crate::admin::{self, Admin};
use crate::come_back::ComeBack;
use crate::engine::{Common, Engine};
use crate::http::Assets;
use crate::listener::{Front, ListenError, Tls};
use crate::ops;
use crate::service::{Phases, Programmes, Service, ServiceParts};
use crate::session::Session;
use crate::telemetry::Telemetry;
use kkanbu_broker::Broker;
use kkanbu_model::{Clock, Limits, Programme};
use kkanbu_room::Guard;
use kkanbu_store::Store;
use kkanbu_wire::Padding;
use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{TcpListener, TcpSocket, UnixListener};
use tokio::sync::Semaphore;
use tokio::time::{Instant, interval};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// How often the calendar is looked at.
const CALENDAR: Duration = Duration::from_secs(1);

/// How often allowances that are full again are forgotten.
const FORGET_RATES: Duration = Duration::from_mins(1);

/// Connections that the kernel keeps until they are accepted, where it allows as many. All members come back at once after a restart.
const BACKLOG: u32 = 4_096;

/// Reads a programme file's text; or says everything that is wrong with it.
pub type ReadProgramme = fn(&str) -> Result<Programme, Vec<String>>;

/// How the server meets the world.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The origin that members use, as `https://kkanbu.example.org`. Challenges name it.
    pub public_origin: String,
    /// Further origins whose pages may connect.
    pub origins: Vec<String>,
    /// Certificate and key, where this process ends TLS itself.
    pub tls: Option<Tls>,
    /// The limits in force.
    pub limits: Limits,
    /// How frames to members are padded.
    pub padding: Padding,
    /// Time from the signal to the last task.
    pub drain: Duration,
}

fn listen(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
    // A restarted server takes its port at once.
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(BACKLOG)
}

/// What the server stands on.
pub struct Parts {
    /// Programmes, seats, memberships.
    pub store: Arc<dyn Store>,
    /// Room logs.
    pub broker: Arc<dyn Broker>,
    /// The programmes that run here.
    pub programmes: Programmes,
    /// The time of day.
    pub clock: Arc<dyn Clock>,
    /// What finds personal data in bodies.
    pub guard: Guard,
    /// The page.
    pub assets: Assets,
    /// The programme file's format.
    pub read_programme: ReadProgramme,
}

/// Open ports, before anything is served.
#[derive(Debug)]
pub struct Listening {
    members: TcpListener,
    ops: Option<TcpListener>,
    admin: Option<(UnixListener, PathBuf)>,
}

impl Listening {
    /// Opens the members' port and, where given, the operators' and the admin socket. Port 0 takes a free one.
    pub fn bind(
        members: SocketAddr,
        ops: Option<SocketAddr>,
        admin_socket: Option<&Path>,
    ) -> Result<Self, ListenError> {
        let tcp = |address| listen(address).map_err(|source| ListenError::Address { address, source });
        let members = tcp(members)?;
        let ops = ops.map(tcp).transpose()?;
        // Last, so that a port that is taken leaves no socket file behind.
        let admin = match admin_socket {
            Some(path) => {
                let opened = admin::bind(path);
                Some((opened.map_err(|source| ListenError::Socket { path: path.into(), source })?, path.to_owned()))
            }
            None => None,
        };
        Ok(Self { members, ops, admin })
    }

    /// The members' address.
    pub fn members_address(&self) -> Option<SocketAddr> {
        self.members.local_addr().ok()
    }

    /// The operators' address.
    pub fn ops_address(&self) -> Option<SocketAddr> {
        self.ops.as_ref()?.local_addr().ok()
    }
}

/// The whole server on one node.
pub struct Server {
    settings: Settings,
    service: Arc<Service>,
    store: Arc<dyn Store>,
    broker: Arc<dyn Broker>,
    assets: Assets,
    read_programme: ReadProgramme,
    /// Sessions and connections.
    tasks: TaskTracker,
    /// Feeds, which sessions stand on.
    feeds: TaskTracker,
    /// Ends what sessions stand on, and the operators' and admin listeners.
    stop: CancellationToken,
}

impl Server {
    /// Puts a server together. Nothing runs yet.
    pub fn new(settings: Settings, parts: Parts) -> Self {
        let (feeds, stop) = (TaskTracker::new(), CancellationToken::new());
        let service = Arc::new(Service::new(ServiceParts {
            store: parts.store.clone(),
            broker: parts.broker.clone(),
            programmes: parts.programmes,
            clock: parts.clock,
            limits: settings.limits,
            padding: settings.padding,
            guard: parts.guard,
            telemetry: Arc::new(Telemetry::new().with_log(&*parts.broker)),
            tasks: feeds.clone(),
            stop: stop.clone(),
        }));
        Self {
            settings,
            service,
            store: parts.store,
            broker: parts.broker,
            assets: parts.assets,
            read_programme: parts.read_programme,
            tasks: TaskTracker::new(),
            feeds,
            stop,
        }
    }

    /// Serves until `drain`, then ends in order: stop accepting, tell sessions, flush their outboxes, leave the rooms, close the
    /// log, close the store. Returns whether all of it ended within the settings' time.
    pub async fn run(self, listening: Listening, drain: CancellationToken) -> bool {
        let origin: Arc<str> = self.settings.public_origin.as_str().into();
        let mut origins = self.settings.origins.clone();
        origins.push(self.settings.public_origin.clone());
        let (service, server) = (self.service.clone(), origin.clone());
        let telemetry = self.service.telemetry.clone();
        let front = Arc::new(Front {
            engine: Engine::start(Common {
                new_session: Box::new(move |waker| Session::new(service.clone(), server.clone(), waker)),
                telemetry: telemetry.clone(),
                come_back: ComeBack::new(telemetry.clone()),
                drain: drain.clone(),
                tasks: self.tasks.clone(),
                linger: self.settings.limits.fanout_linger,
            }),
            limits: self.settings.limits,
            telemetry,
            policy: Front::policy(&origin),
            origin: origin.clone(),
            origins,
            subprotocol: Some(kkanbu_wire::SUBPROTOCOL),
            assets: self.assets.clone(),
            connections: Arc::new(Semaphore::new(self.settings.limits.connections_max)),
            tasks: self.tasks.clone(),
            drain: drain.clone(),
        });
        self.spawn_ops(listening.ops, &drain);
        let admin_path = self.spawn_admin(listening.admin, origin, drain);
        self.spawn_housekeeping();
        front.accept_loop(listening.members, self.settings.tls.clone()).await;
        let ended = self.end().await;
        if let Some(path) = admin_path {
            // The next start replaces a stale socket anyway.
            let _ = std::fs::remove_file(path);
        }
        ended
    }

    fn spawn_ops(&self, listener: Option<TcpListener>, drain: &CancellationToken) {
        if let Some(listener) = listener {
            let (service, stop) = (self.service.clone(), self.stop.clone());
            self.feeds.spawn(ops::serve(listener, service, drain.clone(), stop, self.feeds.clone()));
        }
    }

    fn spawn_admin(
        &self,
        socket: Option<(UnixListener, PathBuf)>,
        origin: Arc<str>,
        drain: CancellationToken,
    ) -> Option<PathBuf> {
        let (listener, path) = socket?;
        let (service, read_programme) = (self.service.clone(), self.read_programme);
        let admin = Arc::new(Admin { service, origin, read_programme, drain, started: Instant::now() });
        self.feeds.spawn(admin.serve(listener, self.stop.clone(), self.feeds.clone()));
        Some(path)
    }

    fn spawn_housekeeping(&self) {
        self.spawn_until_stop(|service| async move { service.relay_forever().await });
        let pass = self.settings.limits.retention_pass;
        self.spawn_until_stop(move |service| async move {
            let mut passes = interval(pass);
            loop {
                passes.tick().await;
                service.delete_expired().await;
            }
        });
        let (service, stop) = (self.service.clone(), self.stop.clone());
        self.feeds.spawn(async move {
            let (mut forget, mut calendar) = (interval(FORGET_RATES), interval(CALENDAR));
            let mut phases = Phases::default();
            loop {
                tokio::select! {
                    () = stop.cancelled() => return,
                    _ = forget.tick() => service.forget_idle_rates(),
                    _ = calendar.tick() => service.look_at_calendar(&mut phases),
                }
            }
        });
    }

    /// Runs what has no end of its own until the server stops.
    fn spawn_until_stop<F: Future<Output = ()> + Send + 'static>(&self, run: impl FnOnce(Arc<Service>) -> F) {
        let (running, stop) = (run(self.service.clone()), self.stop.clone());
        self.feeds.spawn(async move {
            tokio::select! {
                () = stop.cancelled() => {}
                () = running => {}
            }
        });
    }

    async fn end(&self) -> bool {
        let ordered = async {
            self.tasks.close();
            self.tasks.wait().await;
            self.stop.cancel();
            self.feeds.close();
            self.feeds.wait().await;
        };
        let in_time = tokio::time::timeout(self.settings.drain, ordered).await.is_ok();
        self.stop.cancel();
        self.broker.close().await;
        self.store.close().await;
        in_time
    }
}
