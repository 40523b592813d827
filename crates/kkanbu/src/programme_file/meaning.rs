//! What the tables of a programme file mean together: which roles there are once departments have theirs, who enters which room, when.

use super::days::Days;
use super::parts::{Header, Station, WrittenRole, WrittenRoom};
use super::relay::{self, Group};
use crate::calendar::Calendar;
use crate::toml_fields::Faults;
use kkanbu_model::{Programme, ROLES_MAX, ROOMS_MAX, Role, RoleId, Room, TimeZone};
use std::collections::{HashMap, HashSet};

/// A whole file, as it was written.
pub(super) struct Written {
    pub(super) header: Option<Header>,
    pub(super) roles: Vec<WrittenRole>,
    pub(super) rooms: Vec<WrittenRoom>,
    pub(super) stations: Vec<Station>,
}

impl Written {
    /// The programme; `None` where something is missing from it. Notes all faults, and what the organiser should know.
    pub(super) fn understand(self, faults: &mut Faults, notes: &mut Vec<String>) -> Option<Programme> {
        let (calendar, days) = match &self.header {
            Some(header) => (header.calendar.clone(), header.days),
            None => (None, Days::default()),
        };
        self.check_roles(faults);
        self.rooms.iter().for_each(|room| room.days.check_within(&days, faults));
        let mut built = Built::new(&self, faults);
        let groups = match self.stations.as_slice() {
            [] => Some(Vec::new()),
            stations => relay::groups(stations, &days, faults, notes),
        };
        // With a time zone that is wrong, the rest can still be checked.
        let calendar = calendar.or_else(|| Calendar::of(&TimeZone::default()))?;
        self.roles.iter().for_each(|role| built.role(role));
        for group in groups.iter().flatten() {
            built.group(group, &self.roles, &calendar, faults);
        }
        self.rooms.iter().for_each(|room| built.room(room, &days, &calendar));
        built.check_size(faults);
        groups?;
        let roles = built.roles.into_iter().map(|(_, role)| role).collect();
        let rooms = built.rooms.into_iter().chain(built.stations).map(|(_, room)| room).collect();
        Some(Programme { roles, rooms, ..self.header?.programme? })
    }

    /// The roles that come in through the relay's departments.
    fn relayed(&self) -> HashSet<&RoleId> {
        self.stations.iter().flat_map(|station| station.seats.iter().flatten()).map(|(_, role, _)| role).collect()
    }

    /// Whether every role has its seats in one place, and every role that is named is there.
    fn check_roles(&self, faults: &mut Faults) {
        let relayed = self.relayed();
        let all_read = self.stations.iter().all(|station| station.seats.is_some());
        for role in &self.roles {
            let in_relay = role.id.as_ref().is_some_and(|id| relayed.contains(id));
            match role.seats_at {
                Some(at) if in_relay => {
                    let what = "the relay's departments say how many there are of this role; leave role.seats out";
                    faults.add(at, what.to_owned());
                }
                None if !in_relay && all_read => faults.add(role.at, "role.seats is missing".to_owned()),
                Some(_) | None => (),
            }
        }
        let known: HashSet<&RoleId> = self.roles.iter().filter_map(|role| role.id.as_ref()).collect();
        for (index, room) in self.rooms.iter().enumerate() {
            let mut named = HashSet::new();
            for (at, role) in &room.roles {
                let label = room.id.as_ref().map_or_else(|| format!("number {}", index + 1), ToString::to_string);
                if !known.contains(role) {
                    faults.add(*at, format!("room {label} is for role {role}, which is not defined"));
                }
                if !named.insert(role) {
                    faults.add(*at, format!("room {label} names role {role} twice"));
                }
            }
        }
        for (at, role, _) in self.stations.iter().flat_map(|station| station.seats.iter().flatten()) {
            if !known.contains(role) {
                faults.add(*at, format!("relay.seats: role {role} is not defined"));
            }
        }
    }
}

/// The ids that are taken, with their places.
struct Ids {
    kind: &'static str,
    taken: HashMap<String, usize>,
}

impl Ids {
    fn new(kind: &'static str) -> Self {
        Self { kind, taken: HashMap::new() }
    }

    fn take(&mut self, at: usize, id: &str, faults: &mut Faults) {
        if let Some(earlier) = self.taken.get(id) {
            let what = format!("{} {id} is defined twice, first in line {}", self.kind, faults.line(*earlier));
            faults.add(at, what);
            return;
        }
        self.taken.insert(id.to_owned(), at);
    }
}

/// The roles and rooms so far, each with its place in the file.
struct Built {
    role_ids: Ids,
    room_ids: Ids,
    roles: Vec<(usize, Role)>,
    rooms: Vec<(usize, Room)>,
    /// The rooms of the relay, after all others.
    stations: Vec<(usize, Room)>,
    /// What a role of the relay has become: one role for each department.
    relayed: HashMap<RoleId, Vec<RoleId>>,
}

impl Built {
    fn new(written: &Written, faults: &mut Faults) -> Self {
        let (mut role_ids, mut room_ids) = (Ids::new("role"), Ids::new("room"));
        for role in &written.roles {
            role.id.iter().for_each(|id| role_ids.take(role.at, id.as_str(), faults));
        }
        for room in &written.rooms {
            room.id.iter().for_each(|id| room_ids.take(room.at, id.as_str(), faults));
        }
        for station in &written.stations {
            station.department.iter().for_each(|id| room_ids.take(station.at, id.as_str(), faults));
        }
        for (nothing, what) in [
            (written.roles.is_empty(), "a programme needs at least one [[role]]"),
            (
                written.rooms.is_empty() && written.stations.is_empty(),
                "a programme needs at least one [[room]] or [[relay]]",
            ),
        ] {
            if nothing {
                // Of what is not there, no line can be given but the first.
                faults.add(0, what.to_owned());
            }
        }
        let relayed = written.relayed().into_iter().map(|role| (role.clone(), Vec::new())).collect();
        Self { role_ids, room_ids, roles: Vec::new(), rooms: Vec::new(), stations: Vec::new(), relayed }
    }

    /// A role with seats of its own.
    fn role(&mut self, written: &WrittenRole) {
        if let Some(((id, name), seats)) = written.id.as_ref().zip(written.name.as_ref()).zip(written.seats) {
            let role = Role::new(id.clone(), name.clone(), seats);
            self.roles.push((written.at, as_announced(role, written)));
        }
    }

    /// The room of a department or of several, and its roles. They have the names that the file's roles have: a badge never names a
    /// department.
    fn group(&mut self, group: &Group, roles: &[WrittenRole], calendar: &Calendar, faults: &mut Faults) {
        let Some(titles) = group.titles(faults) else { return };
        if group.is_shared() {
            self.room_ids.take(group.at, titles.room.as_str(), faults);
        }
        let mut own = Vec::new();
        for written in roles {
            let mut seats = group.seats.iter().zip(&titles.roles);
            let found = seats.find(|((role, _), _)| written.id.as_ref() == Some(role));
            let Some((((base, seats), id), name)) = found.zip(written.name.as_ref()) else { continue };
            self.role_ids.take(group.at, id.as_str(), faults);
            let role = Role::new(id.clone(), name.clone(), *seats);
            self.roles.push((group.at, as_announced(role, written)));
            self.relayed.entry(base.clone()).or_default().push(id.clone());
            own.push(id.clone());
        }
        let schedule = group.turn.schedule(calendar);
        self.stations
            .push((group.at, Room { topic: titles.topic, schedule, ..Room::new(titles.room, titles.name, own) }));
    }

    fn room(&mut self, written: &WrittenRoom, days: &Days, calendar: &Calendar) {
        let Some((id, name)) = written.id.clone().zip(written.name.clone()) else { return };
        let roles = written.roles.iter().flat_map(|(_, role)| match self.relayed.get(role) {
            Some(departments) => departments.clone(),
            None => vec![role.clone()],
        });
        let room = Room {
            seats_per_role: written.seats_per_role,
            topic: written.topic.clone(),
            schedule: written.days.or(days).schedule(calendar),
            ..Room::new(id, name, roles.collect())
        };
        self.rooms.push((written.at, room));
    }

    /// A member's list of rooms has to fit one frame.
    fn check_size(&self, faults: &mut Faults) {
        if let Some((at, _)) = self.roles.get(ROLES_MAX) {
            let count = self.roles.len();
            let why = if self.stations.is_empty() { "" } else { ", as each department of the relay has its own" };
            faults.add(*at, format!("a programme has at most {ROLES_MAX} roles, and this file has {count}{why}"));
        }
        if let Some((at, _)) = self.rooms.iter().chain(&self.stations).nth(ROOMS_MAX) {
            let count = self.rooms.len() + self.stations.len();
            faults.add(*at, format!("a programme has at most {ROOMS_MAX} rooms, and this file has {count}"));
        }
    }
}

/// The role with what the file says of how people get in and what they may do.
fn as_announced(role: Role, written: &WrittenRole) -> Role {
    let (admission, eligibility, answers) = (written.admission, written.eligibility.clone(), written.answers);
    Role { admission, eligibility, answers, ..role }
}
