//! The tables of a programme file, each as it was written: types, ranges, names. What they mean together is for [`super::read`].

use super::days::Days;
use crate::calendar::Calendar;
use crate::toml_fields::{Faults, Fields};
use kkanbu_model::{
    Admission, GROUP_MIN, Language, Name, Programme, ProgrammeId, RETENTION_DAYS_DEFAULT, RoleId, RoomId, TimeZone,
};

/// Most seats of a role.
pub(super) const SEATS_MAX: u32 = 100_000;

/// `[programme]`
pub(super) struct Header {
    /// A programme that has no roles and rooms yet; `None` where something of it is wrong.
    pub(super) programme: Option<Programme>,
    pub(super) calendar: Option<Calendar>,
    pub(super) days: Days,
}

/// `[[role]]`
pub(super) struct WrittenRole {
    pub(super) at: usize,
    pub(super) id: Option<RoleId>,
    pub(super) name: Option<Name>,
    pub(super) seats: Option<u32>,
    /// Where `seats` is written, though it may be wrong.
    pub(super) seats_at: Option<usize>,
    pub(super) admission: Admission,
    pub(super) eligibility: Option<Name>,
    pub(super) answers: bool,
}

/// `[[room]]`
pub(super) struct WrittenRoom {
    pub(super) at: usize,
    pub(super) id: Option<RoomId>,
    pub(super) name: Option<Name>,
    pub(super) topic: Option<Name>,
    pub(super) roles: Vec<(usize, RoleId)>,
    pub(super) seats_per_role: Option<u32>,
    pub(super) days: Days,
}

/// `[[relay]]`: a department, and what it does when its turn comes.
pub(super) struct Station {
    pub(super) at: usize,
    pub(super) department: Option<RoomId>,
    pub(super) name: Option<Name>,
    pub(super) topic: Option<Name>,
    pub(super) days: Days,
    /// Whether a day is written at all, though it may be wrong.
    pub(super) dated: bool,
    /// Whether both days are.
    pub(super) dated_fully: bool,
    /// How many of each role the department has; `None` where that can't be read.
    pub(super) seats: Option<Vec<(usize, RoleId, u32)>>,
}

pub(super) fn header(mut fields: Fields<'_, '_>, faults: &mut Faults) -> Header {
    let id = needed(&mut fields, "id", faults, |text| ProgrammeId::new(text).map_err(|error| error.to_string()));
    let title = needed(&mut fields, "name", faults, name);
    let organisation = needed(&mut fields, "organisation", faults, name);
    let language = optional(&mut fields, "language", faults, |tag| {
        Language::from_tag(tag).ok_or_else(|| format!("ko or en, not {tag}"))
    });
    let calendar = if fields.has("timezone") {
        optional(&mut fields, "timezone", faults, calendar)
    } else {
        // Asked for, so that it is named among the known.
        fields.text("timezone", faults);
        Calendar::of(&TimeZone::default())
    };
    let days = Days::read(&mut fields, "starts_on", "ends_on", faults);
    let purposes = names(&mut fields, "purposes", faults);
    let retention = fields.number("retention_days", 1..=365, faults);
    fields.finish(faults);
    let programme = || {
        Some(Programme {
            id: id?,
            name: title?,
            organisation: organisation?,
            purposes,
            language: language.unwrap_or(Language::Korean),
            timezone: calendar.as_ref()?.zone(),
            retention_days: retention.and_then(|days| u16::try_from(days).ok()).unwrap_or(RETENTION_DAYS_DEFAULT),
            roles: Vec::new(),
            rooms: Vec::new(),
        })
    };
    Header { programme: programme(), calendar, days }
}

pub(super) fn role(mut fields: Fields<'_, '_>, faults: &mut Faults) -> WrittenRole {
    let role = WrittenRole {
        at: fields.at(),
        id: needed(&mut fields, "id", faults, role_id),
        name: needed(&mut fields, "name", faults, name),
        seats: seats(&mut fields, "seats", faults),
        seats_at: fields.has("seats").then(|| fields.place("seats")),
        admission: optional(&mut fields, "admission", faults, |text| {
            Admission::from_name(text).ok_or_else(|| format!("screened or first-come, not {text}"))
        })
        .unwrap_or_default(),
        eligibility: optional(&mut fields, "eligibility", faults, name),
        answers: fields.flag("answers", faults).unwrap_or_default(),
    };
    fields.finish(faults);
    role
}

pub(super) fn room(mut fields: Fields<'_, '_>, faults: &mut Faults) -> WrittenRoom {
    let id = needed(&mut fields, "id", faults, room_id);
    let title = needed(&mut fields, "name", faults, name);
    let topic = optional(&mut fields, "topic", faults, name);
    fields.need("roles", faults);
    let mut roles = Vec::new();
    let written = fields.texts("roles", faults);
    if written.as_ref().is_some_and(Vec::is_empty) {
        faults.add(fields.place("roles"), "room.roles is empty: the room is for nobody".to_owned());
    }
    for (at, text) in written.unwrap_or_default() {
        match RoleId::new(text) {
            Ok(role) => roles.push((at, role)),
            Err(error) => faults.add(at, format!("room.roles: {error}")),
        }
    }
    let seats_per_role = seats(&mut fields, "seats_per_role", faults);
    let days = Days::read(&mut fields, "opens_on", "closes_on", faults);
    let at = fields.at();
    fields.finish(faults);
    WrittenRoom { at, id, name: title, topic, roles, seats_per_role, days }
}

pub(super) fn station(mut fields: Fields<'_, '_>, faults: &mut Faults) -> Station {
    fields.need("seats", faults);
    let station = Station {
        at: fields.at(),
        department: needed(&mut fields, "department", faults, room_id),
        name: needed(&mut fields, "name", faults, name),
        topic: optional(&mut fields, "topic", faults, name),
        days: Days::read(&mut fields, "opens_on", "closes_on", faults),
        dated: fields.has("opens_on") || fields.has("closes_on"),
        dated_fully: fields.has("opens_on") && fields.has("closes_on"),
        seats: station_seats(&mut fields, faults),
    };
    fields.finish(faults);
    station
}

fn station_seats(fields: &mut Fields<'_, '_>, faults: &mut Faults) -> Option<Vec<(usize, RoleId, u32)>> {
    let mut seats = Vec::new();
    let written = fields.numbers("seats", 0..=SEATS_MAX, faults)?;
    let count = written.len();
    for (at, text, number) in written {
        match RoleId::new(text) {
            Ok(role) => seats.push((at, role, number)),
            Err(error) => faults.add(at, format!("relay.seats: {error}")),
        }
    }
    if seats.len() < count {
        return None;
    }
    if seats.iter().all(|(_, _, number)| *number == 0) {
        faults.add(fields.place("seats"), "relay.seats: the department has nobody".to_owned());
        return None;
    }
    Some(seats)
}

/// A number of seats: none that would point at people.
fn seats(fields: &mut Fields<'_, '_>, key: &'static str, faults: &mut Faults) -> Option<u32> {
    let seats = fields.number(key, 0..=SEATS_MAX, faults)?;
    if seats < GROUP_MIN {
        let what = format!("{key} is {seats}; fewer than {GROUP_MIN} would point at people");
        faults.add(fields.place(key), what);
        return None;
    }
    Some(seats)
}

fn calendar(text: &str) -> Result<Calendar, String> {
    let zone = TimeZone::new(text).map_err(|error| error.to_string())?;
    Calendar::of(&zone).ok_or_else(|| format!("there is no time zone {zone} in the IANA database"))
}

fn names(fields: &mut Fields<'_, '_>, key: &'static str, faults: &mut Faults) -> Vec<Name> {
    let mut names = Vec::new();
    for (at, text) in fields.texts(key, faults).unwrap_or_default() {
        match name(&text) {
            Ok(name) => names.push(name),
            Err(error) => faults.add(at, format!("{key}: {error}")),
        }
    }
    names
}

fn needed<T>(
    fields: &mut Fields<'_, '_>,
    key: &'static str,
    faults: &mut Faults,
    parse: impl FnOnce(&str) -> Result<T, String>,
) -> Option<T> {
    fields.need(key, faults);
    optional(fields, key, faults, parse)
}

fn optional<T>(
    fields: &mut Fields<'_, '_>,
    key: &'static str,
    faults: &mut Faults,
    parse: impl FnOnce(&str) -> Result<T, String>,
) -> Option<T> {
    let text = fields.text(key, faults)?;
    match parse(&text) {
        Ok(value) => Some(value),
        Err(error) => {
            faults.add(fields.place(key), format!("{key}: {error}"));
            None
        }
    }
}

fn role_id(text: &str) -> Result<RoleId, String> {
    RoleId::new(text).map_err(|error| error.to_string())
}

fn room_id(text: &str) -> Result<RoomId, String> {
    RoomId::new(text).map_err(|error| error.to_string())
}

fn name(text: &str) -> Result<Name, String> {
    Name::new(text).map_err(|error| error.to_string())
}
