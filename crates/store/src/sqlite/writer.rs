//! The one thread that writes. It takes what waits into one transaction, and answers when that is on the disk.

use super::limits::SqliteLimits;
use super::open::{self, Lock, Opened};
use super::recent::{Recent, Touches};
use super::unavailable;
use crate::{StoreError, telemetry};
use rusqlite::Connection;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, TrySendError, sync_channel};
use std::time::Duration;
use tokio::sync::oneshot;
use tokio::time::Instant;

/// What a write leaves to be done after its commit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum After {
    /// Nothing: it left no trace of anybody.
    Nothing,
    /// The file's layout tells when it came, until the file is rewritten.
    Tidy,
    /// What it deleted must be gone from the write-ahead log before it is answered.
    Checkpoint,
}

/// Hands writes to the thread.
#[derive(Debug)]
pub(super) struct Writer {
    queue: SyncSender<Box<dyn Job>>,
}

/// Answers one write; an error means that the thread ended before.
pub(super) type Answer<T, E> = oneshot::Receiver<Result<T, E>>;

/// Answers when the thread has closed the database.
pub(super) type Ended = oneshot::Receiver<()>;

impl Writer {
    /// Starts the thread. It ends when the `Writer` is dropped and all that waits is done.
    pub(super) fn start(opened: Opened, limits: &SqliteLimits, recent: Arc<Recent>) -> std::io::Result<(Self, Ended)> {
        let (queue, jobs) = sync_channel(limits.writes_waiting_max.max(1));
        let (ended, has_ended) = oneshot::channel();
        let thread = WriterThread {
            connection: opened.writer,
            jobs,
            recent,
            group_max: limits.group_writes_max.max(1),
            layout_kept: limits.layout_kept,
            untidy_since: opened.untidy.then(Instant::now),
            _lock: opened.lock,
        };
        std::thread::Builder::new().name("store-writer".into()).spawn(move || {
            thread.run();
            telemetry::closed();
            // Nobody waits when the store was dropped without being closed.
            let _ = ended.send(());
        })?;
        Ok((Self { queue }, has_ended))
    }

    /// Queues `act`, to be run in a transaction; what it returned is answered once that is durable.
    pub(super) fn queue<T, E, F>(&self, after: After, touches: Touches, act: F) -> Result<Answer<T, E>, StoreError>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
        F: FnOnce(&Connection) -> Result<T, E> + Send + 'static,
    {
        let (reply, answer) = oneshot::channel();
        let write = Write { act: Some(act), result: None, reply, after, touches };
        self.queue.try_send(Box::new(write)).map_err(|refused| match refused {
            TrySendError::Full(_) => StoreError::Overloaded,
            TrySendError::Disconnected(_) => ended(),
        })?;
        Ok(answer)
    }
}

/// Why there is no answer: the thread ended.
pub(super) fn ended() -> StoreError {
    StoreError::Unavailable { reason: "the writer has ended".into() }
}

/// One write that waits, whatever it returns.
trait Job: Send {
    /// Runs it within the group's transaction. What it did is undone where it fails, and the group goes on.
    fn run(&mut self, connection: &Connection) -> Result<(), rusqlite::Error>;
    /// Tells who waits; `group` says whether the group is durable.
    fn answer(self: Box<Self>, group: Result<(), StoreError>);
    fn after(&self) -> After;
    fn touches(&self) -> &Touches;
}

struct Write<T, E, F> {
    act: Option<F>,
    result: Option<Result<T, E>>,
    reply: oneshot::Sender<Result<T, E>>,
    after: After,
    touches: Touches,
}

impl<T, E, F> Job for Write<T, E, F>
where
    T: Send,
    E: From<StoreError> + Send,
    F: FnOnce(&Connection) -> Result<T, E> + Send,
{
    fn run(&mut self, connection: &Connection) -> Result<(), rusqlite::Error> {
        let Some(act) = self.act.take() else { return Ok(()) };
        connection.execute_batch("SAVEPOINT job")?;
        let result = act(connection);
        // A full disk ends the whole transaction, and the savepoint with it.
        if result.is_err() && !connection.is_autocommit() {
            connection.execute_batch("ROLLBACK TO job")?;
        }
        self.result = Some(result);
        connection.execute_batch("RELEASE job")
    }

    fn answer(self: Box<Self>, group: Result<(), StoreError>) {
        let answer = match (group, self.result) {
            (Ok(()), Some(result)) => result,
            (Ok(()), None) => Err(ended().into()),
            (Err(error), _) => Err(error.into()),
        };
        // Who asked may have gone; the write stays.
        let _ = self.reply.send(answer);
    }

    fn after(&self) -> After {
        self.after
    }

    fn touches(&self) -> &Touches {
        &self.touches
    }
}

struct WriterThread {
    connection: Connection,
    jobs: Receiver<Box<dyn Job>>,
    recent: Arc<Recent>,
    group_max: usize,
    layout_kept: Duration,
    /// When the first write came whose place in the file still tells its time.
    untidy_since: Option<Instant>,
    /// Dropped last: nobody else may open the database before it is closed.
    _lock: Lock,
}

impl WriterThread {
    fn run(mut self) {
        loop {
            let due = self.untidy_since.map(|since| self.layout_kept.saturating_sub(since.elapsed()));
            let first = match due {
                Some(Duration::ZERO) => Err(RecvTimeoutError::Timeout),
                Some(due) => self.jobs.recv_timeout(due),
                None => self.jobs.recv().map_err(|_| RecvTimeoutError::Disconnected),
            };
            match first {
                Ok(first) => self.take_group(first),
                Err(RecvTimeoutError::Timeout) => self.tidy(),
                Err(RecvTimeoutError::Disconnected) => break,
            }
        }
        if self.untidy_since.is_some() {
            self.tidy();
        }
    }

    fn take_group(&mut self, first: Box<dyn Job>) {
        let mut group = vec![first];
        group.extend(self.jobs.try_iter().take(self.group_max.saturating_sub(1)));
        // What a write of the group may change is read from the file alone from here until the group is over, whatever comes of it.
        for job in &group {
            self.recent.begin(job.touches());
        }
        let committed = self.commit(&mut group).map_err(|error| {
            telemetry::commit_failed(&error.to_string());
            unavailable(&error)
        });
        self.recent.end();
        if group.iter().any(|job| job.after() != After::Nothing) {
            self.untidy_since.get_or_insert_with(Instant::now);
        }
        for job in group {
            let outcome = match (&committed, job.after()) {
                (Ok(()), After::Checkpoint) => self.checkpoint(),
                _ => committed.clone(),
            };
            job.answer(outcome);
        }
    }

    fn commit(&self, group: &mut [Box<dyn Job>]) -> Result<(), rusqlite::Error> {
        let run = || {
            self.connection.execute_batch("BEGIN IMMEDIATE")?;
            for job in group {
                job.run(&self.connection)?;
            }
            self.connection.execute_batch("COMMIT")
        };
        run().inspect_err(|_| {
            if !self.connection.is_autocommit() {
                // A transaction that can't be ended makes the next BEGIN fail, and all who wait are told.
                let _ = self.connection.execute_batch("ROLLBACK");
            }
        })
    }

    fn checkpoint(&self) -> Result<(), StoreError> {
        open::checkpoint(&self.connection).map_err(|error| {
            telemetry::checkpoint_failed(&error.to_string());
            unavailable(&error)
        })
    }

    /// Rewrites the file in the order of its keys. Tables have no rowid, but the pages of a table and the cells of a page lie in
    /// the order in which they were written, and the write-ahead log is that order.
    fn tidy(&mut self) {
        let tidied = self.connection.execute_batch("VACUUM").and_then(|()| open::checkpoint(&self.connection));
        self.untidy_since = match tidied {
            Ok(()) => None,
            Err(error) => {
                telemetry::tidy_failed(&error.to_string());
                Some(Instant::now())
            }
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use kkanbu_keys::ServerId;
    use rusqlite::params;
    use tempfile::TempDir;

    fn writer() -> (TempDir, Writer) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("store.sqlite");
        let server = ServerId::from_bytes([1; 16]);
        let limits = SqliteLimits::default();
        let recent = Arc::new(Recent::new(&limits));
        open::create(&path, server).unwrap();
        let (writer, _ended) = Writer::start(open::open(&path, server, &limits).unwrap(), &limits, recent).unwrap();
        (folder, writer)
    }

    fn put(connection: &Connection, name: &str) -> Result<(), StoreError> {
        let put = connection.execute("INSERT INTO meta (name, value) VALUES (?1, x'00')", params![name]);
        put.map(|_| ()).map_err(|error| unavailable(&error))
    }

    async fn names(writer: &Writer) -> Vec<String> {
        let asked = writer.queue(After::Nothing, Touches::Nothing, |connection| {
            let mut statement = connection.prepare("SELECT name FROM meta ORDER BY name").unwrap();
            let names = statement.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect();
            Ok::<Vec<String>, StoreError>(names)
        });
        asked.unwrap().await.unwrap().unwrap()
    }

    /// Keeps the thread busy until something is sent, so that what is queued meanwhile becomes one group.
    fn keep_busy(writer: &Writer) -> SyncSender<()> {
        let (let_go, busy) = sync_channel(0);
        let job = move |_: &Connection| busy.recv().map_err(|_| ended());
        writer.queue(After::Nothing, Touches::Nothing, job).unwrap();
        let_go
    }

    #[tokio::test]
    async fn what_a_failed_write_did_is_undone_and_its_group_goes_on() {
        let (_folder, writer) = writer();
        let let_go = keep_busy(&writer);
        let before = writer.queue(After::Tidy, Touches::Nothing, |connection| put(connection, "before")).unwrap();
        let failed = writer.queue(After::Tidy, Touches::Nothing, |connection| {
            put(connection, "half")?;
            Err::<(), _>(StoreError::Overloaded)
        });
        let then = writer.queue(After::Tidy, Touches::Nothing, |connection| put(connection, "then")).unwrap();
        let_go.send(()).unwrap();
        assert_eq!(failed.unwrap().await.unwrap(), Err(StoreError::Overloaded));
        assert_eq!((before.await.unwrap(), then.await.unwrap()), (Ok(()), Ok(())));
        assert_eq!(names(&writer).await, ["audit head", "before", "server", "then"]);
    }

    #[tokio::test]
    async fn when_the_commit_fails_nobody_is_told_otherwise_and_nothing_is_kept() {
        let (_folder, writer) = writer();
        let let_go = keep_busy(&writer);
        let good = writer.queue(After::Tidy, Touches::Nothing, |connection| put(connection, "good")).unwrap();
        // A member of no programme, which the database notices only when the transaction is committed.
        let bad = writer.queue(After::Tidy, Touches::Nothing, |connection| {
            let sql = "PRAGMA defer_foreign_keys = ON; INSERT INTO member VALUES ('nowhere', x'00', 'mentee')";
            connection.execute_batch(sql).map_err(|error| unavailable(&error))
        });
        let_go.send(()).unwrap();
        assert!(matches!(good.await.unwrap(), Err(StoreError::Unavailable { .. })));
        assert!(matches!(bad.unwrap().await.unwrap(), Err(StoreError::Unavailable { .. })));
        assert_eq!(names(&writer).await, ["audit head", "server"]);
        writer
            .queue(After::Tidy, Touches::Nothing, |connection| put(connection, "next"))
            .unwrap()
            .await
            .unwrap()
            .unwrap();
        assert_eq!(names(&writer).await, ["audit head", "next", "server"]);
    }
}
