//! The programme to rehearse: whose seats are to be filled.

use crate::programme_file;
use kkanbu_model::{Programme, ProgrammeId};
use std::path::Path;

/// A programme without its dates: a rehearsal takes place before the programme does, or after, and in all rooms at once.
#[derive(Debug)]
pub(super) struct Definition {
    pub(super) programme: Programme,
}

impl Definition {
    /// Reads the built-in programme of this id, or a programme file.
    pub(super) fn load(which: &Path) -> anyhow::Result<Self> {
        let mut programme = programme_file::load(which)?.programme;
        for room in &mut programme.rooms {
            room.schedule = kkanbu_model::Schedule::default();
        }
        Ok(Self { programme })
    }

    /// The programme's id.
    pub(super) fn id(&self) -> &str {
        self.programme.id.as_str()
    }

    /// The text of a programme file that defines the same programme under this id, to run beside it.
    pub(super) fn text_as(&self, id: &str) -> anyhow::Result<String> {
        let programme = Programme { id: ProgrammeId::new(id)?, ..self.programme.clone() };
        Ok(programme_file::without_dates(&programme))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shadow_is_the_same_programme_under_another_id() {
        for which in ["anyang-2022", "seogwipo-2026"] {
            let real = Definition::load(Path::new(which)).unwrap();
            let shadow = programme_file::read(&real.text_as("rehearsal-0123abcd").unwrap()).unwrap().programme;
            assert_eq!(shadow.id.as_str(), "rehearsal-0123abcd");
            assert_eq!(Programme { id: real.programme.id.clone(), ..shadow }, real.programme);
        }
    }

    #[test]
    fn all_rooms_are_open_in_a_rehearsal() {
        let seogwipo = Definition::load(Path::new("seogwipo-2026")).unwrap().programme;
        assert_eq!(seogwipo.rooms.len(), 5);
        assert!(seogwipo.rooms.iter().all(|room| room.schedule == kkanbu_model::Schedule::default()));
    }

    #[test]
    fn what_is_no_programme_is_named() {
        assert!(Definition::load(Path::new("no-such-file")).unwrap_err().to_string().contains("no-such-file"));
    }
}
