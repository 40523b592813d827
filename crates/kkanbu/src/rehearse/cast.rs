//! Everybody: all seats of the programme taken, all writing at once.

use super::act::Writer;
use super::definition::Definition;
use super::judge::{Evidence, Written};
use super::member::Member;
use super::progress::Progress;
use super::stage::Venue;
use anyhow::Context;
use kkanbu_client::PostInfo;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Semaphore;
use tokio::time::{Instant, interval};
use tokio_util::sync::{CancellationToken, DropGuard};
use tokio_util::task::TaskTracker;

/// Members that come in at once.
const ENTERING_MAX: usize = 12;

/// How often the progress is shown.
const TICK: Duration = Duration::from_millis(200);

/// All members. Dropping it stops them.
pub(super) struct Cast {
    members: Vec<Arc<Member>>,
    start: Instant,
    tasks: TaskTracker,
    stop: CancellationToken,
    _stop_on_drop: DropGuard,
}

impl Cast {
    /// Fills every seat of every role.
    pub(super) async fn gather(definition: &Definition, venue: Venue) -> anyhow::Result<Self> {
        let (start, venue) = (Instant::now(), Arc::new(venue));
        let (tasks, stop) = (TaskTracker::new(), CancellationToken::new());
        let seats = definition.programme.roles.iter();
        let seats = seats.flat_map(|role| (0..role.seats).map(|_| role.id.as_str().to_owned()));
        let doors = Arc::new(Semaphore::new(ENTERING_MAX));
        let mut entering = Vec::new();
        for (number, role) in seats.enumerate() {
            let (venue, doors, listeners) = (Arc::clone(&venue), Arc::clone(&doors), tasks.clone());
            let stop = stop.clone();
            let enter = async move {
                let _door = doors.acquire().await?;
                let link = venue.links.get(&role).context("the server gave no join link for a role")?;
                let (member, events) = Member::enter(number, link, &venue, start).await?;
                let ears = Arc::clone(&member.ears);
                listeners.spawn(stop.run_until_cancelled_owned(async move { ears.listen(events).await }));
                Ok::<_, anyhow::Error>(Arc::new(member))
            };
            entering.push(tasks.spawn(enter));
        }
        let guard = stop.clone().drop_guard();
        let mut members = Vec::new();
        for member in entering {
            members.push(member.await??);
        }
        Ok(Self { members, start, tasks, stop, _stop_on_drop: guard })
    }

    /// When it all began.
    pub(super) const fn start(&self) -> Instant {
        self.start
    }

    pub(super) fn members(&self) -> &[Arc<Member>] {
        &self.members
    }

    /// Everybody writes for this time.
    pub(super) async fn write(&self, writing: Duration, progress: &Arc<Progress>) -> anyhow::Result<Written> {
        let began = Instant::now();
        let mut writers = Vec::new();
        for member in &self.members {
            let (member, progress, start) = (Arc::clone(member), Arc::clone(progress), self.start);
            let write = async move { Writer::new(&member, start, &progress).write_for(writing).await };
            writers.push(self.tasks.spawn(self.stop.clone().run_until_cancelled_owned(write)));
        }
        let mut tick = interval(TICK);
        while began.elapsed() < writing && !writers.iter().any(tokio::task::JoinHandle::is_finished) {
            tick.tick().await;
            progress.wrote_for(began.elapsed());
        }
        let mut all = Written::default();
        for writer in writers {
            let written = writer.await?.context("stopped")??;
            all.acknowledged.extend(written.acknowledged);
            all.unanswered.extend(written.unanswered);
            all.refused += written.refused;
        }
        Ok(all)
    }

    /// Ends all sessions and gives everything that there is to judge.
    pub(super) async fn evidence(
        self,
        written: Written,
        history: BTreeMap<String, Vec<PostInfo>>,
        expires: bool,
    ) -> Evidence {
        for member in &self.members {
            member.client.close().await;
        }
        // Listeners end with their sessions; what they were told is then complete.
        self.tasks.close();
        self.tasks.wait().await;
        Evidence { members: self.members.iter().map(|member| member.testimony()).collect(), written, history, expires }
    }
}
