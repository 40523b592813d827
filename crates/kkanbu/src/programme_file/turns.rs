//! When the stations of a relay have their turns: on the days that are written, or the programme's days divided evenly.

use super::days::{Days, WrittenDay};
use super::parts::Station;
use crate::calendar::{Calendar, days_after, days_between};
use crate::toml_fields::Faults;
use jiff::civil::Date;
use kkanbu_model::Schedule;

/// From the first day to the last, both of them in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Turn {
    pub(super) first: Date,
    pub(super) last: Date,
}

impl Turn {
    /// From the first minute of the first day until the first after the last.
    pub(super) fn schedule(self, calendar: &Calendar) -> Schedule {
        Schedule { opens: calendar.beginning(self.first), closes: calendar.end(self.last) }
    }
}

/// The turn of each station, in the order of the file; `None` where they can't be told.
pub(super) fn of(stations: &[Station], programme: &Days, faults: &mut Faults) -> Option<Vec<Turn>> {
    if stations.iter().all(|station| !station.dated) {
        divided(stations, programme, faults)
    } else {
        written(stations, programme, faults)
    }
}

/// The programme's days, divided evenly in order. What is left over goes to the first stations, a day each.
fn divided(stations: &[Station], programme: &Days, faults: &mut Faults) -> Option<Vec<Turn>> {
    let at = stations.first()?.at;
    let Some((first, last)) = programme.both() else {
        let what = "the relay has no dates: give starts_on and ends_on of the programme, or opens_on and closes_on of each department";
        faults.add(at, what.to_owned());
        return None;
    };
    if last.day < first.day {
        return None;
    }
    let (days, count) = (days_between(first.day, last.day) + 1, i32::try_from(stations.len()).ok()?);
    if days < count {
        faults.add(at, format!("the programme has {days} days for {count} departments of the relay"));
        return None;
    }
    let mut turns = Vec::new();
    let mut begins = first.day;
    for number in 0..count {
        let length = days / count + i32::from(number < days % count);
        let next = days_after(begins, length)?;
        turns.push(Turn { first: begins, last: next.yesterday().ok()? });
        begins = next;
    }
    Some(turns)
}

/// The days that are written: within the programme's, and never two departments at once.
fn written(stations: &[Station], programme: &Days, faults: &mut Faults) -> Option<Vec<Turn>> {
    for station in stations {
        station.days.check_within(programme, faults);
        if !station.dated_fully {
            let what =
                "either all departments of the relay have opens_on and closes_on, or none has; this one lacks them";
            faults.add(station.at, what.to_owned());
        }
    }
    let in_order = |(first, last): &(WrittenDay, WrittenDay)| first.day <= last.day;
    let mut ordered: Vec<_> = stations.iter().filter_map(|station| station.days.both()).filter(in_order).collect();
    ordered.sort_by_key(|(first, _)| first.day);
    let mut latest: Option<WrittenDay> = None;
    for (first, last) in ordered {
        if let Some(earlier) = latest.filter(|earlier| first.day <= earlier.day) {
            let (opens, closes, line) = (first.day, earlier.day, faults.line(earlier.at));
            let what =
                format!("opens_on: {opens} overlaps the department before, which closes on {closes} (line {line})");
            faults.add(first.at, what);
        }
        latest = latest.filter(|latest| latest.day > last.day).or(Some(last));
    }
    let turn = |station: &Station| station.days.both().map(|(first, last)| Turn { first: first.day, last: last.day });
    stations.iter().map(turn).collect()
}
