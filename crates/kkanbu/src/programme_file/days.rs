//! From which day to which something is open, as it is written down; and what that means in minutes.

use crate::calendar::Calendar;
use crate::toml_fields::{Faults, Fields};
use jiff::civil::Date;
use kkanbu_model::Schedule;

/// A day, and where in the file it stands.
#[derive(Debug, Clone, Copy)]
pub(super) struct WrittenDay {
    pub(super) at: usize,
    pub(super) day: Date,
}

/// A first and a last day, both of them in it. Either may be left out.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Days {
    pub(super) first: Option<WrittenDay>,
    pub(super) last: Option<WrittenDay>,
}

impl Days {
    /// Reads both days of a table.
    pub(super) fn read(
        fields: &mut Fields<'_, '_>,
        first: &'static str,
        last: &'static str,
        faults: &mut Faults,
    ) -> Self {
        let mut read = |key| fields.day(key, faults).map(|day| WrittenDay { at: fields.place(key), day });
        let days = Self { first: read(first), last: read(last) };
        if let Some((start, end)) = days.first.zip(days.last).filter(|(start, end)| end.day < start.day) {
            let line = faults.line(start.at);
            faults.add(end.at, format!("{last}: {} is before {first}, {} (line {line})", end.day, start.day));
        }
        days
    }

    /// Both days, where both were written.
    pub(super) fn both(&self) -> Option<(WrittenDay, WrittenDay)> {
        self.first.zip(self.last)
    }

    /// Notes where a day lies outside of the programme's.
    pub(super) fn check_within(&self, programme: &Self, faults: &mut Faults) {
        for (key, written) in [("opens_on", self.first), ("closes_on", self.last)] {
            let Some(written) = written else { continue };
            let mut outside = |relation: &str, end: WrittenDay| {
                let line = faults.line(end.at);
                faults.add(written.at, format!("{key}: {} is {relation}, {} (line {line})", written.day, end.day));
            };
            if let Some(first) = programme.first.filter(|first| written.day < first.day) {
                outside("before the programme starts", first);
            } else if let Some(last) = programme.last.filter(|last| written.day > last.day) {
                outside("after the programme has ended", last);
            }
        }
    }

    /// These days; the programme's where none were written.
    pub(super) fn or(&self, programme: &Self) -> Self {
        Self { first: self.first.or(programme.first), last: self.last.or(programme.last) }
    }

    /// From the first minute of the first day until the first after the last.
    pub(super) fn schedule(&self, calendar: &Calendar) -> Schedule {
        Schedule {
            opens: self.first.and_then(|first| calendar.beginning(first.day)),
            closes: self.last.and_then(|last| calendar.end(last.day)),
        }
    }
}
