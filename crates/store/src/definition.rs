//! Boundary type: a programme's definition as the databases keep it, in JSON. It names no person.

use kkanbu_model::{Language, Name, Programme, ProgrammeId, Role, RoleId, Room, RoomId};
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
    language: String,
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
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct StoredRoom {
    id: String,
    name: String,
    roles: Vec<String>,
    seats_per_role: Option<u32>,
}

/// The definition as JSON, without its id, which is the row's key.
pub(crate) fn to_json(programme: &Programme) -> Result<String, DefinitionError> {
    let stored = StoredProgramme {
        name: programme.name.as_str().to_owned(),
        organisation: programme.organisation.as_str().to_owned(),
        language: programme.language.tag().to_owned(),
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
        language: Language::from_tag(&stored.language).ok_or(DefinitionError)?,
        retention_days: stored.retention_days,
        roles: stored.roles.into_iter().map(Role::try_from).collect::<Result<_, _>>()?,
        rooms: stored.rooms.into_iter().map(Room::try_from).collect::<Result<_, _>>()?,
    })
}

fn name(text: &str) -> Result<Name, DefinitionError> {
    Name::new(text).map_err(|_| DefinitionError)
}

fn role_id(text: String) -> Result<RoleId, DefinitionError> {
    RoleId::new(text).map_err(|_| DefinitionError)
}

impl From<&Role> for StoredRole {
    fn from(role: &Role) -> Self {
        Self { id: role.id.as_str().to_owned(), name: role.name.as_str().to_owned(), seats: role.seats }
    }
}

impl TryFrom<StoredRole> for Role {
    type Error = DefinitionError;

    fn try_from(stored: StoredRole) -> Result<Self, DefinitionError> {
        Ok(Self { id: role_id(stored.id)?, name: name(&stored.name)?, seats: stored.seats })
    }
}

impl From<&Room> for StoredRoom {
    fn from(room: &Room) -> Self {
        Self {
            id: room.id.as_str().to_owned(),
            name: room.name.as_str().to_owned(),
            roles: room.roles.iter().map(|role| role.as_str().to_owned()).collect(),
            seats_per_role: room.seats_per_role,
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
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn programme() -> Programme {
        let mentor = RoleId::new("mentor").unwrap();
        Programme {
            id: ProgrammeId::new("anyang-2022").unwrap(),
            name: Name::new("깐부 멘토링").unwrap(),
            organisation: Name::new("안양시").unwrap(),
            language: Language::Korean,
            retention_days: 30,
            roles: vec![Role { id: mentor.clone(), name: Name::new("멘토").unwrap(), seats: 17 }],
            rooms: vec![Room {
                id: RoomId::new("plaza").unwrap(),
                name: Name::new("깐부 광장").unwrap(),
                roles: vec![mentor],
                seats_per_role: Some(5),
            }],
        }
    }

    #[test]
    fn a_definition_survives_its_json() {
        let json = to_json(&programme()).unwrap();
        assert_eq!(from_json(programme().id, &json), Ok(programme()));
    }

    #[test]
    fn a_definition_that_is_cut_or_has_more_in_it_is_refused() {
        let json = to_json(&programme()).unwrap();
        let more = json.replacen('{', "{\"extra\":1,", 1);
        for bad in [&json[..json.len() - 1], more.as_str(), "", "null"] {
            assert_eq!(from_json(programme().id, bad), Err(DefinitionError), "{bad}");
        }
    }
}
