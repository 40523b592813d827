//! One WebSocket: opening it, and reading and writing text frames on it without one waiting for the other.

use crate::error::{Ended, Interruption, Stop};
use crate::{FrameTap, Options, TlsConfig};
use futures_util::{Sink, Stream};
use kkanbu_wire::{SUBPROTOCOL, may_come_back};
use std::future::poll_fn;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::crypto::aws_lc_rs::default_provider;
use tokio_rustls::rustls::pki_types::{CertificateDer, InvalidDnsNameError, ServerName};
use tokio_rustls::rustls::{Error as TlsError, RootCertStore};
use tokio_tungstenite::tungstenite::client::ClientRequestBuilder;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_tungstenite::tungstenite::protocol::{CloseFrame, WebSocketConfig};
use tokio_tungstenite::tungstenite::{Error, Message, http::Uri};
use tokio_tungstenite::{WebSocketStream, client_async_with_config};

/// Bytes read from the socket at once: tungstenite allocates them for each connection.
const READ_BYTES: usize = 4_096;

/// Longest frame that is taken from a server: the largest padded size, several times over.
const FRAME_BYTES_MAX: usize = 1_048_576;

/// Time for the closing handshake.
const CLOSE: Duration = Duration::from_secs(2);

trait Socket: AsyncRead + AsyncWrite + Unpin + Send {}
impl<T: AsyncRead + AsyncWrite + Unpin + Send> Socket for T {}

/// A TLS configuration that trusts these roots and nobody else.
pub fn tls_trusting(roots: impl IntoIterator<Item = CertificateDer<'static>>) -> Result<Arc<TlsConfig>, TlsError> {
    let mut store = RootCertStore::empty();
    for root in roots {
        store.add(root)?;
    }
    let config = TlsConfig::builder_with_provider(Arc::new(default_provider()))
        .with_safe_default_protocol_versions()?
        .with_root_certificates(store)
        .with_no_client_auth();
    Ok(Arc::new(config))
}

/// What came on a line.
#[derive(Debug)]
pub(crate) enum Heard {
    /// A text frame.
    Text(String),
    /// A ping or a pong: the server lives.
    Beat,
}

/// One open WebSocket.
pub(crate) struct Line {
    socket: WebSocketStream<Box<dyn Socket>>,
    /// Whether written frames may still be in memory.
    unflushed: bool,
    tap: Option<Arc<dyn FrameTap>>,
}

impl Line {
    /// Connects, over TLS where the origin asks for it, and upgrades.
    pub(crate) async fn open(options: &Options) -> Result<Self, Stop> {
        let lost = |error: io::Error| Interruption::Lost(error.to_string());
        let origin = &options.origin;
        let tcp = match &options.dial {
            Some(address) => TcpStream::connect(address.as_str()).await,
            None => TcpStream::connect((origin.host(), origin.port())).await,
        }
        .map_err(lost)?;
        tcp.set_nodelay(true).map_err(lost)?;
        let stream: Box<dyn Socket> = match &options.tls {
            Some(config) if origin.is_tls() => {
                let name = ServerName::try_from(origin.host().to_owned())
                    .map_err(|error: InvalidDnsNameError| Interruption::Lost(error.to_string()))?;
                Box::new(TlsConnector::from(Arc::clone(config)).connect(name, tcp).await.map_err(lost)?)
            }
            Some(_) | None => Box::new(tcp),
        };
        let uri: Uri = origin.socket_url().parse().map_err(|_| Interruption::Lost("no such address".into()))?;
        let request = ClientRequestBuilder::new(uri).with_sub_protocol(SUBPROTOCOL);
        let config = WebSocketConfig::default()
            .read_buffer_size(READ_BYTES)
            .max_message_size(Some(FRAME_BYTES_MAX))
            .max_frame_size(Some(FRAME_BYTES_MAX));
        let (socket, _) =
            client_async_with_config(request, stream, Some(config)).await.map_err(|error| refused(&error))?;
        if let Some(tap) = &options.tap {
            tap.connected();
        }
        Ok(Self { socket, unflushed: false, tap: options.tap.clone() })
    }

    /// Queues a text frame; [`Line::turn`] brings it out.
    pub(crate) fn write(&mut self, text: String) -> Result<(), Interruption> {
        if let Some(tap) = &self.tap {
            tap.sent(&text);
        }
        self.unflushed = true;
        // A full socket is no error here: the frame then waits in memory.
        Pin::new(&mut self.socket).start_send(Message::text(text)).map_err(|error| broken(&error))
    }

    /// Brings out what was written and, where `reading`, waits for what comes in. Safe to drop at any time.
    pub(crate) async fn turn(&mut self, reading: bool) -> Result<Heard, Stop> {
        poll_fn(|context| self.poll_turn(context, reading)).await
    }

    fn poll_turn(&mut self, context: &mut Context<'_>, reading: bool) -> Poll<Result<Heard, Stop>> {
        let mut socket = Pin::new(&mut self.socket);
        if self.unflushed
            && let Poll::Ready(flushed) = socket.as_mut().poll_flush(context)
        {
            flushed.map_err(|error| broken(&error))?;
            self.unflushed = false;
        }
        if !reading {
            return Poll::Pending;
        }
        let message = ready!(socket.poll_next(context))
            .ok_or_else(|| Interruption::Lost("the server hung up".into()))?
            .map_err(|error| broken(&error))?;
        Poll::Ready(match message {
            Message::Text(text) => {
                if let Some(tap) = &self.tap {
                    tap.received(text.as_str());
                }
                Ok(Heard::Text(text.as_str().to_owned()))
            }
            Message::Ping(_) | Message::Pong(_) => Ok(Heard::Beat),
            Message::Close(frame) => Err(closed(frame.as_ref())),
            Message::Binary(_) | Message::Frame(_) => Err(Interruption::Malformed.into()),
        })
    }

    /// Says goodbye, within a limit.
    pub(crate) async fn close(mut self) {
        let frame = CloseFrame { code: CloseCode::Normal, reason: "".into() };
        let farewell = async {
            self.socket.close(Some(frame)).await?;
            while poll_fn(|context| Pin::new(&mut self.socket).poll_next(context)).await.is_some_and(|m| m.is_ok()) {}
            Ok::<(), Error>(())
        };
        // Whether the server answers matters to nobody any more.
        let _ = tokio::time::timeout(CLOSE, farewell).await;
    }
}

fn broken(error: &Error) -> Interruption {
    Interruption::Lost(error.to_string())
}

fn refused(error: &Error) -> Stop {
    if let Error::Http(response) = error
        && matches!(response.status().as_u16(), 400 | 403 | 404 | 426)
    {
        return Ended::Upgrade(response.status().as_u16()).into();
    }
    broken(error).into()
}

fn closed(frame: Option<&CloseFrame>) -> Stop {
    let Some(frame) = frame else {
        return Interruption::Closed { code: 1005, reason: String::new() }.into();
    };
    let (code, reason) = (u16::from(frame.code), frame.reason.as_str().to_owned());
    if may_come_back(code) {
        Interruption::Closed { code, reason }.into()
    } else {
        Ended::Closed { code, reason }.into()
    }
}
