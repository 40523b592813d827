//! Reads the fields of a TOML file and collects everything that is wrong with them, each with its line.

use jiff::civil::Date;
use std::fmt;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// Something wrong in a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Fault {
    pub(crate) line: usize,
    pub(crate) what: String,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}", self.line, self.what)
    }
}

/// Most faults that one file is told. Nobody reads more, and a hostile file could have a million.
pub(crate) const FAULTS_MAX: usize = 200;

/// Faults found so far in one file.
pub(crate) struct Faults {
    /// Where each line ends.
    ends: Vec<usize>,
    found: Vec<Fault>,
}

impl Faults {
    /// Parses a file. Where it is no TOML, says so and gives what could be read.
    pub(crate) fn parse(text: &str) -> (Spanned<DeTable<'_>>, Self) {
        let (table, errors) = DeTable::parse_recoverable(text);
        let ends = text.match_indices('\n').map(|(at, _)| at).collect();
        let mut faults = Self { ends, found: Vec::new() };
        for error in errors {
            faults.add(error.span().map_or(0, |span| span.start), error.message().to_owned());
        }
        (table, faults)
    }

    pub(crate) fn add(&mut self, at: usize, what: String) {
        let line = self.line(at);
        self.found.push(Fault { line, what });
    }

    /// The line, from 1, in which this place lies.
    pub(crate) fn line(&self, at: usize) -> usize {
        self.ends.partition_point(|end| *end < at) + 1
    }

    /// All faults, by line; the first [`FAULTS_MAX`] where there are more.
    pub(crate) fn into_found(mut self) -> Vec<Fault> {
        self.found.sort_by_key(|fault| fault.line);
        let more = self.found.len().saturating_sub(FAULTS_MAX);
        self.found.truncate(FAULTS_MAX);
        if let Some(line) = self.found.last().map(|last| last.line).filter(|_| more > 0) {
            self.found.push(Fault { line, what: format!("and {more} more faults from here on") });
        }
        self.found
    }
}

/// The first year that a date may be in.
const YEAR_MIN: i16 = 2000;

/// The last one.
const YEAR_MAX: i16 = 2999;

fn whole_day(year: u32, month: u32, day: u32) -> Option<Date> {
    let year = i16::try_from(year).ok().filter(|year| (YEAR_MIN..=YEAR_MAX).contains(year))?;
    Date::new(year, i8::try_from(month).ok()?, i8::try_from(day).ok()?).ok()
}

fn parse_day(text: &str) -> Option<Date> {
    let part = |range: std::ops::Range<usize>| {
        let digits = text.get(range).filter(|digits| digits.bytes().all(|byte| byte.is_ascii_digit()))?;
        digits.parse().ok()
    };
    let dashes = text.len() == 10 && text.get(4..5) == Some("-") && text.get(7..8) == Some("-");
    if dashes { whole_day(part(0..4)?, part(5..7)?, part(8..10)?) } else { None }
}

/// The fields of one table. What was not asked for when it is finished is a fault.
pub(crate) struct Fields<'t, 'i> {
    table: &'t DeTable<'i>,
    at: usize,
    name: String,
    asked: Vec<&'static str>,
}

impl<'t, 'i> Fields<'t, 'i> {
    pub(crate) fn new(table: &'t DeTable<'i>, at: usize, name: impl Into<String>) -> Self {
        Self { table, at, name: name.into(), asked: Vec::new() }
    }

    fn value(&mut self, key: &'static str) -> Option<&'t Spanned<DeValue<'i>>> {
        self.asked.push(key);
        self.table.iter().find(|(name, _)| name.get_ref() == key).map(|(_, value)| value)
    }

    /// Where a field is, for faults found in its meaning.
    pub(crate) fn place(&self, key: &str) -> usize {
        self.table.iter().find(|(name, _)| name.get_ref() == key).map_or(self.at, |(_, value)| value.span().start)
    }

    /// Whether a field is there, whatever it is.
    pub(crate) fn has(&self, key: &str) -> bool {
        self.table.iter().any(|(name, _)| name.get_ref() == key)
    }

    /// Where the table is, for faults that concern all of it.
    pub(crate) fn at(&self) -> usize {
        self.at
    }

    fn wrong(&self, faults: &mut Faults, value: &Spanned<DeValue<'_>>, key: &str, wanted: &str) {
        let found = value.get_ref().type_str();
        faults.add(value.span().start, format!("{}{key} must be {wanted}, not {found}", self.prefix()));
    }

    fn prefix(&self) -> String {
        if self.name.is_empty() { String::new() } else { format!("{}.", self.name) }
    }

    /// A text.
    pub(crate) fn text(&mut self, key: &'static str, faults: &mut Faults) -> Option<String> {
        let value = self.value(key)?;
        let text = value.get_ref().as_str().map(str::to_owned);
        if text.is_none() {
            self.wrong(faults, value, key, "a text");
        }
        text
    }

    /// A text that has to be there.
    pub(crate) fn needed_text(&mut self, key: &'static str, faults: &mut Faults) -> Option<String> {
        self.need(key, faults);
        self.text(key, faults)
    }

    /// Notes a fault where the field is missing.
    pub(crate) fn need(&self, key: &str, faults: &mut Faults) {
        if !self.has(key) {
            faults.add(self.at, format!("{}{key} is missing", self.prefix()));
        }
    }

    /// A whole number within a range.
    pub(crate) fn number(
        &mut self,
        key: &'static str,
        range: std::ops::RangeInclusive<u32>,
        faults: &mut Faults,
    ) -> Option<u32> {
        let value = self.value(key)?;
        self.checked_number(key, value, &range, faults)
    }

    fn checked_number(
        &self,
        key: &str,
        value: &Spanned<DeValue<'_>>,
        range: &std::ops::RangeInclusive<u32>,
        faults: &mut Faults,
    ) -> Option<u32> {
        let number = value.get_ref().as_integer().and_then(|n| u32::from_str_radix(n.as_str(), n.radix()).ok());
        let number = number.filter(|number| range.contains(number));
        if number.is_none() {
            let wanted = format!("a whole number from {} to {}", range.start(), range.end());
            faults.add(value.span().start, format!("{}{key} must be {wanted}", self.prefix()));
        }
        number
    }

    /// A table of whole numbers under names of the file's own, as `{ senior = 12, junior = 9 }`: each with its place. `None` where
    /// one of them is wrong.
    pub(crate) fn numbers(
        &mut self,
        key: &'static str,
        range: std::ops::RangeInclusive<u32>,
        faults: &mut Faults,
    ) -> Option<Vec<(usize, String, u32)>> {
        let value = self.value(key)?;
        let Some(table) = value.get_ref().as_table() else {
            self.wrong(faults, value, key, "a table of whole numbers");
            return None;
        };
        // All are looked at, so that all faults are found.
        let read: Vec<_> = table
            .iter()
            .map(|(name, value)| {
                let number = self.checked_number(&format!("{key}.{}", name.get_ref()), value, &range, faults)?;
                Some((name.span().start, name.get_ref().to_string(), number))
            })
            .collect();
        read.into_iter().collect()
    }

    /// Yes or no.
    pub(crate) fn flag(&mut self, key: &'static str, faults: &mut Faults) -> Option<bool> {
        let value = self.value(key)?;
        let flag = value.get_ref().as_bool();
        if flag.is_none() {
            self.wrong(faults, value, key, "true or false");
        }
        flag
    }

    /// A day: a date of TOML, or a text of the same form.
    pub(crate) fn day(&mut self, key: &'static str, faults: &mut Faults) -> Option<Date> {
        let value = self.value(key)?;
        let day = match value.get_ref() {
            DeValue::Datetime(typed) if typed.time.is_none() && typed.offset.is_none() => {
                typed.date.and_then(|date| whole_day(date.year.into(), date.month.into(), date.day.into()))
            }
            DeValue::String(text) => parse_day(text),
            DeValue::Datetime(_)
            | DeValue::Integer(_)
            | DeValue::Float(_)
            | DeValue::Boolean(_)
            | DeValue::Array(_)
            | DeValue::Table(_) => None,
        };
        if day.is_none() {
            let wanted = format!("a day from {YEAR_MIN} to {YEAR_MAX}, as 2026-03-24");
            faults.add(value.span().start, format!("{}{key} must be {wanted}", self.prefix()));
        }
        day
    }

    /// A list of texts.
    pub(crate) fn texts(&mut self, key: &'static str, faults: &mut Faults) -> Option<Vec<(usize, String)>> {
        let value = self.value(key)?;
        let Some(array) = value.get_ref().as_array() else {
            self.wrong(faults, value, key, "a list of texts");
            return None;
        };
        let mut texts = Vec::new();
        for item in array {
            match item.get_ref().as_str() {
                Some(text) => texts.push((item.span().start, text.to_owned())),
                None => self.wrong(faults, item, key, "a list of texts"),
            }
        }
        Some(texts)
    }

    /// A table in this table.
    pub(crate) fn table(&mut self, key: &'static str, faults: &mut Faults) -> Option<Fields<'t, 'i>> {
        let value = self.value(key)?;
        let Some(table) = value.get_ref().as_table() else {
            self.wrong(faults, value, key, "a table");
            return None;
        };
        Some(Fields::new(table, value.span().start, format!("{}{key}", self.prefix())))
    }

    /// A list of tables, `[[key]]`.
    pub(crate) fn tables(&mut self, key: &'static str, faults: &mut Faults) -> Vec<Fields<'t, 'i>> {
        let Some(value) = self.value(key) else { return Vec::new() };
        let Some(array) = value.get_ref().as_array() else {
            self.wrong(faults, value, key, &format!("a list of tables, [[{key}]]"));
            return Vec::new();
        };
        let mut tables = Vec::new();
        for item in array {
            match item.get_ref().as_table() {
                Some(table) => tables.push(Fields::new(table, item.span().start, key)),
                None => self.wrong(faults, item, key, &format!("a list of tables, [[{key}]]")),
            }
        }
        tables
    }

    /// Notes every field that was not asked for.
    pub(crate) fn finish(self, faults: &mut Faults) {
        for (name, _) in self.table {
            if !self.asked.iter().any(|asked| asked == name.get_ref()) {
                let known = self.asked.join(", ");
                let what = format!("{}{} is not known here; known are {known}", self.prefix(), name.get_ref());
                faults.add(name.span().start, what);
            }
        }
    }
}
