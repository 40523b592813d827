//! What was read lately, in memory, and never older than the last commit.
//!
//! The writer is the only one that changes the file. Before it runs a group of writes it forgets whatever they may change, and until the
//! group is on the disk, or was undone, nothing that was read meanwhile is kept; a reader says since when it has looked, so that what it
//! read before a change is not kept after it. What is here is therefore what the file has. None of it is ever written anywhere.

use super::limits::SqliteLimits;
use crate::sealing::membership_tag;
use kkanbu_keys::{ContentKey, Tag};
use kkanbu_model::{MemberKey, Membership, Programme, ProgrammeId, RoomAddress};
use parking_lot::Mutex;
use std::collections::{HashMap, HashSet};
use std::hash::Hash;
use std::sync::{Arc, Weak};

/// The name of a membership's row: half of its tag is enough to tell rows of all programmes apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct RowName([u8; 16]);

impl RowName {
    /// The name of the row with this tag.
    pub(super) const fn of(tag: &Tag) -> Self {
        let [half, _] = *tag.as_chunks::<16>().0 else { return Self([0; 16]) };
        Self(half)
    }

    /// Enough of it that hardly two are alike.
    const fn short(self) -> u64 {
        let [half, _] = *self.0.as_chunks::<8>().0 else { return 0 };
        u64::from_be_bytes(half)
    }

    /// The name of the row of a member in a room.
    pub(super) fn new(key: &ContentKey, room: &RoomAddress, member: &MemberKey) -> Self {
        Self::of(&membership_tag(key, room, member))
    }
}

/// What a write may change of what is kept here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Touches {
    /// Nothing.
    Nothing,
    /// The membership in this row.
    Membership(RowName),
    /// Some membership: which one is known only once it runs.
    Memberships,
    /// The programme, and with it everything in it.
    Programme(ProgrammeId),
}

/// A programme's definition, and the key that was found to be the programme's. It does not keep the key alive.
#[derive(Debug, Clone)]
pub(super) struct Definition {
    pub(super) programme: Arc<Programme>,
    pub(super) key: Weak<ContentKey>,
}

impl Definition {
    /// Whether it was read with this key.
    pub(super) fn is_of(&self, key: &Arc<ContentKey>) -> bool {
        // As long as it is held weakly, no other key has its place in memory.
        std::ptr::eq(self.key.as_ptr(), Arc::as_ptr(key))
    }
}

/// Everything that is kept.
#[derive(Debug)]
pub(super) struct Recent {
    pub(super) definitions: Coherent<ProgrammeId, Definition>,
    pub(super) memberships: Coherent<RowName, Membership>,
    rows: Mutex<Rows>,
}

/// Rows of memberships that there may be; whoever is not among them is in no room under that name. Rows that are gone stay, and those of no
/// write are added before it runs, so that there is never a row that is missing here. `None` where there are too many.
#[derive(Debug)]
struct Rows {
    names: Option<HashSet<u64>>,
    max: usize,
}

/// Since when a reader has looked, taken before its first question. `None` while something is being changed.
#[derive(Debug, Clone, Copy)]
pub(super) struct Since {
    pub(super) definitions: Option<u64>,
    pub(super) memberships: Option<u64>,
}

impl Recent {
    /// Keeps as much as these limits say.
    pub(super) fn new(limits: &SqliteLimits) -> Self {
        Self {
            definitions: Coherent::new(limits.definitions_kept_max),
            memberships: Coherent::new(limits.memberships_kept_max),
            rows: Mutex::new(Rows { names: Some(HashSet::new()), max: limits.rows_known_max }),
        }
    }

    /// The file has a row of this name.
    pub(super) fn add_row(&self, name: &RowName) {
        let mut rows = self.rows.lock();
        let max = rows.max;
        if let Some(names) = &mut rows.names {
            names.insert(name.short());
            if names.len() > max {
                rows.names = None;
            }
        }
    }

    /// Whether the file may have a row of this name. Where it is false there is none, and was none when this was asked.
    pub(super) fn may_have_row(&self, name: &RowName) -> bool {
        self.rows.lock().names.as_ref().is_none_or(|names| names.contains(&name.short()))
    }

    /// The moment from which a reader looks.
    pub(super) fn since(&self) -> Since {
        Since { definitions: self.definitions.since(), memberships: self.memberships.since() }
    }

    /// A write begins that touches this.
    pub(super) fn begin(&self, touches: &Touches) {
        match touches {
            Touches::Nothing => {}
            Touches::Membership(row) => {
                self.add_row(row);
                self.memberships.begin(Some(row));
            }
            Touches::Memberships => self.memberships.begin(None),
            Touches::Programme(id) => {
                self.definitions.begin(Some(id));
                self.memberships.begin(None);
            }
        }
    }

    /// All writes that began are on the disk, or were undone.
    pub(super) fn end(&self) {
        self.definitions.end();
        self.memberships.end();
    }
}

/// Values as the file has them. When there are too many, those that nobody asked for lately go.
#[derive(Debug)]
pub(super) struct Coherent<K, V>(Mutex<Kept<K, V>>);

#[derive(Debug)]
struct Kept<K, V> {
    /// Asked for since `old` was filled.
    young: HashMap<K, V>,
    old: HashMap<K, V>,
    /// The most that either holds.
    half_max: usize,
    /// How often a change began.
    changes: u64,
    /// Whether one is under way.
    changing: bool,
}

impl<K: Hash + Eq + Clone, V: Clone> Coherent<K, V> {
    fn new(max: usize) -> Self {
        let (young, old) = (HashMap::new(), HashMap::new());
        Self(Mutex::new(Kept { young, old, half_max: max / 2, changes: 0, changing: false }))
    }

    /// The value, where it is here.
    pub(super) fn get(&self, key: &K) -> Option<V> {
        let mut kept = self.0.lock();
        if let Some(value) = kept.young.get(key) {
            return Some(value.clone());
        }
        let (key, value) = kept.old.remove_entry(key)?;
        kept.put(key, value.clone());
        Some(value)
    }

    /// The moment from which a reader looks.
    fn since(&self) -> Option<u64> {
        let kept = self.0.lock();
        (!kept.changing).then_some(kept.changes)
    }

    /// Keeps what a reader found that has looked since then, unless something was changed meanwhile.
    pub(super) fn keep(&self, key: K, value: V, since: Option<u64>) {
        let mut kept = self.0.lock();
        if since == Some(kept.changes) && !kept.changing {
            kept.put(key, value);
        }
    }

    /// A change of this value begins; `None`: of any.
    fn begin(&self, key: Option<&K>) {
        let mut kept = self.0.lock();
        kept.changes += 1;
        kept.changing = true;
        if let Some(key) = key {
            kept.young.remove(key);
            kept.old.remove(key);
        } else {
            kept.young.clear();
            kept.old.clear();
        }
    }

    /// The changes that began are over.
    fn end(&self) {
        self.0.lock().changing = false;
    }
}

impl<K: Hash + Eq, V> Kept<K, V> {
    fn put(&mut self, key: K, value: V) {
        if self.half_max == 0 {
            return;
        }
        if self.young.len() >= self.half_max {
            self.old = std::mem::take(&mut self.young);
        }
        self.young.insert(key, value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_was_read_before_a_change_is_not_kept_after_it() {
        let kept = Coherent::new(8);
        let before = kept.since();
        kept.begin(Some(&1));
        let meanwhile = kept.since();
        kept.keep(1, "before", before);
        kept.end();
        kept.keep(1, "before", before);
        kept.keep(1, "meanwhile", meanwhile);
        assert_eq!(kept.get(&1), None);
        kept.keep(1, "after", kept.since());
        assert_eq!(kept.get(&1), Some("after"));
        kept.begin(Some(&2));
        assert_eq!(kept.get(&1), Some("after"), "another value's change does not concern it");
    }

    #[test]
    fn a_row_that_may_be_there_is_never_denied() {
        let name = |number: u8| RowName([number; 16]);
        let recent = Recent::new(&SqliteLimits { rows_known_max: 3, ..SqliteLimits::default() });
        recent.add_row(&name(1));
        recent.begin(&Touches::Membership(name(2)));
        recent.end();
        assert_eq!([1, 2, 3].map(|number| recent.may_have_row(&name(number))), [true, true, false]);
        recent.begin(&Touches::Programme(ProgrammeId::new("p").unwrap()));
        recent.end();
        assert!(recent.may_have_row(&name(1)), "the write may have been undone");
        recent.add_row(&name(3));
        recent.add_row(&name(4));
        assert!(recent.may_have_row(&name(5)), "there are too many to tell");
    }

    #[test]
    fn no_more_are_kept_than_allowed_and_those_asked_for_stay() {
        let kept = Coherent::new(8);
        for number in 0..100 {
            kept.keep(number, number, kept.since());
            assert_eq!(kept.get(&0), Some(0));
            let there = kept.0.lock();
            assert!(there.young.len() + there.old.len() <= 8);
        }
        assert_eq!(kept.get(&50), None);
        let nothing = Coherent::new(0);
        nothing.keep(1, 1, nothing.since());
        assert_eq!(nothing.get(&1), None);
    }

    /// Since when a reader has looked, and what it has found.
    type Reader = (Option<u64>, Option<(u8, u32)>);

    /// A step of the writer or of one of three readers.
    #[derive(Debug, Clone)]
    enum Step {
        Begin(Option<u8>),
        /// The group reaches the disk, or does not.
        End(bool),
        Look(usize),
        Read(usize, u8),
        Keep(usize),
    }

    fn step() -> impl Strategy<Value = Step> {
        prop_oneof![
            proptest::option::of(0..3_u8).prop_map(Step::Begin),
            any::<bool>().prop_map(Step::End),
            (0..3_usize).prop_map(Step::Look),
            (0..3_usize, 0..3_u8).prop_map(|(reader, key)| Step::Read(reader, key)),
            (0..3_usize).prop_map(Step::Keep),
        ]
    }

    proptest! {
        /// However readers and the writer take turns, what is kept is what the disk has. While a change is being made durable nothing of it
        /// is here, so that the disk alone says when it is seen.
        #[test]
        fn what_is_kept_is_what_the_disk_has(steps in proptest::collection::vec(step(), 0..200)) {
            let kept = Coherent::new(4);
            let mut disk = [0_u32; 3];
            let mut writing: Option<Option<u8>> = None;
            let mut readers: [Reader; 3] = [(None, None); 3];
            for (time, step) in (1..).zip(steps) {
                match step {
                    Step::Begin(key) if writing.is_none() => {
                        kept.begin(key.as_ref());
                        writing = Some(key);
                    }
                    Step::End(durable) => if let Some(key) = writing.take() {
                        if durable {
                            for (at, value) in (0..).zip(&mut disk) {
                                if key.is_none_or(|key| key == at) { *value = time; }
                            }
                        }
                        kept.end();
                    },
                    Step::Begin(_) => {}
                    Step::Look(reader) => readers[reader] = (kept.since(), None),
                    Step::Read(reader, key) => readers[reader].1 = Some((key, disk[usize::from(key)])),
                    Step::Keep(reader) => if let (since, Some((key, value))) = readers[reader] {
                        kept.keep(key, value, since);
                    },
                }
                for key in 0..3_u8 {
                    let concerned = writing.is_some_and(|of| of.is_none_or(|of| of == key));
                    let found = kept.get(&key);
                    prop_assert!(found.is_none() || (!concerned && found == Some(disk[usize::from(key)])));
                }
            }
        }
    }
}
