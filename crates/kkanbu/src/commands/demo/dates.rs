//! The dates of a demo: a programme whose days have passed, or are to come, is shown as if it began today.

use crate::calendar::{Calendar, days_after, days_between};
use jiff::civil::Date;
use kkanbu_model::{Minute, Phase, Programme, Room};

/// The programme with all of its days moved by the same number, so that the first is today, and that number. `None` where nothing is to
/// be moved: something is open, or it is between two rooms.
pub(super) fn moved_to_today(programme: &Programme, now: Minute) -> Option<(Programme, i32)> {
    let all_in = |phase| programme.rooms.iter().all(|room| room.schedule.phase(now) == phase);
    if !all_in(Phase::Closed) && !all_in(Phase::Upcoming) {
        return None;
    }
    let calendar = Calendar::of(&programme.timezone)?;
    let first = programme.rooms.iter().filter_map(|room| first_day(room, &calendar)).min()?;
    let days = days_between(first, calendar.day(now)?);
    let mut moved = programme.clone();
    for room in &mut moved.rooms {
        // By days, not by minutes: a day may have 23 hours.
        let beginning = |minute: Minute| calendar.beginning(days_after(calendar.day(minute)?, days)?);
        room.schedule.opens = room.schedule.opens.and_then(beginning);
        room.schedule.closes = room.schedule.closes.and_then(beginning);
    }
    Some((moved, days))
}

/// The day on which a room opens; where it was open from the beginning, its last.
fn first_day(room: &Room, calendar: &Calendar) -> Option<Date> {
    match (room.schedule.opens, room.schedule.closes) {
        (Some(opens), _) => calendar.day(opens),
        (None, Some(closes)) => calendar.last_day(closes),
        (None, None) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::programme_file;
    use jiff::civil::date;
    use std::path::Path;

    fn seogwipo() -> (Programme, Calendar) {
        let programme = programme_file::load(Path::new("seogwipo-2026")).unwrap().programme;
        let calendar = Calendar::of(&programme.timezone).unwrap();
        (programme, calendar)
    }

    fn noon(calendar: &Calendar, day: Date) -> Minute {
        calendar.beginning(day).unwrap().plus(12 * 60)
    }

    #[test]
    fn a_programme_that_is_over_or_to_come_begins_today() {
        let (programme, calendar) = seogwipo();
        for (today, by) in [(date(2026, 11, 22), 243), (date(2026, 4, 8), 15), (date(2026, 3, 23), -1)] {
            let now = noon(&calendar, today);
            let (moved, days) = moved_to_today(&programme, now).unwrap();
            assert_eq!(days, by);
            let first = moved.rooms[0].schedule;
            assert_eq!(first.opens, calendar.beginning(today));
            assert_eq!(first.closes.and_then(|closes| calendar.last_day(closes)), days_after(today, 2));
            assert_eq!(first.phase(now), Phase::Open);
            assert_eq!(moved.next_room(now).unwrap().0.id, programme.rooms[1].id);
            assert_eq!(moved_to_today(&moved, now), None, "once moved it stays");
        }
    }

    #[test]
    fn a_programme_that_runs_is_left_alone() {
        let (programme, calendar) = seogwipo();
        assert_eq!(moved_to_today(&programme, noon(&calendar, date(2026, 3, 24))), None);
        assert_eq!(moved_to_today(&programme, noon(&calendar, date(2026, 4, 7))), None);
        let anyang = programme_file::load(Path::new("anyang-2022")).unwrap().programme;
        assert_eq!(moved_to_today(&anyang, noon(&calendar, date(2026, 11, 22))), None);
    }

    #[test]
    fn days_stay_days_where_the_clocks_change() {
        let text = "[programme]\nid = \"x\"\nname = \"x\"\norganisation = \"x\"\ntimezone = \"America/Santiago\"\nstarts_on = 2025-09-05\nends_on = 2025-09-09\n[[role]]\nid = \"a\"\nname = \"a\"\nseats = 5\n[[room]]\nid = \"r\"\nname = \"r\"\nroles = [\"a\"]\n";
        let programme = programme_file::read(text).unwrap().programme;
        let calendar = Calendar::of(&programme.timezone).unwrap();
        let (moved, _) = moved_to_today(&programme, noon(&calendar, date(2026, 1, 10))).unwrap();
        assert_eq!(moved.rooms[0].schedule.opens, calendar.beginning(date(2026, 1, 10)));
        assert_eq!(moved.rooms[0].schedule.closes, calendar.beginning(date(2026, 1, 15)));
        let hours = |room: &Room| (room.schedule.closes.unwrap().get() - room.schedule.opens.unwrap().get()) / 60;
        assert_eq!((hours(&programme.rooms[0]), hours(&moved.rooms[0])), (119, 120));
    }
}
