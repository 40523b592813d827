//! Plain text for a terminal: columns that line up, times, and nothing in it that a terminal would take for an order.

use jiff::Timestamp;

/// Columns of text; the last is as long as it likes.
pub(super) struct Table {
    rows: Vec<Vec<String>>,
}

impl Table {
    pub(super) fn new(heading: &[&str]) -> Self {
        Self { rows: vec![heading.iter().map(|text| (*text).to_owned()).collect()] }
    }

    pub(super) fn row(&mut self, cells: &[String]) {
        self.rows.push(cells.iter().map(|cell| one_line(cell)).collect());
    }

    pub(super) fn lines(&self) -> Vec<String> {
        let columns = self.rows.iter().map(Vec::len).max().unwrap_or_default();
        let width_of = |column: usize| self.rows.iter().filter_map(|row| row.get(column)).map(|cell| width(cell)).max();
        let widths: Vec<usize> = (0..columns).filter_map(width_of).collect();
        let line = |row: &Vec<String>| {
            let mut line = String::new();
            for (cell, width_max) in row.iter().zip(&widths) {
                let gap = width_max.saturating_sub(width(cell)) + 2;
                line.push_str(cell);
                line.push_str(&" ".repeat(gap));
            }
            line.trim_end().to_owned()
        };
        self.rows.iter().map(line).collect()
    }
}

/// Columns that a text takes on a terminal: Hangul and other wide characters take two.
pub(super) fn width(text: &str) -> usize {
    let wide = |c: char| {
        matches!(c, '\u{1100}'..='\u{115F}' | '\u{2E80}'..='\u{303E}' | '\u{3041}'..='\u{A4CF}' | '\u{AC00}'..='\u{D7A3}'
            | '\u{F900}'..='\u{FAFF}' | '\u{FE30}'..='\u{FE6F}' | '\u{FF00}'..='\u{FF60}' | '\u{FFE0}'..='\u{FFE6}'
            | '\u{1F300}'..='\u{1FAFF}' | '\u{20000}'..='\u{3FFFD}')
    };
    text.chars().map(|c| 1 + usize::from(wide(c))).sum()
}

/// A text without anything that moves a terminal's cursor, but for its line feeds.
pub(super) fn plain(text: &str) -> String {
    let shown = |c: char| if c.is_control() && c != '\n' { if c == '\t' { ' ' } else { '\u{FFFD}' } } else { c };
    text.chars().map(shown).collect()
}

/// As [`plain`], on one line.
pub(super) fn one_line(text: &str) -> String {
    plain(text).replace('\n', " ")
}

/// A minute as RFC 3339 has it, in UTC; its number where no calendar reaches that far.
pub(super) fn minute(minutes_since_1970: u64) -> String {
    let seconds = i64::try_from(minutes_since_1970).ok().and_then(|minutes| minutes.checked_mul(60));
    let at = seconds.and_then(|seconds| Timestamp::from_second(seconds).ok());
    at.map_or_else(|| minutes_since_1970.to_string(), |at| at.to_string())
}

/// An hour as RFC 3339 has it, in UTC.
pub(super) fn hour(hours_since_1970: u64) -> String {
    minute(hours_since_1970.saturating_mul(60))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn minutes_are_what_the_calendar_says() {
        for (number, text) in [
            (0, "1970-01-01T00:00:00Z"),
            (1_439, "1970-01-01T23:59:00Z"),
            (951_782_400 / 60, "2000-02-29T00:00:00Z"),
            (951_868_800 / 60, "2000-03-01T00:00:00Z"),
            (1_664_838_000 / 60, "2022-10-03T23:00:00Z"),
            (29_412_345, "2025-12-03T05:45:00Z"),
            (4_107_542_340 / 60, "2100-02-28T23:59:00Z"),
            (4_107_542_400 / 60, "2100-03-01T00:00:00Z"),
        ] {
            assert_eq!(minute(number), text);
        }
        assert_eq!(hour(490_205), "2025-12-03T05:00:00Z");
        assert_eq!(minute(u64::MAX), u64::MAX.to_string());
    }

    #[test]
    fn columns_line_up_under_wide_characters() {
        let mut table = Table::new(&["ROOM", "NAME", "SIZE"]);
        table.row(&["plaza".into(), "광장".into(), "10-29".into()]);
        table.row(&["a".into(), "b".into(), String::new()]);
        assert_eq!(table.lines(), ["ROOM   NAME  SIZE", "plaza  광장  10-29", "a      b"]);
    }

    #[test]
    fn nothing_that_members_wrote_moves_the_cursor() {
        assert_eq!(one_line("가\u{1B}[2J\n나\t다"), "가\u{FFFD}[2J 나 다");
        assert_eq!(plain("가\n나"), "가\n나");
    }
}
