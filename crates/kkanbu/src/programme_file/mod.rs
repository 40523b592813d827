//! The programme file: how organisers write down a programme. `docs/PROGRAMMES.md` documents it.
//!
//! Reading has two steps: what was typed ([`parts`]), and what it means ([`meaning`]), so that all faults are found at once.

mod days;
mod load;
mod meaning;
mod parts;
mod relay;
mod turns;
mod write;

#[cfg(test)]
mod tests;

use crate::toml_fields::{Fault, Faults, Fields};
use kkanbu_model::Programme;
use meaning::Written;

pub(crate) use load::{load, read_file};
pub(crate) use write::without_dates;

/// Largest programme file, in bytes. A larger one is refused before it is parsed; those we know have two thousand.
pub(crate) const FILE_BYTES_MAX: usize = 1024 * 1024;

/// The programmes that are built in, by id: facts from two public reports.
const BUILT_IN: [(&str, &str); 2] = [
    ("anyang-2022", include_str!("../../programmes/anyang-2022.toml")),
    ("seogwipo-2026", include_str!("../../programmes/seogwipo-2026.toml")),
];

/// A programme, and what its organiser should know of how its file was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Reading {
    pub(crate) programme: Programme,
    /// As "line 31: department-3 has 4 of role junior, …".
    pub(crate) notes: Vec<String>,
}

/// Reads a programme file; or says everything that is wrong with it, by line.
pub(crate) fn read(text: &str) -> Result<Reading, Vec<Fault>> {
    if text.len() > FILE_BYTES_MAX {
        return Err(vec![Fault { line: 1, what: format!("a programme file has at most {FILE_BYTES_MAX} bytes") }]);
    }
    let (table, mut faults) = Faults::parse(text);
    let mut top = Fields::new(table.get_ref(), 0, "");
    top.need("programme", &mut faults);
    let header = top.table("programme", &mut faults).map(|fields| parts::header(fields, &mut faults));
    let roles = top.tables("role", &mut faults).into_iter().map(|fields| parts::role(fields, &mut faults)).collect();
    let rooms = top.tables("room", &mut faults).into_iter().map(|fields| parts::room(fields, &mut faults)).collect();
    let stations = top.tables("relay", &mut faults).into_iter();
    let stations = stations.map(|fields| parts::station(fields, &mut faults)).collect();
    top.finish(&mut faults);
    let mut notes = Vec::new();
    let programme = Written { header, roles, rooms, stations }.understand(&mut faults, &mut notes);
    let mut found = faults.into_found();
    match programme {
        Some(programme) if found.is_empty() => {
            // Nothing is expected here: each of these has been looked for where its line is known.
            let errors = programme.errors();
            let errors: Vec<_> = errors.iter().map(|error| Fault { line: 1, what: error.to_string() }).collect();
            if errors.is_empty() { Ok(Reading { programme, notes }) } else { Err(errors) }
        }
        Some(_) => Err(found),
        None => {
            if found.is_empty() {
                found.push(Fault { line: 1, what: "this is no programme".to_owned() });
            }
            Err(found)
        }
    }
}
