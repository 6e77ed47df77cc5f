-- Channels that report back, notices, and proof that channels work.
ALTER TABLE outbox ADD COLUMN ref TEXT;       -- by which its provider's report names it
ALTER TABLE outbox ADD COLUMN notice INTEGER; -- it carries a notice and no incident
CREATE INDEX outbox_ref ON outbox (ref) WHERE ref IS NOT NULL;
CREATE INDEX outbox_notice ON outbox (notice) WHERE notice IS NOT NULL;

ALTER TABLE caregivers ADD COLUMN night_channels TEXT; -- as channels; NULL: the same by night
CREATE INDEX caregivers_phone ON caregivers (phone) WHERE phone IS NOT NULL;

-- What people are told that is no incident.
CREATE TABLE notices (
	n                INTEGER PRIMARY KEY, -- id is {gateway}-m{n}
	kind             INTEGER NOT NULL,    -- enum yj_notice_kind
	caregiver        TEXT NOT NULL,
	text             TEXT NOT NULL,
	created_utc_ms   INTEGER NOT NULL,
	confirmed_utc_ms INTEGER,
	confirmed_over   TEXT -- the channel
);
CREATE INDEX notices_caregiver ON notices (caregiver, n);

-- When a person was last reached for certain over a channel: they answered over it.
CREATE TABLE channel_proofs (
	caregiver TEXT NOT NULL,
	channel   TEXT NOT NULL,
	utc_ms    INTEGER NOT NULL,
	PRIMARY KEY (caregiver, channel)
) WITHOUT ROWID;

-- Reports and texts that came over a channel and are done: a provider may offer them again.
CREATE TABLE channel_backs (
	channel TEXT NOT NULL,
	id      TEXT NOT NULL,
	utc_ms  INTEGER NOT NULL,
	PRIMARY KEY (channel, id)
) WITHOUT ROWID;
CREATE INDEX channel_backs_time ON channel_backs (utc_ms);
