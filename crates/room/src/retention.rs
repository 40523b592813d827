//! What of a room may be kept no longer.

use crate::RoomState;
use kkanbu_model::{Event, Minute, Offset};

impl RoomState {
    /// Where the room's log has to begin so that no post from before `cutoff` is in it; `None` where there is none. Posts that expired lie
    /// before others: where a clock went back, a post waits for those before it. One from after `now` was dated by a clock that was wrong,
    /// and says nothing: it goes with what was written after it.
    pub fn kept_from(&self, cutoff: Minute, now: Minute) -> Option<Offset> {
        let front = self.posts.iter().take_while(|(_, post)| post.minute < cutoff || post.minute > now);
        front.filter(|(_, post)| post.minute < cutoff).last().map(|(offset, _)| offset.next())
    }

    /// What has to be published before the log may begin at `kept_from`, because it would forget what moderators have set.
    pub fn to_repeat(&self, kept_from: Offset) -> Option<Event> {
        let lost = |set: bool, at: Offset| set && at < kept_from;
        let needed = lost(self.frozen.value, self.frozen.at)
            || lost(self.slow_seconds.value > 0, self.slow_seconds.at)
            || lost(self.notice.value.is_some(), self.notice.at);
        needed.then(|| Event::Settings(self.settings()))
    }

    /// Publications whose text was replaced, taken back or belongs to a post that is gone, and is still in the log.
    pub fn leftover(&self) -> Vec<Offset> {
        self.leftover.iter().copied().collect()
    }

    /// The text of these publications is no longer in the log.
    pub fn erased(&mut self, offsets: &[Offset]) {
        for offset in offsets {
            self.leftover.remove(offset);
        }
    }

    /// The log begins at `kept_from` now: forgets every post before it.
    pub fn trim(&mut self, kept_from: Offset) {
        let kept = self.posts.split_off(&kept_from);
        let gone = std::mem::replace(&mut self.posts, kept);
        self.leftover.retain(|offset| *offset >= kept_from);
        for post in gone.into_values() {
            self.leftover.extend(post.text_at.filter(|offset| *offset >= kept_from));
            if let Some(posts) = self.authors.get_mut(&post.author.handle) {
                *posts -= 1;
                if *posts == 0 {
                    self.authors.remove(&post.author.handle);
                }
            }
        }
    }
}
