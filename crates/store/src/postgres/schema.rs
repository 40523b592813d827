//! The tables, in a schema of their own, as steps from nothing to this version. Every key is a name that organisers gave or a keyed tag, so
//! that neither numbers nor times tell who came when; what the order of rows in a table tells is `tidy`'s concern. What moderators did
//! is the exception: that is a log, with numbers and hours.

/// The steps: the first makes version 1 of nothing, and each other brings a database to its number from the one before.
pub(super) const STEPS: [&str; 2] = [CREATE_1, STEP_2];

/// The version after the last step.
pub(super) const SCHEMA_VERSION: i32 = 2;

const CREATE_1: &str = r#"
CREATE TABLE meta (
    name  text COLLATE "C" PRIMARY KEY,
    value bytea NOT NULL
);

-- mark is drawn anew for each programme, so that one that was made after another of the same id had ended is told from that.
-- key_tag proves that a content key is this programme's.
CREATE TABLE programme (
    id         text COLLATE "C" PRIMARY KEY,
    definition text NOT NULL,
    key_tag    bytea NOT NULL,
    mark       bytea NOT NULL DEFAULT uuid_send(gen_random_uuid())
);

-- Seats that are counted: of a role in its programme, where room is empty, and in each room that limits them.
CREATE TABLE seat (
    programme text COLLATE "C" NOT NULL REFERENCES programme,
    room      text COLLATE "C" NOT NULL,
    role      text COLLATE "C" NOT NULL,
    seats     bigint NOT NULL,
    taken     bigint NOT NULL DEFAULT 0 CHECK (taken BETWEEN 0 AND seats),
    PRIMARY KEY (programme, room, role)
);

-- One row a seat that is taken in a programme.
CREATE TABLE member (
    programme text COLLATE "C" NOT NULL REFERENCES programme,
    tag       bytea NOT NULL,
    role      text COLLATE "C" NOT NULL,
    PRIMARY KEY (programme, tag)
);

CREATE TABLE membership (
    programme text COLLATE "C" NOT NULL REFERENCES programme,
    room      text COLLATE "C" NOT NULL,
    tag       bytea NOT NULL,
    role      text COLLATE "C" NOT NULL,
    posted    boolean NOT NULL DEFAULT false,
    sealed    bytea NOT NULL,
    PRIMARY KEY (programme, room, tag)
);

-- Handles that nobody else may get. Nothing ties a row to its membership but the sealed record there.
CREATE TABLE handle (
    programme text COLLATE "C" NOT NULL REFERENCES programme,
    room      text COLLATE "C" NOT NULL,
    tag       bytea NOT NULL,
    PRIMARY KEY (programme, room, tag)
);

-- One row a member whom moderators muted or removed. Neither the member nor the room stands in clear.
CREATE TABLE sanction (
    programme text COLLATE "C" NOT NULL REFERENCES programme,
    tag       bytea NOT NULL,
    sealed    bytea NOT NULL,
    PRIMARY KEY (programme, tag)
);

-- What administrators did, of all programmes, chained by its hashes. An entry outlives its programme.
CREATE TABLE audit (
    number    bigint PRIMARY KEY,
    hour      bigint NOT NULL,
    programme text NOT NULL,
    act       text NOT NULL,
    detail    bytea NOT NULL,
    hash      bytea NOT NULL
);

-- The chain's end. Whoever adds an entry locks this row first, so that there is one chain, whoever writes.
CREATE TABLE audit_head (
    one    boolean PRIMARY KEY DEFAULT true CHECK (one),
    number bigint NOT NULL,
    hash   bytea NOT NULL
);
INSERT INTO audit_head (number, hash) VALUES (0, decode(repeat('00', 32), 'hex'));

-- The keys of acts, tagged, so that an act that is asked for again is found.
CREATE TABLE act (
    programme text COLLATE "C" NOT NULL REFERENCES programme,
    tag       bytea NOT NULL,
    number    bigint NOT NULL,
    PRIMARY KEY (programme, tag)
);

-- Acts of which the room's log does not say yet that it has them. All that publishing them needs is sealed in the entry.
CREATE TABLE pending (
    number bigint PRIMARY KEY REFERENCES audit
);

-- Written by whoever asks whether the database can be written now.
CREATE TABLE probe (
    one     boolean PRIMARY KEY DEFAULT true CHECK (one),
    written boolean NOT NULL
);
INSERT INTO probe (written) VALUES (false);
"#;

/// The planner's statistics copy values out of tables, where deleting a row does not reach them.
const STEP_2: &str = "
ALTER TABLE programme ALTER key_tag SET STATISTICS 0, ALTER mark SET STATISTICS 0, ALTER definition SET STATISTICS 0;
ALTER TABLE member ALTER tag SET STATISTICS 0;
ALTER TABLE membership ALTER tag SET STATISTICS 0, ALTER sealed SET STATISTICS 0;
ALTER TABLE handle ALTER tag SET STATISTICS 0;
ALTER TABLE sanction ALTER tag SET STATISTICS 0, ALTER sealed SET STATISTICS 0;
ALTER TABLE act ALTER tag SET STATISTICS 0;
ALTER TABLE audit ALTER detail SET STATISTICS 0;
";
