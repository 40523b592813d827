//! The rules, driven by thousands of random commands of a few members, and the ones worth reading one by one.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

use kkanbu_model::{
    Body, Event, Handle, Limits, Membership, MembershipId, Minute, Name, Offset, Phase, Publication, Reaction, RoleId,
    RoomSettings, Sanction, StateVersion,
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

    fn view(&self) -> RoomView<'_> {
        let Self { state, limits, guard } = self;
        RoomView { state, limits, guard, phase: Phase::Open, may_answer: false, badge: None }
    }

    fn decide(&self, who: u8, command: Command) -> Result<Decision, Rejection> {
        decide(self.view(), &member(who), command, NOW)
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
        sanction: Sanction::default(),
    }
}

fn post(body: &str) -> Command {
    Command::Post { body: body.into(), reply_to: None, mentions: vec![], confirmed: false, question: false }
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
    assert!(room.state.post(at).unwrap().body().is_none());
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
    let mention = |whom: &str| Command::Post {
        body: "hi".into(),
        reply_to: None,
        mentions: vec![whom.into()],
        confirmed: false,
        question: false,
    };
    assert_eq!(room.does(1, mention("otter-2")), Err(Rejection::UnknownHandle));
    room.does(2, post("here")).unwrap();
    room.does(1, mention("otter-2")).unwrap();
    let many = Command::Post {
        body: "hi".into(),
        reply_to: None,
        mentions: vec!["otter-2".into(); 11],
        confirmed: false,
        question: false,
    };
    assert_eq!(room.does(1, many), Err(Rejection::TooManyMentions));
}

#[test]
fn the_guard_asks_once_and_the_person_decides() {
    let mut room = Room::new();
    let number = "010-1234-5678";
    assert!(matches!(room.does(1, post(number)), Err(Rejection::ConfirmNeeded(findings)) if findings.len() == 1));
    let insisted =
        Command::Post { body: number.into(), reply_to: None, mentions: vec![], confirmed: true, question: false };
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
        question: false,
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
    let view = RoomView { badge: Some(&badge), ..room.view() };
    let decision = decide(view, &member(1), post("x"), NOW).unwrap();
    assert!(matches!(decision.event, Event::Post { author, .. } if author.badge == Some(badge)));
}

#[test]
fn a_muted_member_writes_nothing_until_the_mute_ends_and_takes_back_at_any_time() {
    let mut room = Room::new();
    let at = room.does(1, post("hello")).unwrap();
    let muted = Membership { sanction: Sanction { muted_until: Some(NOW.plus(10)), removed: false }, ..member(1) };
    for command in [post("x"), edit(at, "x"), react(at, true)] {
        assert_eq!(decide(room.view(), &muted, command, NOW), Err(Rejection::Muted(NOW.plus(10))));
    }
    assert!(decide(room.view(), &muted, Command::Retract { target: at }, NOW).is_ok());
    assert!(decide(room.view(), &muted, post("x"), NOW.plus(10)).is_ok());
}

#[test]
fn a_room_takes_posts_while_it_is_open_and_retractions_also_later() {
    let mut room = Room::new();
    let at = room.does(1, post("hello")).unwrap();
    for (phase, rejection) in [(Phase::Upcoming, Rejection::NotOpen), (Phase::Closed, Rejection::Closed)] {
        let view = RoomView { phase, ..room.view() };
        assert_eq!(decide(view, &member(1), post("x"), NOW), Err(rejection));
        assert!(decide(view, &member(1), Command::Retract { target: at }, NOW).is_ok());
    }
}

#[test]
fn a_question_is_answered_by_its_author_or_by_a_role_that_answers_and_by_nobody_else() {
    let mut room = Room::new();
    let asks =
        Command::Post { body: "어떻게?".into(), reply_to: None, mentions: vec![], confirmed: false, question: true };
    let (plain, question) = (room.does(1, post("hello")).unwrap(), room.does(1, asks).unwrap());
    let answer = |target, on| Command::Answer { target, on };
    assert_eq!(room.does(1, answer(plain, true)), Err(Rejection::NotAQuestion));
    assert_eq!(room.does(2, answer(question, true)), Err(Rejection::MayNotAnswer));
    assert!(room.state.post(question).unwrap().is_open_question());
    let mentor = RoomView { may_answer: true, ..room.view() };
    let event = decide(mentor, &member(2), answer(question, true), NOW).unwrap().event;
    room.publish(event);
    assert!(!room.state.post(question).unwrap().is_open_question());
    room.does(1, answer(question, false)).unwrap();
    let open = room.state.page(None, kkanbu_room::PostState::is_open_question, 10, usize::MAX, |_| 1);
    assert_eq!(open.posts.iter().map(|post| post.offset).collect::<Vec<_>>(), [question]);
}

#[test]
fn a_hidden_post_shows_no_text_and_takes_nothing_until_it_is_restored() {
    let mut room = Room::new();
    let at = room.does(1, post("hello")).unwrap();
    room.publish(Event::Hide { target: at });
    assert!(room.state.post(at).unwrap().body().is_none());
    assert_eq!(room.does(2, react(at, true)), Err(Rejection::PostHidden));
    assert_eq!(room.does(1, edit(at, "x")), Err(Rejection::PostHidden));
    room.publish(Event::Restore { target: at });
    assert_eq!(room.state.post(at).unwrap().body().unwrap().as_str(), "hello");
    room.publish(Event::Hide { target: at });
    room.does(1, Command::Retract { target: at }).unwrap();
    room.publish(Event::Restore { target: at });
    assert!(room.state.post(at).unwrap().body_for_moderators().is_none());
}

fn body(text: &str) -> Body {
    Body::new(text, &Limits::default()).unwrap()
}

#[test]
fn texts_that_were_replaced_or_taken_back_are_left_over_until_they_are_erased() {
    let mut room = Room::new();
    let at = room.does(1, post("first")).unwrap();
    assert!(room.state.leftover().is_empty());
    let second = room.does(1, edit(at, "second")).unwrap();
    assert_eq!(room.state.leftover(), [at]);
    room.does(1, Command::Retract { target: at }).unwrap();
    assert_eq!(room.state.leftover(), [at, second]);
    room.state.erased(&[at, second]);
    assert!(room.state.leftover().is_empty());
}

#[test]
fn reactions_from_before_an_edit_outlive_the_erasure_of_the_first_text() {
    let mut room = Room::new();
    let mut log = Vec::new();
    for command in [post("first"), react(Offset::new(1), true), edit(Offset::new(1), "second")] {
        let event = room.decide(1, command).unwrap().event;
        let event_left = event.without_text().filter(|_| log.is_empty()).unwrap_or_else(|| event.clone());
        log.push(event_left);
        room.publish(event);
    }
    let mut again = RoomState::default();
    for (offset, event) in (1..).map(Offset::new).zip(log) {
        again.apply(&Publication { offset, minute: NOW, event });
    }
    assert_eq!(again.reaction_count(Offset::new(1), Reaction::Agree), 1);
    assert_eq!(again.post(Offset::new(1)).unwrap().body().unwrap().as_str(), "second");
}

#[test]
fn an_expired_post_goes_with_everything_that_was_said_of_it_and_settings_stay() {
    let mut room = Room::new();
    room.publish(Event::Freeze);
    room.publish(Event::Notice { text: Some(body("공지")) });
    room.publish(Event::Thaw);
    let old = room.does(1, post("old")).unwrap();
    let (offset, minute) = (room.state.head().next(), NOW.plus(100));
    let event = room.decide(2, post("young")).unwrap().event;
    room.state.apply(&Publication { offset, minute, event });
    let edited = room.does(1, edit(old, "old, replaced late")).unwrap();
    let later = NOW.plus(200);
    assert_eq!(room.state.kept_from(NOW, later), None);
    let kept_from = room.state.kept_from(NOW.plus(50), later).unwrap();
    assert_eq!(kept_from, old.next());
    let settings = RoomSettings { frozen: false, slow_seconds: 0, notice: Some(body("공지")) };
    assert_eq!(room.state.to_repeat(kept_from), Some(Event::Settings(settings.clone())));
    let again = room.publish(Event::Settings(settings));
    assert_eq!(room.state.to_repeat(kept_from), None);
    room.state.trim(kept_from);
    assert!(room.state.post(old).is_none() && room.state.post(offset).is_some());
    assert_eq!(room.state.leftover(), [edited]);
    assert!(!room.state.has_posted(&member(1).handle));
    assert!(again > edited && room.state.notice().is_some());
}

#[test]
fn a_post_that_a_wrong_clock_dated_ahead_holds_no_expired_one_back() {
    let mut room = Room::new();
    let mut posts = |minute: Minute| {
        let (offset, event) = (room.state.head().next(), room.decide(1, post("x")).unwrap().event);
        room.state.apply(&Publication { offset, minute, event });
        (offset, room.state.clone())
    };
    let (_, _) = posts(NOW);
    posts(NOW.plus(50_000));
    let (last, state) = posts(NOW.plus(1));
    let now = NOW.plus(1_000);
    assert_eq!(
        state.kept_from(NOW.plus(2), now),
        Some(last.next()),
        "what was written before an expired post is as old"
    );
    assert_eq!(state.kept_from(NOW.plus(1), now), Some(Offset::new(2)), "alone it tells nothing");
    assert_eq!(state.kept_from(NOW, now), None);
}

#[derive(Debug, Clone)]
enum Act {
    Member(u8, Command),
    Freeze,
    Thaw,
}

fn acts() -> impl Strategy<Value = Vec<Act>> {
    // Few places, so that much happens to the same posts.
    let offset = prop_oneof![3 => 0_u64..8, 1 => 0_u64..30].prop_map(Offset::new);
    let body = prop_oneof![
        6 => "[가-힣]{1,8}",
        1 => Just(String::new()),
        1 => Just("010-1234-5678".to_owned()),
        1 => Just("a\u{202E}b".to_owned())
    ];
    let handle = (0_u8..5).prop_map(|who| format!("otter-{who}"));
    let command = prop_oneof![
        4 => (body.clone(), proptest::option::of(offset.clone()), proptest::collection::vec(handle, 0..3), any::<bool>(), any::<bool>())
            .prop_map(|(body, reply_to, mentions, confirmed, question)| Command::Post { body, reply_to, mentions, confirmed, question }),
        4 => (offset.clone(), body).prop_map(|(target, body)| Command::Edit { target, body, mentions: vec![], confirmed: false }),
        1 => offset.clone().prop_map(|target| Command::Retract { target }),
        2 => (offset.clone(), any::<bool>()).prop_map(|(target, on)| Command::Answer { target, on }),
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
                                prop_assert!(!room.state.post(*target).unwrap().retracted);
                            }
                            Event::React { target, .. } => prop_assert!(room.state.post(*target).is_some()),
                            Event::Answer { target, .. } => {
                                prop_assert_eq!(posted_by.get(target), Some(&member(who).id));
                                prop_assert!(room.state.post(*target).unwrap().question);
                            }
                            Event::Hide { .. } | Event::Restore { .. } | Event::Freeze | Event::Thaw | Event::Slow { .. }
                            | Event::Notice { .. } | Event::Settings(_) => prop_assert!(false, "members do not moderate"),
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
        // Nor does it change when the texts that nobody may read any more are erased from the log.
        let leftover = room.state.leftover();
        let mut erased = RoomState::default();
        for publication in &log {
            let event = leftover.contains(&publication.offset).then(|| publication.event.without_text()).flatten();
            erased.apply(&Publication { event: event.unwrap_or_else(|| publication.event.clone()), ..publication.clone() });
        }
        prop_assert!(erased.leftover().is_empty());
        for offset in posted_by.keys() {
            let (shown, left) = (room.state.post(*offset).unwrap(), erased.post(*offset).unwrap());
            prop_assert_eq!(shown.body(), left.body());
            prop_assert_eq!((shown.edited, shown.retracted, shown.answered), (left.edited, left.retracted, left.answered));
            let reader = member(1).id;
            prop_assert!(shown.reactions(reader).eq(left.reactions(reader)));
        }
        // Pages hand out every post exactly once, in order.
        let mut seen = Vec::new();
        let mut before = None;
        loop {
            let page = room.state.page(before, |_| true, 7, usize::MAX, |_| 1);
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
