//! What a demo shows people when it is ready.

use super::Ready;
use crate::calendar::Calendar;
use crate::commands::admin::for_moderators;
use crate::storage::Folders;
use jiff::civil::Date;
use kkanbu_model::{Minute, Phase, Programme, Role, Room, Schedule};
use std::fmt::{self, Display};

/// All that there is to show.
pub(super) struct Introduction<'a> {
    pub(super) programme: &'a Programme,
    pub(super) now: Minute,
    /// Whether it goes on with what was there.
    pub(super) resumed: bool,
    /// By how many days its dates were moved; 0 where they are as they were written.
    pub(super) moved_by: i32,
    /// What the organiser should know of how the file was read.
    pub(super) notes: &'a [String],
    pub(super) ready: &'a Ready,
    pub(super) folders: &'a Folders,
}

impl Display for Introduction<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let programme = self.programme;
        writeln!(f, "\n  {} ({})", programme.name.as_str(), programme.organisation.as_str())?;
        if self.resumed {
            writeln!(f, "  Going on with what was there.")?;
        }
        for note in self.notes {
            writeln!(f, "  Note: {note}.")?;
        }
        self.dates(f)?;
        writeln!(f, "\n  Open each link in a window of its own, and talk. Windows of one browser will do.\n")?;
        self.links(f)?;
        writeln!(f, "\n  data      {}", self.folders.data.display())?;
        writeln!(f, "  keys      {}", self.folders.keys.display())?;
        writeln!(f, "  operators {}/readyz  {}/metrics", self.ready.ops, self.ready.ops)?;
        for line in for_moderators(programme, &self.ready.admin) {
            writeln!(f, "{line}")?;
        }
        writeln!(f, "\n  Ctrl-C stops it. Remove the folder to begin anew.")
    }
}

impl Introduction<'_> {
    /// When each room is open, where that is not always, and what is next.
    fn dates(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(calendar) = Calendar::of(&self.programme.timezone) else { return Ok(()) };
        let rooms = &self.programme.rooms;
        let always = |room: &Room| room.schedule.closes.is_none() && room.schedule.phase(self.now) == Phase::Open;
        if rooms.iter().all(always) {
            return Ok(());
        }
        if self.moved_by != 0 {
            let days = self.moved_by.unsigned_abs();
            let (plural, way) = (if days == 1 { "" } else { "s" }, if self.moved_by > 0 { "later" } else { "earlier" });
            writeln!(
                f,
                "\n  No room would be open today, so the demo has all dates {days} day{plural} {way}: the first day is today."
            )?;
            writeln!(f, "  With --real-dates, in a new folder, they stay as they are.")?;
        }
        writeln!(f, "\n  Rooms by their days in {}:\n", self.programme.timezone)?;
        for room in rooms {
            let days = Days::of(room.schedule, &calendar);
            let phase = room.schedule.phase(self.now).as_str();
            writeln!(f, "    {days}  {phase:8}  {}", Title(room))?;
        }
        let next = self.programme.next_room(self.now);
        match next.and_then(|(room, opens)| Some((room, calendar.day(opens)?))) {
            Some((room, day)) => writeln!(f, "\n  Next: {} on {day}.", Title(room)),
            None if rooms.iter().all(|room| room.schedule.phase(self.now) == Phase::Closed) => {
                writeln!(f, "\n  All rooms have closed: members can read, and no longer write.")
            }
            None => writeln!(f, "\n  Nothing is next."),
        }
    }

    /// A link for each role; by room, where roles of the same name come in by different links.
    fn links(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let roles = &self.programme.roles;
        let unique = roles.iter().all(|role| roles.iter().filter(|other| other.name == role.name).count() == 1);
        if unique {
            return roles.iter().try_for_each(|role| writeln!(f, "    {}", self.link(role)));
        }
        for room in &self.programme.rooms {
            let own = roles.iter().filter(|role| self.home(role).is_some_and(|home| home.id == room.id));
            let own: Vec<&Role> = own.collect();
            if !own.is_empty() {
                writeln!(f, "    {}", room.name.as_str())?;
                own.into_iter().try_for_each(|role| writeln!(f, "      {}", self.link(role)))?;
            }
        }
        let homeless = roles.iter().filter(|role| self.home(role).is_none());
        homeless.into_iter().try_for_each(|role| writeln!(f, "    {}", self.link(role)))
    }

    fn link(&self, role: &Role) -> String {
        let link = self.ready.links.get(role.id.as_str()).map_or("", String::as_str);
        format!("{} ({})  {link}", role.name.as_str(), role.id)
    }

    /// The room that is most a role's own: the one that it shares with the fewest others.
    fn home(&self, role: &Role) -> Option<&Room> {
        let rooms = self.programme.rooms.iter().filter(|room| room.roles.contains(&role.id));
        rooms.min_by_key(|room| room.roles.len())
    }
}

/// A room as people know it: its name and what it is about.
struct Title<'a>(&'a Room);

impl Display for Title<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.name.as_str())?;
        self.0.topic.as_ref().map_or(Ok(()), |topic| write!(f, ": {}", topic.as_str()))
    }
}

/// From which day to which.
struct Days {
    first: Option<Date>,
    last: Option<Date>,
}

impl Days {
    fn of(schedule: Schedule, calendar: &Calendar) -> Self {
        Self {
            first: schedule.opens.and_then(|opens| calendar.day(opens)),
            last: schedule.closes.and_then(|closes| calendar.last_day(closes)),
        }
    }
}

impl Display for Days {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let day = |day: Option<Date>| day.map_or_else(|| " ".repeat(10), |day| day.to_string());
        write!(f, "{} to {}", day(self.first), day(self.last))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::programme_file::{self, Reading};
    use jiff::civil::date;
    use std::path::Path;

    /// What is shown at noon of this day.
    fn shown(reading: &Reading, today: Date, moved_by: i32) -> String {
        let Reading { programme, notes } = reading;
        let links = programme.roles.iter().map(|role| (role.id.to_string(), format!("link-of-{}", role.id))).collect();
        let (url, ops) = ("http://localhost:1".to_owned(), "http://127.0.0.1:2".to_owned());
        let ready = Ready { url, ops, admin: "a".into(), folder: "f".into(), links };
        let folders = Folders { data: "d".into(), keys: "k".into() };
        let calendar = Calendar::of(&programme.timezone).unwrap();
        let now = calendar.beginning(today).unwrap().plus(12 * 60);
        let (ready, folders, resumed) = (&ready, &folders, false);
        Introduction { programme, now, resumed, moved_by, notes, ready, folders }.to_string()
    }

    #[track_caller]
    fn shows(text: &str, parts: &[&str]) {
        for part in parts {
            assert!(text.contains(part), "`{part}` is not in: {text}");
        }
    }

    #[test]
    fn a_relay_is_shown_with_its_days_what_is_next_and_links_by_department() {
        let seogwipo = programme_file::load(Path::new("seogwipo-2026")).unwrap();
        let text = shown(&seogwipo, date(2026, 3, 30), 0);
        shows(&text, &["2026-03-27 to 2026-03-29  closed    2번 부서: 봄맞이 도시락 토크\n"]);
        shows(&text, &["2026-03-30 to 2026-04-01  open      3번 부서: 하하 명랑운동회\n"]);
        shows(&text, &["2026-04-02 to 2026-04-04  upcoming  4번 부서: 오일장먹거리투어\n"]);
        shows(&text, &["Next: 4번 부서: 오일장먹거리투어 on 2026-04-02."]);
        shows(
            &text,
            &["    3번 부서\n      선배 공무원 (department-3-senior)  link-of-department-3-senior\n      후배"],
        );
        assert!(!text.contains("--real-dates"));
        shows(&shown(&seogwipo, date(2026, 4, 6), 0), &["Nothing is next."]);
        shows(&shown(&seogwipo, date(2026, 4, 8), 0), &["All rooms have closed"]);
        shows(&shown(&seogwipo, date(2026, 3, 24), -1), &["all dates 1 day earlier", "--real-dates"]);
    }

    #[test]
    fn departments_that_share_a_room_are_named() {
        let text = include_str!("../../../programmes/seogwipo-2026.toml").replace("junior = 8", "junior = 3");
        let text = shown(&programme_file::read(&text).unwrap(), date(2026, 3, 24), 0);
        shows(
            &text,
            &["Note: line 36: department-2 has 3 of role junior, fewer than 5: it shares a room with department-3."],
        );
        shows(
            &text,
            &["2026-03-27 to 2026-04-01  upcoming  2번 부서 · 3번 부서: 봄맞이 도시락 토크 · 하하 명랑운동회\n"],
        );
        shows(&text, &["link-of-department-2-department-3-junior"]);
    }

    #[test]
    fn a_programme_that_is_always_open_shows_no_days() {
        let anyang = programme_file::load(Path::new("anyang-2022")).unwrap();
        let text = shown(&anyang, date(2026, 11, 22), 0);
        shows(&text, &["    멘토 (mentor)  link-of-mentor\n    멘티 (mentee)  link-of-mentee\n"]);
        assert!(!text.contains("Asia/Seoul") && !text.contains("Next"), "{text}");
        shows(&shown(&anyang, date(2022, 10, 3), 0), &["2022-10-04 to             upcoming  깐부 광장"]);
    }
}
