//! Random commands against a simple model: every answer must be the model's.

use crate::engine::Engine;
use crate::fixture::{a_room, anyang, draw_as, handle, keyring, member, mentee, mentor, name, room};
use kkanbu_model::{Handle, Membership, Programme, Role, RoleId, RoomId};
use kkanbu_store::{AdmitError, JoinError, MarkError, RedrawError, Store};
use proptest::prelude::*;
use proptest::test_runner::TestRunner;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

const PEOPLE: u32 = 5;
const ROOMS: [&str; 3] = ["plaza", "topic-1", "lounge"];
const HANDLES: [&str; 3] = ["용감한 고라니", "느긋한 두루미", "brave-otter"];
const CASES: u32 = 48;

/// So few seats and handles that all of them run out.
fn programme() -> Programme {
    let roles = [mentee(), mentor()];
    Programme {
        roles: vec![
            Role { id: mentee(), name: name("멘티"), seats: 3 },
            Role { id: mentor(), name: name("멘토"), seats: 2 },
        ],
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
        6 => (who, room, handle).prop_map(|(who, room, handle)| Act::Mark { who, room, handle }),
        1 => Just(Act::Restart),
        1 => Just(Act::Crash),
    ];
    prop::collection::vec(act, 1..150)
}

/// What the store should hold, in the plainest form.
#[derive(Default)]
struct Model {
    roles: BTreeMap<u32, RoleId>,
    rooms: BTreeMap<usize, BTreeMap<u32, Membership>>,
    /// Handles that posted and whose members left.
    retired: BTreeSet<(usize, Handle)>,
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
        if let Some(membership) = self.membership(who, at) {
            return Ok(membership.clone());
        }
        let role = self.roles.get(&who).ok_or(JoinError::NotAdmitted)?.clone();
        let definition = &programme().rooms[at];
        if !definition.roles.contains(&role) {
            return Err(JoinError::NotForRole);
        }
        if definition.seats_per_role.is_some_and(|seats| self.members(at)[&role] >= u64::from(seats)) {
            return Err(JoinError::Full);
        }
        if self.taken(at, &draw.handle) {
            return Err(JoinError::HandleTaken);
        }
        let membership = Membership { id: draw.id, handle: draw.handle, role, posted: false };
        self.rooms.entry(at).or_default().insert(who, membership.clone());
        Ok(membership)
    }

    fn leave(&mut self, who: u32, at: usize) -> bool {
        let Some(left) = self.rooms.entry(at).or_default().remove(&who) else { return false };
        if left.posted {
            self.retired.insert((at, left.handle));
        }
        true
    }

    fn redraw(&mut self, who: u32, at: usize, handle: Handle) -> Result<Membership, RedrawError> {
        let before = self.membership(who, at).ok_or(RedrawError::NotAMember)?;
        if before.posted {
            return Err(RedrawError::Fixed);
        }
        if self.taken(at, &handle) {
            return Err(RedrawError::HandleTaken);
        }
        let after = Membership { handle, ..before.clone() };
        self.rooms.entry(at).or_default().insert(who, after.clone());
        Ok(after)
    }

    fn mark(&mut self, who: u32, at: usize, handle: &Handle) -> Result<(), MarkError> {
        let membership = self.rooms.entry(at).or_default().get_mut(&who).ok_or(MarkError::Changed)?;
        if membership.handle != *handle {
            return Err(MarkError::Changed);
        }
        membership.posted = true;
        Ok(())
    }

    fn membership(&self, who: u32, at: usize) -> Option<&Membership> {
        self.rooms.get(&at)?.get(&who)
    }

    fn taken(&self, at: usize, handle: &Handle) -> bool {
        let used = self.rooms.get(&at).is_some_and(|room| room.values().any(|member| member.handle == *handle));
        used || self.retired.contains(&(at, handle.clone()))
    }

    fn members(&self, at: usize) -> BTreeMap<RoleId, u64> {
        let mut members: BTreeMap<RoleId, u64> =
            programme().rooms[at].roles.iter().map(|role| (role.clone(), 0)).collect();
        for membership in self.rooms.get(&at).into_iter().flat_map(BTreeMap::values) {
            *members.entry(membership.role.clone()).or_default() += 1;
        }
        members
    }

    fn memberships(&self, who: u32) -> BTreeMap<RoomId, Membership> {
        let at = |at: usize| Some((RoomId::new(ROOMS[at]).unwrap(), self.membership(who, at)?.clone()));
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
        for (at, id) in ROOMS.into_iter().enumerate() {
            let stored = store.membership(&room(id), &member(who)).await;
            assert_eq!(stored, Ok(model.membership(who, at).cloned()));
        }
    }
    for (at, id) in ROOMS.into_iter().enumerate() {
        assert_eq!(store.members(&room(id)).await, Ok(model.members(at)));
    }
}

pub(crate) fn random_history_is_that_of_the_model<E: Engine>() {
    let config = ProptestConfig { cases: CASES, failure_persistence: None, ..ProptestConfig::default() };
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let tried = TestRunner::new(config).run(&acts(), |acts| {
        runtime.block_on(async {
            let mut engine = E::create(keyring()).await;
            engine.store().create_programme(&programme()).await.unwrap();
            let mut model = Model::default();
            for (number, act) in (0_u32..).zip(acts) {
                step(&mut engine, &mut model, number, act).await;
            }
            compare(&engine.store(), &model).await;
        });
        Ok(())
    });
    tried.unwrap();
}
