-- The first schema. Times: *_t in ms on the gateway's own timeline T, *_utc_ms in UTC.
-- Enumerations are stored as the integers of proto/words.h, whose order is therefore fixed.

CREATE TABLE meta (
	key   TEXT PRIMARY KEY,
	value
) WITHOUT ROWID;

-- The gateway's timeline, one row (docs/design.md, "Time").
CREATE TABLE timeline (
	one         INTEGER PRIMARY KEY CHECK (one = 1),
	boot_id     TEXT NOT NULL,
	boottime_ms INTEGER NOT NULL,
	t_ms        INTEGER NOT NULL,
	utc_ms      INTEGER NOT NULL,
	utc_known   INTEGER NOT NULL
);

-- ── Directory ── gone_utc_ms marks a tombstone. Booleans are 0, 1 or NULL (never decided).

CREATE TABLE regions (
	code        TEXT PRIMARY KEY,
	name        TEXT NOT NULL,
	gone_utc_ms INTEGER
) WITHOUT ROWID;

CREATE TABLE institutions (
	id          TEXT PRIMARY KEY,
	name        TEXT NOT NULL,
	region      TEXT NOT NULL,
	filing      TEXT NOT NULL,
	policy      TEXT,
	address     TEXT,
	phone       TEXT,
	gone_utc_ms INTEGER
) WITHOUT ROWID;

CREATE TABLE residents (
	id           TEXT PRIMARY KEY,
	name         TEXT NOT NULL,
	region       TEXT NOT NULL,
	phone        TEXT,
	address      TEXT,
	lat          REAL,
	lon          REAL,
	access       TEXT,
	health       TEXT,
	lives_alone  INTEGER,
	mountain     INTEGER,
	categories   TEXT,
	risk         TEXT,
	status       TEXT,
	status_until TEXT,
	policy       TEXT,
	birth_year   INTEGER,
	notes        TEXT,
	gone_utc_ms  INTEGER
) WITHOUT ROWID;

CREATE TABLE caregivers (
	id                  TEXT PRIMARY KEY,
	name                TEXT NOT NULL,
	role                INTEGER NOT NULL, -- enum yj_role
	phone               TEXT,
	email               TEXT,
	region              TEXT,          -- as it was given
	region_prefix       TEXT NOT NULL, -- 2, 4, 6, 9 or 12 digits without the zeros; '' if none
	institution         TEXT,
	on_site             INTEGER,
	channels            TEXT,          -- ';' between them
	certificate         TEXT,
	certificate_expires TEXT,
	listed              INTEGER NOT NULL DEFAULT 0, -- names residents of its own
	gone_utc_ms         INTEGER
) WITHOUT ROWID;
CREATE INDEX caregivers_region ON caregivers (role, region_prefix) WHERE gone_utc_ms IS NULL;
CREATE INDEX caregivers_institution ON caregivers (institution, role)
	WHERE gone_utc_ms IS NULL AND institution IS NOT NULL;

CREATE TABLE caregiver_residents (
	caregiver TEXT NOT NULL,
	resident  TEXT NOT NULL,
	pos       INTEGER NOT NULL, -- order in the file
	PRIMARY KEY (caregiver, resident)
) WITHOUT ROWID;
CREATE INDEX caregiver_residents_resident ON caregiver_residents (resident, caregiver);

CREATE TABLE devices (
	id             TEXT PRIMARY KEY,
	kind           INTEGER NOT NULL, -- enum yj_device_kind
	family         TEXT NOT NULL,
	address        TEXT,             -- its name in a foreign family
	institution    TEXT,
	region         TEXT,
	place          TEXT,
	heartbeat_ms   INTEGER,
	serial         TEXT,
	sim            TEXT,
	sim_expires    TEXT,
	installed_at   TEXT,
	installed_by   TEXT,
	revoked_utc_ms INTEGER,
	test_until_t   INTEGER, -- one press before this is a test
	gone_utc_ms    INTEGER
) WITHOUT ROWID;
CREATE INDEX devices_address ON devices (family, address) WHERE address IS NOT NULL;

CREATE TABLE device_residents (
	device   TEXT NOT NULL,
	pos      INTEGER NOT NULL, -- 0 is the first: the incident is theirs
	resident TEXT NOT NULL,
	PRIMARY KEY (device, pos)
) WITHOUT ROWID;
CREATE INDEX device_residents_resident ON device_residents (resident, device);

CREATE TABLE beds (
	id          TEXT PRIMARY KEY,
	kind        INTEGER NOT NULL, -- enum yj_bed_kind
	institution TEXT,
	occupant    TEXT,
	device      TEXT,
	policy      TEXT,
	gone_utc_ms INTEGER
) WITHOUT ROWID;
CREATE INDEX beds_occupant ON beds (occupant) WHERE occupant IS NOT NULL;
CREATE INDEX beds_device ON beds (device) WHERE device IS NOT NULL;

-- What a device last said of itself; written back in bulk.
CREATE TABLE device_status (
	device      TEXT PRIMARY KEY,
	online      INTEGER NOT NULL,
	seen_utc_ms INTEGER NOT NULL,
	battery_pct INTEGER,
	battery_low INTEGER NOT NULL DEFAULT 0,
	rssi_dbm    INTEGER,
	mains       INTEGER,
	fw          TEXT
) WITHOUT ROWID;

-- ── Policies ── bodies by the SHA-256 of their canonical form; names point to the current one.
CREATE TABLE policies (
	hash TEXT PRIMARY KEY,
	body TEXT NOT NULL
) WITHOUT ROWID;
CREATE TABLE policy_names (
	name TEXT PRIMARY KEY,
	hash TEXT NOT NULL REFERENCES policies (hash)
) WITHOUT ROWID;

-- ── Incidents ── the core's state, a column per field, and what people read.
CREATE TABLE incidents (
	n             INTEGER PRIMARY KEY, -- id is {gateway}-{n}
	subject       TEXT NOT NULL,       -- whose: r:RESIDENT, i:INSTITUTION or d:DEVICE
	kind          INTEGER NOT NULL,
	state         INTEGER NOT NULL,
	due_t         INTEGER,             -- the earliest of its deadlines
	level         INTEGER NOT NULL,
	round         INTEGER NOT NULL,
	outstanding   INTEGER NOT NULL,
	flags         INTEGER NOT NULL,
	level_due_t   INTEGER,
	arrive_due_t  INTEGER,
	remind_due_t  INTEGER,
	resolve_due_t INTEGER,
	rejoin_due_t  INTEGER,
	joined_due_t  INTEGER,
	acked_t       INTEGER,
	arrived_t     INTEGER,
	joined_t      INTEGER,
	answerer      TEXT,                -- whose answer stands
	policy        TEXT NOT NULL,       -- hash
	resident      TEXT,
	institution   TEXT,
	bed           TEXT,
	device        TEXT NOT NULL,       -- that opened it
	region        TEXT,
	alerts        INTEGER NOT NULL,
	late          INTEGER NOT NULL DEFAULT 0,
	drill         INTEGER NOT NULL DEFAULT 0,
	opened_utc_ms INTEGER NOT NULL,
	opened_t      INTEGER NOT NULL,
	paged_t       INTEGER,             -- when a page last went into the outbox
	closed_utc_ms INTEGER,
	outcome       INTEGER,
	text          TEXT,                -- what the resident or device said, newest
	poisoned      INTEGER NOT NULL DEFAULT 0,
	claimed_by    TEXT,
	claimed_until INTEGER
);
CREATE UNIQUE INDEX incidents_one_open ON incidents (subject, kind) WHERE state < 3;
CREATE INDEX incidents_due ON incidents (due_t) WHERE due_t IS NOT NULL;
CREATE INDEX incidents_poisoned ON incidents (n) WHERE poisoned = 1 AND state < 3;
CREATE INDEX incidents_resident ON incidents (resident) WHERE state < 3 AND resident IS NOT NULL;

-- Open incidents by level, so that a count never scans.
CREATE TABLE open_counts (
	level INTEGER PRIMARY KEY,
	n     INTEGER NOT NULL
);

-- The devices with a call or alarm in an incident.
CREATE TABLE incident_devices (
	incident INTEGER NOT NULL,
	device   TEXT NOT NULL,
	last_id  TEXT NOT NULL, -- of its latest call or alarm
	calls    INTEGER NOT NULL,
	alarms   INTEGER NOT NULL,
	told     INTEGER NOT NULL, -- enum yj_home_state it was last told
	PRIMARY KEY (incident, device)
) WITHOUT ROWID;
CREATE INDEX incident_devices_device ON incident_devices (device, incident);

-- Everybody who was paged for an incident or is informed of it.
CREATE TABLE incident_people (
	incident  INTEGER NOT NULL,
	caregiver TEXT NOT NULL,
	status    INTEGER NOT NULL, -- enum yj_person_status
	flags     INTEGER NOT NULL, -- YJ_PERSON_*
	level     INTEGER NOT NULL, -- at which it was last paged
	round     INTEGER NOT NULL, -- in which it was last paged
	PRIMARY KEY (incident, caregiver)
) WITHOUT ROWID;

-- What people wrote about an incident; free text, so never in the log.
CREATE TABLE incident_notes (
	n         INTEGER PRIMARY KEY,
	incident  INTEGER NOT NULL,
	caregiver TEXT,
	utc_ms    INTEGER NOT NULL,
	text      TEXT NOT NULL
);
CREATE INDEX incident_notes_incident ON incident_notes (incident);

-- ── Outbox ── one row per delivery: one attempt chain to one receiver over one channel.
CREATE TABLE outbox (
	n             INTEGER PRIMARY KEY, -- id is {gateway}-d{n}
	due_t         INTEGER,             -- when something is to be done; NULL: nothing more
	status        INTEGER NOT NULL,    -- enum yj_delivery_status
	incident      INTEGER NOT NULL,
	home          INTEGER NOT NULL,    -- 1: to a home's device, 0: to a caregiver
	target        TEXT NOT NULL,
	say           INTEGER NOT NULL,    -- enum yj_home_state or yj_page_state
	level         INTEGER NOT NULL,
	round         INTEGER NOT NULL,
	page          INTEGER NOT NULL,    -- the first delivery of the same page
	chain         INTEGER NOT NULL,    -- 0 for the first channel, 1 for the next …
	channel       TEXT NOT NULL,
	attempts      INTEGER NOT NULL,
	said          TEXT,                -- who did it, for news
	words         TEXT,                -- the provider's own
	created_utc_ms INTEGER NOT NULL,
	done_utc_ms   INTEGER,
	poisoned      INTEGER NOT NULL DEFAULT 0,
	claimed_by    TEXT,
	claimed_until INTEGER
);
CREATE INDEX outbox_due ON outbox (status, due_t, n) WHERE due_t IS NOT NULL;
CREATE INDEX outbox_incident ON outbox (incident, target); -- grows with every repeat

-- ── De-duplication ── the id stands first because ids that sort by time keep the cost flat.
CREATE TABLE dedupe (
	id       TEXT NOT NULL,
	speaker  TEXT NOT NULL,  -- device or caregiver
	hash     BLOB NOT NULL,  -- first 16 bytes of SHA-256 over topic type and payload
	day      INTEGER NOT NULL, -- of the timeline T, for the purge
	incident INTEGER,        -- it opened or joined
	result   TEXT,           -- what a caregiver was answered
	PRIMARY KEY (id, speaker, hash)
) WITHOUT ROWID;

-- A cancel that came before its call.
CREATE TABLE early_cancels (
	device  TEXT NOT NULL,
	ref     TEXT NOT NULL,
	until_t INTEGER NOT NULL,
	PRIMARY KEY (device, ref)
) WITHOUT ROWID;

-- Alerts over YJ_FLOOD_PER_MIN that the log does not list singly yet.
CREATE TABLE floods (
	device TEXT PRIMARY KEY,
	since_t INTEGER NOT NULL,
	count  INTEGER NOT NULL
) WITHOUT ROWID;

CREATE TABLE rejected (
	n       INTEGER PRIMARY KEY,
	utc_ms  INTEGER NOT NULL,
	topic   TEXT NOT NULL,
	speaker TEXT,
	reason  TEXT NOT NULL,
	length  INTEGER NOT NULL,
	sha256  TEXT NOT NULL,
	head    BLOB NOT NULL -- its beginning
);

-- What crashed the daemon while it was in hand (docs/design.md, "Staying alive").
CREATE TABLE suspects (
	item   TEXT PRIMARY KEY, -- m:SHA256, i:INCIDENT or o:OUTBOX
	times  INTEGER NOT NULL,
	utc_ms INTEGER NOT NULL
) WITHOUT ROWID;

-- ── Event log ── hash = SHA-256(previous hash || canonical record); see store/log.h.
CREATE TABLE events (
	seq      INTEGER PRIMARY KEY,
	utc_ms   INTEGER NOT NULL,
	type     INTEGER NOT NULL, -- enum yj_event_type
	incident INTEGER,          -- of the subject, if it is one
	subject  TEXT,             -- kind/ID where it is not an incident
	data     TEXT NOT NULL,    -- JSON object
	hash     BLOB NOT NULL
);
CREATE INDEX events_incident ON events (incident, seq) WHERE incident IS NOT NULL;

-- How far readers of the log have come (platform feed …).
CREATE TABLE cursors (
	name TEXT PRIMARY KEY,
	seq  INTEGER NOT NULL
) WITHOUT ROWID;
