//! Whatever is done to a chain's entries, it is found, at the right number.

#![expect(clippy::indexing_slicing, reason = "a test fails by panicking, in its helpers too")]

use kkanbu_audit::{Broken, Chain, Entry, Hash, Head, Verifier};
use proptest::prelude::*;
use proptest::sample::Index;

/// An entry as somebody keeps it, and could change it.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Kept {
    number: u64,
    hour: u64,
    programme: String,
    act: String,
    detail: Vec<u8>,
    hash: Hash,
}

impl Kept {
    fn entry(&self) -> Entry<'_> {
        let Self { number, hour, programme, act, detail, .. } = self;
        Entry { number: *number, hour: *hour, programme, act, detail }
    }
}

type Content = (u64, String, String, Vec<u8>);

fn content() -> impl Strategy<Value = Content> {
    (any::<u64>(), "[a-z0-9-]{0,12}", "[a-z.]{0,12}", prop::collection::vec(any::<u8>(), 0..80))
}

fn contents() -> impl Strategy<Value = Vec<Content>> {
    prop::collection::vec(content(), 1..20)
}

fn chain(contents: Vec<Content>) -> (Vec<Kept>, Head) {
    let mut chain = Chain::default();
    let kept = contents.into_iter().map(|(hour, programme, act, detail)| {
        let Head { number, hash } = chain.append(hour, &programme, &act, &detail);
        Kept { number, hour, programme, act, detail, hash }
    });
    let kept = kept.collect();
    (kept, chain.head())
}

fn verify(kept: &[Kept], head: &Head) -> Result<Head, Broken> {
    let mut verifier = Verifier::new();
    for entry in kept {
        verifier.next(&entry.entry(), &entry.hash)?;
    }
    verifier.end(head)
}

/// What can be done to one entry.
#[derive(Debug, Clone)]
enum Change {
    Hour(u64),
    Programme(String),
    Act(String),
    Detail(Index, u8),
    LongerDetail(u8),
    Hash(Index, u8),
    /// A content and a hash that go together.
    Forged(Vec<u8>),
}

fn changes() -> impl Strategy<Value = Change> {
    prop_oneof![
        any::<u64>().prop_map(Change::Hour),
        "[a-z]{0,12}".prop_map(Change::Programme),
        "[a-z]{0,12}".prop_map(Change::Act),
        (any::<Index>(), 1_u8..).prop_map(|(at, bits)| Change::Detail(at, bits)),
        any::<u8>().prop_map(Change::LongerDetail),
        (any::<Index>(), 1_u8..).prop_map(|(at, bits)| Change::Hash(at, bits)),
        prop::collection::vec(any::<u8>(), 0..80).prop_map(Change::Forged),
    ]
}

fn apply(kept: &mut Kept, before: &Hash, change: Change) {
    match change {
        Change::Hour(hour) => kept.hour = hour,
        Change::Programme(programme) => kept.programme = programme,
        Change::Act(act) => kept.act = act,
        Change::Detail(_, byte) if kept.detail.is_empty() => kept.detail.push(byte),
        Change::Detail(at, bits) => {
            let at = at.index(kept.detail.len());
            kept.detail[at] ^= bits;
        }
        Change::LongerDetail(byte) => kept.detail.push(byte),
        Change::Hash(at, bits) => kept.hash[at.index(32)] ^= bits,
        Change::Forged(detail) => {
            kept.detail = detail;
            kept.hash = kept.entry().hash(before);
        }
    }
}

proptest! {
    #[test]
    fn what_was_written_is_whole(contents in contents()) {
        let (kept, head) = chain(contents);
        prop_assert_eq!(verify(&kept, &head), Ok(head));
        prop_assert_eq!(head.number, kept.len() as u64);
    }

    #[test]
    fn a_changed_entry_is_found(contents in contents(), at in any::<Index>(), change in changes()) {
        let (whole, head) = chain(contents);
        let mut kept = whole.clone();
        let at = at.index(kept.len());
        let before = if at == 0 { Head::EMPTY.hash } else { kept[at - 1].hash };
        let forged = matches!(change, Change::Forged(_));
        apply(&mut kept[at], &before, change);
        prop_assume!(kept != whole);
        let number = at as u64 + 1;
        // A forged entry is whole by itself; what comes after it gives it away.
        let expected = match forged {
            false => Broken::Changed(number),
            true if at + 1 == kept.len() => Broken::OtherHead(number),
            true => Broken::Changed(number + 1),
        };
        prop_assert_eq!(verify(&kept, &head), Err(expected));
    }

    #[test]
    fn a_removed_entry_is_found(contents in contents(), at in any::<Index>()) {
        let (mut kept, head) = chain(contents);
        let removed = kept.remove(at.index(kept.len()));
        prop_assert_eq!(verify(&kept, &head), Err(Broken::Missing(removed.number)));
    }

    #[test]
    fn a_removed_entry_is_found_also_where_the_rest_moves_up(contents in contents(), at in any::<Index>()) {
        let (mut kept, head) = chain(contents);
        let removed = kept.remove(at.index(kept.len()));
        let moved = kept.iter_mut().filter(|entry| entry.number > removed.number);
        moved.for_each(|entry| entry.number -= 1);
        let expected = if removed.number == head.number { Broken::Missing } else { Broken::Changed };
        prop_assert_eq!(verify(&kept, &head), Err(expected(removed.number)));
    }

    #[test]
    fn swapped_entries_are_found(contents in contents(), one in any::<Index>(), other in any::<Index>()) {
        let (whole, head) = chain(contents);
        let (one, other) = (one.index(whole.len()), other.index(whole.len()));
        let (first, last) = (one.min(other), one.max(other));
        prop_assume!(first != last);
        let mut kept = whole.clone();
        kept.swap(first, last);
        prop_assert_eq!(verify(&kept, &head), Err(Broken::Missing(whole[first].number)), "with their numbers");
        kept[first].number = whole[first].number;
        kept[last].number = whole[last].number;
        prop_assert_eq!(verify(&kept, &head), Err(Broken::Changed(whole[first].number)), "without");
    }

    #[test]
    fn an_inserted_entry_is_found(contents in contents(), at in any::<Index>(), (hour, programme, act, detail) in content()) {
        let (mut kept, head) = chain(contents);
        let at = at.index(kept.len());
        let before = if at == 0 { Head::EMPTY } else { Head { number: kept[at - 1].number, hash: kept[at - 1].hash } };
        let Head { number, hash } = Chain::after(before).append(hour, &programme, &act, &detail);
        let mut twice = kept.clone();
        let inserted = Kept { number, hour, programme, act, detail, hash };
        prop_assume!(inserted.hash != kept[at].hash);
        // Under a number that is there, it is the entry of that number that is there twice.
        twice.insert(at, inserted.clone());
        prop_assert_eq!(verify(&twice, &head), Err(Broken::Twice(number)));
        // Where the rest makes place, it is the first of the rest that does not follow.
        kept[at..].iter_mut().for_each(|entry| entry.number += 1);
        kept.insert(at, inserted);
        prop_assert_eq!(verify(&kept, &head), Err(Broken::Changed(number + 1)));
    }

    #[test]
    fn an_entry_behind_the_head_is_found(contents in contents(), (hour, programme, act, detail) in content()) {
        let (mut kept, head) = chain(contents);
        let Head { number, hash } = Chain::after(head).append(hour, &programme, &act, &detail);
        kept.push(Kept { number, hour, programme, act, detail, hash });
        prop_assert_eq!(verify(&kept, &head), Err(Broken::Added(number)));
    }

    #[test]
    fn another_head_is_found(contents in contents(), at in any::<Index>(), bits in 1_u8..) {
        let (kept, mut head) = chain(contents);
        head.hash[at.index(32)] ^= bits;
        prop_assert_eq!(verify(&kept, &head), Err(Broken::OtherHead(head.number)));
    }
}

#[test]
fn a_chain_without_entries_is_whole_and_its_head_too() {
    assert_eq!(verify(&[], &Head::EMPTY), Ok(Head::EMPTY));
    let head = Head { hash: [1; 32], ..Head::EMPTY };
    assert_eq!(verify(&[], &head), Err(Broken::OtherHead(0)));
    let (kept, _) = chain(vec![(1, "p".to_owned(), "a".to_owned(), vec![])]);
    assert_eq!(verify(&kept, &Head::EMPTY).unwrap_err().number(), 1);
}
