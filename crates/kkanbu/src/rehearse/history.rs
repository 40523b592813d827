//! What a room's history must hold after everything that was acknowledged.

use super::judge::{Acknowledged, Written};
use super::said::{Print, Said};
use kkanbu_client::PostInfo;
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// Acknowledged writes of a room that its history does not hold. Where things expire, what lies before the oldest post that is kept has.
pub(super) fn lost(room: &str, posts: &[PostInfo], written: &Written, expires: bool) -> u64 {
    let mut writes: Vec<&Acknowledged> = written.acknowledged.iter().filter(|write| write.room == room).collect();
    writes.sort_by_key(|write| (write.offset, write.sent));
    let unanswered: Vec<&Said> = written.unanswered.iter().filter(|(of, _)| of == room).map(|(_, said)| said).collect();
    let posts: HashMap<u64, &PostInfo> = posts.iter().map(|post| (post.offset, post)).collect();
    let fates = fates(&writes);
    let oldest = posts.keys().min().copied().unwrap_or(u64::MAX);
    let mut lost = 0;
    for (offset, fate) in fates.iter().filter(|(offset, _)| !expires || **offset >= oldest) {
        lost += match posts.get(offset) {
            // With the post all that was done to it is gone.
            None => fate.writes,
            Some(post) => fate.displaced + fate.lost_in(post, *offset, &unanswered),
        };
    }
    lost
}

/// What should have become of a post.
#[derive(Debug, Default)]
struct Fate {
    /// Acknowledged writes that made it so.
    writes: u64,
    /// The first text, where the post is ours.
    first: Option<Print>,
    /// Posts that were acknowledged at the same offset before.
    displaced: u64,
    edits: Vec<Print>,
    retracted: bool,
    /// Members that set each reaction.
    reactions: BTreeMap<Print, BTreeSet<usize>>,
}

fn fates(writes: &[&Acknowledged]) -> BTreeMap<u64, Fate> {
    let mut fates: BTreeMap<u64, Fate> = BTreeMap::new();
    for write in writes {
        let target = match &write.said {
            Said::Post { .. } => write.offset,
            Said::Edit { target, .. } | Said::Retract { target } | Said::Reaction { target, .. } => *target,
            Said::Other => continue,
        };
        let fate = fates.entry(target).or_default();
        fate.writes += 1;
        match &write.said {
            Said::Post { body } => {
                fate.displaced += u64::from(fate.first.is_some());
                fate.first = *body;
            }
            Said::Edit { body, .. } => fate.edits.extend(*body),
            Said::Retract { .. } => fate.retracted = true,
            Said::Reaction { reaction, .. } => {
                let members = fate.reactions.entry(*reaction).or_default();
                if write.on {
                    members.insert(write.member);
                } else {
                    members.remove(&write.member);
                }
            }
            Said::Other => (),
        }
    }
    fates
}

impl Fate {
    /// Which of the post's acknowledged writes its present form does not show. A write without an answer may have been
    /// done: what it could have changed is not held against the server.
    fn lost_in(&self, post: &PostInfo, offset: u64, unanswered: &[&Said]) -> u64 {
        let may_be_retracted =
            unanswered.iter().any(|said| matches!(said, Said::Retract { target } if *target == offset));
        if self.retracted || (may_be_retracted && post.retracted) {
            return u64::from(!post.retracted || post.body.is_some());
        }
        u64::from(!self.shows_text(post, offset, unanswered)) + self.lost_reactions(post, offset, unanswered)
    }

    fn shows_text(&self, post: &PostInfo, offset: u64, unanswered: &[&Said]) -> bool {
        let Some(expected) = self.edits.last().copied().or(self.first) else { return true };
        let shown = post.body.as_deref().map(Print::of);
        let perhaps = unanswered.iter().any(
            |said| matches!(said, Said::Edit { target, body } if *target == offset && body.is_some() && *body == shown),
        );
        let edited = post.edited || self.edits.is_empty();
        perhaps || (shown == Some(expected) && edited && !post.retracted)
    }

    fn lost_reactions(&self, post: &PostInfo, offset: u64, unanswered: &[&Said]) -> u64 {
        let mut lost = 0;
        for (reaction, members) in &self.reactions {
            let unsure = unanswered.iter().filter(
                |said| matches!(said, Said::Reaction { target, reaction: r } if *target == offset && r == reaction),
            );
            let shown = post.reactions.iter().find(|shown| Print::of(&shown.reaction) == *reaction);
            let count = shown.map_or(0, |shown| shown.count);
            let expected = members.len() as u64;
            lost += u64::from(count.abs_diff(expected) > unsure.count() as u64);
        }
        lost
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use kkanbu_wire::ReactionInfo;
    use std::time::Duration;

    fn lost(room: &str, posts: &[PostInfo], written: &Written) -> u64 {
        super::lost(room, posts, written, false)
    }

    fn print(text: &str) -> Print {
        Print::of(text)
    }

    fn write(member: usize, offset: u64, said: Said, on: bool) -> Acknowledged {
        Acknowledged { member, room: "r".into(), offset, said, on, sent: Duration::ZERO }
    }

    fn post(body: Option<&str>, edited: bool, retracted: bool, thumbs: u64) -> PostInfo {
        let thumb = ReactionInfo { reaction: "👍".into(), count: thumbs, mine: false };
        PostInfo {
            offset: 1,
            minute: 1,
            author: "a".into(),
            role: None,
            body: body.map(ToOwned::to_owned),
            edited,
            retracted,
            hidden: false,
            question: false,
            answered: false,
            reply_to: None,
            mentions: Vec::new(),
            reactions: vec![thumb],
            mine: false,
        }
    }

    fn written(more: Vec<Acknowledged>) -> Written {
        let first = write(0, 1, Said::Post { body: Some(print("one")) }, true);
        let acknowledged = [first].into_iter().chain(more).collect();
        Written { acknowledged, ..Written::default() }
    }

    #[test]
    fn the_latest_acknowledged_text_must_stand() {
        let edit = |offset, text| write(0, offset, Said::Edit { target: 1, body: Some(print(text)) }, true);
        let written = written(vec![edit(2, "two"), edit(3, "three")]);
        assert_eq!(lost("r", &[post(Some("three"), true, false, 0)], &written), 0);
        assert_eq!(lost("r", &[post(Some("two"), true, false, 0)], &written), 1);
        assert_eq!(lost("r", &[post(Some("three"), false, false, 0)], &written), 1);
        assert_eq!(lost("r", &[], &written), 3);
        assert_eq!(lost("another", &[], &written), 0);
    }

    #[test]
    fn what_was_taken_back_must_be_gone() {
        let written = written(vec![write(0, 2, Said::Retract { target: 1 }, true)]);
        assert_eq!(lost("r", &[post(None, false, true, 0)], &written), 0);
        assert_eq!(lost("r", &[post(Some("one"), false, false, 0)], &written), 1);
        assert_eq!(lost("r", &[post(Some("one"), false, true, 0)], &written), 1);
    }

    #[test]
    fn reactions_must_count_their_members() {
        let react = |member, offset, on| write(member, offset, Said::Reaction { target: 1, reaction: print("👍") }, on);
        let written = written(vec![react(1, 2, true), react(2, 3, true), react(1, 4, false)]);
        assert_eq!(lost("r", &[post(Some("one"), false, false, 1)], &written), 0);
        assert_eq!(lost("r", &[post(Some("one"), false, false, 2)], &written), 1);
    }

    #[test]
    fn what_had_no_answer_may_or_may_not_have_been_done() {
        let mut written = written(Vec::new());
        let unanswered = [
            Said::Edit { target: 1, body: Some(print("two")) },
            Said::Retract { target: 1 },
            Said::Reaction { target: 1, reaction: print("👍") },
        ];
        written.unanswered = unanswered.into_iter().map(|said| ("r".to_owned(), said)).collect();
        for fine in [post(Some("one"), false, false, 0), post(Some("two"), true, false, 1), post(None, false, true, 0)]
        {
            assert_eq!(lost("r", &[fine], &written), 0);
        }
        assert_eq!(lost("r", &[post(Some("three"), true, false, 0)], &written), 1);
    }
}
