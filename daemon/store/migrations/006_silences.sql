-- Maintenance: lesser alerts of what is named open nothing until the end. Selectors are ANDed.
CREATE TABLE silences (
	n              INTEGER PRIMARY KEY, -- id is {gateway}-s{n}
	device         TEXT,
	resident       TEXT,
	region         TEXT,    -- as it was given
	region_prefix  TEXT,    -- without the zeros
	kind           INTEGER, -- enum yj_kind
	until_utc_ms   INTEGER NOT NULL,
	author         TEXT NOT NULL,
	reason         TEXT NOT NULL,
	created_utc_ms INTEGER NOT NULL,
	ended_utc_ms   INTEGER, -- NULL: it has not been ended yet
	ended_by       TEXT,    -- NULL: by time
	muted          INTEGER NOT NULL DEFAULT 0 -- alerts so far
);
CREATE INDEX silences_active ON silences (until_utc_ms) WHERE ended_utc_ms IS NULL;
