//! A relay by department: one department after another, each in a room of its own that only its people enter. Departments that are too
//! small to hide anybody share a room with the next.

use super::days::Days;
use super::parts::Station;
use super::turns::{self, Turn};
use crate::toml_fields::Faults;
use kkanbu_model::{GROUP_MIN, Name, RoleId, RoomId};

/// Most departments of a relay. Those that are small are put together one by one, and what is said of each names all that it is put to:
/// a file of nothing but such departments would take the square of its length.
const DEPARTMENTS_MAX: usize = 256;

/// Departments that share a room: mostly one.
#[derive(Debug, Clone)]
pub(super) struct Group {
    /// Where the first of them stands in the file.
    pub(super) at: usize,
    pub(super) turn: Turn,
    departments: Vec<RoomId>,
    names: Vec<Name>,
    topics: Vec<Name>,
    /// How many there are of each role. A role that is not here has nobody.
    pub(super) seats: Vec<(RoleId, u32)>,
}

/// What a group is called, once it is known who is in it.
#[derive(Debug)]
pub(super) struct Titles {
    pub(super) room: RoomId,
    /// The group's own roles, in the order of its seats.
    pub(super) roles: Vec<RoleId>,
    pub(super) name: Name,
    pub(super) topic: Option<Name>,
}

/// The departments by their turns, those together that share a room. Gives nothing where one can't be read: sums would mislead.
pub(super) fn groups(
    stations: &[Station],
    programme: &Days,
    faults: &mut Faults,
    notes: &mut Vec<String>,
) -> Option<Vec<Group>> {
    if let Some(station) = stations.get(DEPARTMENTS_MAX) {
        let count = stations.len();
        faults.add(station.at, format!("a relay has at most {DEPARTMENTS_MAX} departments, and this file has {count}"));
        return None;
    }
    let turns = turns::of(stations, programme, faults)?;
    let groups = stations.iter().zip(turns).map(|(station, turn)| Group::of(station, turn));
    let mut groups: Vec<Group> = groups.collect::<Option<_>>()?;
    groups.sort_by_key(|group| group.turn.first);
    while let Some((small, role, seats)) = first_too_small(&groups) {
        // With the next; the last one with the one before.
        let other = if small + 1 < groups.len() { small + 1 } else { small.saturating_sub(1) };
        let one = groups.get(small)?;
        let what = format!("{} has {seats} of role {role}, fewer than {GROUP_MIN}", one.label());
        let Some(partner) = groups.get(other).filter(|_| other != small) else {
            let lines: Vec<String> = stations.iter().map(|station| faults.line(station.at).to_string()).collect();
            faults.add(
                one.at,
                format!("{what}, and there is no other department to share a room with (lines {})", lines.join(", ")),
            );
            return None;
        };
        notes.push(format!("line {}: {what}: it shares a room with {}", faults.line(one.at), partner.label()));
        let later = groups.remove(small.max(other));
        groups.get_mut(small.min(other))?.take_in(later);
    }
    Some(groups)
}

/// The first group in which somebody would be pointed at, with the role and its number.
fn first_too_small(groups: &[Group]) -> Option<(usize, RoleId, u32)> {
    groups.iter().enumerate().find_map(|(index, group)| {
        let (role, seats) = group.seats.iter().find(|(_, seats)| *seats < GROUP_MIN)?;
        Some((index, role.clone(), *seats))
    })
}

impl Group {
    fn of(station: &Station, turn: Turn) -> Option<Self> {
        let seats = station.seats.as_ref()?.iter().filter(|(_, _, seats)| *seats > 0);
        Some(Self {
            at: station.at,
            turn,
            departments: vec![station.department.clone()?],
            names: vec![station.name.clone()?],
            topics: station.topic.iter().cloned().collect(),
            seats: seats.map(|(_, role, seats)| (role.clone(), *seats)).collect(),
        })
    }

    /// From its first department's opening to its last one's closing.
    fn take_in(&mut self, later: Self) {
        self.turn.last = self.turn.last.max(later.turn.last);
        self.departments.extend(later.departments);
        self.names.extend(later.names);
        self.topics.extend(later.topics);
        for (role, more) in later.seats {
            match self.seats.iter_mut().find(|(known, _)| *known == role) {
                Some((_, seats)) => *seats = seats.saturating_add(more),
                None => self.seats.push((role, more)),
            }
        }
    }

    /// Whether its room has several departments.
    pub(super) fn is_shared(&self) -> bool {
        self.departments.len() > 1
    }

    fn label(&self) -> String {
        self.departments.iter().map(RoomId::as_str).collect::<Vec<_>>().join(" and ")
    }

    /// Its ids and names: those of its departments put together. Where all of them are too long, the first and the last.
    pub(super) fn titles(&self, faults: &mut Faults) -> Option<Titles> {
        let ids = |department: String| {
            let role = |(role, _): &(RoleId, u32)| RoleId::new(format!("{department}-{role}")).ok();
            Some((RoomId::new(department.as_str()).ok()?, self.seats.iter().map(role).collect::<Option<Vec<_>>>()?))
        };
        let departments: Vec<&str> = self.departments.iter().map(RoomId::as_str).collect();
        let found = together(&departments, "-", "-to-", ids);
        let name = Self::name_of(&self.names);
        let topic = if self.topics.is_empty() { Some(None) } else { Self::name_of(&self.topics).map(Some) };
        if found.is_none() {
            let what =
                format!("{}: an id made of the department's and a role's is too long; shorten them", self.label());
            faults.add(self.at, what);
        }
        if name.is_none() || topic.is_none() {
            faults.add(self.at, format!("{}: their names or topics are too long to be put together", self.label()));
        }
        let (room, roles) = found?;
        Some(Titles { room, roles, name: name?, topic: topic? })
    }

    fn name_of(names: &[Name]) -> Option<Name> {
        let names: Vec<&str> = names.iter().map(Name::as_str).collect();
        together(&names, " · ", " … ", |name| Name::new(&name).ok())
    }
}

/// All parts in one, or only the first and the last, whichever can be made into what is wanted.
fn together<T>(parts: &[&str], between: &str, instead: &str, make: impl Fn(String) -> Option<T>) -> Option<T> {
    make(parts.join(between)).or_else(|| {
        let (first, last) = parts.first().zip(parts.last()).filter(|_| parts.len() > 2)?;
        make(format!("{first}{instead}{last}"))
    })
}
