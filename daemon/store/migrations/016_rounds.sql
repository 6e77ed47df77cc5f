-- Rounds (docs/rounds.md): lists of who is to be looked in on how often.
CREATE TABLE rounds (
	id            TEXT PRIMARY KEY,
	name          TEXT NOT NULL,
	period        TEXT NOT NULL, -- 7d, 3mo
	risk          TEXT,          -- class; NULL: all
	region        TEXT,          -- as it was given
	region_prefix TEXT NOT NULL, -- without the zeros; '' if none
	counts        TEXT,          -- ';' between; NULL: everything
	assignee      TEXT,          -- role:ROLE, group:NAME, caregiver:ID; NULL: the grid worker
	gone_utc_ms   INTEGER
) WITHOUT ROWID;
CREATE INDEX rounds_assignee ON rounds (assignee) WHERE assignee IS NOT NULL;
-- Since which day a list is there, also those that are built in.
CREATE TABLE round_begins (
	list TEXT PRIMARY KEY,
	day  INTEGER NOT NULL
) WITHOUT ROWID;
-- What is remembered of each resident. Days are counted from 1970-01-01 by the municipality's clock.
CREATE TABLE round_residents (
	resident      TEXT PRIMARY KEY,
	known_utc_ms  INTEGER NOT NULL, -- first seen by rounds
	begins_day    INTEGER NOT NULL, -- nothing is due before: in this class since, back since
	classes       INTEGER NOT NULL, -- mask of 1 << enum yj_round_class
	rests         INTEGER NOT NULL,
	change_utc_ms INTEGER,          -- the last major change of somebody of high risk
	look_day      INTEGER           -- nothing is due before; NULL: they rest
) WITHOUT ROWID;
CREATE INDEX round_residents_look ON round_residents (look_day, resident) WHERE look_day IS NOT NULL;
-- For which due day an event was logged last, and how far.
CREATE TABLE round_told (
	resident TEXT NOT NULL,
	list     TEXT NOT NULL,    -- or !change, or an extra round's id
	due_day  INTEGER NOT NULL,
	missed   INTEGER NOT NULL,
	PRIMARY KEY (resident, list)
) WITHOUT ROWID;
-- Whom the present telling has reached, so that a restart tells nobody twice.
CREATE TABLE round_people (
	caregiver TEXT PRIMARY KEY,
	run       TEXT NOT NULL
) WITHOUT ROWID;
CREATE TABLE round_extras (
	n             INTEGER PRIMARY KEY, -- id is {gateway}-r{n}
	region_prefix TEXT NOT NULL,
	region        TEXT NOT NULL,
	reason        TEXT NOT NULL,
	assignee      TEXT NOT NULL,       -- as in rounds
	by_caregiver  TEXT,
	author        TEXT NOT NULL,       -- account
	began_utc_ms  INTEGER NOT NULL,
	until_utc_ms  INTEGER NOT NULL,
	told          INTEGER NOT NULL DEFAULT 0, -- that it has begun
	ended_utc_ms  INTEGER
);
CREATE INDEX round_extras_now ON round_extras (until_utc_ms) WHERE ended_utc_ms IS NULL;
-- What a notice says in a group, where no names are told.
ALTER TABLE notices ADD COLUMN brief TEXT;
