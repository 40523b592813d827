//! What may be where, and why. Everything else that is found is a leak; and a permission that nothing uses is none.

use crate::birds::Kind;
use crate::scanner::Hit;

pub(crate) struct Allowed {
    kind: Kind,
    /// The artefact's name ends so, or holds this where it ends in `/`.
    place: &'static str,
    pub(crate) why: &'static str,
}

pub(crate) const ALLOWED: &[Allowed] = &[
    Allowed { kind: Kind::JoinCode, place: "links", why: "`kkanbu links` prints join links, which is what it is for" },
    Allowed {
        kind: Kind::ContentKey,
        place: "/keys/",
        why: "the key folder is where content keys are, until a programme ends",
    },
    Allowed {
        kind: Kind::Programme,
        place: "/data/store.sqlite",
        why: "programmes are announced; a search that finds nothing at all would show nothing",
    },
    Allowed { kind: Kind::Programme, place: "/cells/store.sqlite", why: "the same, as SQLite reads it" },
    Allowed { kind: Kind::Programme, place: "/data/store.sqlite-wal", why: "the same, before it is in its place" },
    Allowed { kind: Kind::Programme, place: "/backup", why: "a backup is a copy of the data" },
];

impl Allowed {
    pub(crate) fn covers(&self, hit: &Hit<'_>) -> bool {
        let there = if self.place.ends_with('/') {
            hit.artefact.contains(self.place)
        } else {
            hit.artefact.ends_with(self.place)
        };
        self.kind == hit.canary.kind && there
    }
}
