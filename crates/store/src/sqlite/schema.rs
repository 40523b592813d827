//! The tables. No table has a rowid, and every key is a name that organisers gave or a keyed tag, so that neither numbers nor the
//! order of rows tell who came when.

/// Marks a database as a kkanbu store: "kkan".
pub(super) const APPLICATION_ID: i32 = 0x6B6B_616E;

/// The version of the tables below. A change to them raises it and brings a migration.
pub(super) const SCHEMA_VERSION: i32 = 1;

/// Makes the tables.
pub(super) const CREATE: &str = "
CREATE TABLE meta (
    name  TEXT PRIMARY KEY,
    value BLOB NOT NULL
) STRICT, WITHOUT ROWID;

-- key_tag proves that a content key is this programme's.
CREATE TABLE programme (
    id         TEXT PRIMARY KEY,
    definition TEXT NOT NULL,
    key_tag    BLOB NOT NULL
) STRICT, WITHOUT ROWID;

-- One row a seat that is taken.
CREATE TABLE member (
    programme TEXT NOT NULL REFERENCES programme,
    tag       BLOB NOT NULL,
    role      TEXT NOT NULL,
    PRIMARY KEY (programme, tag)
) STRICT, WITHOUT ROWID;
CREATE INDEX member_by_role ON member (programme, role);

CREATE TABLE membership (
    programme TEXT NOT NULL REFERENCES programme,
    room      TEXT NOT NULL,
    tag       BLOB NOT NULL,
    role      TEXT NOT NULL,
    posted    INTEGER NOT NULL CHECK (posted IN (0, 1)),
    sealed    BLOB NOT NULL,
    PRIMARY KEY (programme, room, tag)
) STRICT, WITHOUT ROWID;
CREATE INDEX membership_by_role ON membership (programme, room, role);

-- Handles that nobody else may get: those of members, and those under which somebody posted who has left. Nothing ties a row to
-- its membership but the sealed record there.
CREATE TABLE handle (
    programme TEXT NOT NULL REFERENCES programme,
    room      TEXT NOT NULL,
    tag       BLOB NOT NULL,
    PRIMARY KEY (programme, room, tag)
) STRICT, WITHOUT ROWID;
";
