//! What fuzzing calls (`tests/fuzz`), and the ordinary tests on its corpus: one function a target, which panics where something that has
//! to hold does not. Only they build this file.

mod backups;

pub use backups::backups;

use crate::programme_file;
use crate::toml_fields::FAULTS_MAX;
use kkanbu_model::{Programme, Room, Schedule};

/// Programme files.
///
/// - What is read has no errors, and is the same but for its dates when it is written down and read again.
/// - What is refused has at least one fault and no more than anybody reads; each has a line of the file, in order, and is not much longer
///   than the file.
pub fn programmes(input: &[u8]) {
    let text = String::from_utf8_lossy(input);
    match programme_file::read(&text) {
        Ok(reading) => {
            let programme = reading.programme;
            assert!(programme.errors().is_empty(), "read with errors: {:?}", programme.errors());
            let written = programme_file::without_dates(&programme);
            let again = programme_file::read(&written).unwrap_or_else(|faults| panic!("{faults:?}: {written}"));
            assert!(again.programme == always_open(programme), "not the same when read again: {written}");
            assert!(again.notes.is_empty(), "what was written is not plain: {:?}", again.notes);
        }
        Err(faults) => {
            let lines = text.matches('\n').count() + 1;
            let (count, longest) =
                (faults.len(), faults.iter().map(|fault| fault.what.len()).max().unwrap_or_default());
            // The faults themselves are not shown: they may be many.
            assert!((1..=FAULTS_MAX + 1).contains(&count), "{count} faults");
            assert!(faults.iter().all(|fault| (1..=lines).contains(&fault.line)), "a fault in none of {lines} lines");
            assert!(faults.is_sorted_by_key(|fault| fault.line), "faults in no order");
            assert!(longest <= text.len() + 512, "a fault of {longest} bytes in a file of {}", text.len());
        }
    }
}

fn always_open(programme: Programme) -> Programme {
    let rooms = programme.rooms.into_iter().map(|room| Room { schedule: Schedule::default(), ..room }).collect();
    Programme { rooms, ..programme }
}

#[cfg(test)]
#[path = "../../../tests/fuzz/replay.rs"]
mod replay;

#[cfg(test)]
mod tests {
    use super::replay::replay;

    #[test]
    fn programme_files_that_fuzzing_kept_are_read_or_refused_as_they_should_be() {
        replay("programmes", super::programmes);
    }

    #[test]
    fn backups_that_fuzzing_kept_are_read_or_refused_as_they_should_be() {
        replay("backups", super::backups);
    }
}
