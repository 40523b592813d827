//! Who has received what: every publication exactly once, in one order for the whole room, at every member; and how long it took.
//!
//! Where the server gives places, they are the order. Where it gives none, the first connection that sees a post decides which one comes next,
//! and every other is held to that.

use crate::tag::Tag;
use hdrhistogram::Histogram;
use std::collections::BTreeMap;

/// Longest time that is told apart from longer ones, in microseconds.
const LONGEST_US: u64 = 120_000_000;

const NANOS_A_SECOND: u64 = 1_000_000_000;

/// Seconds of a window that are told apart.
const SECONDS_MAX: usize = 3_600;

/// A post of this window.
#[derive(Debug)]
struct Post {
    room: usize,
    author: usize,
    /// When it was due, in nanoseconds of the generator's clock.
    due: u64,
    /// Its place in the room, once known.
    place: Option<u64>,
    answered: bool,
}

/// What one connection expects.
#[derive(Debug, Default, Clone)]
struct Reader {
    /// The place of the next publication.
    next: u64,
    /// Places before it that have not come.
    missing: Vec<u64>,
}

/// What was found wrong, and how much there was.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Counts {
    pub(crate) posts: u64,
    pub(crate) acknowledged: u64,
    /// Posts that had neither an answer nor a refusal.
    pub(crate) unanswered: u64,
    /// By the server's name for why.
    pub(crate) refused: BTreeMap<String, u64>,
    pub(crate) deliveries: u64,
    pub(crate) lost: u64,
    pub(crate) duplicated: u64,
    pub(crate) reordered: u64,
    /// Deliveries in another room than the post's.
    pub(crate) astray: u64,
    /// Deliveries of posts of an earlier window, that counted as lost there.
    pub(crate) late: u64,
}

/// Keeps the record of one window after another.
pub(crate) struct Recorder {
    members: usize,
    /// So many of each room, the last ones, don't read just now: what does not arrive there is not missed.
    pub(crate) excused: usize,
    /// Each room's last place.
    heads: Vec<u64>,
    readers: Vec<Reader>,
    /// The number of the first post of this window.
    first: u32,
    posts: Vec<Post>,
    counts: Counts,
    latencies: Histogram<u64>,
    /// The same by the second in which the post was due.
    by_second: Vec<Histogram<u64>>,
    acknowledges: bool,
}

impl Recorder {
    /// For so many rooms with so many members each. `acknowledges`: whether the server answers posts.
    pub(crate) fn new(rooms: usize, members: usize, acknowledges: bool) -> anyhow::Result<Self> {
        Ok(Self {
            members,
            excused: 0,
            heads: vec![0; rooms],
            readers: vec![Reader { next: 1, missing: Vec::new() }; rooms * members],
            first: 0,
            posts: Vec::new(),
            counts: Counts::default(),
            latencies: Histogram::new_with_bounds(1, LONGEST_US, 3)?,
            by_second: Vec::new(),
            acknowledges,
        })
    }

    /// A connection is in its room, where this was the last place.
    pub(crate) fn joined(&mut self, reader: usize, last: Option<u64>) {
        let room = reader / self.members;
        if let (Some(reader), Some(head)) = (self.readers.get_mut(reader), self.heads.get_mut(room)) {
            let last = last.unwrap_or(*head);
            *reader = Reader { next: last + 1, missing: Vec::new() };
            *head = last.max(*head);
        }
    }

    /// The last place up to which this connection has everything.
    pub(crate) fn place(&self, reader: usize) -> u64 {
        self.readers.get(reader).map_or(0, |reader| reader.missing.iter().copied().fold(reader.next, u64::min) - 1)
    }

    /// A new window: what was before is forgotten.
    pub(crate) fn begin(&mut self) {
        self.first = self.first.wrapping_add(u32::try_from(self.posts.len()).unwrap_or(u32::MAX));
        self.posts.clear();
        self.counts = Counts::default();
        self.latencies.reset();
        self.by_second.clear();
        for (index, reader) in self.readers.iter_mut().enumerate() {
            reader.missing.clear();
            reader.next = self.heads.get(index / self.members).map_or(0, |head| head + 1);
        }
    }

    /// A post is about to be sent; gives its tag.
    pub(crate) fn sends(&mut self, author: usize, due: u64) -> Tag {
        let number = self.first.wrapping_add(u32::try_from(self.posts.len()).unwrap_or(u32::MAX));
        self.posts.push(Post { room: author / self.members, author, due, place: None, answered: false });
        self.counts.posts += 1;
        Tag(number)
    }

    /// The server took a post. Gives the room, where this is news.
    pub(crate) fn acknowledged(&mut self, tag: Tag, place: Option<u64>) -> Option<usize> {
        let post = find(&mut self.posts, self.first, tag)?;
        if let (Some(place), Some(head)) = (place, self.heads.get_mut(post.room)) {
            *head = place.max(*head);
            if post.place.replace(place).is_some_and(|known| known != place) {
                self.counts.reordered += 1;
            }
        }
        self.counts.acknowledged += u64::from(!post.answered);
        (!std::mem::replace(&mut post.answered, true)).then_some(post.room)
    }

    /// The server refused a post. Gives the room, where this is news.
    pub(crate) fn refused(&mut self, tag: Tag, code: String) -> Option<usize> {
        let post = find(&mut self.posts, self.first, tag)?;
        *self.counts.refused.entry(code).or_default() += 1;
        (!std::mem::replace(&mut post.answered, true)).then_some(post.room)
    }

    /// A post arrived at a connection. Gives the room where that means that the post was taken.
    pub(crate) fn delivered(&mut self, reader: usize, tag: Tag, place: Option<u64>, now: u64) -> Option<usize> {
        if self.is_excused(reader) {
            return None;
        }
        let Some(post) = find(&mut self.posts, self.first, tag) else {
            self.counts.late += 1;
            return None;
        };
        let room = post.room;
        if reader / self.members != room {
            self.counts.astray += 1;
            return None;
        }
        let head = self.heads.get_mut(room)?;
        let place = match (post.place, place) {
            (Some(known), given) => {
                self.counts.reordered += u64::from(given.is_some_and(|given| given != known));
                given.unwrap_or(known)
            }
            (None, given) => *post.place.insert(given.unwrap_or(*head + 1)),
        };
        *head = place.max(*head);
        let (due, by_author) = (post.due, post.author == reader);
        let taken = !self.acknowledges && by_author && !std::mem::replace(&mut post.answered, true);
        let first_due = self.posts.first().map_or(due, |post| post.due);
        self.arrived(reader, place, (due.saturating_sub(first_due), now.saturating_sub(due)));
        self.counts.acknowledged += u64::from(taken);
        taken.then_some(room)
    }

    fn arrived(&mut self, reader: usize, place: u64, (due, nanos): (u64, u64)) {
        let Some(reader) = self.readers.get_mut(reader) else { return };
        if place == reader.next {
            reader.next += 1;
        } else if place > reader.next {
            reader.missing.extend(reader.next..place);
            reader.next = place + 1;
        } else if let Some(at) = reader.missing.iter().position(|missing| *missing == place) {
            reader.missing.swap_remove(at);
            self.counts.reordered += 1;
        } else {
            self.counts.duplicated += 1;
            return;
        }
        self.counts.deliveries += 1;
        self.latencies.saturating_record(nanos / 1_000);
        let second = usize::try_from(due / NANOS_A_SECOND).unwrap_or(usize::MAX).min(SECONDS_MAX);
        while self.by_second.len() <= second {
            // These bounds are valid, and two digits take little.
            let Ok(empty) = Histogram::new_with_bounds(1, LONGEST_US, 2) else { return };
            self.by_second.push(empty);
        }
        if let Some(histogram) = self.by_second.get_mut(second) {
            histogram.saturating_record(nanos / 1_000);
        }
    }

    /// So far.
    pub(crate) const fn counts(&self) -> &Counts {
        &self.counts
    }

    /// Times from being due to arriving, in microseconds.
    pub(crate) const fn latencies(&self) -> &Histogram<u64> {
        &self.latencies
    }

    /// The 99th percentile of each second's posts, in microseconds.
    pub(crate) fn p99_by_second(&self) -> Vec<u64> {
        self.by_second.iter().filter(|second| !second.is_empty()).map(|second| second.value_at_quantile(0.99)).collect()
    }

    /// Whether everything that was sent has been answered and has arrived everywhere.
    pub(crate) fn is_settled(&self) -> bool {
        let refused: u64 = self.counts.refused.values().sum();
        let taken = self.counts.posts - refused.min(self.counts.posts);
        self.counts.acknowledged >= taken && self.counts.deliveries >= taken * (self.members - self.excused) as u64
    }

    fn is_excused(&self, reader: usize) -> bool {
        reader % self.members >= self.members - self.excused
    }

    /// What is missing just now, over all connections.
    pub(crate) fn holes(&self) -> u64 {
        let of = |(index, reader): (usize, &Reader)| {
            let head = self.heads.get(index / self.members).copied().unwrap_or_default();
            reader.missing.len() as u64 + (head + 1).saturating_sub(reader.next)
        };
        self.readers.iter().enumerate().filter(|(index, _)| !self.is_excused(*index)).map(of).sum()
    }

    /// Whether every post has an answer.
    pub(crate) fn is_answered(&self, from: usize) -> bool {
        self.posts.iter().skip(from).all(|post| post.answered)
    }

    /// What is missing now is lost.
    pub(crate) fn finish(&mut self) -> Counts {
        let mut counts = std::mem::take(&mut self.counts);
        counts.unanswered = self.posts.iter().filter(|post| !post.answered).count() as u64;
        counts.lost += self.holes();
        if !self.acknowledges {
            // Nobody has seen them, so that no place is missing.
            let unseen = self.posts.iter().filter(|post| !post.answered && post.place.is_none()).count();
            counts.lost += (unseen * self.members) as u64;
        }
        counts
    }
}

fn find(posts: &mut [Post], first: u32, tag: Tag) -> Option<&mut Post> {
    posts.get_mut(tag.0.wrapping_sub(first) as usize)
}

#[cfg(test)]
#[path = "recorder_tests.rs"]
mod tests;
