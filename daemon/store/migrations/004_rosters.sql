-- Who of a group is on duty when. The body is the roster as it was set, JSON (docs/rosters.md).
CREATE TABLE rosters (
	name       TEXT PRIMARY KEY,
	body       TEXT NOT NULL,
	set_utc_ms INTEGER NOT NULL,
	set_by     TEXT NOT NULL
) WITHOUT ROWID;

-- Everybody whom a roster names.
CREATE TABLE roster_people (
	caregiver TEXT NOT NULL,
	roster    TEXT NOT NULL,
	PRIMARY KEY (caregiver, roster)
) WITHOUT ROWID;

-- Times with nobody on duty that were reported and are not over.
CREATE TABLE roster_gaps (
	roster       TEXT NOT NULL,
	from_utc_ms  INTEGER NOT NULL,
	until_utc_ms INTEGER NOT NULL, -- as far as was looked
	told_utc_ms  INTEGER NOT NULL,
	PRIMARY KEY (roster, from_utc_ms)
) WITHOUT ROWID;
