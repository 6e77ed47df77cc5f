-- The ledger of rounds: each time somebody looked in on a resident, or tried to.
CREATE TABLE ledger (
	n              INTEGER PRIMARY KEY, -- id is {gateway}-l{n}
	utc_ms         INTEGER NOT NULL,
	resident       TEXT NOT NULL,
	caregiver      TEXT,                -- NULL: the resident, by a key
	method         INTEGER NOT NULL,    -- enum yj_visit_method
	result         INTEGER NOT NULL,    -- enum yj_visit_result
	counts         INTEGER NOT NULL,    -- mask of 1 << enum yj_seen_as
	source         TEXT,                -- of a visit or message; NULL: entered by hand
	region         TEXT,                -- as at the time
	entered_utc_ms INTEGER NOT NULL,
	entered_by     TEXT                 -- account
);
CREATE UNIQUE INDEX ledger_source ON ledger (source, resident) WHERE source IS NOT NULL;
CREATE INDEX ledger_resident ON ledger (resident, utc_ms);
CREATE INDEX ledger_time ON ledger (utc_ms, n);
-- Free text, so apart from what is counted.
CREATE TABLE ledger_notes (
	entry INTEGER PRIMARY KEY,
	text  TEXT NOT NULL
);
-- When each resident was last seen in each way that counts.
CREATE TABLE ledger_last (
	resident TEXT NOT NULL,
	counted  INTEGER NOT NULL, -- enum yj_seen_as
	utc_ms   INTEGER NOT NULL,
	PRIMARY KEY (resident, counted)
) WITHOUT ROWID;
