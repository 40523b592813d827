//! The writer's thread: takes what waits in the queue, writes it with one sync, and only then shows and answers it.

use crate::local::Standing;
use crate::local::{RoomLog, Rooms};
use crate::memory::batch::Batch;
use crate::memory::journal::{Journal, JournalError};
use crate::memory::linger::Linger;
use crate::memory::quiet::{Quiet, receive_within};
use crate::{BrokerError, Entry, PublishError, Published, telemetry};
use kkanbu_keys::Keyring;
use kkanbu_model::{Epoch, Limits, Offset, ProgrammeId, RoomAddress};
use prometheus_client::metrics::histogram::Histogram;
use std::collections::{BTreeSet, HashSet};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{mpsc, oneshot};
use tokio::time::Instant;

/// Publications that share one sync at most. More wait for the next one.
const BATCH_PUBLICATIONS_MAX: usize = 1_024;

/// A sync that takes longer is reported.
const SYNC_SLOW: Duration = Duration::from_millis(500);

/// After so long without anything to do, the journal rests.
const QUIET: Duration = Duration::from_secs(2);

/// What waits in the writer's queue.
pub(crate) enum Job {
    Publish(Publish),
    Control(Control),
}

/// An entry on its way into the log.
pub(crate) struct Publish {
    pub(crate) room: RoomAddress,
    pub(crate) entry: Entry,
    pub(crate) sealed: Vec<u8>,
    pub(crate) reply: oneshot::Sender<Result<Published, PublishError>>,
}

type Reply<T> = oneshot::Sender<Result<T, BrokerError>>;

/// What the writer does between two batches.
pub(crate) enum Control {
    /// Bring a room into memory.
    Touch {
        room: RoomAddress,
        reply: Reply<Arc<RoomLog>>,
    },
    BeginEpoch {
        room: RoomAddress,
        reply: Reply<Epoch>,
    },
    /// Take the text out of these publications, at most a step's number. Answers the first that does not open.
    Erase {
        room: RoomAddress,
        offsets: BTreeSet<Offset>,
        reply: Reply<Option<Offset>>,
    },
    /// Delete what lies before this offset, at most a step's number. Answers up to where it has still to go.
    Trim {
        room: RoomAddress,
        kept_from: Offset,
        reply: Reply<Option<Offset>>,
    },
    /// Remove all traces of what was taken out.
    Scrub {
        reply: Reply<()>,
    },
    Destroy {
        programme: ProgrammeId,
        reply: Reply<()>,
    },
    Check {
        reply: Reply<()>,
    },
    /// Write what waits and end.
    Close,
}

/// The journal's only writer.
pub(crate) struct Writer<J> {
    pub(crate) journal: J,
    pub(crate) rooms: Arc<Rooms>,
    pub(crate) keyring: Keyring,
    ring_max: usize,
    linger: Linger,
    sync_seconds: Histogram,
    /// Rooms whose last write failed: it may be in the journal nevertheless, so the journal is asked first.
    suspect: HashSet<RoomAddress>,
    failing: bool,
    /// Something was published since the journal rested.
    unrested: bool,
}

/// A room that has been touched before.
pub(crate) struct KnownRoom {
    pub(crate) standing: Standing,
    /// Its log, where it is in memory.
    pub(crate) log: Option<Arc<RoomLog>>,
}

/// Ends all rooms when the thread ends, however it ends, so that nobody waits for it.
struct ClosesRooms(Arc<Rooms>);

impl Drop for ClosesRooms {
    fn drop(&mut self) {
        if std::thread::panicking() {
            telemetry::log_died();
        }
        self.0.close();
    }
}

impl<J: Journal> Writer<J> {
    pub(crate) fn new(journal: J, rooms: Arc<Rooms>, keyring: Keyring, limits: &Limits) -> Self {
        let (ring_max, linger) = (limits.ring_publications_max, Linger::new(limits.commit_linger));
        let sync_seconds = telemetry::sync_seconds();
        Self {
            journal,
            rooms,
            keyring,
            ring_max,
            linger,
            sync_seconds,
            suspect: HashSet::new(),
            failing: false,
            unrested: false,
        }
    }

    /// What it counts, for operators.
    pub(crate) fn sync_seconds(&self) -> Histogram {
        self.sync_seconds.clone()
    }

    /// Writes until the queue is closed and empty.
    pub(crate) fn run(mut self, mut queue: mpsc::Receiver<Job>) {
        let _closes = ClosesRooms(Arc::clone(&self.rooms));
        telemetry::log_started();
        while let Some(first) = self.next(&mut queue) {
            self.turn(first, &mut queue);
        }
        self.journal.close();
        telemetry::log_closed();
    }

    /// Waits for what is to be done, and lets the journal rest once where nothing comes.
    fn next(&mut self, queue: &mut mpsc::Receiver<Job>) -> Option<Job> {
        if self.unrested {
            match receive_within(queue, QUIET) {
                Ok(job) => return job,
                Err(Quiet) => self.journal.rest(),
            }
            self.unrested = false;
        }
        queue.blocking_recv()
    }

    /// Takes publications until there are no more, or enough, or something else is to be done, which comes after them.
    fn turn(&mut self, first: Job, queue: &mut mpsc::Receiver<Job>) {
        let held_back = matches!(first, Job::Publish(_)) && self.hold_back();
        let mut publishes = Vec::new();
        let mut control = None;
        let mut job = Some(first);
        while let Some(taken) = job {
            match taken {
                Job::Publish(publish) => publishes.push(publish),
                Job::Control(taken) => {
                    control = Some(taken);
                    break;
                }
            }
            job = if publishes.len() < BATCH_PUBLICATIONS_MAX { queue.try_recv().ok() } else { None };
        }
        if !publishes.is_empty() {
            self.unrested = true;
            self.linger.commits(publishes.len(), held_back, Instant::now());
            self.publish(publishes);
        }
        if let Some(control) = control {
            self.control(control, queue);
        }
    }

    /// Gives others time to come, where they come often. Sleeps, so that nobody who comes has to wake this thread.
    fn hold_back(&self) -> bool {
        let now = Instant::now();
        let Some(until) = self.linger.until(now) else { return false };
        std::thread::sleep(until.duration_since(now));
        true
    }

    /// One group commit. The order of its last three lines is the promise: durable, then visible, then acknowledged.
    fn publish(&mut self, publishes: Vec<Publish>) {
        let mut batch = Batch::default();
        let (replies, entries): (Vec<_>, Vec<_>) =
            publishes.into_iter().map(|publish| (publish.reply, (publish.room, publish.entry, publish.sealed))).unzip();
        let written = entries
            .into_iter()
            .try_for_each(|(room, entry, sealed)| batch.accept(self, &room, entry, sealed))
            .and_then(|()| self.write(&batch));
        if let Err(error) = written {
            self.roll_back(batch.rooms());
            telemetry::write_failed(&error.0, replies.len());
            let unavailable = PublishError::Unavailable(error.into());
            for reply in replies {
                answer(reply, Err(unavailable.clone()));
            }
            return;
        }
        let verdicts = batch.show(&self.rooms, self.ring_max);
        for (reply, verdict) in replies.into_iter().zip(verdicts) {
            answer(reply, verdict);
        }
    }

    fn write(&mut self, batch: &Batch) -> Result<(), JournalError> {
        if !batch.changes_anything() {
            return Ok(());
        }
        for (room, standing) in batch.new_rooms() {
            self.journal.set_standing(room, standing)?;
        }
        self.journal.append(batch.records())?;
        self.sync(batch.records().len())
    }

    pub(crate) fn sync(&mut self, publications: usize) -> Result<(), JournalError> {
        let began = Instant::now();
        self.journal.sync()?;
        let took = began.elapsed();
        self.sync_seconds.observe(took.as_secs_f64());
        if took > SYNC_SLOW {
            telemetry::sync_slow(took, publications);
        }
        if std::mem::take(&mut self.failing) {
            telemetry::write_recovered();
        }
        Ok(())
    }

    /// After a failed write: nothing of it counts, unless the journal says that it is there.
    fn roll_back<'a>(&mut self, rooms: impl Iterator<Item = &'a RoomAddress>) {
        self.failing = true;
        self.journal.rollback();
        self.suspect.extend(rooms.cloned());
        let suspects: Vec<_> = self.suspect.iter().cloned().collect();
        for room in suspects {
            // Where the journal can't be asked now, it is asked before the room's next write.
            let _ = self.standing(&room);
        }
    }

    /// Where a room's log stands; `None` where the room was never touched.
    pub(crate) fn standing(&mut self, address: &RoomAddress) -> Result<Option<KnownRoom>, JournalError> {
        let known = self.rooms.get(address);
        if let Some(room) = known.as_ref().filter(|_| !self.suspect.contains(address)) {
            return Ok(Some(KnownRoom { standing: room.standing(), log: known }));
        }
        let standing = self.journal.standing(address)?;
        if let Some(room) = &known {
            let seen = room.standing();
            let found = standing.filter(|found| found.head >= seen.head && found.kept_from >= seen.kept_from);
            let found = found.ok_or_else(|| JournalError("the log lost what it had acknowledged".to_owned()))?;
            let risen = room.stands_at(found);
            if risen > 0 {
                telemetry::written_after_all(risen);
            }
        }
        self.suspect.remove(address);
        Ok(standing.map(|standing| KnownRoom { standing, log: known }))
    }

    fn control(&mut self, control: Control, queue: &mut mpsc::Receiver<Job>) {
        match control {
            Control::Touch { room, reply } => {
                let touched = self.touch(&room);
                answer(reply, self.or_rolled_back(&room, touched));
            }
            Control::BeginEpoch { room, reply } => {
                let begun = self.begin_epoch(&room);
                answer(reply, self.or_rolled_back(&room, begun));
            }
            Control::Erase { room, offsets, reply } => {
                let erased = self.erase(&room, &offsets);
                answer(reply, self.or_forgotten(&room, erased));
            }
            Control::Trim { room, kept_from, reply } => {
                let trimmed = self.trim(&room, kept_from);
                answer(reply, self.or_forgotten(&room, trimmed));
            }
            Control::Scrub { reply } => answer(reply, self.scrub().map_err(Into::into)),
            Control::Destroy { programme, reply } => answer(reply, self.destroy(&programme).map_err(Into::into)),
            Control::Check { reply } => answer(reply, self.journal.check().map_err(Into::into)),
            Control::Close => queue.close(),
        }
    }

    pub(crate) fn or_rolled_back<T>(
        &mut self,
        room: &RoomAddress,
        done: Result<T, JournalError>,
    ) -> Result<T, BrokerError> {
        done.map_err(|error| {
            self.roll_back(std::iter::once(room));
            telemetry::write_failed(&error.0, 0);
            error.into()
        })
    }

    /// Brings a room into memory; one that was never touched gets an epoch that stays.
    fn touch(&mut self, address: &RoomAddress) -> Result<Arc<RoomLog>, JournalError> {
        let standing = match self.standing(address)? {
            Some(KnownRoom { log: Some(room), .. }) => return Ok(room),
            Some(KnownRoom { standing, log: None }) => standing,
            None => {
                let standing = Standing::new_room();
                self.journal.set_standing(address, &standing)?;
                self.sync(0)?;
                standing
            }
        };
        let room = Arc::new(RoomLog::new(address.clone(), standing));
        self.rooms.insert(Arc::clone(&room));
        Ok(room)
    }

    fn begin_epoch(&mut self, address: &RoomAddress) -> Result<Epoch, JournalError> {
        let room = self.touch(address)?;
        let standing = room.standing().in_new_epoch();
        self.journal.set_standing(address, &standing)?;
        self.sync(0)?;
        room.stands_at(standing);
        telemetry::epoch_begun();
        Ok(standing.epoch)
    }

    fn destroy(&mut self, programme: &ProgrammeId) -> Result<(), JournalError> {
        let destroyed = self.journal.destroy(programme);
        // Also where it failed: what is still there is then asked of the journal anew.
        self.rooms.close_programme(programme);
        self.suspect.retain(|room| room.programme != *programme);
        destroyed?;
        telemetry::programme_destroyed();
        Ok(())
    }
}

/// Answers whoever asked. They may have stopped waiting, which is their right.
fn answer<T, E>(reply: oneshot::Sender<Result<T, E>>, result: Result<T, E>) {
    let _ = reply.send(result);
}
