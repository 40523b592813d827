//! Random commands against a simple model: every answer must be the model's.

use crate::engine::Engine;
use crate::fixture::{HOUR, a_room, anyang, command, draw_as, handle, keyring, member, mentee, mentor, name, room};
use kkanbu_model::{Handle, Membership, Minute, Programme, Role, RoleId, RoomAct, RoomId, Sanction};
use kkanbu_store::{ActError, Acted, AdmitError, JoinError, MarkError, RedrawError, Seat, Store};
use proptest::prelude::*;
use proptest::test_runner::TestRunner;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

const PEOPLE: u32 = 5;
const ROOMS: [&str; 3] = ["plaza", "topic-1", "lounge"];
const HANDLES: [&str; 3] = ["용감한 고라니", "느긋한 두루미", "brave-otter"];
const CASES: u32 = 48;

/// How many things `moderation` knows.
const MODERATIONS: usize = 5;

/// What moderators do, the `number`th of all commands.
fn moderation(what: usize, handle: &Handle, number: u32) -> RoomAct {
    match what {
        0 => RoomAct::Mute(handle.clone(), Minute::new(u64::from(number))),
        1 => RoomAct::Unmute(handle.clone()),
        2 => RoomAct::Remove(handle.clone()),
        3 => RoomAct::Readmit(handle.clone()),
        _ => RoomAct::Slow(number),
    }
}

/// So few seats and handles that all of them run out.
fn programme() -> Programme {
    let roles = [mentee(), mentor()];
    Programme {
        roles: vec![Role::new(mentee(), name("멘티"), 3), Role::new(mentor(), name("멘토"), 2)],
        rooms: vec![
            a_room(ROOMS[0], &roles, None),
            a_room(ROOMS[1], &roles, Some(1)),
            a_room(ROOMS[2], &[mentor()], None),
        ],
        ..anyang()
    }
}

#[derive(Debug, Clone)]
enum Act {
    Admit { who: u32, as_mentor: bool },
    Join { who: u32, room: usize, handle: usize },
    Leave { who: u32, room: usize },
    Redraw { who: u32, room: usize, handle: usize },
    Mark { who: u32, room: usize, handle: usize },
    Moderate { what: usize, room: usize, handle: usize },
    Confirm,
    Restart,
    Crash,
}

fn acts() -> impl Strategy<Value = Vec<Act>> {
    let (who, room, handle) = (0..PEOPLE, 0..ROOMS.len(), 0..HANDLES.len());
    let act = prop_oneof![
        6 => (who.clone(), any::<bool>()).prop_map(|(who, as_mentor)| Act::Admit { who, as_mentor }),
        9 => (who.clone(), room.clone(), handle.clone()).prop_map(|(who, room, handle)| Act::Join { who, room, handle }),
        4 => (who.clone(), room.clone()).prop_map(|(who, room)| Act::Leave { who, room }),
        5 => (who.clone(), room.clone(), handle.clone()).prop_map(|(who, room, handle)| Act::Redraw { who, room, handle }),
        6 => (who, room.clone(), handle.clone()).prop_map(|(who, room, handle)| Act::Mark { who, room, handle }),
        8 => (0..MODERATIONS, room, handle).prop_map(|(what, room, handle)| Act::Moderate { what, room, handle }),
        1 => Just(Act::Confirm),
        1 => Just(Act::Restart),
        1 => Just(Act::Crash),
    ];
    prop::collection::vec(act, 1..150)
}

/// What somebody is under in a room, and since which handle.
#[derive(Debug, Clone, Default)]
struct Under {
    muted: Option<(Minute, Handle)>,
    removed: Option<Handle>,
    /// Handles under which it posted before it left, the latest last.
    former: Vec<Handle>,
}

impl Under {
    fn sanction(&self) -> Sanction {
        Sanction { muted_until: self.muted.as_ref().map(|(until, _)| *until), removed: self.removed.is_some() }
    }

    fn names(&self, handle: &Handle) -> bool {
        let muted = self.muted.as_ref().map(|(_, muted)| muted);
        let latest = self.former.iter().rev().take(16);
        muted.into_iter().chain(&self.removed).chain(latest).any(|name| name == handle)
    }
}

/// What the store should hold, in the plainest form.
#[derive(Default)]
struct Model {
    roles: BTreeMap<u32, RoleId>,
    /// Without what their members are under.
    rooms: BTreeMap<usize, BTreeMap<u32, Membership>>,
    under: BTreeMap<(usize, u32), Under>,
    /// Handles that posted, or under which somebody was sanctioned, and that their members have no more.
    retired: BTreeSet<(usize, Handle)>,
    /// Entries of the audit log; the first is that of the programme.
    entries: u64,
    pending: BTreeSet<u64>,
}

impl Model {
    fn admit(&mut self, who: u32, role: &RoleId) -> Result<RoleId, AdmitError> {
        if let Some(role) = self.roles.get(&who) {
            return Ok(role.clone());
        }
        let taken = self.roles.values().filter(|taken| *taken == role).count();
        if taken >= programme().role(role).unwrap().seats as usize {
            return Err(AdmitError::Full);
        }
        self.roles.insert(who, role.clone());
        Ok(role.clone())
    }

    fn join(&mut self, who: u32, at: usize, draw: kkanbu_store::Draw) -> Result<Membership, JoinError> {
        let sanction = self.sanction(who, at);
        if sanction.removed {
            return Err(JoinError::Removed);
        }
        if let Some(membership) = self.membership(who, at) {
            return Ok(membership);
        }
        let role = self.roles.get(&who).ok_or(JoinError::NotAdmitted)?.clone();
        let definition = &programme().rooms[at];
        if !definition.roles.contains(&role) {
            return Err(JoinError::NotForRole);
        }
        if definition.seats_per_role.is_some_and(|seats| self.seats(at, &role) >= u64::from(seats)) {
            return Err(JoinError::Full);
        }
        if self.taken(at, &draw.handle) {
            return Err(JoinError::HandleTaken);
        }
        let membership = Membership { id: draw.id, handle: draw.handle, role, posted: false, sanction };
        self.rooms.entry(at).or_default().insert(who, membership.clone());
        Ok(membership)
    }

    fn leave(&mut self, who: u32, at: usize) -> bool {
        let Some(left) = self.rooms.entry(at).or_default().remove(&who) else { return false };
        self.let_go(who, at, left.posted, left.handle.clone());
        if left.posted {
            self.under.entry((at, who)).or_default().former.push(left.handle);
        }
        true
    }

    fn let_go(&mut self, who: u32, at: usize, posted: bool, handle: Handle) {
        if posted || self.under.get(&(at, who)).is_some_and(|under| under.names(&handle)) {
            self.retired.insert((at, handle));
        }
    }

    fn redraw(&mut self, who: u32, at: usize, handle: Handle) -> Result<Membership, RedrawError> {
        let before = self.membership(who, at).filter(|membership| !membership.sanction.removed);
        let before = before.ok_or(RedrawError::NotAMember)?;
        if before.posted {
            return Err(RedrawError::Fixed);
        }
        if self.taken(at, &handle) {
            return Err(RedrawError::HandleTaken);
        }
        let after = Membership { handle, ..before.clone() };
        self.rooms.entry(at).or_default().insert(who, after.clone());
        self.let_go(who, at, false, before.handle);
        Ok(after)
    }

    fn mark(&mut self, who: u32, at: usize, handle: &Handle) -> Result<(), MarkError> {
        let removed = self.sanction(who, at).removed;
        let membership = self.rooms.entry(at).or_default().get_mut(&who).ok_or(MarkError::Changed)?;
        if membership.handle != *handle || removed {
            return Err(MarkError::Changed);
        }
        membership.posted = true;
        Ok(())
    }

    /// Does a new act.
    fn act(&mut self, at: usize, act: &RoomAct) -> Result<Acted, ActError> {
        let mut acted = Acted { number: self.entries + 1, member: None, sanction: None, again: false };
        if let Some(handle) = act.handle() {
            let who = self.concerned(at, handle).ok_or(ActError::UnknownHandle)?;
            let under = self.under.entry((at, who)).or_default();
            match act {
                RoomAct::Mute(handle, until) => under.muted = Some((*until, handle.clone())),
                RoomAct::Unmute(_) => under.muted = None,
                RoomAct::Remove(handle) => under.removed = Some(handle.clone()),
                RoomAct::Readmit(_) => under.removed = None,
                RoomAct::HidePost(_)
                | RoomAct::RestorePost(_)
                | RoomAct::Freeze
                | RoomAct::Thaw
                | RoomAct::Slow(_)
                | RoomAct::Notice(_) => panic!("it is about nobody"),
            }
            acted.sanction = Some(under.sanction());
            acted.member = self.membership(who, at).map(|membership| membership.id);
        } else {
            self.pending.insert(acted.number);
        }
        self.entries += 1;
        Ok(acted)
    }

    fn concerned(&self, at: usize, handle: &Handle) -> Option<u32> {
        let has = |who: &u32| self.membership(*who, at).is_some_and(|membership| membership.handle == *handle);
        let had = |who: &u32| self.under.get(&(at, *who)).is_some_and(|under| under.names(handle));
        (0..PEOPLE).find(has).or_else(|| (0..PEOPLE).find(had))
    }

    fn sanction(&self, who: u32, at: usize) -> Sanction {
        self.under.get(&(at, who)).map(Under::sanction).unwrap_or_default()
    }

    fn membership(&self, who: u32, at: usize) -> Option<Membership> {
        let membership = self.rooms.get(&at)?.get(&who)?.clone();
        Some(Membership { sanction: self.sanction(who, at), ..membership })
    }

    fn taken(&self, at: usize, handle: &Handle) -> bool {
        let used = self.rooms.get(&at).is_some_and(|room| room.values().any(|member| member.handle == *handle));
        used || self.retired.contains(&(at, handle.clone()))
    }

    fn seats(&self, at: usize, role: &RoleId) -> u64 {
        let members = self.rooms.get(&at).into_iter().flat_map(BTreeMap::values);
        members.filter(|member| member.role == *role).count() as u64
    }

    fn members(&self, at: usize) -> BTreeMap<RoleId, u64> {
        let mut members: BTreeMap<RoleId, u64> =
            programme().rooms[at].roles.iter().map(|role| (role.clone(), 0)).collect();
        for (who, membership) in self.rooms.get(&at).into_iter().flatten() {
            let counts = !self.sanction(*who, at).removed;
            *members.entry(membership.role.clone()).or_default() += u64::from(counts);
        }
        members
    }

    fn memberships(&self, who: u32) -> BTreeMap<RoomId, Membership> {
        let at = |at: usize| Some((RoomId::new(ROOMS[at]).unwrap(), self.membership(who, at)?));
        (0..ROOMS.len()).filter_map(at).collect()
    }
}

async fn step<E: Engine>(engine: &mut E, model: &mut Model, number: u32, act: Act) {
    let store = engine.store();
    match act {
        Act::Admit { who, as_mentor } => {
            let role = if as_mentor { mentor() } else { mentee() };
            assert_eq!(store.admit(&anyang().id, &member(who), &role).await, model.admit(who, &role));
        }
        Act::Join { who, room: at, handle } => {
            let draw = draw_as(number, HANDLES[handle]);
            let joined = store.join(&room(ROOMS[at]), &member(who), draw.clone()).await;
            assert_eq!(joined, model.join(who, at, draw));
        }
        Act::Leave { who, room: at } => {
            assert_eq!(store.leave(&room(ROOMS[at]), &member(who)).await, Ok(model.leave(who, at)));
        }
        Act::Redraw { who, room: at, handle: text } => {
            let handle = handle(HANDLES[text]);
            let redrawn = store.redraw(&room(ROOMS[at]), &member(who), handle.clone()).await;
            assert_eq!(redrawn, model.redraw(who, at, handle));
        }
        Act::Mark { who, room: at, handle: text } => {
            let handle = handle(HANDLES[text]);
            let marked = store.mark_posted(&room(ROOMS[at]), &member(who), &handle).await;
            assert_eq!(marked, model.mark(who, at, &handle));
        }
        Act::Moderate { what, room: at, handle: text } => {
            let act = moderation(what, &handle(HANDLES[text]), number);
            let acted = store.act(&room(ROOMS[at]), &act, command(number), HOUR).await;
            assert_eq!(acted, model.act(at, &act));
            if let Ok(acted) = acted {
                let again = store.act(&room(ROOMS[at]), &act, command(number), HOUR).await.unwrap();
                assert_eq!((again.number, again.again), (acted.number, true));
            }
        }
        Act::Confirm => {
            if let Some(number) = model.pending.pop_first() {
                store.confirm(number).await.unwrap();
            }
        }
        Act::Restart => {
            drop(store);
            engine.restart().await;
        }
        Act::Crash => {
            drop(store);
            engine.crash().await;
        }
    }
}

async fn compare(store: &Arc<dyn Store>, model: &Model) {
    for who in 0..PEOPLE {
        assert_eq!(store.role(&anyang().id, &member(who)).await, Ok(model.roles.get(&who).cloned()));
        assert_eq!(store.memberships(&anyang().id, &member(who)).await, Ok(model.memberships(who)));
        let seat = model.roles.get(&who).map(|role| Seat { role: role.clone(), memberships: model.memberships(who) });
        assert_eq!(store.seat(&anyang().id, &member(who)).await, Ok(seat));
        for (at, id) in ROOMS.into_iter().enumerate() {
            let stored = store.membership(&room(id), &member(who)).await;
            assert_eq!(stored, Ok(model.membership(who, at)));
        }
    }
    for (at, id) in ROOMS.into_iter().enumerate() {
        assert_eq!(store.members(&room(id)).await, Ok(model.members(at)));
    }
    let pending = store.pending().await.unwrap().into_iter().map(|waits| waits.number);
    assert_eq!(pending.collect::<BTreeSet<_>>(), model.pending);
    let entries = store.audit(0, usize::MAX).await.unwrap().into_iter().map(|entry| entry.number);
    assert_eq!(entries.collect::<Vec<_>>(), (1..=model.entries).collect::<Vec<_>>());
}

pub(crate) fn random_history_is_that_of_the_model<E: Engine>() {
    let config = ProptestConfig { cases: CASES, failure_persistence: None, ..ProptestConfig::default() };
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let tried = TestRunner::new(config).run(&acts(), |acts| {
        runtime.block_on(async {
            let mut engine = E::create(keyring()).await;
            engine.store().create_programme(&programme(), HOUR).await.unwrap();
            let mut model = Model { entries: 1, ..Model::default() };
            for (number, act) in (0_u32..).zip(acts) {
                step(&mut engine, &mut model, number, act).await;
            }
            compare(&engine.store(), &model).await;
            assert_eq!(engine.prove_audit().number, model.entries);
        });
        Ok(())
    });
    tried.unwrap();
}
