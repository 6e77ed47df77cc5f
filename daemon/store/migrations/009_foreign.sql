-- Devices of other makers: what their keys mean and what shows an answer (devices.csv), what the
-- sieve remembers of them, how they are answered, and those that nobody has registered.
ALTER TABLE devices ADD COLUMN keys TEXT;
ALTER TABLE devices ADD COLUMN feedback TEXT;
-- An EUI is written in capitals and without.
DROP INDEX devices_address;
CREATE INDEX devices_address ON devices (family, address COLLATE NOCASE)
	WHERE address IS NOT NULL;
CREATE TABLE device_memory (
	device TEXT NOT NULL,
	field  TEXT NOT NULL,
	value  TEXT NOT NULL,
	t      INTEGER NOT NULL,
	PRIMARY KEY (device, field)
) WITHOUT ROWID;
CREATE TABLE device_routes (
	device TEXT PRIMARY KEY,
	route  TEXT NOT NULL
) WITHOUT ROWID;
CREATE TABLE devices_seen (
	family       TEXT NOT NULL,
	address      TEXT NOT NULL,
	first_utc_ms INTEGER NOT NULL,
	last_utc_ms  INTEGER NOT NULL,
	times        INTEGER NOT NULL,
	said         TEXT NOT NULL, -- the most serious of it, as in `device try`
	topic        TEXT NOT NULL, -- and the last message
	payload      BLOB NOT NULL,
	PRIMARY KEY (family, address)
) WITHOUT ROWID;
CREATE INDEX devices_seen_last ON devices_seen (last_utc_ms);
