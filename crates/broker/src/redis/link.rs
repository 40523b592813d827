//! One Redis server: a connection for commands that is made anew when it breaks, and what its answers mean.

use crate::BrokerError;
use crate::redis::scripts;
use parking_lot::Mutex as Lock;
use redis::aio::MultiplexedConnection;
use redis::io::tcp::TcpSettings;
use redis::{
    AsyncConnectionConfig, Client, Cmd, ConnectionInfo, Pipeline, ProtocolVersion, PushInfo, RedisError, ServerError,
    Value,
};
use std::time::Duration;
use tokio::sync::Mutex;
use tokio::time::{Instant, timeout};

/// After a connection was refused, nobody tries again before this.
const PAUSE: Duration = Duration::from_millis(20);

/// What goes wrong with a request.
#[derive(Debug, Clone, thiserror::Error)]
pub(crate) enum LinkError {
    /// No connection, or it broke, or no answer in time.
    #[error("{0}")]
    Away(String),
    /// The server answered, and refused.
    #[error("{0}")]
    Refused(String),
    /// The key lies elsewhere from now on.
    #[error("the key has moved")]
    Moved,
    /// The key lies elsewhere while its slot is moved.
    #[error("the key is being moved to {0}")]
    Asking(String),
    /// Not now, and soon perhaps: no master, loading, moving.
    #[error("{0}")]
    NotNow(String),
}

impl From<LinkError> for BrokerError {
    fn from(error: LinkError) -> Self {
        Self::Unavailable { reason: error.to_string() }
    }
}

/// A server, and the connection to it while there is one.
pub(crate) struct Link {
    address: String,
    client: Client,
    answer: Duration,
    current: Mutex<Option<(u64, MultiplexedConnection)>>,
    refused: Lock<Option<(Instant, LinkError)>>,
}

impl Link {
    /// The server at this address. Does not connect yet.
    pub(crate) fn new(info: ConnectionInfo, answer: Duration) -> Result<Self, RedisError> {
        let address = info.addr().to_string();
        let redis = info.redis_settings().clone().set_protocol(ProtocolVersion::RESP3).set_skip_set_lib_name();
        let info = info.set_redis_settings(redis).set_tcp_settings(TcpSettings::default().set_nodelay(true));
        let client = Client::open(info)?;
        Ok(Self { address, client, answer, current: Mutex::new(None), refused: Lock::new(None) })
    }

    /// Host and port.
    pub(crate) fn address(&self) -> &str {
        &self.address
    }

    fn config(&self) -> AsyncConnectionConfig {
        AsyncConnectionConfig::new()
            .set_connection_timeout(Some(self.answer.min(Duration::from_secs(1))))
            .set_response_timeout(Some(self.answer))
            .set_pipeline_buffer_size(256)
    }

    /// A connection of its own for subscriptions, whose pushes go to `sender`.
    pub(crate) async fn subscriber(
        &self,
        sender: impl Fn(PushInfo) -> Result<(), redis::aio::SendError> + Send + Sync + 'static,
    ) -> Result<MultiplexedConnection, LinkError> {
        let config = self.config().set_push_sender(sender);
        self.client.get_multiplexed_async_connection_with_config(&config).await.map_err(|error| away(&error))
    }

    /// The connection for commands, made if need be.
    async fn connection(&self) -> Result<(u64, MultiplexedConnection), LinkError> {
        let mut current = self.current.lock().await;
        if let Some(connected) = current.as_ref() {
            return Ok(connected.clone());
        }
        if let Some((when, error)) = self.refused.lock().as_ref()
            && when.elapsed() < PAUSE
        {
            return Err(error.clone());
        }
        match self.connect().await {
            Ok(connection) => Ok(current.insert((rand::random(), connection)).clone()),
            Err(error) => {
                *self.refused.lock() = Some((Instant::now(), error.clone()));
                Err(error)
            }
        }
    }

    async fn connect(&self) -> Result<MultiplexedConnection, LinkError> {
        let config = self.config();
        let connecting = self.client.get_multiplexed_async_connection_with_config(&config);
        let mut connection = connecting.await.map_err(|error| away(&error))?;
        let loaded = connection.send_packed_commands(&scripts::loading(), 0, scripts::count()).await;
        loaded.map_err(|error| away(&error))?;
        Ok(connection)
    }

    /// Lets a broken connection go, unless somebody did already.
    async fn disconnect(&self, number: u64) {
        let mut current = self.current.lock().await;
        if current.as_ref().is_some_and(|(of, _)| *of == number) {
            *current = None;
        }
    }

    /// Sends commands together, on one connection, and gives what came back for each.
    pub(crate) async fn pipeline(&self, pipeline: &Pipeline) -> Result<Vec<Result<Value, LinkError>>, LinkError> {
        let mut values = self.send(pipeline).await?;
        if values.iter().any(is_unknown_script) {
            // Scripts don't survive a restart of the server. Every call may be made twice.
            self.send(&scripts::loading()).await?;
            values = self.send(pipeline).await?;
        }
        Ok(values.into_iter().map(judged).collect())
    }

    async fn send(&self, pipeline: &Pipeline) -> Result<Vec<Value>, LinkError> {
        let asking = async {
            let (number, mut connection) = self.connection().await?;
            let sent = connection.send_packed_commands(pipeline, 0, pipeline.len()).await;
            if sent.is_err() {
                self.disconnect(number).await;
            }
            sent.map_err(|error| away(&error))
        };
        // Connecting, too, has to end in time.
        timeout(self.answer * 2, asking).await.unwrap_or_else(|_| Err(LinkError::Away("no answer in time".to_owned())))
    }

    /// Sends one command.
    pub(crate) async fn ask(&self, command: Cmd) -> Result<Value, LinkError> {
        let mut pipeline = Pipeline::with_capacity(1);
        pipeline.add_command(command);
        self.pipeline(&pipeline).await?.pop().unwrap_or_else(|| Err(LinkError::Away("no reply".to_owned())))
    }
}

fn away(error: &RedisError) -> LinkError {
    LinkError::Away(error.to_string())
}

fn is_unknown_script(value: &Value) -> bool {
    matches!(value, Value::ServerError(error) if error.code() == "NOSCRIPT")
}

fn judged(value: Value) -> Result<Value, LinkError> {
    if let Value::ServerError(error) = &value { Err(refused(error)) } else { Ok(value) }
}

/// What a server's refusal means. Its texts hold codes and settings, and of ours nothing.
fn refused(error: &ServerError) -> LinkError {
    let details = error.details().unwrap_or_default();
    let said = format!("{} {details}", error.code());
    match error.code() {
        "MOVED" => LinkError::Moved,
        "ASK" => LinkError::Asking(details.rsplit(' ').next().unwrap_or_default().to_owned()),
        "TRYAGAIN" | "CLUSTERDOWN" | "LOADING" | "MASTERDOWN" | "READONLY" => LinkError::NotNow(said),
        // Within a script, the server's refusal comes as the script's error.
        _ if said.contains("READONLY") => LinkError::NotNow(said),
        _ => LinkError::Refused(said),
    }
}
