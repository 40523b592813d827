//! The accept loop: one HTTP/1 connection after another, with deadlines; upgraded ones become sessions.

use crate::engine::{Arrival, Engine};
use crate::http::{Assets, Reply, content_security_policy, page, plain, upgrade};
use crate::socket::Socket;
use crate::telemetry::Telemetry;
use http::{HeaderValue, Request, StatusCode};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use kkanbu_model::Limits;
use parking_lot::Mutex;
use std::convert::Infallible;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// Most bytes of a request's header.
const HEADER_BYTES_MAX: usize = 16_384;

/// Wait after accepting failed, as it does when file descriptors have run out.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// Certificate and key of the members' listener.
#[derive(Clone)]
pub struct Tls(pub Arc<rustls::ServerConfig>);

impl std::fmt::Debug for Tls {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Tls(…)")
    }
}

/// Why a port or socket could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum ListenError {
    /// A TCP address.
    #[error("can't listen on {address}: {source}")]
    Address {
        /// Which.
        address: std::net::SocketAddr,
        /// Why.
        source: io::Error,
    },
    /// The admin socket.
    #[error("can't open the admin socket {path}: {source}")]
    Socket {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
}

/// What every connection of the members' listener needs.
pub(crate) struct Front {
    /// Takes upgraded connections.
    pub(crate) engine: Engine<Socket>,
    pub(crate) limits: Limits,
    pub(crate) telemetry: Arc<Telemetry>,
    pub(crate) origin: Arc<str>,
    pub(crate) origins: Vec<String>,
    /// What clients have to offer.
    pub(crate) subprotocol: Option<&'static str>,
    pub(crate) assets: Assets,
    pub(crate) policy: HeaderValue,
    pub(crate) connections: Arc<Semaphore>,
    pub(crate) tasks: TaskTracker,
    pub(crate) drain: CancellationToken,
}

impl Front {
    pub(crate) fn policy(origin: &str) -> HeaderValue {
        HeaderValue::try_from(content_security_policy(origin)).unwrap_or(HeaderValue::from_static("default-src 'none'"))
    }

    /// Accepts until the drain begins.
    pub(crate) async fn accept_loop(self: Arc<Self>, listener: TcpListener, tls: Option<Tls>) {
        let acceptor = tls.map(|tls| TlsAcceptor::from(tls.0));
        loop {
            let accepted = tokio::select! {
                () = self.drain.cancelled() => return,
                accepted = listener.accept() => accepted,
            };
            match accepted {
                Ok((stream, _address)) => self.clone().begin(stream, acceptor.clone()),
                Err(error) => {
                    self.telemetry.accept_failed(&error);
                    tokio::time::sleep(ACCEPT_PAUSE).await;
                }
            }
        }
    }

    fn begin(self: Arc<Self>, stream: TcpStream, acceptor: Option<TlsAcceptor>) {
        // Small frames must leave at once. A socket that can't be told so works all the same.
        let _ = stream.set_nodelay(true);
        let permit = self.connections.clone().try_acquire_owned().ok();
        let tasks = self.tasks.clone();
        tasks.spawn(async move {
            let Some(acceptor) = acceptor else { return self.serve(Socket::Plain(stream), permit).await };
            let handshake = tokio::time::timeout(self.limits.header, acceptor.accept(stream));
            match handshake.await {
                Ok(Ok(stream)) => self.serve(Socket::Tls(Box::new(stream)), permit).await,
                Ok(Err(_)) | Err(_) => self.telemetry.tls_handshake_failed(),
            }
        });
    }

    async fn serve(self: Arc<Self>, stream: Socket, permit: Option<OwnedSemaphorePermit>) {
        let drain = self.drain.clone();
        let (header, close) = (self.limits.header, self.limits.close);
        let permit = Arc::new(Mutex::new(permit));
        let answer = service_fn(move |request| {
            let reply = self.clone().answer(request, &permit);
            async move { Ok::<_, Infallible>(reply) }
        });
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(header)
            .max_buf_size(HEADER_BYTES_MAX)
            .serve_connection(TokioIo::new(stream), answer)
            .with_upgrades();
        let mut connection = std::pin::pin!(connection);
        tokio::select! {
            // A broken or slow request ends its connection, and hyper has answered it where it could.
            _ = connection.as_mut() => {}
            () = drain.cancelled() => {
                connection.as_mut().graceful_shutdown();
                // A request that is not whole yet is not worth waiting for.
                let _ = tokio::time::timeout(close, connection).await;
            }
        }
    }

    fn answer(self: Arc<Self>, mut request: Request<Incoming>, permit: &Mutex<Option<OwnedSemaphorePermit>>) -> Reply {
        if permit.lock().is_none() {
            self.telemetry.connection_refused();
            return plain(StatusCode::SERVICE_UNAVAILABLE, "too many connections; come back later\n");
        }
        if request.uri().path() != kkanbu_wire::PATH {
            let https = self.origin.starts_with("https:");
            return page(&request, &self.assets, &self.policy, https);
        }
        match upgrade(&request, &self.origins, self.subprotocol) {
            Ok(reply) => {
                let upgraded = hyper::upgrade::on(&mut request);
                // From now on the place belongs to the session.
                let permit = permit.lock().take();
                let tasks = self.tasks.clone();
                tasks.spawn(async move {
                    if let Ok(upgraded) = upgraded.await
                        && let Ok(parts) = upgraded.downcast::<TokioIo<Socket>>()
                    {
                        self.engine
                            .take(Arrival { socket: parts.io.into_inner(), early: parts.read_buf, permit })
                            .await;
                    }
                });
                reply
            }
            Err(refused) => {
                self.telemetry.upgrade_refused(refused);
                refused.reply()
            }
        }
    }
}
