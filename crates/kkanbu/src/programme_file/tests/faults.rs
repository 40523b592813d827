//! Everything that is wrong with a file is said at once, each with its line.

use super::*;
use crate::programme_file::FILE_BYTES_MAX;
use crate::toml_fields::FAULTS_MAX;
use kkanbu_model::{ROLES_MAX, ROOMS_MAX};

/// Wrong in every way that there is a line for.
const WRONG: &str = r#"[programme]
id = "Anyang"
name = 7
language = "fr"
timezone = "Asia/Anyang"
starts_on = 2026-04-07
ends_on = "2026-03-24"
purposes = "one"
retention_days = 0
colour = "red"

[[role]]
id = "mentor"
name = "멘토"
seats = 3
admission = "lottery"
answers = "yes"
[[role]]
id = "mentor"
name = ""
seats = "many"
[[role]]
id = "guest"
name = "손님"

[[room]]
id = "plaza"
name = "광장"
roles = ["mentor", "boss", 7, "Nobody", "mentor"]
seats_per_role = 4
opens_on = 2026-05-01
closes_on = 2026-04-01T10:00:00
[[room]]
id = "plaza"
roles = []
opens_on = "2026-3-1"
[[rooms]]
"#;

#[test]
fn all_faults_of_a_file_are_said_at_once() {
    for (line, part) in [
        (1, "programme.organisation is missing"),
        (2, "id: an id has"),
        (3, "programme.name must be a text, not integer"),
        (4, "language: ko or en, not fr"),
        (5, "no time zone Asia/Anyang in the IANA database"),
        (7, "ends_on: 2026-03-24 is before starts_on, 2026-04-07 (line 6)"),
        (8, "programme.purposes must be a list of texts"),
        (9, "programme.retention_days must be a whole number from 1 to 365"),
        (10, "programme.colour is not known here"),
        (15, "seats is 3; fewer than 5 would point at people"),
        (16, "admission: screened or first-come, not lottery"),
        (17, "role.answers must be true or false, not string"),
        (18, "role mentor is defined twice, first in line 12"),
        (20, "name: a name is"),
        (21, "role.seats must be a whole number"),
        (22, "role.seats is missing"),
        (29, "room plaza is for role boss, which is not defined"),
        (29, "room.roles must be a list of texts, not integer"),
        (29, "room.roles: an id has"),
        (29, "room plaza names role mentor twice"),
        (30, "seats_per_role is 4; fewer than 5 would point at people"),
        (31, "opens_on: 2026-05-01 is after the programme has ended, 2026-03-24 (line 7)"),
        (32, "room.closes_on must be a day from 2000 to 2999"),
        (33, "room plaza is defined twice, first in line 26"),
        (33, "room.name is missing"),
        (35, "the room is for nobody"),
        (36, "room.opens_on must be a day"),
        (37, "rooms is not known here"),
    ] {
        says(WRONG, line, part);
    }
    let found = faults(WRONG);
    assert!(found.is_sorted_by_key(|fault| fault.line));
    assert_eq!(found.len(), 28, "{found:#?}");
}

#[test]
fn days_outside_of_the_programmes_are_refused() {
    says(&format!("{SMALL}opens_on = 2026-02-28\n"), 16, "before the programme starts, 2026-03-01 (line 5)");
    says(&format!("{SMALL}closes_on = 2026-04-01\n"), 16, "after the programme has ended, 2026-03-31 (line 6)");
    says(
        &format!("{SMALL}opens_on = 2026-03-09\ncloses_on = 2026-03-08\n"),
        17,
        "before opens_on, 2026-03-09 (line 16)",
    );
}

#[test]
fn only_days_are_days() {
    for bad in ["\"2026-02-30\"", "\"20260301\"", "\"2026-03-01T00:00\"", "\"+026-03-01\"", "1999-12-31", "10:00:00"] {
        says(&format!("{SMALL}opens_on = {bad}\n"), 16, "room.opens_on must be a day");
    }
    says(&format!("{SMALL}opens_on = 2026-02-30\n"), 16, "");
    says(&format!("{SMALL}opens_on = 20260301\n"), 16, "room.opens_on must be a day");
}

#[test]
fn more_roles_or_rooms_than_a_frame_can_list_are_refused() {
    let anyang = include_str!("../../../programmes/anyang-2022.toml");
    let room = |n: usize| format!("\n[[room]]\nid = \"r-{n}\"\nname = \"{}\"\nroles = [\"mentor\"]\n", "가".repeat(80));
    let rooms: String = (5..ROOMS_MAX).map(room).collect();
    assert!(read(&format!("{anyang}{rooms}")).is_ok());
    let text = format!("{anyang}{rooms}{}", room(ROOMS_MAX));
    says(&text, text.lines().count() - 3, "at most 64 rooms, and this file has 65");
    let role = |n: usize| format!("\n[[role]]\nid = \"r-{n}\"\nname = \"{n}\"\nseats = 5\n");
    let roles: String = (2..ROLES_MAX).map(role).collect();
    assert!(read(&format!("{anyang}{roles}")).is_ok());
    let text = format!("{anyang}{roles}{}", role(ROLES_MAX));
    says(&text, text.lines().count() - 3, "at most 32 roles, and this file has 33");
}

#[test]
fn what_is_no_programme_is_said() {
    says("", 1, "programme is missing");
    says("", 1, "at least one [[role]]");
    says("", 1, "at least one [[room]] or [[relay]]");
    says("\n[programme\nid = ", 2, "");
    says("programme = 1\nrole = 2\nroom = [3]\n", 1, "programme must be a table");
    says("programme = 1\nrole = 2\nroom = [3]\n", 2, "role must be a list of tables");
    says("programme = 1\nrole = 2\nroom = [3]\n", 3, "room must be a list of tables");
    // What was no TOML does not hide what is wrong beside it.
    says(&SMALL.replace("seats = 5", "seats = 4").replace("name = \"광장\"", "name = "), 10, "seats is 4");
}

#[test]
fn a_file_has_a_largest_size_and_a_number_of_faults_that_are_told() {
    let full = format!("{SMALL}{}", "#".repeat(FILE_BYTES_MAX - SMALL.len()));
    assert!(read(&full).is_ok());
    says(&format!("{full}#"), 1, "at most 1048576 bytes");
    let found = faults(&"[[role]]\n".repeat(100_000));
    assert_eq!(found.len(), FAULTS_MAX + 1);
    assert!(found[FAULTS_MAX].what.contains("more faults"), "{:?}", found[FAULTS_MAX]);
}
