//! A room's state: the fold of its publications.

use kkanbu_model::{Author, Body, Event, Handle, MembershipId, Minute, Offset, Publication, Reaction, StateVersion};
use std::collections::{BTreeMap, HashMap, HashSet};

/// A badge shows a role only once so many of that role are in the room; with fewer it would point at somebody.
pub const BADGE_MIN: u64 = 5;

/// A post as it stands now.
#[derive(Debug, Clone)]
pub struct PostState {
    /// When it was written.
    pub minute: Minute,
    /// Who wrote it.
    pub author: Author,
    /// Its text; `None` once retracted.
    pub body: Option<Body>,
    /// Whether the text was replaced.
    pub edited: bool,
    /// The post that it answers.
    pub reply_to: Option<Offset>,
    /// Handles called by name.
    pub mentions: Vec<Handle>,
    reactions: BTreeMap<Reaction, HashSet<MembershipId>>,
}

impl PostState {
    /// Reactions that somebody set, with their counts and whether `reader` is among them.
    pub fn reactions(&self, reader: MembershipId) -> impl Iterator<Item = (Reaction, u64, bool)> + '_ {
        let row = move |(reaction, by): (&Reaction, &HashSet<MembershipId>)| {
            (*reaction, by.len() as u64, by.contains(&reader))
        };
        self.reactions.iter().filter(|(_, by)| !by.is_empty()).map(row)
    }
}

/// What a room is, after all publications up to an offset.
#[derive(Debug, Clone, Default)]
pub struct RoomState {
    head: Offset,
    version: StateVersion,
    frozen: bool,
    posts: BTreeMap<Offset, PostState>,
    authors: HashMap<Handle, u64>,
}

impl RoomState {
    /// Takes the next publication in. Publications come in order; one that was applied before is ignored.
    pub fn apply(&mut self, publication: &Publication) {
        if publication.offset <= self.head {
            return;
        }
        self.head = publication.offset;
        if publication.event.changes_state() {
            self.version = StateVersion(publication.offset);
        }
        match &publication.event {
            Event::Post { author, body, reply_to, mentions } => {
                *self.authors.entry(author.handle.clone()).or_default() += 1;
                let post = PostState {
                    minute: publication.minute,
                    author: author.clone(),
                    body: Some(body.clone()),
                    edited: false,
                    reply_to: *reply_to,
                    mentions: mentions.clone(),
                    reactions: BTreeMap::new(),
                };
                self.posts.insert(publication.offset, post);
            }
            Event::Edit { target, body, mentions } => self.edit(*target, body, mentions),
            Event::Retract { target } => self.retract(*target),
            Event::React { target, reaction, on, by } => self.react(*target, *reaction, *on, *by),
            Event::Freeze => self.frozen = true,
            Event::Thaw => self.frozen = false,
        }
    }

    fn edit(&mut self, target: Offset, body: &Body, mentions: &[Handle]) {
        // An edit never brings a retracted text back.
        if let Some(post) = self.posts.get_mut(&target).filter(|post| post.body.is_some()) {
            post.body = Some(body.clone());
            post.mentions = mentions.to_vec();
            post.edited = true;
        }
    }

    fn retract(&mut self, target: Offset) {
        if let Some(post) = self.posts.get_mut(&target) {
            post.body = None;
            post.mentions.clear();
            post.reactions.clear();
        }
    }

    fn react(&mut self, target: Offset, reaction: Reaction, on: bool, by: MembershipId) {
        if let Some(post) = self.posts.get_mut(&target).filter(|post| post.body.is_some()) {
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
        self.frozen
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

    /// Whether this handle has posted: it may be mentioned, and nobody else may have it.
    pub fn has_posted(&self, handle: &Handle) -> bool {
        self.authors.contains_key(handle)
    }

    /// How many members have set this reaction to this post.
    pub fn reaction_count(&self, target: Offset, reaction: Reaction) -> u64 {
        self.posts.get(&target).and_then(|post| post.reactions.get(&reaction)).map_or(0, |by| by.len() as u64)
    }

    /// Whether the post at this offset was taken back.
    pub fn is_retracted(&self, target: Offset) -> bool {
        self.posts.get(&target).is_some_and(|post| post.body.is_none())
    }
}
