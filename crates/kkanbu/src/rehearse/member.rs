//! One member: a seat, the real client on it, a recorder below and ears above.

use super::judge::{Testimony, Told};
use super::record::Recorder;
use super::stage::Venue;
use anyhow::{Context, anyhow, bail};
use data_encoding::HEXLOWER;
use kkanbu_client::{Client, Ended, Event, Events, JoinLink, Options, Seed, What};
use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::time::Instant;

/// Posts of a room that a member remembers, to answer and react to.
const RECENT_MAX: usize = 50;

/// How long a command may take: longer than any restart of the server.
const COMMAND: Duration = Duration::from_mins(2);

/// What the wait before coming back is at most. Shorter than the contract's, so that nobody is still waiting when the
/// deliveries are counted.
const WAIT_MAX: Duration = Duration::from_secs(3);

/// A post that one has read.
#[derive(Debug, Clone)]
pub(super) struct Read {
    pub(super) offset: u64,
    pub(super) author: String,
}

/// What a member's caller was told.
#[derive(Debug, Default)]
struct Heard {
    told: Vec<Told>,
    recent: BTreeMap<String, VecDeque<Read>>,
    ended: Option<Ended>,
}

/// What a member's caller was told, as it comes.
#[derive(Debug, Default)]
pub(super) struct Ears(Mutex<Heard>);

impl Ears {
    fn heard(&self) -> MutexGuard<'_, Heard> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Listens until the session is over.
    pub(super) async fn listen(&self, mut events: Events) {
        while let Some(event) = events.next().await {
            self.hear(event);
        }
    }

    fn hear(&self, event: Event) {
        let mut heard = self.heard();
        match event {
            Event::Publication(publication) => {
                let (room, offset) = (publication.room, publication.offset);
                let recent = heard.recent.entry(room.clone()).or_default();
                match publication.what {
                    What::Post { author, retracted: false, .. } => recent.push_back(Read { offset, author }),
                    What::Retract { target } => recent.retain(|post| post.offset != target),
                    What::Post { .. }
                    | What::Edit { .. }
                    | What::Reaction { .. }
                    | What::Answered { .. }
                    | What::Hide { .. }
                    | What::Restore { .. }
                    | What::Freeze
                    | What::Thaw
                    | What::Slow { .. }
                    | What::Notice { .. }
                    | What::Settings { .. }
                    | What::Unknown => (),
                }
                if recent.len() > RECENT_MAX {
                    recent.pop_front();
                }
                heard.told.push(Told::Publication { room, offset });
            }
            Event::RoomReset { room, position, .. } => {
                heard.recent.remove(&room);
                heard.told.push(Told::Reset { room, at: position.offset });
            }
            Event::Closed(ended) => heard.ended = Some(ended),
            Event::RoomEnded { .. }
            | Event::Phase(_)
            | Event::Muted(_)
            | Event::Disconnected(_)
            | Event::Reconnected => (),
        }
    }

    /// One of the posts that were read lately.
    pub(super) fn recent(&self, room: &str) -> Option<Read> {
        let heard = self.heard();
        let recent = heard.recent.get(room).filter(|recent| !recent.is_empty())?;
        recent.get(rand::random_range(0..recent.len())).cloned()
    }

    pub(super) fn ended(&self) -> Option<Ended> {
        self.heard().ended.clone()
    }
}

/// One member of the cast.
pub(super) struct Member {
    pub(super) number: usize,
    pub(super) client: Client,
    pub(super) recorder: Arc<Recorder>,
    pub(super) ears: Arc<Ears>,
    /// The rooms that it is in.
    pub(super) rooms: Vec<String>,
    /// To come in again, as the same member without memory.
    options: Options,
}

impl Member {
    /// Takes a seat and joins every room that has a place.
    pub(super) async fn enter(
        number: usize,
        link: &JoinLink,
        venue: &Venue,
        start: Instant,
    ) -> anyhow::Result<(Self, Events)> {
        let recorder = Arc::new(Recorder::new(start));
        let options = Options {
            tls: venue.tls.clone(),
            command_deadline: COMMAND,
            wait_max: WAIT_MAX,
            ..Options::joining(link, Seed::random())
        };
        let tapped = Options { tap: Some(recorder.clone()), ..options.clone() };
        let (client, events) =
            Client::connect(tapped).await.with_context(|| format!("member {number} can't come in"))?;
        let mut rooms = Vec::new();
        for room in &client.welcome().rooms {
            match client.join(&room.room).await {
                Ok(_) => rooms.push(room.room.clone()),
                Err(error) if matches!(error.rejected_as(), Some("room_full" | "too_many_rooms")) => (),
                Err(error) => return Err(anyhow!(error).context(format!("member {number} can't join {}", room.room))),
            }
        }
        if rooms.is_empty() {
            bail!("member {number} found no room with a place");
        }
        Ok((Self { number, client, recorder, ears: Arc::default(), rooms, options }, events))
    }

    /// A further session of this member that remembers nothing.
    pub(super) async fn visit(&self) -> anyhow::Result<Client> {
        // Nobody listens: only commands are wanted.
        let (client, _) = Client::connect(self.options.clone()).await?;
        Ok(client)
    }

    /// Its role and seed, to come in again.
    pub(super) fn as_line(&self) -> String {
        let role = self.client.welcome().role.id.clone();
        format!("{role} {}\n", HEXLOWER.encode(self.options.seed.expose_secret()))
    }

    pub(super) fn testimony(&self) -> Testimony {
        Testimony {
            seen: self.recorder.seen(),
            told: self.ears.heard().told.clone(),
            connected: self.recorder.connections(),
        }
    }
}
