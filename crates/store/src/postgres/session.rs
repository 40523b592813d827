//! One connection: how it is made, what is set on it, and what is asked of the database before it is used.

use super::error::{OpenError, reason};
use super::settings::{PostgresSettings, Weakness};
use super::tls::Tls;
use crate::telemetry;
use deadpool_postgres::Connect;
use kkanbu_model::Secret;
use std::future::Future;
use std::path::Path;
use std::pin::Pin;
use std::time::Duration;
use tokio::task::JoinHandle;
use tokio_postgres::config::Host;
use tokio_postgres::{Client, Config, Error};
use tokio_util::task::TaskTracker;

/// The oldest PostgreSQL whose functions are used.
const OLDEST_SERVER: i32 = 130_000;

/// Makes connections.
#[derive(Clone)]
pub(super) struct Connector {
    pub(super) config: Config,
    tls: Tls,
    /// The tasks that drive connections.
    tasks: TaskTracker,
    setup: String,
    accept: Vec<Weakness>,
}

impl Connector {
    /// Reads the settings and the files that they name.
    pub(super) fn new(settings: &PostgresSettings) -> Result<Self, OpenError> {
        let mut config: Config = settings.url.parse().map_err(|_| OpenError::Url)?;
        if config.get_password().is_some() {
            return Err(OpenError::PasswordInUrl);
        }
        if let Some(path) = &settings.password_file {
            config.password(password(path)?.expose_secret());
        }
        let limits = &settings.limits;
        config.application_name("kkanbu").connect_timeout(limits.connect_max).tcp_user_timeout(limits.call_max);
        config.keepalives_idle(limits.call_max).keepalives_interval(limits.call_max).keepalives_retries(2);
        let tls = Tls::new(&settings.tls, &mut config)?;
        // A call gives up before the database does: a commit that the database stops waiting for is not taken for one that was kept.
        let (server, call) = (limits.call_max.saturating_mul(2).as_millis(), limits.call_max.as_millis());
        let setup = format!(
            "SET search_path = kkanbu, pg_temp; SET statement_timeout = {server}; SET lock_timeout = {call};
             SET idle_in_transaction_session_timeout = {server}; SET default_transaction_isolation = 'read committed'"
        );
        Ok(Self { config, tls, tasks: TaskTracker::new(), setup, accept: settings.accept.clone() })
    }

    /// One connection for oneself.
    pub(super) async fn alone(&self, connect_max: Duration) -> Result<Alone, OpenError> {
        let slow = || OpenError::Unreachable("connecting took too long".into());
        let (client, task) =
            tokio::time::timeout(connect_max, self.connect(&self.config)).await.map_err(|_| slow())??;
        let alone = Alone { client, task };
        alone.client.batch_execute(&self.setup).await?;
        Ok(alone)
    }

    /// Prepares a connection of the pool, and refuses a database that does not keep the store's promises.
    pub(super) async fn prepare(&self, client: &Client) -> Result<(), OpenError> {
        client.batch_execute(&self.setup).await?;
        self.weaknesses(client).await.map(|_accepted| ())
    }

    /// Those that are accepted; any other is an error.
    pub(super) async fn weaknesses(&self, client: &Client) -> Result<Vec<Weakness>, OpenError> {
        let mut accepted = Vec::new();
        for (weakness, found) in self.weak(client).await? {
            if !self.accept.contains(&weakness) {
                return Err(OpenError::Weak { weakness, found });
            }
            accepted.push(weakness);
        }
        Ok(accepted)
    }

    async fn weak(&self, client: &Client) -> Result<Vec<(Weakness, String)>, OpenError> {
        let rows = client.query(ASKED, &[]).await?;
        let mut weak = Vec::new();
        for row in rows {
            let (name, value): (String, String) = (row.try_get(0)?, row.try_get(1)?);
            let weakness = match (name.as_str(), value.as_str()) {
                ("server_version_num", version) => {
                    let version: i32 =
                        version.parse().map_err(|_| OpenError::Database("its version can't be read".into()))?;
                    if version < OLDEST_SERVER {
                        return Err(OpenError::OldServer(version / 10_000));
                    }
                    None
                }
                ("transaction_read_only", "on") => return Err(OpenError::ReadOnly),
                ("synchronous_commit", value) if !["on", "remote_apply"].contains(&value) => Some(Weakness::NotDurable),
                ("fsync" | "full_page_writes", "off") => Some(Weakness::NotDurable),
                ("track_commit_timestamp", "on") => Some(Weakness::CommitTimes),
                ("log_statement", "mod" | "all") => Some(Weakness::StatementLog),
                ("log_min_duration_statement" | "log_min_duration_sample", value) if !value.starts_with('-') => {
                    Some(Weakness::StatementLog)
                }
                ("log_transaction_sample_rate", value) if value != "0" => Some(Weakness::StatementLog),
                _ => None,
            };
            weak.extend(weakness.map(|weakness| (weakness, format!("{name} is {value}"))));
        }
        if self.leaves_in_plaintext() {
            weak.push((Weakness::Plaintext, "connection has no TLS".into()));
        }
        Ok(weak)
    }

    fn leaves_in_plaintext(&self) -> bool {
        let stays = |host: &Host| match host {
            Host::Unix(_) => true,
            Host::Tcp(name) => ["localhost", "127.0.0.1", "::1"].contains(&name.as_str()),
        };
        let off = self.config.get_ssl_mode() == tokio_postgres::config::SslMode::Disable;
        off && !(self.config.get_hosts().iter().all(stays)
            && self.config.get_hostaddrs().iter().all(std::net::IpAddr::is_loopback))
    }

    /// Waits until every connection is closed.
    pub(super) async fn closed(&self) {
        self.tasks.close();
        self.tasks.wait().await;
    }
}

/// The settings that `weak` judges.
const ASKED: &str = "SELECT name, setting FROM pg_catalog.pg_settings WHERE name IN (
    'server_version_num', 'transaction_read_only', 'synchronous_commit', 'fsync', 'full_page_writes',
    'track_commit_timestamp', 'log_statement', 'log_min_duration_statement', 'log_min_duration_sample',
    'log_transaction_sample_rate')";

fn password(path: &Path) -> Result<Secret<String>, OpenError> {
    let text = std::fs::read_to_string(path).map_err(|source| OpenError::Io { path: path.into(), source })?;
    let text = Secret::new(text);
    Ok(Secret::new(text.expose_secret().lines().next().unwrap_or_default().to_owned()))
}

impl Connect for Connector {
    fn connect(
        &self,
        config: &Config,
    ) -> Pin<Box<dyn Future<Output = Result<(Client, JoinHandle<()>), Error>> + Send + '_>> {
        let config = config.clone();
        Box::pin(async move {
            let (client, connection) = config.connect(self.tls.clone()).await?;
            let task = self.tasks.spawn(async move {
                if let Err(error) = connection.await {
                    telemetry::connection_broke(&reason(&error));
                }
            });
            Ok((client, task))
        })
    }
}

/// A connection outside of the pool. Dropping it closes it.
pub(super) struct Alone {
    pub(super) client: Client,
    task: JoinHandle<()>,
}

impl Drop for Alone {
    fn drop(&mut self) {
        self.task.abort();
    }
}
