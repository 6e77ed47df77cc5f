-- Devices whose calls go to operators alone for a time.
CREATE TABLE diverts (
	device       TEXT PRIMARY KEY,
	until_t      INTEGER NOT NULL,
	until_utc_ms INTEGER NOT NULL, -- for people, as known when it was set
	tell_t       INTEGER NOT NULL, -- when the operators are told next
	author       TEXT NOT NULL,
	reason       TEXT
) WITHOUT ROWID;
ALTER TABLE incidents ADD COLUMN diverted INTEGER NOT NULL DEFAULT 0;
