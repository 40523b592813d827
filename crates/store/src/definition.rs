//! Boundary type: a programme's definition as the databases keep it, in JSON. It names no person.
//!
//! Fields that schema 1 did not have are read with their defaults where they are not there.

use crate::StoreError;
use crate::sealing::programme_tag;
use kkanbu_keys::ContentKey;
use kkanbu_model::{
    Admission, Language, Minute, Name, Programme, ProgrammeId, Role, RoleId, Room, RoomId, Schedule, TimeZone,
};
use serde::{Deserialize, Serialize};

/// A definition in the database can't be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the programme's definition can't be read")]
pub(crate) struct DefinitionError;

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct StoredProgramme {
    name: String,
    organisation: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    purposes: Vec<String>,
    language: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    timezone: Option<String>,
    retention_days: u16,
    roles: Vec<StoredRole>,
    rooms: Vec<StoredRoom>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct StoredRole {
    id: String,
    name: String,
    seats: u32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    admission: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    eligibility: Option<String>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    answers: bool,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct StoredRoom {
    id: String,
    name: String,
    roles: Vec<String>,
    seats_per_role: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    topic: Option<String>,
    /// Minutes since 1970, as all times are kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    opens: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    closes: Option<u64>,
}

/// The definition as JSON, without its id, which is the row's key.
pub(crate) fn to_json(programme: &Programme) -> Result<String, DefinitionError> {
    let stored = StoredProgramme {
        name: text(&programme.name),
        organisation: text(&programme.organisation),
        purposes: programme.purposes.iter().map(text).collect(),
        language: programme.language.tag().to_owned(),
        timezone: Some(programme.timezone.as_str().to_owned()),
        retention_days: programme.retention_days,
        roles: programme.roles.iter().map(StoredRole::from).collect(),
        rooms: programme.rooms.iter().map(StoredRoom::from).collect(),
    };
    serde_json::to_string(&stored).map_err(|_| DefinitionError)
}

/// Reads what `to_json` wrote.
pub(crate) fn from_json(id: ProgrammeId, json: &str) -> Result<Programme, DefinitionError> {
    let stored: StoredProgramme = serde_json::from_str(json).map_err(|_| DefinitionError)?;
    Ok(Programme {
        id,
        name: name(&stored.name)?,
        organisation: name(&stored.organisation)?,
        purposes: stored.purposes.iter().map(|purpose| name(purpose)).collect::<Result<_, _>>()?,
        timezone: timezone(stored.timezone)?,
        language: Language::from_tag(&stored.language).ok_or(DefinitionError)?,
        retention_days: stored.retention_days,
        roles: stored.roles.into_iter().map(Role::try_from).collect::<Result<_, _>>()?,
        rooms: stored.rooms.into_iter().map(Room::try_from).collect::<Result<_, _>>()?,
    })
}

/// The programme of a row.
pub(crate) fn of_row(id: &str, json: &str) -> Result<Programme, StoreError> {
    let id = ProgrammeId::new(id).map_err(|_| StoreError::unreadable())?;
    from_json(id.clone(), json).map_err(|_| StoreError::Damaged(id))
}

/// The programme of a row whose tag proves that this is its content key.
pub(crate) fn of_row_with(key: &ContentKey, id: &ProgrammeId, json: &str, tag: &[u8]) -> Result<Programme, StoreError> {
    if tag == programme_tag(key, id) { of_row(id.as_str(), json) } else { Err(StoreError::Damaged(id.clone())) }
}

fn text(name: &Name) -> String {
    name.as_str().to_owned()
}

fn name(text: &str) -> Result<Name, DefinitionError> {
    Name::new(text).map_err(|_| DefinitionError)
}

fn timezone(stored: Option<String>) -> Result<TimeZone, DefinitionError> {
    stored.map_or_else(|| Ok(TimeZone::default()), |zone| TimeZone::new(zone).map_err(|_| DefinitionError))
}

fn admission(stored: Option<String>) -> Result<Admission, DefinitionError> {
    stored.map_or(Ok(Admission::default()), |name| Admission::from_name(&name).ok_or(DefinitionError))
}

fn role_id(text: String) -> Result<RoleId, DefinitionError> {
    RoleId::new(text).map_err(|_| DefinitionError)
}

impl From<&Role> for StoredRole {
    fn from(role: &Role) -> Self {
        Self {
            id: role.id.as_str().to_owned(),
            name: text(&role.name),
            seats: role.seats,
            admission: Some(role.admission.as_str().to_owned()),
            eligibility: role.eligibility.as_ref().map(text),
            answers: role.answers,
        }
    }
}

impl TryFrom<StoredRole> for Role {
    type Error = DefinitionError;

    fn try_from(stored: StoredRole) -> Result<Self, DefinitionError> {
        Ok(Self {
            id: role_id(stored.id)?,
            name: name(&stored.name)?,
            seats: stored.seats,
            admission: admission(stored.admission)?,
            eligibility: stored.eligibility.as_deref().map(name).transpose()?,
            answers: stored.answers,
        })
    }
}

impl From<&Room> for StoredRoom {
    fn from(room: &Room) -> Self {
        Self {
            id: room.id.as_str().to_owned(),
            name: text(&room.name),
            roles: room.roles.iter().map(|role| role.as_str().to_owned()).collect(),
            seats_per_role: room.seats_per_role,
            topic: room.topic.as_ref().map(text),
            opens: room.schedule.opens.map(Minute::get),
            closes: room.schedule.closes.map(Minute::get),
        }
    }
}

impl TryFrom<StoredRoom> for Room {
    type Error = DefinitionError;

    fn try_from(stored: StoredRoom) -> Result<Self, DefinitionError> {
        Ok(Self {
            id: RoomId::new(stored.id).map_err(|_| DefinitionError)?,
            name: name(&stored.name)?,
            roles: stored.roles.into_iter().map(role_id).collect::<Result<_, _>>()?,
            seats_per_role: stored.seats_per_role,
            topic: stored.topic.as_deref().map(name).transpose()?,
            schedule: Schedule { opens: stored.opens.map(Minute::new), closes: stored.closes.map(Minute::new) },
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One as schema 1 could hold it.
    fn plain() -> Programme {
        let mentor = RoleId::new("mentor").unwrap();
        let plaza = Room::new(RoomId::new("plaza").unwrap(), name("깐부 광장").unwrap(), vec![mentor.clone()]);
        Programme {
            id: ProgrammeId::new("anyang-2022").unwrap(),
            name: name("깐부 멘토링").unwrap(),
            organisation: name("안양시").unwrap(),
            purposes: Vec::new(),
            language: Language::Korean,
            timezone: TimeZone::default(),
            retention_days: 30,
            roles: vec![Role::new(mentor, name("멘토").unwrap(), 17)],
            rooms: vec![Room { seats_per_role: Some(5), ..plaza }],
        }
    }

    /// One that uses all there is.
    fn programme() -> Programme {
        let mut programme = plain();
        programme.purposes = vec![name("신규공무원의 적응").unwrap(), name("세대 공감").unwrap()];
        programme.timezone = TimeZone::new("Europe/Berlin").unwrap();
        for role in &mut programme.roles {
            role.admission = Admission::Screened;
            role.eligibility = Some(name("3년 이상").unwrap());
            role.answers = true;
        }
        for room in &mut programme.rooms {
            room.topic = Some(name("봄맞이 도시락 토크").unwrap());
            room.schedule = Schedule { opens: Some(Minute::new(27_000_000)), closes: Some(Minute::new(27_000_060)) };
        }
        programme
    }

    /// What schema 1 wrote for `plain`.
    const SCHEMA_1: &str = r#"{"name":"깐부 멘토링","organisation":"안양시","language":"ko","retention_days":30,"roles":[{"id":"mentor","name":"멘토","seats":17}],"rooms":[{"id":"plaza","name":"깐부 광장","roles":["mentor"],"seats_per_role":5}]}"#;

    #[test]
    fn what_schema_1_wrote_reads_with_defaults() {
        assert_eq!(from_json(plain().id, SCHEMA_1), Ok(plain()));
    }

    #[test]
    fn a_definition_survives_its_json() {
        for programme in [programme(), plain()] {
            let json = to_json(&programme).unwrap();
            assert_eq!(from_json(programme.id.clone(), &json), Ok(programme));
        }
    }

    #[test]
    fn a_definition_that_is_cut_or_has_more_in_it_is_refused() {
        let json = to_json(&programme()).unwrap();
        let more = json.replacen('{', "{\"extra\":1,", 1);
        let zone = json.replace("Europe/Berlin", "Europe Berlin");
        let admission = json.replace("screened", "lottery");
        for bad in [&json[..json.len() - 1], &more, &zone, &admission, "", "null"] {
            assert_eq!(from_json(programme().id, bad), Err(DefinitionError), "{bad}");
        }
    }
}
