//! The judge: compares what was acknowledged with what every socket saw, what every caller was told and what the history
//! holds. Pure, so that tests can plant every fault and see it found.

use super::history;
use super::record::Seen;
use super::said::Said;
use kkanbu_client::PostInfo;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::time::Duration;

/// A write that the server acknowledged.
#[derive(Debug, Clone)]
pub(super) struct Acknowledged {
    pub(super) member: usize,
    pub(super) room: String,
    pub(super) offset: u64,
    pub(super) said: Said,
    /// Whether a reaction was set, or taken back.
    pub(super) on: bool,
    /// When it was sent, since the start.
    pub(super) sent: Duration,
}

/// Everything that members wrote.
#[derive(Debug, Default)]
pub(super) struct Written {
    pub(super) acknowledged: Vec<Acknowledged>,
    /// Writes without an answer, which may have been done or not.
    pub(super) unanswered: Vec<(String, Said)>,
    /// Writes that the server refused, as a reaction to a post that was just taken back.
    pub(super) refused: u64,
}

/// What the caller of one member's client was told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Told {
    /// A publication.
    Publication { room: String, offset: u64 },
    /// The room starts anew above this offset.
    Reset { room: String, at: u64 },
}

/// What one member saw and was told.
#[derive(Debug, Clone, Default)]
pub(super) struct Testimony {
    pub(super) seen: Vec<Seen>,
    pub(super) told: Vec<Told>,
    /// When each connection was made, since the start.
    pub(super) connected: Vec<Duration>,
}

/// Everything that there is to judge.
#[derive(Debug, Default)]
pub(super) struct Evidence {
    pub(super) members: Vec<Testimony>,
    pub(super) written: Written,
    /// The whole history of each room, read by a session without memory.
    pub(super) history: BTreeMap<String, Vec<PostInfo>>,
    /// What was written first may have expired by now, and is not missed in the history.
    pub(super) expires: bool,
}

/// What the judge found.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(super) struct Verdict {
    /// (acknowledged write, member) pairs that the member's socket saw.
    pub(super) deliveries: u64,
    /// Such pairs that it never saw, though the server claimed continuity.
    pub(super) missing: u64,
    /// Acknowledged writes that the history does not hold.
    pub(super) lost: u64,
    /// Publications that came again, or were published at two places.
    pub(super) duplicated: u64,
    /// Publications that came at another place than after the one before.
    pub(super) reordered: u64,
    /// From sending to the frame on a member's socket, for each delivery, shortest first.
    pub(super) latencies: Vec<Duration>,
}

/// Judges.
pub(super) fn judge(evidence: &Evidence) -> Verdict {
    let mut verdict = Verdict::default();
    for member in &evidence.members {
        let walk = Walk::over(&member.seen);
        verdict.duplicated += walk.duplicated;
        verdict.reordered += walk.reordered;
        for write in &evidence.written.acknowledged {
            match walk.arrival(write) {
                Arrival::Seen(after) => {
                    verdict.deliveries += 1;
                    verdict.latencies.push(after.saturating_sub(write.sent));
                }
                Arrival::Missing => verdict.missing += 1,
                Arrival::Excused => (),
            }
        }
        let (repeated, out_of_order) = judge_told(&member.told);
        verdict.duplicated += repeated;
        verdict.reordered += out_of_order;
    }
    verdict.duplicated += published_twice(evidence);
    verdict.lost = evidence
        .history
        .iter()
        .map(|(room, posts)| history::lost(room, posts, &evidence.written, evidence.expires))
        .sum();
    verdict.lost += unread(evidence);
    verdict.latencies.sort_unstable();
    verdict
}

/// Acknowledged writes in rooms whose history nobody read.
fn unread(evidence: &Evidence) -> u64 {
    let unread = evidence.written.acknowledged.iter().filter(|write| !evidence.history.contains_key(&write.room));
    unread.count() as u64
}

/// How a write arrived at a member.
enum Arrival {
    Seen(Duration),
    Missing,
    /// The member was not in the room yet, or was told that continuity is lost.
    Excused,
}

/// A room on one connection.
#[derive(Debug)]
struct Standing {
    /// Publications come above this.
    base: u64,
    next: u64,
    came: HashSet<u64>,
}

impl Standing {
    fn above(base: u64) -> Self {
        Self { base, next: base + 1, came: HashSet::new() }
    }
}

/// A resume from `asked` that went on above `from` in its place.
#[derive(Debug)]
struct Excuse<'a> {
    room: &'a str,
    asked: u64,
    from: u64,
    after: Duration,
}

impl Excuse<'_> {
    fn covers(&self, write: &Acknowledged) -> bool {
        let skipped = (self.asked + 1..=self.from).contains(&write.offset);
        // The log was set back: what stood above before is gone, and its offsets are given anew.
        let set_back = self.from < self.asked && write.offset > self.from && write.sent < self.after;
        self.room == write.room && (skipped || set_back)
    }
}

/// One member's frames, walked through in order.
#[derive(Debug, Default)]
struct Walk<'a> {
    /// Rooms on the connection at hand.
    rooms: HashMap<&'a str, Standing>,
    /// Where the member's time in a room begins.
    since: HashMap<&'a str, u64>,
    /// Where the server said that continuity is lost.
    excuses: Vec<Excuse<'a>>,
    arrived: HashMap<(&'a str, u64), Vec<(&'a Said, Duration)>>,
    duplicated: u64,
    reordered: u64,
}

impl<'a> Walk<'a> {
    fn over(seen: &'a [Seen]) -> Self {
        let mut walk = Self::default();
        for seen in seen {
            walk.step(seen);
        }
        walk
    }

    fn step(&mut self, seen: &'a Seen) {
        match seen {
            Seen::Connected => self.rooms.clear(),
            Seen::Joined { room, at } => {
                self.since.entry(room).or_insert(*at);
                // Joining again changes nothing.
                self.rooms.entry(room).or_insert_with(|| Standing::above(*at));
            }
            Seen::Resumed { room, asked, from, after } => {
                self.rooms.insert(room, Standing::above(*from));
                if asked != from {
                    self.excuses.push(Excuse { room, asked: *asked, from: *from, after: *after });
                }
            }
            Seen::Ended { room } => {
                self.rooms.remove(room.as_str());
            }
            Seen::Publication { room, offset, said, after } => {
                self.publication(room, *offset);
                self.arrived.entry((room, *offset)).or_default().push((said, *after));
            }
        }
    }

    fn publication(&mut self, room: &str, offset: u64) {
        let Some(standing) = self.rooms.get_mut(room) else {
            // Nothing may come before the reply that says from where.
            self.reordered += 1;
            return;
        };
        if offset <= standing.base || !standing.came.insert(offset) {
            self.duplicated += 1;
            return;
        }
        if offset != standing.next {
            self.reordered += 1;
        }
        standing.next = offset + 1;
    }

    fn arrival(&self, write: &Acknowledged) -> Arrival {
        let room = write.room.as_str();
        let came = self.arrived.get(&(room, write.offset)).into_iter().flatten();
        let first = came.filter(|(said, _)| write.said.is_shown_by(said)).map(|(_, after)| *after).min();
        if let Some(after) = first {
            return Arrival::Seen(after);
        }
        let member = self.since.get(room).is_some_and(|since| write.offset > *since);
        let excused = self.excuses.iter().any(|excuse| excuse.covers(write));
        if member && !excused { Arrival::Missing } else { Arrival::Excused }
    }
}

/// What a caller was told twice, and out of order.
fn judge_told(told: &[Told]) -> (u64, u64) {
    let mut last: HashMap<&str, u64> = HashMap::new();
    let (mut repeated, mut out_of_order) = (0, 0);
    for told in told {
        match told {
            Told::Reset { room, at } => {
                last.insert(room, *at);
            }
            Told::Publication { room, offset } => match last.insert(room, *offset) {
                Some(before) if *offset <= before => {
                    repeated += 1;
                    last.insert(room, before);
                }
                Some(before) if *offset > before + 1 => out_of_order += 1,
                Some(_) | None => (),
            },
        }
    }
    (repeated, out_of_order)
}

/// Texts, edits and retracts of ours that stand at more than one offset. No two of ours are alike.
fn published_twice(evidence: &Evidence) -> u64 {
    let ours: HashSet<(&str, &Said)> = evidence
        .written
        .acknowledged
        .iter()
        .map(|write| (write.room.as_str(), &write.said))
        .chain(evidence.written.unanswered.iter().map(|(room, said)| (room.as_str(), said)))
        .filter(|(_, said)| !matches!(said, Said::Reaction { .. } | Said::Other))
        .collect();
    let mut places: HashMap<(&str, &Said), BTreeSet<u64>> = HashMap::new();
    let seen = evidence.members.iter().flat_map(|member| &member.seen);
    for seen in seen {
        if let Seen::Publication { room, offset, said, .. } = seen
            && ours.contains(&(room.as_str(), said))
        {
            places.entry((room, said)).or_default().insert(*offset);
        }
    }
    places.values().map(|offsets| offsets.len() as u64 - 1).sum()
}

#[cfg(test)]
mod tests {
    use super::super::said::Print;
    use super::*;

    const ROOM: &str = "plaza";

    fn said(offset: u64) -> Said {
        Said::Post { body: Some(Print::of(&format!("post {offset}"))) }
    }

    fn publication(offset: u64) -> Seen {
        Seen::Publication { room: ROOM.into(), offset, said: said(offset), after: Duration::from_millis(offset + 5) }
    }

    fn joined(at: u64) -> Seen {
        Seen::Joined { room: ROOM.into(), at }
    }

    fn resumed(asked: u64, from: u64) -> Seen {
        Seen::Resumed { room: ROOM.into(), asked, from, after: Duration::from_millis(20) }
    }

    fn told(offset: u64) -> Told {
        Told::Publication { room: ROOM.into(), offset }
    }

    fn post(offset: u64) -> PostInfo {
        PostInfo {
            offset,
            minute: 1,
            author: "a".into(),
            role: None,
            body: Some(format!("post {offset}")),
            edited: false,
            retracted: false,
            hidden: false,
            question: false,
            answered: false,
            reply_to: None,
            mentions: Vec::new(),
            reactions: Vec::new(),
            mine: false,
        }
    }

    /// Two members, posts 1 to 4, all in order; the second one reconnects on the way.
    fn faultless() -> Evidence {
        let acknowledged = (1..=4).map(|offset| Acknowledged {
            member: 0,
            room: ROOM.into(),
            offset,
            said: said(offset),
            on: true,
            sent: Duration::from_millis(offset),
        });
        let steady = [Seen::Connected, joined(0)].into_iter().chain((1..=4).map(publication));
        let broken = [Seen::Connected, joined(0), publication(1), publication(2), Seen::Connected, resumed(2, 2)]
            .into_iter()
            .chain((3..=4).map(publication));
        let told: Vec<Told> = (1..=4).map(told).collect();
        Evidence {
            members: vec![
                Testimony { seen: steady.collect(), told: told.clone(), ..Testimony::default() },
                Testimony { seen: broken.collect(), told, ..Testimony::default() },
            ],
            written: Written { acknowledged: acknowledged.collect(), ..Written::default() },
            history: BTreeMap::from([(ROOM.to_owned(), (1..=4).map(post).collect())]),
            expires: false,
        }
    }

    /// Deliveries, missing, lost, duplicated, reordered.
    fn counts(evidence: &Evidence) -> [u64; 5] {
        let found = judge(evidence);
        [found.deliveries, found.missing, found.lost, found.duplicated, found.reordered]
    }

    #[test]
    fn nothing_is_found_where_nothing_is_wrong() {
        let evidence = faultless();
        assert_eq!(counts(&evidence), [8, 0, 0, 0, 0]);
        assert_eq!(judge(&evidence).latencies, [Duration::from_millis(5); 8]);
    }

    #[test]
    fn a_planted_loss_is_found() {
        let mut evidence = faultless();
        evidence.members[0].seen.pop();
        assert_eq!(counts(&evidence), [7, 1, 0, 0, 0], "the newest never came");
        let mut evidence = faultless();
        evidence.members[1].seen.remove(6);
        assert_eq!(counts(&evidence), [7, 1, 0, 0, 1], "one in the middle never came, which also shows as a jump");
    }

    #[test]
    fn another_text_in_a_post_s_place_is_a_loss() {
        let mut evidence = faultless();
        if let Some(Seen::Publication { said, .. }) = evidence.members[0].seen.last_mut() {
            *said = Said::Post { body: Some(Print::of("forged")) };
        }
        assert_eq!(counts(&evidence), [7, 1, 0, 0, 0]);
    }

    #[test]
    fn a_planted_hole_in_the_history_is_found() {
        let mut evidence = faultless();
        evidence.history.get_mut(ROOM).unwrap().remove(2);
        assert_eq!(counts(&evidence), [8, 0, 1, 0, 0]);
        evidence.history.clear();
        assert_eq!(counts(&evidence), [8, 0, 4, 0, 0], "nobody read it");
    }

    #[test]
    fn a_planted_duplicate_is_found() {
        let mut evidence = faultless();
        evidence.members[0].seen.push(publication(4));
        assert_eq!(counts(&evidence), [8, 0, 0, 1, 0], "twice on one connection");
        let mut evidence = faultless();
        evidence.members[1].seen.insert(6, publication(2));
        assert_eq!(counts(&evidence), [8, 0, 0, 1, 0], "again below the resume position");
        let mut evidence = faultless();
        evidence.members[1].told.push(told(3));
        assert_eq!(counts(&evidence), [8, 0, 0, 1, 0], "told twice");
    }

    #[test]
    fn a_write_at_two_offsets_is_a_duplicate() {
        let mut evidence = faultless();
        for member in &mut evidence.members {
            let after = Duration::from_millis(9);
            member.seen.push(Seen::Publication { room: ROOM.into(), offset: 5, said: said(1), after });
            member.told.push(told(5));
        }
        assert_eq!(counts(&evidence), [8, 0, 0, 1, 0]);
    }

    #[test]
    fn a_planted_reorder_is_found() {
        let mut evidence = faultless();
        evidence.members[0].seen.swap(3, 4);
        assert_eq!(counts(&evidence)[..4], [8, 0, 0, 0]);
        assert!(counts(&evidence)[4] > 0);
        let mut evidence = faultless();
        evidence.members[0].told.remove(1);
        assert_eq!(counts(&evidence), [8, 0, 0, 0, 1], "told with a hole");
        let mut evidence = faultless();
        evidence.members[1].seen.swap(5, 6);
        assert!(counts(&evidence)[4] > 0, "pushed before the resume was answered");
    }

    #[test]
    fn lost_continuity_that_was_told_is_no_loss() {
        let mut evidence = faultless();
        let member = &mut evidence.members[1];
        member.seen = vec![Seen::Connected, joined(0), publication(1), Seen::Connected, resumed(1, 3), publication(4)];
        member.told = vec![told(1), Told::Reset { room: ROOM.into(), at: 3 }, told(4)];
        assert_eq!(counts(&evidence), [6, 0, 0, 0, 0]);
        // The same without having been told.
        evidence.members[1].seen[4] = resumed(1, 1);
        assert_eq!(counts(&evidence), [6, 2, 0, 0, 1]);
    }

    #[test]
    fn a_log_that_was_set_back_loses_but_excuses_what_was_written_before() {
        let mut evidence = faultless();
        let again = Acknowledged {
            offset: 2,
            said: said(9),
            sent: Duration::from_millis(30),
            ..evidence.written.acknowledged[0].clone()
        };
        evidence.written.acknowledged.push(again);
        let anew = Seen::Publication { room: ROOM.into(), offset: 2, said: said(9), after: Duration::from_millis(35) };
        for member in &mut evidence.members {
            // Both miss the last one, and go on where the log was set back to.
            member.seen.pop();
            member.seen.extend([Seen::Connected, resumed(3, 1), anew.clone()]);
            member.told = vec![told(1), told(2), told(3), Told::Reset { room: ROOM.into(), at: 1 }, told(2)];
        }
        let kept = PostInfo { body: Some("post 9".into()), ..post(2) };
        evidence.history.insert(ROOM.into(), vec![post(1), kept]);
        assert_eq!(counts(&evidence), [8, 0, 3, 0, 0]);
        evidence.members[0].seen.pop();
        assert_eq!(counts(&evidence), [7, 1, 3, 0, 0], "what came after is not excused");
    }

    #[test]
    fn what_was_written_before_one_came_in_is_not_missing() {
        let mut evidence = faultless();
        evidence.members.push(Testimony {
            seen: vec![Seen::Connected, joined(3), publication(4)],
            told: vec![told(4)],
            ..Testimony::default()
        });
        evidence.members.push(Testimony::default());
        assert_eq!(counts(&evidence), [9, 0, 0, 0, 0]);
    }
}
