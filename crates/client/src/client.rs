//! The half of a session that asks.

use crate::Options;
use crate::draft::{Draft, command_key};
use crate::error::{CommandError, ConnectError, Ended};
use crate::event::Events;
use crate::session::{Ask, Core, Dialer, Session};
use kkanbu_model::Offset;
use kkanbu_wire::{
    Answer, Command, Empty, History, HistoryPage, InRoom, Joined, Nothing, Placed, PostInfo, React, Redrawn, Retract,
    RoomInfo, RoomList, Welcome,
};
use serde::de::DeserializeOwned;
use std::sync::{Arc, OnceLock};
use std::time::Duration;
use tokio::sync::{mpsc, oneshot, watch};
use tokio::time::timeout;
use tokio_util::sync::{CancellationToken, DropGuard};
use tokio_util::task::TaskTracker;

/// Commands that wait to be handed to the session's task. Crossed: callers wait.
const ASKS_MAX: usize = 64;

/// A session, for asking. Clones share it; when the last is dropped the session is closed.
#[derive(Debug, Clone)]
pub struct Client {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    asks: mpsc::Sender<Ask>,
    welcome: watch::Receiver<Arc<Welcome>>,
    ended: Arc<OnceLock<Ended>>,
    deadline: Duration,
    tasks: TaskTracker,
    stop: CancellationToken,
    /// Dropped with the last client, which closes the session.
    _stop_on_drop: DropGuard,
}

impl Client {
    /// Opens a session: connects, signs, and is welcomed. Tries again until [`Options::connect_deadline`].
    pub async fn connect(options: Options) -> Result<(Self, Events), ConnectError> {
        let (deadline, events_max) = (options.command_deadline, options.events_max.max(1));
        let dialer = Dialer::new(options)?;
        let (line, welcome) = dialer.first().await?;
        let core = Core::new(&welcome.limits);
        let (asks, asked) = mpsc::channel(ASKS_MAX);
        let (events, told) = mpsc::channel(events_max);
        let (welcome, welcomed) = watch::channel(Arc::new(welcome));
        let (ended, stop) = (Arc::new(OnceLock::new()), CancellationToken::new());
        let tasks = TaskTracker::new();
        let session =
            Session { dialer, core, asks: asked, events, welcome, ended: Arc::clone(&ended), stop: stop.clone() };
        tasks.spawn(session.run(line));
        tasks.close();
        let guard = stop.clone().drop_guard();
        let shared = Shared { asks, welcome: welcomed, ended, deadline, tasks, stop, _stop_on_drop: guard };
        Ok((Self { shared: Arc::new(shared) }, Events(told)))
    }

    /// The latest welcome: programme, role, rooms, limits.
    pub fn welcome(&self) -> Arc<Welcome> {
        Arc::clone(&self.shared.welcome.borrow())
    }

    /// Why the session is over, if it is.
    pub fn ended(&self) -> Option<Ended> {
        self.shared.ended.get().cloned()
    }

    /// Closes the session and waits until its task is done.
    pub async fn close(&self) {
        self.shared.stop.cancel();
        self.shared.tasks.wait().await;
    }

    /// The rooms open to one's role.
    pub async fn rooms(&self) -> Result<Vec<RoomInfo>, CommandError> {
        let list: RoomList = self.ask(Command::Rooms(Nothing {})).await?;
        Ok(list.rooms)
    }

    /// Becomes a member of a room, or is one already. Publications above the answer's position come as events.
    pub async fn join(&self, room: &str) -> Result<Joined, CommandError> {
        self.ask(Command::Join(in_room(room))).await
    }

    /// Gives the seat in the room back and destroys the handle.
    pub async fn leave(&self, room: &str) -> Result<(), CommandError> {
        let Empty {} = self.ask(Command::Leave(in_room(room))).await?;
        Ok(())
    }

    /// Draws another handle.
    pub async fn redraw(&self, room: &str) -> Result<String, CommandError> {
        let redrawn: Redrawn = self.ask(Command::Redraw(in_room(room))).await?;
        Ok(redrawn.handle)
    }

    /// Says something: a [`Draft`] with nothing but a body.
    pub async fn post(&self, room: &str, body: &str) -> Result<Offset, CommandError> {
        self.send(&Draft::new(room, body)).await
    }

    /// Replaces the text of an own post.
    pub async fn edit(&self, room: &str, target: Offset, body: &str) -> Result<Offset, CommandError> {
        self.send(&Draft::editing(room, target.get(), body)).await
    }

    /// Sends a draft. It is written once however often it is sent; one that ran into its deadline can be sent again.
    ///
    /// Drafts whose sending is awaited one after another are written in that order. Of several on their way at once,
    /// one that the server asked to wait may be written after a later one.
    pub async fn send(&self, draft: &Draft) -> Result<Offset, CommandError> {
        self.place(draft.to_command()).await
    }

    /// Takes an own post back.
    pub async fn retract(&self, room: &str, target: Offset) -> Result<Offset, CommandError> {
        let (room, key) = (room.to_owned(), command_key().to_text());
        self.place(Command::Retract(Retract { room, key, target: target.get() })).await
    }

    /// Sets a reaction to a post or takes it back.
    pub async fn react(&self, room: &str, target: Offset, reaction: &str, on: bool) -> Result<Offset, CommandError> {
        let (room, key, reaction) = (room.to_owned(), command_key().to_text(), reaction.to_owned());
        self.place(Command::React(React { room, key, target: target.get(), reaction, on })).await
    }

    /// Marks a question as answered, or as open again.
    pub async fn answer(&self, room: &str, target: Offset, on: bool) -> Result<Offset, CommandError> {
        let (room, key) = (room.to_owned(), command_key().to_text());
        self.place(Command::Answer(Answer { room, key, target: target.get(), on })).await
    }

    /// A page of posts as they stand now, oldest first: the newest ones below `before`, or the newest of all.
    pub async fn history(&self, room: &str, before: Option<Offset>, limit: u16) -> Result<HistoryPage, CommandError> {
        let before = before.map(Offset::get);
        self.ask(Command::History(History { room: room.to_owned(), before, limit, open_questions: false })).await
    }

    /// As [`Client::history`], of questions alone that nobody has marked as answered.
    pub async fn open_questions(
        &self,
        room: &str,
        before: Option<Offset>,
        limit: u16,
    ) -> Result<HistoryPage, CommandError> {
        let before = before.map(Offset::get);
        self.ask(Command::History(History { room: room.to_owned(), before, limit, open_questions: true })).await
    }

    /// Every post that the room keeps, oldest first, page by page.
    pub async fn whole_history(&self, room: &str) -> Result<Vec<PostInfo>, CommandError> {
        let limit = u16::try_from(self.welcome().limits.history_posts_max).unwrap_or(u16::MAX).max(1);
        let (mut newest_first, mut before) = (Vec::new(), None);
        loop {
            let page = self.history(room, before, limit).await?;
            before = page.posts.first().map(|post| Offset::new(post.offset));
            newest_first.extend(page.posts.into_iter().rev());
            if !page.more || before.is_none() {
                newest_first.reverse();
                return Ok(newest_first);
            }
        }
    }

    async fn place(&self, command: Command) -> Result<Offset, CommandError> {
        let placed: Placed = self.ask(command).await?;
        Ok(Offset::new(placed.offset))
    }

    async fn ask<T: DeserializeOwned>(&self, command: Command) -> Result<T, CommandError> {
        let (answer, answered) = oneshot::channel();
        let asking = async {
            self.shared.asks.send(Ask { command, answer }).await.map_err(|_| self.over())?;
            answered.await.map_err(|_| self.over())?
        };
        let result = timeout(self.shared.deadline, asking).await.map_err(|_| CommandError::Deadline)??;
        serde_json::from_str(result.get()).map_err(|_| CommandError::Malformed)
    }

    fn over(&self) -> CommandError {
        CommandError::Ended(self.ended().unwrap_or(Ended::ByCaller))
    }
}

fn in_room(room: &str) -> InRoom {
    InRoom { room: room.to_owned() }
}
