//! Days in a programme's time zone, and the minutes at which they begin. The database of time zones is in the binary, so that a
//! programme's dates mean the same on every machine.

use jiff::civil::Date;
use jiff::tz::{self, TimeZoneDatabase};
use jiff::{Span, Timestamp};
use kkanbu_model::{Minute, TimeZone};

/// Days as people of one time zone count them.
#[derive(Debug, Clone)]
pub(crate) struct Calendar {
    zone: tz::TimeZone,
}

impl Calendar {
    /// The calendar of a time zone; `None` where the database has no such zone.
    pub(crate) fn of(zone: &TimeZone) -> Option<Self> {
        let zone = TimeZoneDatabase::bundled().get(zone.as_str()).ok()?;
        // Whoever writes "asia/seoul" gets the zone by its proper name.
        zone.iana_name().is_some_and(|name| name != "Etc/Unknown").then_some(Self { zone })
    }

    /// The zone as the database writes it.
    pub(crate) fn zone(&self) -> TimeZone {
        self.zone.iana_name().and_then(|name| TimeZone::new(name).ok()).unwrap_or_default()
    }

    /// The first minute of a day. Where the clocks skip midnight that is later than midnight; where midnight comes twice, it is the
    /// first.
    pub(crate) fn beginning(&self, day: Date) -> Option<Minute> {
        let midnight = day.to_zoned(self.zone.clone()).ok()?;
        let seconds = midnight.start_of_day().ok()?.timestamp().as_second();
        u64::try_from(seconds).ok().map(|seconds| Minute::new(seconds / 60))
    }

    /// The first minute that is no longer in a day.
    pub(crate) fn end(&self, day: Date) -> Option<Minute> {
        self.beginning(day.tomorrow().ok()?)
    }

    /// The day in which a minute lies.
    pub(crate) fn day(&self, minute: Minute) -> Option<Date> {
        let seconds = i64::try_from(minute.get()).ok()?.checked_mul(60)?;
        Some(Timestamp::from_second(seconds).ok()?.to_zoned(self.zone.clone()).date())
    }

    /// The last day before a minute at which something closes.
    pub(crate) fn last_day(&self, closes: Minute) -> Option<Date> {
        self.day(closes.minus(1))
    }
}

/// How many days `to` is after `from`.
pub(crate) fn days_between(from: Date, to: Date) -> i32 {
    from.until(to).map_or(0, |span| span.get_days())
}

/// This many days later.
pub(crate) fn days_after(day: Date, days: i32) -> Option<Date> {
    day.checked_add(Span::new().try_days(days).ok()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    fn calendar(zone: &str) -> Calendar {
        Calendar::of(&TimeZone::new(zone).unwrap()).unwrap()
    }

    fn instant(text: &str) -> Minute {
        let instant: Timestamp = text.parse().unwrap();
        Minute::new(u64::try_from(instant.as_second()).unwrap() / 60)
    }

    #[test]
    fn a_day_in_seoul_begins_at_three_in_the_afternoon_of_greenwich() {
        let seoul = calendar("Asia/Seoul");
        assert_eq!(seoul.beginning(date(2026, 3, 24)), Some(instant("2026-03-23T15:00:00Z")));
        assert_eq!(seoul.end(date(2026, 4, 7)), Some(instant("2026-04-07T15:00:00Z")));
        assert_eq!(seoul.last_day(instant("2026-04-07T15:00:00Z")), Some(date(2026, 4, 7)));
        assert_eq!(seoul.day(instant("2026-04-07T15:00:00Z")), Some(date(2026, 4, 8)));
    }

    #[test]
    fn where_midnight_is_skipped_the_day_begins_at_one() {
        // Chile's clocks go from 23:59 on 6 September 2025 to 01:00 on the 7th.
        let santiago = calendar("America/Santiago");
        assert_eq!(santiago.beginning(date(2025, 9, 7)), Some(instant("2025-09-07T04:00:00Z")));
        assert_eq!(santiago.end(date(2025, 9, 6)), santiago.beginning(date(2025, 9, 7)));
        assert_eq!(santiago.last_day(instant("2025-09-07T04:00:00Z")), Some(date(2025, 9, 6)));
    }

    #[test]
    fn where_midnight_comes_twice_the_day_begins_at_the_first() {
        // Cuba's clocks go from 01:00 on 2 November 2025 back to midnight.
        let havana = calendar("America/Havana");
        assert_eq!(havana.beginning(date(2025, 11, 2)), Some(instant("2025-11-02T04:00:00Z")));
        assert_eq!(havana.end(date(2025, 11, 2)), Some(instant("2025-11-03T05:00:00Z")));
    }

    #[test]
    fn a_day_that_never_was_begins_with_the_next() {
        // Samoa left out 30 December 2011.
        let apia = calendar("Pacific/Apia");
        assert_eq!(apia.beginning(date(2011, 12, 30)), apia.beginning(date(2011, 12, 31)));
    }

    #[test]
    fn a_zone_is_one_of_the_database() {
        let of = |name: &str| Calendar::of(&TimeZone::new(name).unwrap());
        assert_eq!(of("asia/seoul").unwrap().zone().as_str(), "Asia/Seoul");
        assert!(of("UTC").is_some());
        for bad in ["Asia/Anyang", "Etc/Unknown", "KST", "-", "+09"] {
            assert!(of(bad).is_none(), "{bad}");
        }
    }

    #[test]
    fn days_are_counted_over_months() {
        assert_eq!(days_between(date(2026, 3, 24), date(2026, 4, 7)), 14);
        assert_eq!(days_after(date(2026, 3, 24), 14), Some(date(2026, 4, 7)));
        assert_eq!(days_after(date(2026, 3, 24), i32::MAX), None);
    }
}
