//! Reads the fields of a TOML file and collects everything that is wrong with them, each with its line.

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

/// Faults found so far in one file.
pub(crate) struct Faults<'i> {
    text: &'i str,
    found: Vec<Fault>,
}

impl<'i> Faults<'i> {
    /// Parses a file. Where it is no TOML, says so and gives what could be read.
    pub(crate) fn parse(text: &'i str) -> (Spanned<DeTable<'i>>, Self) {
        let (table, errors) = DeTable::parse_recoverable(text);
        let mut faults = Self { text, found: Vec::new() };
        for error in errors {
            faults.add(error.span().map_or(0, |span| span.start), error.message().to_owned());
        }
        (table, faults)
    }

    pub(crate) fn add(&mut self, at: usize, what: String) {
        let before = self.text.get(..at).unwrap_or(self.text);
        self.found.push(Fault { line: before.matches('\n').count() + 1, what });
    }

    /// All faults, by line.
    pub(crate) fn into_found(mut self) -> Vec<Fault> {
        self.found.sort_by_key(|fault| fault.line);
        self.found
    }
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

    fn wrong(&self, faults: &mut Faults<'_>, value: &Spanned<DeValue<'_>>, key: &str, wanted: &str) {
        let found = value.get_ref().type_str();
        faults.add(value.span().start, format!("{}{key} must be {wanted}, not {found}", self.prefix()));
    }

    fn prefix(&self) -> String {
        if self.name.is_empty() { String::new() } else { format!("{}.", self.name) }
    }

    /// A text.
    pub(crate) fn text(&mut self, key: &'static str, faults: &mut Faults<'_>) -> Option<String> {
        let value = self.value(key)?;
        let text = value.get_ref().as_str().map(str::to_owned);
        if text.is_none() {
            self.wrong(faults, value, key, "a text");
        }
        text
    }

    /// A text that has to be there.
    pub(crate) fn needed_text(&mut self, key: &'static str, faults: &mut Faults<'_>) -> Option<String> {
        self.need(key, faults);
        self.text(key, faults)
    }

    /// Notes a fault where the field is missing.
    pub(crate) fn need(&self, key: &str, faults: &mut Faults<'_>) {
        if !self.table.iter().any(|(name, _)| name.get_ref() == key) {
            faults.add(self.at, format!("{}{key} is missing", self.prefix()));
        }
    }

    /// A whole number within a range.
    pub(crate) fn number(
        &mut self,
        key: &'static str,
        range: std::ops::RangeInclusive<u32>,
        faults: &mut Faults<'_>,
    ) -> Option<u32> {
        let value = self.value(key)?;
        let number = value.get_ref().as_integer().and_then(|n| u32::from_str_radix(n.as_str(), n.radix()).ok());
        let number = number.filter(|number| range.contains(number));
        if number.is_none() {
            let wanted = format!("a whole number from {} to {}", range.start(), range.end());
            faults.add(value.span().start, format!("{}{key} must be {wanted}", self.prefix()));
        }
        number
    }

    /// A list of texts.
    pub(crate) fn texts(&mut self, key: &'static str, faults: &mut Faults<'_>) -> Option<Vec<(usize, String)>> {
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
    pub(crate) fn table(&mut self, key: &'static str, faults: &mut Faults<'_>) -> Option<Fields<'t, 'i>> {
        let value = self.value(key)?;
        let Some(table) = value.get_ref().as_table() else {
            self.wrong(faults, value, key, "a table");
            return None;
        };
        Some(Fields::new(table, value.span().start, format!("{}{key}", self.prefix())))
    }

    /// A list of tables, `[[key]]`.
    pub(crate) fn tables(&mut self, key: &'static str, faults: &mut Faults<'_>) -> Vec<Fields<'t, 'i>> {
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
    pub(crate) fn finish(self, faults: &mut Faults<'_>) {
        for (name, _) in self.table {
            if !self.asked.iter().any(|asked| asked == name.get_ref()) {
                let known = self.asked.join(", ");
                let what = format!("{}{} is not known here; known are {known}", self.prefix(), name.get_ref());
                faults.add(name.span().start, what);
            }
        }
    }
}
