//! What programme files mean, and what is said of those that mean nothing.

mod documented;
mod faults;
mod hostile;
mod relays;

use super::{Reading, load, read};
use crate::calendar::Calendar;
use crate::toml_fields::Fault;
use jiff::civil::{Date, date};
use kkanbu_model::{Admission, Language, Minute, Name, Phase, Programme, Room};
use std::path::Path;

/// A small programme that is right in everything. Lines: 1 programme, 7 role, 12 room.
const SMALL: &str = r#"[programme]
id = "small"
name = "작은 프로그램"
organisation = "안양시"
starts_on = 2026-03-01
ends_on = 2026-03-31
[[role]]
id = "mentor"
name = "멘토"
seats = 5

[[room]]
id = "plaza"
name = "광장"
roles = ["mentor"]
"#;

fn built_in(id: &str) -> Reading {
    load(Path::new(id)).unwrap()
}

/// The faults of a text, which has some.
#[track_caller]
fn faults(text: &str) -> Vec<Fault> {
    read(text).unwrap_err()
}

/// The text has a fault in this line that says this.
#[track_caller]
fn says(text: &str, line: usize, part: &str) {
    let found = faults(text);
    assert!(found.iter().any(|fault| fault.line == line && fault.what.contains(part)), "{line} {part}: {found:#?}");
}

fn texts(names: &[Name]) -> Vec<&str> {
    names.iter().map(Name::as_str).collect()
}

fn days(programme: &Programme, room: &Room) -> (Option<Date>, Option<Date>) {
    let calendar = Calendar::of(&programme.timezone).unwrap();
    (
        room.schedule.opens.and_then(|opens| calendar.day(opens)),
        room.schedule.closes.and_then(|closes| calendar.last_day(closes)),
    )
}

/// A minute of a day in Seoul.
fn seoul(day: Date, hour: u64, minute: u64) -> Minute {
    let calendar = Calendar::of(&kkanbu_model::TimeZone::default()).unwrap();
    calendar.beginning(day).unwrap().plus(hour * 60 + minute)
}

#[test]
fn anyang_is_as_its_report_says() {
    let Reading { programme, notes } = built_in("anyang-2022");
    assert!(notes.is_empty());
    assert_eq!((programme.name.as_str(), programme.organisation.as_str()), ("안양깐부 Talk", "안양시"));
    assert_eq!(programme.timezone.as_str(), "Asia/Seoul");
    let purposes = ["업무 노하우 전수", "공직 내 유용한 정보공유", "정서적 유대감 형성", "공직생활의 고충 상담"];
    assert_eq!(texts(&programme.purposes), purposes);
    let [mentor, mentee] = programme.roles.as_slice() else { panic!("{:?}", programme.roles) };
    assert_eq!((mentor.name.as_str(), mentor.seats, mentor.admission), ("멘토", 17, Admission::Screened));
    assert_eq!((mentee.name.as_str(), mentee.seats, mentee.admission), ("멘티", 37, Admission::FirstCome));
    assert_eq!(mentor.eligibility.as_ref().unwrap().as_str(), "3~7년 차 공무원");
    assert_eq!(mentee.eligibility.as_ref().unwrap().as_str(), "신규공무원");
    assert!(mentor.answers && !mentee.answers);
    assert_eq!(programme.rooms.len(), 5);
    assert_eq!((programme.rooms[0].id.as_str(), programme.rooms[0].name.as_str()), ("plaza", "깐부 광장"));
    for room in &programme.rooms {
        assert_eq!(room.roles.len(), 2, "all 54 together");
        assert_eq!(days(&programme, room), (Some(date(2022, 10, 4)), None));
    }
    assert_eq!(programme.rooms[0].schedule.phase(seoul(date(2022, 10, 3), 23, 59)), Phase::Upcoming);
    assert_eq!(programme.rooms[0].schedule.phase(seoul(date(2022, 10, 4), 0, 0)), Phase::Open);
}

#[test]
fn seogwipo_is_as_its_report_says() {
    let Reading { programme, notes } = built_in("seogwipo-2026");
    assert!(notes.is_empty());
    assert_eq!((programme.name.as_str(), programme.organisation.as_str()), ("대화로 마음 잇기", "서귀포시 복지위생국"));
    assert_eq!(programme.timezone.as_str(), "Asia/Seoul");
    assert_eq!(texts(&programme.purposes), ["세대 간 인식 차이 줄이기", "상호 이해와 공감", "유연한 조직문화"]);
    let topics = ["봄날 소통나들이", "봄맞이 도시락 토크", "하하 명랑운동회", "오일장먹거리투어", "공감시네마"];
    let turns = [((3, 24), (3, 26)), ((3, 27), (3, 29)), ((3, 30), (4, 1)), ((4, 2), (4, 4)), ((4, 5), (4, 7))];
    assert_eq!((programme.rooms.len(), programme.roles.len()), (5, 10));
    for (number, room) in programme.rooms.iter().enumerate() {
        assert_eq!(room.id.as_str(), format!("department-{}", number + 1));
        assert_eq!(room.topic.as_ref().unwrap().as_str(), topics[number]);
        let ((opens_month, opens), (closes_month, closes)) = turns[number];
        let turn = (Some(date(2026, opens_month, opens)), Some(date(2026, closes_month, closes)));
        assert_eq!(days(&programme, room), turn, "{}", room.id);
        let roles: Vec<_> = room.roles.iter().map(|id| programme.role(id).unwrap()).collect();
        let names: Vec<_> = roles.iter().map(|role| role.name.as_str()).collect();
        assert_eq!(names, ["선배 공무원", "후배 공무원"], "a badge names no department");
        assert_eq!(roles[0].id.as_str(), format!("department-{}-senior", number + 1));
        assert!(roles.iter().all(|role| role.seats >= 5));
    }
}

#[test]
fn what_is_left_out_has_its_default() {
    let text = SMALL.replace("starts_on = 2026-03-01\nends_on = 2026-03-31\n", "");
    let programme = read(&text).unwrap().programme;
    assert_eq!((programme.timezone.as_str(), programme.language), ("Asia/Seoul", Language::Korean));
    assert_eq!((programme.retention_days, programme.purposes.len()), (30, 0));
    assert_eq!(programme.rooms[0].schedule, kkanbu_model::Schedule::default());
    assert_eq!((programme.roles[0].admission, programme.roles[0].answers), (Admission::FirstCome, false));
    assert_eq!((&programme.roles[0].eligibility, &programme.rooms[0].topic), (&None, &None));
}

#[test]
fn a_room_has_its_own_days_or_the_programmes() {
    let of = |more: &str| {
        let programme = read(&format!("{SMALL}{more}")).unwrap().programme;
        days(&programme, &programme.rooms[0])
    };
    assert_eq!(of(""), (Some(date(2026, 3, 1)), Some(date(2026, 3, 31))));
    assert_eq!(of("opens_on = 2026-03-10\n"), (Some(date(2026, 3, 10)), Some(date(2026, 3, 31))));
    assert_eq!(of("closes_on = \"2026-03-10\"\n"), (Some(date(2026, 3, 1)), Some(date(2026, 3, 10))));
    assert_eq!(
        of("opens_on = 2026-03-10\ncloses_on = 2026-03-10\n"),
        (Some(date(2026, 3, 10)), Some(date(2026, 3, 10)))
    );
}

#[test]
fn both_days_are_in_it_to_the_minute() {
    let programme = read(SMALL).unwrap().programme;
    let schedule = programme.rooms[0].schedule;
    for (at, phase) in [
        (seoul(date(2026, 2, 28), 23, 59), Phase::Upcoming),
        (seoul(date(2026, 3, 1), 0, 0), Phase::Open),
        (seoul(date(2026, 3, 31), 23, 59), Phase::Open),
        (seoul(date(2026, 4, 1), 0, 0), Phase::Closed),
    ] {
        assert_eq!(schedule.phase(at), phase);
    }
}

#[test]
fn dates_are_those_of_the_programmes_zone() {
    let of = |zone: &str| {
        let text = SMALL.replace("ends_on", &format!("timezone = \"{zone}\"\nends_on"));
        read(&text).unwrap().programme.rooms[0].schedule.opens.unwrap()
    };
    assert_eq!(of("UTC").get(), of("Asia/Seoul").get() + 9 * 60);
    assert_eq!(of("America/Los_Angeles").get(), of("UTC").get() + 8 * 60);
    assert_eq!(read(&SMALL.replace("ends_on", "timezone = \"asia/seoul\"\nends_on")).unwrap(), read(SMALL).unwrap());
}

#[test]
fn where_midnight_is_skipped_rooms_open_and_close_when_the_day_begins() {
    let text = SMALL.replace("2026-03-01", "2025-09-07").replace("2026-03-31", "2025-09-07");
    let text = text.replace("ends_on", "timezone = \"America/Santiago\"\nends_on");
    let schedule = read(&text).unwrap().programme.rooms[0].schedule;
    let (opens, closes) = (schedule.opens.unwrap().get(), schedule.closes.unwrap().get());
    assert_eq!(closes - opens, 23 * 60, "a day of 23 hours, from one to midnight");
}
