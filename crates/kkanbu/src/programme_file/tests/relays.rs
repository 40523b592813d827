//! Relays: turns, rooms and roles of departments, and departments too small for a room of their own.

use super::*;
use kkanbu_model::{RoleId, RoomId};

const HEAD: &str = r#"[programme]
id = "relay"
name = "릴레이"
organisation = "서귀포시"
starts_on = 2026-03-24
ends_on = 2026-04-07
[[role]]
id = "senior"
name = "선배"
eligibility = "5년 이상"
answers = true
[[role]]
id = "junior"
name = "후배"
"#;

/// A relay of departments with so many seniors and juniors. Each takes five lines, the first from line 15 on.
fn relay(departments: &[(u32, u32)]) -> String {
    let station = |(index, (senior, junior)): (usize, &(u32, u32))| {
        let number = index + 1;
        format!(
            "[[relay]]\ndepartment = \"d-{number}\"\nname = \"부서 {number}\"\ntopic = \"활동 {number}\"\nseats = {{ senior = {senior}, junior = {junior} }}\n"
        )
    };
    format!("{HEAD}{}", departments.iter().enumerate().map(station).collect::<String>())
}

fn rooms(programme: &Programme) -> Vec<&str> {
    programme.rooms.iter().map(|room| room.id.as_str()).collect()
}

fn seats(programme: &Programme) -> Vec<(&str, u32)> {
    programme.roles.iter().map(|role| (role.id.as_str(), role.seats)).collect()
}

#[test]
fn a_department_has_a_room_and_roles_of_its_own() {
    let programme = read(&relay(&[(12, 9), (10, 0)])).unwrap().programme;
    assert_eq!(seats(&programme), [("d-1-senior", 12), ("d-1-junior", 9), ("d-2-senior", 10)]);
    let ids = |room: &Room| room.roles.iter().map(RoleId::to_string).collect::<Vec<_>>();
    assert_eq!(ids(&programme.rooms[0]), ["d-1-senior", "d-1-junior"]);
    assert_eq!(ids(&programme.rooms[1]), ["d-2-senior"]);
    let senior = programme.role(&programme.rooms[1].roles[0]).unwrap();
    assert_eq!((senior.name.as_str(), senior.answers), ("선배", true));
    assert_eq!(senior.eligibility.as_ref().unwrap().as_str(), "5년 이상");
}

#[test]
fn the_programmes_days_are_divided_in_order_and_the_first_have_one_more() {
    let programme = read(&relay(&[(5, 5), (5, 5), (5, 5), (5, 5)])).unwrap().programme;
    let turns: Vec<_> = programme.rooms.iter().map(|room| days(&programme, room)).collect();
    let turn = |first, last| (Some(first), Some(last));
    assert_eq!(
        turns,
        [
            turn(date(2026, 3, 24), date(2026, 3, 27)),
            turn(date(2026, 3, 28), date(2026, 3, 31)),
            turn(date(2026, 4, 1), date(2026, 4, 4)),
            turn(date(2026, 4, 5), date(2026, 4, 7)),
        ]
    );
    assert!(read(&relay(&[(5, 5); 15])).is_ok());
    says(&relay(&[(5, 5); 16]), 15, "the programme has 15 days for 16 departments");
    says(&relay(&[(5, 5)]).replace("ends_on = 2026-04-07\n", "\n"), 15, "the relay has no dates");
}

#[test]
fn on_each_day_one_department_talks_and_the_next_is_known() {
    let programme = built_in("seogwipo-2026").programme;
    let open = |at: Minute| {
        let rooms = programme.rooms.iter().filter(|room| room.schedule.phase(at) == Phase::Open);
        rooms.map(|room| room.id.to_string()).collect::<Vec<_>>()
    };
    let next = |at: Minute| programme.next_room(at).map(|(room, opens)| (room.id.to_string(), opens));
    let mut day = date(2026, 3, 24);
    for number in 0..15_u64 {
        let department = number / 3 + 1;
        for at in [seoul(day, 0, 0), seoul(day, 12, 0), seoul(day, 23, 59)] {
            assert_eq!(open(at), [format!("department-{department}")], "{day}");
            let following = (department < 5).then(|| {
                let opens = seoul(date(2026, 3, 24), 0, 0).plus(department * 3 * 24 * 60);
                (format!("department-{}", department + 1), opens)
            });
            assert_eq!(next(at), following, "{day}");
        }
        day = day.tomorrow().unwrap();
    }
    assert_eq!(day, date(2026, 4, 8));
    assert!(open(seoul(day, 0, 0)).is_empty() && open(seoul(date(2026, 3, 23), 23, 59)).is_empty());
    assert_eq!(next(seoul(date(2026, 3, 1), 0, 0)).unwrap().0, "department-1");
    assert_eq!(next(seoul(day, 0, 0)), None);
}

#[test]
fn a_department_under_five_shares_a_room_with_the_next() {
    let Reading { programme, notes } = read(&relay(&[(12, 9), (4, 8), (10, 7)])).unwrap();
    assert_eq!(rooms(&programme), ["d-1", "d-2-d-3"]);
    let merged = &programme.rooms[1];
    assert_eq!(merged.name.as_str(), "부서 2 · 부서 3");
    assert_eq!(merged.topic.as_ref().unwrap().as_str(), "활동 2 · 활동 3");
    assert_eq!(days(&programme, merged), (Some(date(2026, 3, 29)), Some(date(2026, 4, 7))));
    assert_eq!(
        seats(&programme),
        [("d-1-senior", 12), ("d-1-junior", 9), ("d-2-d-3-senior", 14), ("d-2-d-3-junior", 15)]
    );
    assert_eq!(notes, ["line 20: d-2 has 4 of role senior, fewer than 5: it shares a room with d-3"]);
}

#[test]
fn the_last_department_shares_a_room_with_the_one_before() {
    let Reading { programme, notes } = read(&relay(&[(12, 9), (10, 7), (8, 1)])).unwrap();
    assert_eq!(rooms(&programme), ["d-1", "d-2-d-3"]);
    assert_eq!(notes, ["line 25: d-3 has 1 of role junior, fewer than 5: it shares a room with d-2"]);
    assert_eq!(programme.roles[3].seats, 8);
}

#[test]
fn departments_are_put_together_until_nobody_is_pointed_at() {
    let Reading { programme, notes } = read(&relay(&[(2, 9), (2, 9), (2, 9), (6, 6)])).unwrap();
    assert_eq!(rooms(&programme), ["d-1-d-2-d-3", "d-4"]);
    assert_eq!(notes.len(), 2);
    assert!(notes[1].contains("d-1 and d-2 has 4 of role senior"), "{notes:?}");
    // A role that a department does not have is nobody's to point at.
    assert_eq!(rooms(&read(&relay(&[(0, 9), (9, 0)])).unwrap().programme), ["d-1", "d-2"]);
}

#[test]
fn a_relay_that_stays_under_five_is_refused_with_its_lines() {
    let text = relay(&[(1, 9), (3, 9)]);
    says(&text, 15, "d-1 and d-2 has 4 of role senior, fewer than 5");
    says(&text, 15, "(lines 15, 20)");
    says(&relay(&[(4, 9)]), 15, "no other department");
    says(&relay(&[(0, 0)]), 19, "the department has nobody");
}

#[test]
fn many_departments_in_a_room_are_named_by_the_first_and_the_last() {
    let long = |text: String| {
        text.replace("\"d-", "\"department-").replace("\"활동 ", "\"우리 부서 다 함께 하는 즐거운 봄날 활동 ")
    };
    let programme = read(&long(relay(&[(1, 1), (1, 1), (1, 1), (1, 1), (1, 1), (6, 6)]))).unwrap().programme;
    let room = &programme.rooms[0];
    assert_eq!(room.id.as_str(), "department-1-to-department-5");
    assert_eq!(room.name.as_str(), "부서 1 · 부서 2 · 부서 3 · 부서 4 · 부서 5");
    assert!(room.topic.as_ref().unwrap().as_str().ends_with("활동 1 … 우리 부서 다 함께 하는 즐거운 봄날 활동 5"));
    let endless = relay(&[(5, 5)]).replace("\"d-1\"", &format!("\"{}\"", "d".repeat(60)));
    says(&endless, 15, "too long; shorten");
}

/// A relay whose departments have these days.
fn dated(days: &[(&str, &str)]) -> String {
    let mut text = relay(&vec![(5, 5); days.len()]);
    for (index, (opens, closes)) in days.iter().enumerate() {
        let name = format!("name = \"부서 {}\"\n", index + 1);
        let key = |key: &str, day: &str| if day.is_empty() { String::new() } else { format!("{key} = {day}\n") };
        text = text.replace(&name, &format!("{name}{}{}", key("opens_on", opens), key("closes_on", closes)));
    }
    text
}

#[test]
fn departments_may_have_days_of_their_own_in_any_order() {
    let programme = read(&dated(&[("2026-04-01", "2026-04-02"), ("2026-03-24", "2026-03-24")])).unwrap().programme;
    assert_eq!(rooms(&programme), ["d-2", "d-1"]);
    assert_eq!(days(&programme, &programme.rooms[1]), (Some(date(2026, 4, 1)), Some(date(2026, 4, 2))));
    let between = seoul(date(2026, 3, 28), 12, 0);
    assert!(programme.rooms.iter().all(|room| room.schedule.phase(between) != Phase::Open));
    assert_eq!(programme.next_room(between).unwrap().0.id.as_str(), "d-1");
}

#[test]
fn overlapping_and_misplaced_days_are_refused_with_both_lines() {
    let overlapping =
        dated(&[("2026-03-24", "2026-03-30"), ("2026-03-25", "2026-03-26"), ("2026-03-30", "2026-04-01")]);
    says(&overlapping, 25, "overlaps the department before, which closes on 2026-03-30 (line 19)");
    says(&overlapping, 32, "overlaps the department before, which closes on 2026-03-30 (line 19)");
    says(&dated(&[("2026-03-23", "2026-03-30")]), 18, "before the programme starts, 2026-03-24 (line 5)");
    says(&dated(&[("2026-03-24", "2026-04-08")]), 19, "after the programme has ended, 2026-04-07 (line 6)");
    says(&dated(&[("2026-03-26", "2026-03-25")]), 19, "before opens_on, 2026-03-26 (line 18)");
    says(&dated(&[("2026-03-24", "2026-03-25"), ("", "")]), 22, "this one lacks them");
    says(&dated(&[("2026-03-24", "")]), 15, "this one lacks them");
}

#[test]
fn roles_of_a_relay_have_their_seats_there_and_nowhere_else() {
    let text = relay(&[(5, 5)]);
    says(&text.replace("name = \"선배\"", "name = \"선배\"\nseats = 5"), 10, "the relay's departments say");
    says(&text.replace("senior = 5", "boss = 5"), 19, "relay.seats: role boss is not defined");
    says(&text.replace("senior = 5", "boss = 5"), 7, "role.seats is missing");
    says(&text.replace("senior = 5", "senior = \"five\""), 19, "relay.seats.senior must be a whole number");
    says(&text.replace("{ senior = 5, junior = 5 }", "5"), 19, "relay.seats must be a table of whole numbers");
    says(&text.replace("seats = { senior = 5, junior = 5 }\n", ""), 15, "relay.seats is missing");
    says(&text.replace("department = \"d-1\"\n", ""), 15, "relay.department is missing");
    says(&text.replace("topic", "activity"), 18, "relay.activity is not known here");
}

#[test]
fn ids_made_of_departments_meet_no_other() {
    let twice = relay(&[(5, 5), (5, 5)]).replace("d-2", "d-1");
    says(&twice, 20, "room d-1 is defined twice, first in line 15");
    says(&twice, 20, "role d-1-senior is defined twice, first in line 15");
    let role = format!("{}[[role]]\nid = \"d-1-senior\"\nname = \"x\"\nseats = 5\n", relay(&[(5, 5)]));
    says(&role, 15, "role d-1-senior is defined twice, first in line 20");
    let room = format!("{}[[room]]\nid = \"d-1-d-2\"\nname = \"x\"\nroles = [\"junior\"]\n", relay(&[(1, 5), (5, 5)]));
    says(&room, 15, "room d-1-d-2 is defined twice, first in line 25");
}

#[test]
fn a_room_for_a_role_of_the_relay_is_for_all_departments() {
    let room = "[[room]]\nid = \"plaza\"\nname = \"광장\"\nroles = [\"senior\", \"junior\"]\n";
    let programme = read(&format!("{}{room}", relay(&[(5, 6), (7, 8)]))).unwrap().programme;
    assert_eq!(rooms(&programme), ["plaza", "d-1", "d-2"]);
    let plaza = programme.room(&RoomId::new("plaza").unwrap()).unwrap();
    let roles: Vec<_> = plaza.roles.iter().map(RoleId::as_str).collect();
    assert_eq!(roles, ["d-1-senior", "d-2-senior", "d-1-junior", "d-2-junior"]);
    assert_eq!(days(&programme, plaza), (Some(date(2026, 3, 24)), Some(date(2026, 4, 7))));
}

#[test]
fn a_relay_has_no_more_roles_than_a_programme() {
    let many = relay(&[(5, 5); 17]).replace("2026-04-07", "2026-05-07");
    says(&many, 95, "at most 32 roles, and this file has 34, as each department of the relay has its own");
    assert!(read(&relay(&[(5, 5); 16]).replace("2026-04-07", "2026-05-07")).is_ok());
}

#[test]
fn more_departments_than_a_relay_has_are_refused_before_any_are_put_together() {
    let text = relay(&vec![(1, 1); 4_000]).replace("2026-04-07", "2999-12-31");
    let faults = faults(&text);
    assert_eq!(faults.len(), 1, "{faults:?}");
    assert_eq!(faults[0].line, 15 + 256 * 5);
    assert_eq!(faults[0].what, "a relay has at most 256 departments, and this file has 4000");
}
