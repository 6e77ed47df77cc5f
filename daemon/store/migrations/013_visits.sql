-- Visits (docs/visits.md), and the links by which caregivers come to them.
CREATE TABLE visits (
	n               INTEGER PRIMARY KEY,
	id              TEXT NOT NULL UNIQUE,     -- the session, for the wire and people
	state           INTEGER NOT NULL,         -- the core's, enum yj_visit_phase
	mode            INTEGER NOT NULL,         -- enum yj_visit_mode, as it is now
	asked_mode      INTEGER NOT NULL,         -- as it was asked for
	there           INTEGER NOT NULL,         -- the caller's page is open
	heard           INTEGER NOT NULL,         -- the terminal has said that it rings
	tries           INTEGER NOT NULL,
	began_t         INTEGER NOT NULL,         -- the first ring, and the present one
	ring_t          INTEGER NOT NULL,
	due_t           INTEGER,                  -- the next step; NULL: over
	resident        TEXT NOT NULL,
	caregiver       TEXT NOT NULL,
	device          TEXT NOT NULL,            -- the terminal
	region          TEXT NOT NULL,
	incident        INTEGER,                  -- in which it was opened
	raised          INTEGER,                  -- the one that it became
	auto_answer     INTEGER NOT NULL,         -- the consents on which that rests, 0: no
	started_utc_ms  INTEGER NOT NULL,
	retry_utc_ms    INTEGER,
	answered_utc_ms INTEGER,
	ended_utc_ms    INTEGER,
	reason          INTEGER NOT NULL DEFAULT 0, -- of the end
	result          TEXT,                     -- how the resident was found
	version         INTEGER NOT NULL,         -- moves with all that the caller is told
	offer           TEXT,                     -- these two are gone once it is over
	answer          TEXT
);
-- one at a time: 0 and 1 are ringing and answered
CREATE UNIQUE INDEX visits_device ON visits (device) WHERE state <= 1;
CREATE UNIQUE INDEX visits_resident_now ON visits (resident) WHERE state <= 1;
CREATE INDEX visits_due ON visits (due_t) WHERE due_t IS NOT NULL;
CREATE INDEX visits_going ON visits (resident, n) WHERE due_t IS NOT NULL;
CREATE INDEX visits_resident ON visits (resident, n);
CREATE TABLE visit_links (
	caregiver  TEXT PRIMARY KEY,
	generation INTEGER NOT NULL -- links of earlier ones are no longer good
) WITHOUT ROWID;
