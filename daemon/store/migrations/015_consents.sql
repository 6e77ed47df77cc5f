-- What residents agreed to, or not (docs/consents.md). One who goes takes along what they said, and a
-- caregiver who goes what was said of them; the rows stay as tombstones, to show who had agreed.
CREATE TABLE consents (
	id          TEXT PRIMARY KEY, -- RESIDENT/KIND/WHO
	resident    TEXT NOT NULL,
	kind        TEXT NOT NULL,    -- the word, as of enum yj_consent
	who         TEXT,             -- a role's word or a caregiver; NULL: everybody
	granted     INTEGER NOT NULL,
	said_by     TEXT NOT NULL,    -- the word, as of enum yj_consent_by
	guardian    TEXT,
	said_at     TEXT,             -- these two: a date, or a time
	until_at    TEXT,
	gone_utc_ms INTEGER
) WITHOUT ROWID;
CREATE INDEX consents_resident ON consents (resident);
CREATE INDEX consents_who ON consents (who) WHERE who IS NOT NULL;
