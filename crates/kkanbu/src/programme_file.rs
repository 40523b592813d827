//! The programme file: how organisers write down a programme. `docs/PROGRAMMES.md` documents it.

use crate::toml_fields::{Fault, Faults, Fields};
use kkanbu_model::{Language, Name, Programme, ProgrammeId, RETENTION_DAYS_DEFAULT, Role, RoleId, Room, RoomId};

/// Reads a programme file; or says everything that is wrong with it, by line.
pub(crate) fn read(text: &str) -> Result<Programme, Vec<Fault>> {
    let (table, mut faults) = Faults::parse(text);
    let mut top = Fields::new(table.get_ref(), 0, "");
    top.need("programme", &mut faults);
    let header = top.table("programme", &mut faults).and_then(|fields| header(fields, &mut faults));
    let roles = top.tables("role", &mut faults).into_iter().map(|fields| role(fields, &mut faults)).collect::<Vec<_>>();
    let rooms = top.tables("room", &mut faults).into_iter().map(|fields| room(fields, &mut faults)).collect::<Vec<_>>();
    top.finish(&mut faults);
    let roles: Option<Vec<Role>> = roles.into_iter().collect();
    let rooms: Option<Vec<Room>> = rooms.into_iter().collect();
    let programme =
        header.zip(roles.zip(rooms)).map(|(programme, (roles, rooms))| Programme { roles, rooms, ..programme });
    if let Some(programme) = &programme {
        // What concerns the whole has no line of its own.
        programme.errors().iter().for_each(|error| faults.add(0, error.to_string()));
    }
    let found = faults.into_found();
    programme.filter(|_| found.is_empty()).ok_or(found)
}

/// As [`read`], for the admin socket.
pub(crate) fn read_as_text(text: &str) -> Result<Programme, Vec<String>> {
    read(text).map_err(|faults| faults.iter().map(ToString::to_string).collect())
}

fn header(mut fields: Fields<'_, '_>, faults: &mut Faults<'_>) -> Option<Programme> {
    let id = named(&mut fields, "id", faults, |text| ProgrammeId::new(text).map_err(|error| error.to_string()));
    let title = named(&mut fields, "name", faults, name);
    let organisation = named(&mut fields, "organisation", faults, name);
    let language = fields.text("language", faults);
    let language = match language.as_deref() {
        None => Some(Language::Korean),
        Some(tag) => {
            let known = Language::from_tag(tag);
            if known.is_none() {
                faults.add(fields.place("language"), format!("programme.language is ko or en, not {tag}"));
            }
            known
        }
    };
    let days = fields.number("retention_days", 1..=365, faults).unwrap_or(u32::from(RETENTION_DAYS_DEFAULT));
    fields.finish(faults);
    Some(Programme {
        id: id?,
        name: title?,
        organisation: organisation?,
        language: language?,
        retention_days: u16::try_from(days).unwrap_or(RETENTION_DAYS_DEFAULT),
        roles: Vec::new(),
        rooms: Vec::new(),
    })
}

fn role(mut fields: Fields<'_, '_>, faults: &mut Faults<'_>) -> Option<Role> {
    let id = named(&mut fields, "id", faults, |text| RoleId::new(text).map_err(|error| error.to_string()));
    let title = named(&mut fields, "name", faults, name);
    fields.need("seats", faults);
    let seats = fields.number("seats", 5..=100_000, faults);
    fields.finish(faults);
    Some(Role { id: id?, name: title?, seats: seats? })
}

fn room(mut fields: Fields<'_, '_>, faults: &mut Faults<'_>) -> Option<Room> {
    let id = named(&mut fields, "id", faults, |text| RoomId::new(text).map_err(|error| error.to_string()));
    let title = named(&mut fields, "name", faults, name);
    fields.need("roles", faults);
    let mut roles = Vec::new();
    for (at, text) in fields.texts("roles", faults)? {
        match RoleId::new(text) {
            Ok(role) => roles.push(role),
            Err(error) => faults.add(at, format!("room.roles: {error}")),
        }
    }
    let seats_per_role = fields.number("seats_per_role", 5..=100_000, faults);
    fields.finish(faults);
    Some(Room { id: id?, name: title?, roles, seats_per_role })
}

fn named<T>(
    fields: &mut Fields<'_, '_>,
    key: &'static str,
    faults: &mut Faults<'_>,
    parse: impl FnOnce(&str) -> Result<T, String>,
) -> Option<T> {
    let text = fields.needed_text(key, faults)?;
    match parse(&text) {
        Ok(value) => Some(value),
        Err(error) => {
            faults.add(fields.place(key), format!("{key}: {error}"));
            None
        }
    }
}

fn name(text: &str) -> Result<Name, String> {
    Name::new(text).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    const ANYANG: &str = include_str!("../programmes/anyang-2022.toml");

    #[test]
    fn anyang_has_its_seats_and_rooms() {
        let programme = read(ANYANG).unwrap();
        let seats: Vec<_> = programme.roles.iter().map(|role| role.seats).collect();
        assert_eq!(seats, [17, 37]);
        assert_eq!(programme.rooms.len(), 5);
        assert_eq!(programme.rooms[0].name.as_str(), "깐부 광장");
    }

    #[test]
    fn every_fault_is_named_with_its_line() {
        let text = "[programme]\nid = \"Anyang\"\nname = 7\n\n[[role]]\nid = \"mentor\"\nname = \"멘토\"\nseats = 3\ncolour = \"red\"\n\n[[room]]\nid = \"plaza\"\nname = \"광장\"\n";
        let faults = read(text).unwrap_err();
        let lines: Vec<(usize, &str)> = faults.iter().map(|fault| (fault.line, fault.what.as_str())).collect();
        let has = |line, part: &str| {
            assert!(lines.iter().any(|(l, w)| *l == line && w.contains(part)), "{line} {part}: {lines:?}");
        };
        has(2, "id: an id has");
        has(3, "programme.name must be a text, not integer");
        has(1, "programme.organisation is missing");
        has(8, "role.seats must be a whole number from 5");
        has(9, "role.colour is not known here");
        has(11, "room.roles is missing");
    }

    #[test]
    fn more_roles_or_rooms_than_a_frame_can_list_are_refused() {
        use kkanbu_model::{ROLES_MAX, ROOMS_MAX};
        let room =
            |n: usize| format!("\n[[room]]\nid = \"r-{n}\"\nname = \"{}\"\nroles = [\"mentor\"]\n", "가".repeat(80));
        let rooms: String = (5..ROOMS_MAX).map(room).collect();
        assert!(read(&format!("{ANYANG}{rooms}")).is_ok());
        let faults = read(&format!("{ANYANG}{rooms}{}", room(ROOMS_MAX))).unwrap_err();
        assert!(faults[0].what.contains("at most 64 rooms"), "{faults:?}");
        let role = |n: usize| format!("\n[[role]]\nid = \"r-{n}\"\nname = \"{n}\"\nseats = 5\n");
        let roles: String = (1..ROLES_MAX).map(role).collect();
        let faults = read(&format!("{ANYANG}{roles}")).unwrap_err();
        assert!(faults[0].what.contains("at most 16 roles"), "{faults:?}");
    }

    #[test]
    fn a_room_of_an_unknown_role_and_no_toml_are_refused() {
        let unknown = ANYANG.replace("roles = [\"mentor\", \"mentee\"]", "roles = [\"mentor\", \"boss\"]");
        assert!(read(&unknown).unwrap_err()[0].what.contains("boss"));
        assert!(!read("[programme\nid = ").unwrap_err().is_empty());
        assert!(!read("").unwrap_err().is_empty());
    }
}
