//! The tables. No table has a rowid, and every key is a name that organisers gave or a keyed tag, so that neither numbers nor the
//! order of rows tell who came when. What moderators did is the exception: that is a log, with numbers and hours.

/// Marks a database as a kkanbu store: "kkan".
pub(super) const APPLICATION_ID: i32 = 0x6B6B_616E;

/// The version of the tables below. A change to them raises it and brings a migration.
pub(super) const SCHEMA_VERSION: i32 = 2;

/// The oldest version that `migrate` brings to this one.
pub(super) const OLDEST_VERSION: i32 = 1;

/// Makes the tables of version 1. What a later version adds stands below.
pub(super) const CREATE_1: &str = "
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

/// Makes what version 2 adds.
pub(super) const ADD_2: &str = "
-- One row a member whom moderators muted or removed, or who left after posting. Neither the member nor the room stands in clear.
CREATE TABLE sanction (
    programme TEXT NOT NULL REFERENCES programme,
    tag       BLOB NOT NULL,
    sealed    BLOB NOT NULL,
    PRIMARY KEY (programme, tag)
) STRICT, WITHOUT ROWID;

-- What administrators did, of all programmes, chained by its hashes; the chain's head is in meta. An entry outlives its programme.
CREATE TABLE audit (
    number    INTEGER PRIMARY KEY,
    hour      INTEGER NOT NULL,
    programme TEXT NOT NULL,
    act       TEXT NOT NULL,
    detail    BLOB NOT NULL,
    hash      BLOB NOT NULL
) STRICT, WITHOUT ROWID;

-- The keys of acts, tagged, so that an act that is asked for again is found.
CREATE TABLE act (
    programme TEXT NOT NULL REFERENCES programme,
    tag       BLOB NOT NULL,
    number    INTEGER NOT NULL,
    PRIMARY KEY (programme, tag)
) STRICT, WITHOUT ROWID;

-- Acts of which the room's log does not say yet that it has them. All that publishing them needs is sealed in the entry.
CREATE TABLE pending (
    number INTEGER PRIMARY KEY REFERENCES audit
) STRICT, WITHOUT ROWID;

-- number 0, and the hash that the first entry follows.
INSERT INTO meta (name, value) VALUES ('audit head', zeroblob(40));
";
