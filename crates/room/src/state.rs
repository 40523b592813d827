//! A room's state: the fold of its publications.

use kkanbu_model::{
    Author, Body, Event, Handle, MembershipId, Minute, Offset, Publication, Reaction, RoomSettings, StateVersion,
};
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

/// A badge shows a role only once so many of that role are in the room; with fewer it would point at somebody.
pub const BADGE_MIN: u64 = 5;

/// A post as it stands now.
#[derive(Debug, Clone)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a thing of its own that has or has not happened to the post"
)]
pub struct PostState {
    /// When it was written.
    pub minute: Minute,
    /// Who wrote it.
    pub author: Author,
    /// Its text, whoever may see it; `None` once retracted.
    body: Option<Body>,
    /// Whether the text was replaced.
    pub edited: bool,
    /// Whether the author took it back.
    pub retracted: bool,
    /// Whether a moderator has hidden it.
    pub hidden: bool,
    /// Whether it asks something.
    pub question: bool,
    /// Whether the question was marked as answered.
    pub answered: bool,
    /// The post that it answers.
    pub reply_to: Option<Offset>,
    mentions: Vec<Handle>,
    reactions: BTreeMap<Reaction, HashSet<MembershipId>>,
    /// The publication that holds its text.
    pub(crate) text_at: Option<Offset>,
}

impl PostState {
    /// Its text as members may see it; `None` where it was taken back or hidden.
    pub fn body(&self) -> Option<&Body> {
        self.body.as_ref().filter(|_| !self.hidden)
    }

    /// Its text as moderators see it; `None` where it was taken back.
    pub const fn body_for_moderators(&self) -> Option<&Body> {
        self.body.as_ref()
    }

    /// Whether the publication at this offset is the one that holds its text.
    pub fn has_its_text_at(&self, offset: Offset) -> bool {
        self.text_at == Some(offset)
    }

    /// Handles called by name in the text that members may see.
    pub fn mentions(&self) -> &[Handle] {
        if self.body().is_some() { &self.mentions } else { &[] }
    }

    /// A question that members may see and that was not marked as answered.
    pub fn is_open_question(&self) -> bool {
        self.question && !self.answered && self.body().is_some()
    }

    /// Reactions that somebody set, with their counts and whether `reader` is among them.
    pub fn reactions(&self, reader: MembershipId) -> impl Iterator<Item = (Reaction, u64, bool)> + '_ {
        let row = move |(reaction, by): (&Reaction, &HashSet<MembershipId>)| {
            (*reaction, by.len() as u64, by.contains(&reader))
        };
        self.reactions.iter().filter(|(_, by)| !by.is_empty()).map(row)
    }
}

/// A setting of moderators, and the publication that says so.
#[derive(Debug, Clone, Default)]
pub(crate) struct Since<T> {
    pub(crate) value: T,
    pub(crate) at: Offset,
}

/// What a room is, after all publications up to an offset.
#[derive(Debug, Clone, Default)]
pub struct RoomState {
    head: Offset,
    version: StateVersion,
    pub(crate) frozen: Since<bool>,
    pub(crate) slow_seconds: Since<u32>,
    pub(crate) notice: Since<Option<(Body, Minute)>>,
    pub(crate) posts: BTreeMap<Offset, PostState>,
    pub(crate) authors: HashMap<Handle, u64>,
    /// Publications whose text nobody may read any more, and which still hold it.
    pub(crate) leftover: BTreeSet<Offset>,
}

impl RoomState {
    /// The state before a log that begins at `kept_from`, of which `version` was the last publication that changed the state.
    pub fn before(kept_from: Offset, version: StateVersion) -> Self {
        let head = Offset::new(kept_from.get().saturating_sub(1));
        // Where that publication is kept, it is yet to come.
        let version = if version.0 < kept_from { version } else { StateVersion::default() };
        Self { head, version, ..Self::default() }
    }

    /// Takes the next publication in. Publications come in order; one that was applied before is ignored.
    pub fn apply(&mut self, publication: &Publication) {
        let Publication { offset, minute, event } = publication;
        if *offset <= self.head {
            return;
        }
        self.head = *offset;
        if event.changes_state() {
            self.version = StateVersion(*offset);
        }
        match event {
            Event::Post { .. } => self.post_written(*offset, *minute, event),
            Event::Edit { target, body, mentions } => self.edit(*offset, *target, body, mentions),
            Event::Retract { target } => self.retract(*target),
            Event::React { target, reaction, on, by } => self.react(*target, *reaction, *on, *by),
            Event::Answer { target, on } => self.change(*target, |post| post.answered = *on),
            Event::Hide { target } => self.change(*target, |post| post.hidden = true),
            Event::Restore { target } => self.change(*target, |post| post.hidden = false),
            Event::Freeze => self.frozen = Since { value: true, at: *offset },
            Event::Thaw => self.frozen = Since { value: false, at: *offset },
            Event::Slow { seconds } => self.slow_seconds = Since { value: *seconds, at: *offset },
            Event::Notice { text } => {
                self.notice = Since { value: text.clone().map(|text| (text, *minute)), at: *offset };
            }
            Event::Settings(settings) => {
                let RoomSettings { frozen, slow_seconds, notice } = settings.clone();
                self.frozen = Since { value: frozen, at: *offset };
                self.slow_seconds = Since { value: slow_seconds, at: *offset };
                self.notice = Since { value: notice.map(|text| (text, *minute)), at: *offset };
            }
        }
    }

    fn post_written(&mut self, offset: Offset, minute: Minute, event: &Event) {
        let Event::Post { author, body, reply_to, mentions, question } = event else { return };
        *self.authors.entry(author.handle.clone()).or_default() += 1;
        let erased = body.is_erased();
        let post = PostState {
            minute,
            author: author.clone(),
            body: (!erased).then(|| body.clone()),
            edited: false,
            retracted: false,
            hidden: false,
            question: *question,
            answered: false,
            reply_to: *reply_to,
            mentions: mentions.clone(),
            reactions: BTreeMap::new(),
            text_at: (!erased).then_some(offset),
        };
        self.posts.insert(offset, post);
    }

    fn change(&mut self, target: Offset, change: impl FnOnce(&mut PostState)) {
        if let Some(post) = self.posts.get_mut(&target) {
            change(post);
        }
    }

    fn edit(&mut self, offset: Offset, target: Offset, body: &Body, mentions: &[Handle]) {
        // An edit never brings a retracted text back, and what it says of a post that is gone is nobody's to read.
        let Some(post) = self.posts.get_mut(&target).filter(|post| !post.retracted) else {
            if !body.is_erased() {
                self.leftover.insert(offset);
            }
            return;
        };
        post.edited = true;
        if body.is_erased() {
            return;
        }
        self.leftover.extend(post.text_at.replace(offset));
        post.body = Some(body.clone());
        post.mentions = mentions.to_vec();
    }

    fn retract(&mut self, target: Offset) {
        if let Some(post) = self.posts.get_mut(&target) {
            post.retracted = true;
            post.body = None;
            post.mentions.clear();
            post.reactions.clear();
            self.leftover.extend(post.text_at.take());
        }
    }

    fn react(&mut self, target: Offset, reaction: Reaction, on: bool, by: MembershipId) {
        if let Some(post) = self.posts.get_mut(&target).filter(|post| !post.retracted) {
            let members = post.reactions.entry(reaction).or_default();
            if on {
                members.insert(by);
            } else {
                members.remove(&by);
            }
        }
    }

    /// The last publication applied.
    pub const fn head(&self) -> Offset {
        self.head
    }

    /// The version that decisions on this state name.
    pub const fn version(&self) -> StateVersion {
        self.version
    }

    /// Whether a moderator has stopped posting.
    pub const fn is_frozen(&self) -> bool {
        self.frozen.value
    }

    /// Seconds that each member waits between two posts; 0 is no slow mode.
    pub const fn slow_seconds(&self) -> u32 {
        self.slow_seconds.value
    }

    /// The notice that is up, and since when.
    pub fn notice(&self) -> Option<(&Body, Minute)> {
        self.notice.value.as_ref().map(|(text, minute)| (text, *minute))
    }

    /// All that moderators have set.
    pub fn settings(&self) -> RoomSettings {
        RoomSettings {
            frozen: self.frozen.value,
            slow_seconds: self.slow_seconds.value,
            notice: self.notice.value.as_ref().map(|(text, _)| text.clone()),
        }
    }

    /// The post at this offset.
    pub fn post(&self, offset: Offset) -> Option<&PostState> {
        self.posts.get(&offset)
    }

    /// Posts below an offset, newest first.
    pub(crate) fn posts_before(&self, before: Option<Offset>) -> impl Iterator<Item = (Offset, &PostState)> {
        let end = before.unwrap_or(Offset::new(u64::MAX));
        self.posts.range(..end).rev().map(|(offset, post)| (*offset, post))
    }

    /// How many questions nobody has marked as answered.
    pub fn open_questions(&self) -> usize {
        self.posts.values().filter(|post| post.is_open_question()).count()
    }

    /// Whether this handle has posted: it may be mentioned, and nobody else may have it.
    pub fn has_posted(&self, handle: &Handle) -> bool {
        self.authors.contains_key(handle)
    }

    /// How many members have set this reaction to this post.
    pub fn reaction_count(&self, target: Offset, reaction: Reaction) -> u64 {
        self.posts.get(&target).and_then(|post| post.reactions.get(&reaction)).map_or(0, |by| by.len() as u64)
    }
}
