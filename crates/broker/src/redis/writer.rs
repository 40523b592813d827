//! Publishing: what waits for the same master leaves together, and what comes meanwhile waits for the next turn.

use crate::redis::link::{Link, LinkError};
use crate::redis::room::{Kept, Room};
use crate::redis::scripts;
use crate::redis::shared::Shared;
use crate::redis::values::{bytes, number};
use crate::{BrokerError, Entry, PublishError, Published, telemetry};
use kkanbu_model::{Offset, StateVersion};
use parking_lot::Mutex as Lock;
use prometheus_client::metrics::histogram::Histogram;
use redis::{Cmd, Pipeline, Value};
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{mpsc, oneshot};
use tokio::time::{Instant, sleep, timeout};
use tokio_util::task::TaskTracker;

/// Publications that leave together at most.
const BATCH_PUBLICATIONS_MAX: usize = 1_024;

/// Between two tries of something that a server could not do just then.
const PAUSE: Duration = Duration::from_millis(25);

/// A turn that takes longer is reported.
const TURN_SLOW: Duration = Duration::from_millis(500);

/// What a server made of an entry.
enum Verdict {
    Published(Published),
    Stale(StateVersion),
    KeyReused,
    /// The log is behind what this node has seen.
    Lost,
}

struct Job {
    call: Cmd,
    reply: oneshot::Sender<Result<Verdict, LinkError>>,
}

/// A queue for each master.
pub(crate) struct Writers {
    queues: Lock<HashMap<String, mpsc::Sender<Job>>>,
    queue_max: usize,
    tasks: TaskTracker,
    pub(crate) turn_seconds: Histogram,
}

impl Writers {
    pub(crate) fn new(queue_max: usize, tasks: TaskTracker) -> Self {
        Self { queues: Lock::default(), queue_max, tasks, turn_seconds: telemetry::sync_seconds() }
    }

    /// Lets the writers end once they have written what waits.
    pub(crate) fn close(&self) {
        self.queues.lock().clear();
    }

    fn queue(&self, master: &Arc<Link>, replicas: usize, answer: Duration) -> mpsc::Sender<Job> {
        let mut queues = self.queues.lock();
        if let Some(queue) = queues.get(master.address()) {
            return queue.clone();
        }
        let (sender, queue) = mpsc::channel(self.queue_max);
        let writer = Writer {
            master: Arc::clone(master),
            replicas,
            answer,
            turn_seconds: self.turn_seconds.clone(),
            failing: false,
        };
        self.tasks.spawn(writer.run(queue));
        queues.insert(master.address().to_owned(), sender.clone());
        sender
    }

    /// Publishes an entry, wherever its room goes meanwhile, until the time for an answer is over.
    pub(crate) async fn publish(
        &self,
        shared: &Arc<Shared>,
        room: &Room,
        entry: &Entry,
        sealed: &[u8],
    ) -> Result<Published, PublishError> {
        let within = timeout(shared.settings.timings.answer, self.publish_stubbornly(shared, room, entry, sealed));
        within.await.unwrap_or_else(|_| Err(unavailable("redis did not answer in time")))
    }

    async fn publish_stubbornly(
        &self,
        shared: &Arc<Shared>,
        room: &Room,
        entry: &Entry,
        sealed: &[u8],
    ) -> Result<Published, PublishError> {
        loop {
            match self.try_publish(shared, room, entry, sealed).await {
                Ok(Verdict::Published(published)) => {
                    if !published.duplicate {
                        let (key, fingerprint) = (entry.key, entry.fingerprint);
                        let kept = Kept {
                            key,
                            fingerprint,
                            sealed: sealed.into(),
                            changes_state: entry.event.changes_state(),
                        };
                        room.acknowledged(published.offset, kept);
                    }
                    return Ok(published);
                }
                Ok(Verdict::Stale(now)) => return Err(PublishError::Stale { now }),
                Ok(Verdict::KeyReused) => return Err(PublishError::KeyReused),
                Ok(Verdict::Lost) => drop(shared.stand(room).await?),
                Err(error @ (LinkError::Away(_) | LinkError::Refused(_))) => {
                    return Err(PublishError::Unavailable(error.into()));
                }
                Err(LinkError::Moved | LinkError::Asking(_) | LinkError::NotNow(_)) => {
                    // Where nobody can be asked, the next try says why.
                    let _ = shared.servers.refresh().await;
                    sleep(PAUSE).await;
                }
            }
        }
    }

    async fn try_publish(
        &self,
        shared: &Shared,
        room: &Room,
        entry: &Entry,
        sealed: &[u8],
    ) -> Result<Verdict, LinkError> {
        let call = call(room, entry, sealed);
        let master = shared.servers.master(room.slot).await?;
        let (replicas, answer) = (shared.settings.replicas, shared.settings.timings.answer);
        let (reply, verdict) = oneshot::channel();
        let queued = self.queue(&master, replicas, answer).try_send(Job { call: call.clone(), reply });
        queued.map_err(|_| LinkError::Refused("the queue is full".to_owned()))?;
        match verdict.await.unwrap_or_else(|_| Err(LinkError::Away("the writer ended".to_owned()))) {
            Err(LinkError::Asking(address)) => {
                let mut pipeline = Pipeline::with_capacity(3);
                pipeline.cmd("ASKING").add_command(call);
                let mut replies = send(&*shared.servers.link(&address)?, pipeline, replicas, answer).await?.into_iter();
                replies.nth(1).unwrap_or_else(|| Err(LinkError::Away("no reply".to_owned()))).and_then(judge)
            }
            verdict => verdict,
        }
    }
}

fn unavailable(reason: &str) -> PublishError {
    PublishError::Unavailable(BrokerError::Unavailable { reason: reason.to_owned() })
}

fn call(room: &Room, entry: &Entry, sealed: &[u8]) -> Cmd {
    let mut call = scripts::PUBLISH.on(&room.key);
    call.arg(&entry.key.0[..]).arg(&entry.fingerprint[..]);
    match entry.decided_on {
        Some(StateVersion(version)) => call.arg(version.get()),
        None => call.arg(""),
    };
    call.arg(if entry.event.changes_state() { "1" } else { "" }).arg(sealed).arg(room.seen().offset.get());
    call
}

/// Sends calls on one connection, and where there are replicas waits until they have all of them.
async fn send(
    master: &Link,
    mut pipeline: Pipeline,
    replicas: usize,
    answer: Duration,
) -> Result<Vec<Result<Value, LinkError>>, LinkError> {
    if replicas == 0 {
        return master.pipeline(&pipeline).await;
    }
    pipeline.cmd("WAIT").arg(replicas).arg(u64::try_from(answer.as_millis() / 2).unwrap_or(u64::MAX));
    let mut replies = master.pipeline(&pipeline).await?;
    let had = replies.pop().and_then(Result::ok).and_then(number).unwrap_or(0);
    if had < replicas as u64 {
        return Err(LinkError::Away(format!("{had} of {replicas} replicas have it in time")));
    }
    Ok(replies)
}

fn judge(reply: Value) -> Result<Verdict, LinkError> {
    let reply = bytes(reply).unwrap_or_default();
    let offset = |digits: &[u8]| crate::redis::forms::read_offset(digits).unwrap_or(Offset::ZERO);
    match reply.split_first() {
        Some((b'P', rest)) => Ok(Verdict::Published(Published { offset: offset(rest), duplicate: false })),
        Some((b'D', rest)) => Ok(Verdict::Published(Published { offset: offset(rest), duplicate: true })),
        Some((b'S', rest)) => Ok(Verdict::Stale(StateVersion(offset(rest)))),
        Some((b'R', _)) => Ok(Verdict::KeyReused),
        Some((b'L', _)) => Ok(Verdict::Lost),
        _ => Err(LinkError::Refused("redis answered nothing that can be read".to_owned())),
    }
}

/// One master's writer.
struct Writer {
    master: Arc<Link>,
    replicas: usize,
    answer: Duration,
    turn_seconds: Histogram,
    failing: bool,
}

impl Writer {
    async fn run(mut self, mut queue: mpsc::Receiver<Job>) {
        let mut jobs = Vec::new();
        while queue.recv_many(&mut jobs, BATCH_PUBLICATIONS_MAX).await > 0 {
            // Those who asked may have given up; nothing has been sent for them.
            jobs.retain(|job| !job.reply.is_closed());
            if !jobs.is_empty() {
                self.turn(std::mem::take(&mut jobs)).await;
            }
        }
    }

    async fn turn(&mut self, jobs: Vec<Job>) {
        let began = Instant::now();
        let mut pipeline = Pipeline::with_capacity(jobs.len() + 1);
        let (calls, replies): (Vec<_>, Vec<_>) = jobs.into_iter().map(|job| (job.call, job.reply)).unzip();
        for call in calls {
            pipeline.add_command(call);
        }
        let sent = send(&self.master, pipeline, self.replicas, self.answer).await;
        let took = began.elapsed();
        self.turn_seconds.observe(took.as_secs_f64());
        if took > TURN_SLOW {
            telemetry::sync_slow(took, replies.len());
        }
        match sent {
            Ok(values) => {
                if std::mem::take(&mut self.failing) {
                    telemetry::write_recovered();
                }
                for (reply, value) in replies.into_iter().zip(values) {
                    // They may have stopped waiting, which is their right.
                    let _ = reply.send(value.and_then(judge));
                }
            }
            Err(error) => {
                if !std::mem::replace(&mut self.failing, true) {
                    telemetry::write_failed(&error.to_string(), replies.len());
                }
                for reply in replies {
                    let _ = reply.send(Err(error.clone()));
                }
            }
        }
    }
}
