//! The rules, driven by thousands of random commands of a few members, and the ones worth reading one by one.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

use kkanbu_model::{
    Event, Handle, Limits, Membership, MembershipId, Minute, Name, Offset, Publication, Reaction, RoleId, StateVersion,
};
use kkanbu_room::{Command, Decision, Guard, Rejection, RoomState, RoomView, decide};
use proptest::prelude::*;

const NOW: Minute = Minute::new(27_747_930);

struct Room {
    state: RoomState,
    limits: Limits,
    guard: Guard,
}

impl Room {
    fn new() -> Self {
        Self { state: RoomState::default(), limits: Limits::default(), guard: Guard::new(None).unwrap() }
    }

    fn decide(&self, who: u8, command: Command) -> Result<Decision, Rejection> {
        let view = RoomView { state: &self.state, limits: &self.limits, guard: &self.guard, badge: None };
        decide(view, &member(who), command, NOW)
    }

    fn publish(&mut self, event: Event) -> Offset {
        let offset = self.state.head().next();
        self.state.apply(&Publication { offset, minute: NOW, event });
        offset
    }

    fn does(&mut self, who: u8, command: Command) -> Result<Offset, Rejection> {
        let event = self.decide(who, command)?.event;
        Ok(self.publish(event))
    }
}

fn member(who: u8) -> Membership {
    Membership {
        id: MembershipId::from_bytes([who; 16]),
        handle: Handle::new(format!("otter-{who}")).unwrap(),
        role: RoleId::new("mentee").unwrap(),
        posted: false,
    }
}

fn post(body: &str) -> Command {
    Command::Post { body: body.into(), reply_to: None, mentions: vec![], confirmed: false }
}

fn edit(target: Offset, body: &str) -> Command {
    Command::Edit { target, body: body.into(), mentions: vec![], confirmed: false }
}

fn react(target: Offset, on: bool) -> Command {
    Command::React { target, reaction: "👍".into(), on }
}

#[test]
fn only_the_author_edits_and_retracts() {
    let mut room = Room::new();
    let at = room.does(1, post("hello")).unwrap();
    assert_eq!(room.does(2, edit(at, "mine now")), Err(Rejection::NotYourPost));
    assert_eq!(room.does(2, Command::Retract { target: at }), Err(Rejection::NotYourPost));
    room.does(1, edit(at, "hello again")).unwrap();
    room.does(1, Command::Retract { target: at }).unwrap();
    assert_eq!(room.does(1, edit(at, "back")), Err(Rejection::PostRetracted));
    assert_eq!(room.does(2, react(at, true)), Err(Rejection::PostRetracted));
    assert!(room.state.post(at).unwrap().body.is_none());
}

#[test]
fn a_frozen_room_takes_nothing_but_retractions_until_it_is_thawed() {
    let mut room = Room::new();
    let at = room.does(1, post("hello")).unwrap();
    room.publish(Event::Freeze);
    for command in [post("x"), edit(at, "x"), react(at, true)] {
        assert_eq!(room.does(1, command), Err(Rejection::Frozen));
    }
    room.does(1, Command::Retract { target: at }).unwrap();
    room.publish(Event::Thaw);
    room.does(1, post("x")).unwrap();
}

#[test]
fn only_handles_that_have_posted_can_be_mentioned() {
    let mut room = Room::new();
    let mention =
        |whom: &str| Command::Post { body: "hi".into(), reply_to: None, mentions: vec![whom.into()], confirmed: false };
    assert_eq!(room.does(1, mention("otter-2")), Err(Rejection::UnknownHandle));
    room.does(2, post("here")).unwrap();
    room.does(1, mention("otter-2")).unwrap();
    let many =
        Command::Post { body: "hi".into(), reply_to: None, mentions: vec!["otter-2".into(); 11], confirmed: false };
    assert_eq!(room.does(1, many), Err(Rejection::TooManyMentions));
}

#[test]
fn the_guard_asks_once_and_the_person_decides() {
    let mut room = Room::new();
    let number = "010-1234-5678";
    assert!(matches!(room.does(1, post(number)), Err(Rejection::ConfirmNeeded(findings)) if findings.len() == 1));
    let insisted = Command::Post { body: number.into(), reply_to: None, mentions: vec![], confirmed: true };
    let at = room.does(1, insisted).unwrap();
    assert!(matches!(room.does(1, edit(at, number)), Err(Rejection::ConfirmNeeded(_))));
}

#[test]
fn a_reaction_counts_a_member_once() {
    let mut room = Room::new();
    let at = room.does(1, post("hello")).unwrap();
    room.does(2, react(at, true)).unwrap();
    room.does(2, react(at, true)).unwrap();
    room.does(3, react(at, true)).unwrap();
    assert_eq!(room.state.reaction_count(at, Reaction::Agree), 2);
    room.does(2, react(at, false)).unwrap();
    room.does(2, react(at, false)).unwrap();
    assert_eq!(room.state.reaction_count(at, Reaction::Agree), 1);
    let unknown = Command::React { target: at, reaction: "🍜".into(), on: true };
    assert_eq!(room.does(2, unknown), Err(Rejection::UnknownReaction));
}

#[test]
fn replies_need_a_post_that_stands() {
    let mut room = Room::new();
    let reply = |to: u64| Command::Post {
        body: "re".into(),
        reply_to: Some(Offset::new(to)),
        mentions: vec![],
        confirmed: false,
    };
    assert_eq!(room.does(1, reply(1)), Err(Rejection::UnknownPost));
    let at = room.does(1, post("hello")).unwrap();
    room.does(2, reply(at.get())).unwrap();
    room.does(1, Command::Retract { target: at }).unwrap();
    assert_eq!(room.does(2, reply(at.get())), Err(Rejection::PostRetracted));
}

#[test]
fn the_badge_is_what_the_view_says() {
    let room = Room::new();
    let badge = Name::new("멘토").unwrap();
    let view = RoomView { state: &room.state, limits: &room.limits, guard: &room.guard, badge: Some(&badge) };
    let decision = decide(view, &member(1), post("x"), NOW).unwrap();
    assert!(matches!(decision.event, Event::Post { author, .. } if author.badge == Some(badge)));
}

#[derive(Debug, Clone)]
enum Act {
    Member(u8, Command),
    Freeze,
    Thaw,
}

fn acts() -> impl Strategy<Value = Vec<Act>> {
    let offset = (0_u64..30).prop_map(Offset::new);
    let body = prop_oneof![
        Just(String::new()),
        "[가-힣]{1,8}",
        Just("010-1234-5678".to_owned()),
        Just("a\u{202E}b".to_owned())
    ];
    let handle = (0_u8..5).prop_map(|who| format!("otter-{who}"));
    let command = prop_oneof![
        4 => (body.clone(), proptest::option::of(offset.clone()), proptest::collection::vec(handle, 0..3), any::<bool>())
            .prop_map(|(body, reply_to, mentions, confirmed)| Command::Post { body, reply_to, mentions, confirmed }),
        2 => (offset.clone(), body).prop_map(|(target, body)| Command::Edit { target, body, mentions: vec![], confirmed: false }),
        1 => offset.clone().prop_map(|target| Command::Retract { target }),
        2 => (offset, 0_usize..6, any::<bool>())
            .prop_map(|(target, r, on)| Command::React { target, reaction: Reaction::ALL[r].as_str().into(), on }),
    ];
    let act = prop_oneof![
        20 => (0_u8..4, command).prop_map(|(who, command)| Act::Member(who, command)),
        1 => Just(Act::Freeze),
        1 => Just(Act::Thaw),
    ];
    proptest::collection::vec(act, 0..80)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn no_history_of_commands_breaks_a_rule(acts in acts()) {
        let mut room = Room::new();
        let mut log = Vec::new();
        let mut posted_by = std::collections::BTreeMap::new();
        for act in acts {
            let frozen = room.state.is_frozen();
            let before = room.state.version();
            let event = match act {
                Act::Freeze => Event::Freeze,
                Act::Thaw => Event::Thaw,
                Act::Member(who, command) => match room.decide(who, command) {
                    Ok(decision) => {
                        let retracts = matches!(decision.event, Event::Retract { .. });
                        prop_assert!(!frozen || retracts, "a frozen room takes retractions only");
                        prop_assert_eq!(decision.decided_on, before);
                        match &decision.event {
                            Event::Post { author, mentions, .. } => {
                                prop_assert!(mentions.iter().all(|handle| room.state.has_posted(handle)));
                                posted_by.insert(room.state.head().next(), author.membership);
                            }
                            Event::Edit { target, .. } | Event::Retract { target } => {
                                prop_assert_eq!(posted_by.get(target), Some(&member(who).id));
                                prop_assert!(!room.state.is_retracted(*target));
                            }
                            Event::React { target, .. } => prop_assert!(room.state.post(*target).is_some()),
                            Event::Freeze | Event::Thaw => prop_assert!(false, "members do not freeze"),
                        }
                        decision.event
                    }
                    Err(_) => continue,
                },
            };
            let offset = room.state.head().next();
            let publication = Publication { offset, minute: NOW, event };
            room.state.apply(&publication);
            room.state.apply(&publication);
            let moved = room.state.version() == StateVersion(offset);
            prop_assert_eq!(moved, publication.event.changes_state());
            log.push(publication);
        }
        // The state is a function of the log.
        let mut again = RoomState::default();
        for publication in &log {
            again.apply(publication);
        }
        prop_assert_eq!(format!("{again:?}").len(), format!("{:?}", room.state).len());
        // Pages hand out every post exactly once, in order.
        let mut seen = Vec::new();
        let mut before = None;
        loop {
            let page = room.state.page(before, 7, usize::MAX, |_| 1);
            prop_assert_eq!(page.more, page.posts.first().is_some_and(|first| posted_by.keys().any(|at| *at < first.offset)));
            before = page.posts.first().map(|post| post.offset);
            seen.splice(0..0, page.posts.iter().map(|post| post.offset));
            if !page.more { break; }
        }
        prop_assert_eq!(seen, posted_by.keys().copied().collect::<Vec<_>>());
    }

    #[test]
    fn the_guard_reads_any_text(text in any::<String>()) {
        let length = text.chars().count();
        for finding in Guard::new(None).unwrap().findings(&text) {
            prop_assert!(finding.start < finding.end && finding.end as usize <= length);
        }
    }
}
