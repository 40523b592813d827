//! Connections and calls: how many at once, for how long, and what is tried again.

use super::error::{Failed, OpenError, unavailable};
use super::session::{Alone, Connector};
use super::settings::PostgresLimits;
use crate::StoreError;
use deadpool_postgres::{
    ClientWrapper, Hook, HookError, Manager, ManagerConfig, Object, PoolError, RecyclingMethod, Runtime, Timeouts,
};
use std::time::Duration;
use tokio::sync::Semaphore;

/// The connections of one store.
pub(super) struct Pool {
    pub(super) connector: Connector,
    connections: deadpool_postgres::Pool,
    /// One permit a call that runs or waits.
    waiting: Semaphore,
    pub(super) limits: PostgresLimits,
}

impl Pool {
    /// Connects when it is first asked for a connection.
    pub(super) fn new(connector: Connector, limits: PostgresLimits) -> Result<Self, OpenError> {
        let config = ManagerConfig { recycling_method: RecyclingMethod::Fast };
        let manager = Manager::from_connect(connector.config.clone(), connector.clone(), config);
        let timeouts = Timeouts {
            wait: Some(limits.call_max),
            create: Some(limits.connect_max),
            recycle: Some(limits.connect_max),
        };
        let preparing = connector.clone();
        let connections = deadpool_postgres::Pool::builder(manager)
            .max_size(limits.connections_max.max(1))
            .runtime(Runtime::Tokio1)
            .timeouts(timeouts)
            .post_create(Hook::async_fn(move |client: &mut ClientWrapper, _| {
                let connector = preparing.clone();
                Box::pin(async move {
                    connector.prepare(client).await.map_err(|error| HookError::message(error.to_string()))
                })
            }))
            .build()
            .map_err(|error| OpenError::Database(error.to_string()))?;
        let waiting = Semaphore::new(limits.calls_waiting_max.max(1));
        Ok(Self { connector, connections, waiting, limits })
    }

    /// Makes a call within a deadline, again where that may go better and nothing was written.
    pub(super) async fn call_within<T, E, F, Fut>(&self, deadline: Duration, act: F) -> Result<T, E>
    where
        E: From<StoreError>,
        F: Fn() -> Fut,
        Fut: Future<Output = Result<T, Failed<E>>>,
    {
        let _waits = self
            .waiting
            .try_acquire()
            .map_err(|_| if self.waiting.is_closed() { StoreError::closed() } else { StoreError::Overloaded })?;
        let late = || StoreError::Unavailable { reason: format!("no answer from the database within {deadline:?}") };
        tokio::time::timeout(deadline, self.again(act)).await.unwrap_or_else(|_| Err(late().into()))
    }

    async fn again<T, E, F, Fut>(&self, act: F) -> Result<T, E>
    where
        E: From<StoreError>,
        F: Fn() -> Fut,
        Fut: Future<Output = Result<T, Failed<E>>>,
    {
        let mut tries = 1;
        loop {
            match act().await {
                Ok(answer) => return Ok(answer),
                Err(Failed::Finally(error)) => return Err(error),
                Err(Failed::Again(error)) if tries >= self.limits.tries_max => return Err(error.into()),
                Err(Failed::Again(_)) => {
                    // Those who met once should not meet again.
                    let most = 4_u64 << tries.min(6);
                    tokio::time::sleep(Duration::from_millis(rand::random_range(1..=most))).await;
                    tries += 1;
                }
            }
        }
    }

    /// A connection of the pool.
    pub(super) async fn lend<E: From<StoreError>>(&self) -> Result<Lent, Failed<E>> {
        match self.connections.get().await {
            Ok(object) => Ok(Lent(Some(object))),
            Err(error) => Err(Failed::Finally(not_lent(error).into())),
        }
    }

    /// A connection outside of the pool, for what takes long.
    pub(super) async fn alone(&self) -> Result<Alone, OpenError> {
        self.connector.alone(self.limits.connect_max).await
    }

    /// Whether it was closed.
    pub(super) fn is_closed(&self) -> bool {
        self.waiting.is_closed()
    }

    /// Refuses calls, waits for those that run, and closes all connections.
    pub(super) async fn close(&self) {
        self.waiting.close();
        // Calls hold a permit each; those that run are over within their deadline.
        let all = self.limits.calls_waiting_max.max(1);
        let over = async {
            while self.waiting.available_permits() < all {
                tokio::time::sleep(Duration::from_millis(2)).await;
            }
        };
        // A caller that never polls its call keeps nobody from closing.
        let _ = tokio::time::timeout(self.limits.call_max, over).await;
        self.connections.close();
        let _ = tokio::time::timeout(self.limits.connect_max, self.connector.closed()).await;
    }
}

fn not_lent(error: PoolError) -> StoreError {
    match error {
        PoolError::Backend(error) => unavailable(&error),
        PoolError::Closed => StoreError::closed(),
        PoolError::PostCreateHook(HookError::Message(reason)) => {
            StoreError::Unavailable { reason: reason.into_owned() }
        }
        PoolError::Timeout(_) | PoolError::NoRuntimeSpecified | PoolError::PostCreateHook(_) => {
            StoreError::Unavailable { reason: error.to_string() }
        }
    }
}

/// A connection that is lent. Dropping it closes the connection: a call that was given up may have left it in a transaction. Whoever is
/// done gives it back.
pub(super) struct Lent(Option<Object>);

impl Lent {
    /// The connection is in no transaction, and can be lent again.
    pub(super) fn give_back(mut self) {
        drop(self.0.take());
    }

    /// The connection.
    pub(super) fn client<E: From<StoreError>>(&self) -> Result<&ClientWrapper, Failed<E>> {
        self.0.as_deref().ok_or_else(|| Failed::Finally(StoreError::closed().into()))
    }
}

impl Drop for Lent {
    fn drop(&mut self) {
        if let Some(object) = self.0.take() {
            // The pool may make another; this one ends here.
            drop(Object::take(object));
        }
    }
}
