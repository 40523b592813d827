//! The newest frames of a room, ready to be sent.

use super::OutOfRing;
use crate::engine::Chunk;
use bytes::Bytes;
use kkanbu_model::{Event, Offset, Publication};
use std::collections::VecDeque;
use std::sync::Arc;

/// A frame ready to be sent, and what it says.
struct Ready {
    frame: Bytes,
    publication: Arc<Publication>,
}

/// Frames ready to be sent, oldest first, without holes up to the head.
pub(super) struct Ring {
    frames: VecDeque<Ready>,
    /// Offset of the newest frame.
    head: Offset,
    frames_max: usize,
}

/// What frames made earlier may say that is no longer so.
#[derive(Debug, Clone, Copy)]
pub(super) enum Outdated {
    /// The text of this post.
    Post(Offset),
    /// The notice.
    Notice,
}

impl Outdated {
    /// What a publication makes outdated.
    pub(super) const fn by(publication: &Publication) -> Option<Self> {
        match publication.event {
            Event::Edit { target, .. }
            | Event::Retract { target }
            | Event::Hide { target }
            | Event::Restore { target } => Some(Self::Post(target)),
            Event::Notice { .. } | Event::Settings(_) => Some(Self::Notice),
            Event::Post { .. }
            | Event::React { .. }
            | Event::Answer { .. }
            | Event::Freeze
            | Event::Thaw
            | Event::Slow { .. } => None,
        }
    }

    fn concerns(self, publication: &Publication) -> bool {
        match (&publication.event, self) {
            (Event::Post { .. }, Self::Post(target)) => publication.offset == target,
            (Event::Edit { target: of, .. } | Event::Restore { target: of }, Self::Post(target)) => *of == target,
            (Event::Notice { .. } | Event::Settings(_), Self::Notice) => true,
            (
                Event::Post { .. }
                | Event::Edit { .. }
                | Event::Restore { .. }
                | Event::Retract { .. }
                | Event::React { .. }
                | Event::Answer { .. }
                | Event::Hide { .. }
                | Event::Freeze
                | Event::Thaw
                | Event::Slow { .. }
                | Event::Notice { .. }
                | Event::Settings(_),
                Self::Post(_) | Self::Notice,
            ) => false,
        }
    }
}

impl Ring {
    /// A ring of at most so many frames, which begins after `head`.
    pub(super) const fn new(head: Offset, frames_max: usize) -> Self {
        Self { frames: VecDeque::new(), head, frames_max }
    }

    /// Offset of the newest frame.
    pub(super) const fn head(&self) -> Offset {
        self.head
    }

    /// Takes the next frame in, and lets the oldest go where there are too many.
    pub(super) fn push(&mut self, publication: &Arc<Publication>, frame: Bytes) {
        self.head = publication.offset;
        self.frames.push_back(Ready { frame, publication: publication.clone() });
        while self.frames.len() > self.frames_max {
            self.frames.pop_front();
        }
    }

    /// Makes frames anew that say what is no longer so: who has not got them yet gets no text that was taken back or hidden.
    pub(super) fn renew(&mut self, outdated: Outdated, frame: impl Fn(&Publication) -> Bytes) {
        for ready in self.frames.iter_mut().filter(|ready| outdated.concerns(&ready.publication)) {
            ready.frame = frame(&ready.publication);
        }
    }

    /// Forgets what is before `kept_from`.
    pub(super) fn trim(&mut self, kept_from: Offset) {
        while self.frames.front().is_some_and(|ready| ready.publication.offset < kept_from) {
            self.frames.pop_front();
        }
    }

    /// Forgets the texts of these publications.
    pub(super) fn erase(&mut self, offsets: &[Offset]) {
        for ready in &mut self.frames {
            if offsets.contains(&ready.publication.offset)
                && let Some(event) = ready.publication.event.without_text()
            {
                let Publication { offset, minute, .. } = *ready.publication;
                ready.publication = Arc::new(Publication { offset, minute, event });
            }
        }
    }

    /// The place of the frame that follows `cursor`.
    pub(super) fn following(&self, cursor: Offset) -> Result<usize, OutOfRing> {
        let waiting = usize::try_from(self.head.get().saturating_sub(cursor.get())).unwrap_or(usize::MAX);
        self.frames.len().checked_sub(waiting).ok_or(OutOfRing)
    }

    /// Gathers frames after `cursor`, as many as go together. False where there are none.
    pub(super) fn gather(&self, cursor: Offset, chunk: &mut Chunk) -> Result<bool, OutOfRing> {
        let following = self.frames.iter().skip(self.following(cursor)?);
        Ok(following.take_while(|ready| chunk.push(&ready.frame)).count() > 0)
    }
}
