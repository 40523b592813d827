//! What a member does next, and doing it.

use super::judge::{Acknowledged, Written};
use super::member::Member;
use super::pace;
use super::progress::Progress;
use super::said::{Print, Said};
use super::texts;
use anyhow::bail;
use kkanbu_client::{CommandError, Draft};
use kkanbu_model::Offset;
use std::collections::HashSet;
use std::time::Duration;
use tokio::time::{Instant, sleep_until};

/// Something that a member does.
#[derive(Debug)]
enum Act {
    Post(Draft),
    Edit(Draft),
    Retract(u64),
    React { target: u64, reaction: String, on: bool },
}

/// A member who writes.
pub(super) struct Writer<'a> {
    member: &'a Member,
    start: Instant,
    progress: &'a Progress,
    /// Texts so far.
    texts: u64,
    /// Own posts that stand.
    own: Vec<(String, u64)>,
    /// Own reactions that stand.
    reactions: HashSet<(String, u64, String)>,
    written: Written,
}

impl<'a> Writer<'a> {
    /// A member who has written nothing yet; times are counted from `start`.
    pub(super) fn new(member: &'a Member, start: Instant, progress: &'a Progress) -> Self {
        Self {
            member,
            start,
            progress,
            texts: 0,
            own: Vec::new(),
            reactions: HashSet::new(),
            written: Written::default(),
        }
    }

    /// Writes for this time, within the server's rate, and gives what became of it.
    pub(super) async fn write_for(mut self, writing: Duration) -> anyhow::Result<Written> {
        let began = Instant::now();
        let gap = pace::gap(&self.member.client.welcome().limits, writing);
        for number in 0.. {
            let due = pace::due(gap, number, rand::random());
            if due >= writing {
                break;
            }
            sleep_until(began + due).await;
            if began.elapsed() >= writing {
                break;
            }
            self.act().await?;
        }
        Ok(self.written)
    }

    async fn act(&mut self) -> anyhow::Result<()> {
        let Some(room) = self.member.rooms.get(some_room(self.member.rooms.len())).cloned() else { return Ok(()) };
        let (room, act, said) = self.choose(room);
        let sent = self.start.elapsed();
        let client = &self.member.client;
        let result = match &act {
            Act::Post(draft) | Act::Edit(draft) => client.send(draft).await,
            Act::Retract(target) => client.retract(&room, Offset::new(*target)).await,
            Act::React { target, reaction, on } => client.react(&room, Offset::new(*target), reaction, *on).await,
        };
        match result {
            Ok(offset) => {
                self.progress.acknowledged();
                self.done(&room, &act, offset.get());
                let on = !matches!(act, Act::React { on: false, .. });
                let (member, offset) = (self.member.number, offset.get());
                self.written.acknowledged.push(Acknowledged { member, room, offset, said, on, sent });
            }
            Err(CommandError::Rejected(rejection)) => {
                tracing::debug!(code = rejection.message, "refused");
                self.written.refused += 1;
            }
            Err(CommandError::Ended(ended)) => bail!("member {}: {ended}", self.member.number),
            Err(error) => {
                tracing::warn!(member = self.member.number, %error, "no answer");
                self.written.unanswered.push((room, said));
            }
        }
        if let Some(ended) = self.member.ears.ended() {
            bail!("member {}: {ended}", self.member.number);
        }
        Ok(())
    }

    /// Mostly posts; now and then a reaction, an edit, a retract.
    fn choose(&mut self, room: String) -> (String, Act, Said) {
        let chosen = match rand::random_range(0..100) {
            0..14 => self.react(&room),
            14..21 => self.edit(),
            21..25 => self.retract(),
            _ => None,
        };
        chosen.unwrap_or_else(|| self.post(room))
    }

    fn post(&mut self, room: String) -> (String, Act, Said) {
        let body = self.text();
        let said = Said::Post { body: Some(Print::of(&body)) };
        let mut draft = Draft::new(room.as_str(), body).confirmed();
        if let Some(post) = self.member.ears.recent(&room) {
            match rand::random_range(0..100) {
                0..30 => draft = draft.replying_to(post.offset),
                30..45 => draft = draft.mentioning([post.author]),
                _ => (),
            }
        }
        (room, Act::Post(draft), said)
    }

    fn edit(&mut self) -> Option<(String, Act, Said)> {
        let (room, target) = self.own.get(self.some_own()?)?.clone();
        let body = self.text();
        let said = Said::Edit { target, body: Some(Print::of(&body)) };
        let draft = Draft::editing(room.as_str(), target, body).confirmed();
        Some((room, Act::Edit(draft), said))
    }

    fn retract(&mut self) -> Option<(String, Act, Said)> {
        let (room, target) = self.own.swap_remove(self.some_own()?);
        Some((room, Act::Retract(target), Said::Retract { target }))
    }

    fn react(&mut self, room: &str) -> Option<(String, Act, Said)> {
        let target = self.member.ears.recent(room)?.offset;
        let reactions = &self.member.client.welcome().reactions;
        let reaction = reactions.get(rand::random_range(0..reactions.len().max(1)))?.clone();
        let on = !self.reactions.contains(&(room.to_owned(), target, reaction.clone()));
        let said = Said::Reaction { target, reaction: Print::of(&reaction) };
        Some((room.to_owned(), Act::React { target, reaction, on }, said))
    }

    fn done(&mut self, room: &str, act: &Act, offset: u64) {
        match act {
            Act::Post(_) => self.own.push((room.to_owned(), offset)),
            Act::React { target, reaction, on } => {
                let reaction = (room.to_owned(), *target, reaction.clone());
                if *on {
                    self.reactions.insert(reaction);
                } else {
                    self.reactions.remove(&reaction);
                }
            }
            Act::Edit(_) | Act::Retract(_) => (),
        }
    }

    fn text(&mut self) -> String {
        self.texts += 1;
        texts::text(self.member.number, self.texts)
    }

    fn some_own(&self) -> Option<usize> {
        if self.own.is_empty() { None } else { Some(rand::random_range(0..self.own.len())) }
    }
}

/// The first room is where most of it happens.
fn some_room(rooms: usize) -> usize {
    if rooms < 2 || rand::random_bool(0.5) { 0 } else { rand::random_range(1..rooms) }
}
