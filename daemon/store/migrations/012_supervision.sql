-- Supervision of devices: sessions and flapping beside what they last said, a row for each day they
-- told of battery or signal, where those are going, and the work that a failed device is.
ALTER TABLE device_status ADD COLUMN session INTEGER;
ALTER TABLE device_status ADD COLUMN flapping INTEGER NOT NULL DEFAULT 0;
CREATE TABLE device_days (
	device      TEXT NOT NULL,
	day         INTEGER NOT NULL, -- since 1970-01-01, by the municipality's clock
	battery_pct INTEGER,          -- the least of the day
	rssi_sum    INTEGER NOT NULL DEFAULT 0,
	rssi_n      INTEGER NOT NULL DEFAULT 0,
	PRIMARY KEY (device, day)
) WITHOUT ROWID;
CREATE TABLE device_trends (
	device          TEXT PRIMARY KEY,
	battery_per_day REAL,    -- percent
	empty_day       INTEGER, -- the battery's last, as above; NULL: not in sight
	rssi_per_day    REAL     -- dB
) WITHOUT ROWID;
CREATE INDEX device_trends_empty ON device_trends (empty_day) WHERE empty_day IS NOT NULL;
CREATE TABLE device_work (
	n             INTEGER PRIMARY KEY,
	device        TEXT NOT NULL,
	what          INTEGER NOT NULL, -- enum yj_work
	since_utc_ms  INTEGER NOT NULL,
	due_utc_ms    INTEGER NOT NULL, -- when it is told (again)
	raised_utc_ms INTEGER,          -- NULL: it may pass by itself before anybody hears of it
	told_utc_ms   INTEGER,
	closed_utc_ms INTEGER,
	closed_by     TEXT              -- NULL: by itself
);
CREATE UNIQUE INDEX device_work_open ON device_work (device, what) WHERE closed_utc_ms IS NULL;
CREATE INDEX device_work_due ON device_work (due_utc_ms) WHERE closed_utc_ms IS NULL;
CREATE INDEX device_work_closed ON device_work (closed_utc_ms) WHERE closed_utc_ms IS NOT NULL;
