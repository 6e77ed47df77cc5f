-- Devices of a region that went offline together: what their one incident is about.
CREATE TABLE outages (
	incident     INTEGER PRIMARY KEY,
	region       TEXT NOT NULL, -- 12 digits; of a township or county with zeros
	began_t      INTEGER NOT NULL,
	began_utc_ms INTEGER NOT NULL,
	ended_utc_ms INTEGER        -- NULL: most are still away
);
CREATE INDEX outages_open ON outages (incident) WHERE ended_utc_ms IS NULL;

CREATE TABLE outage_devices (
	incident    INTEGER NOT NULL,
	device      TEXT NOT NULL,
	resident    TEXT, -- whose it is first
	region      TEXT NOT NULL,
	away        INTEGER NOT NULL,
	back_utc_ms INTEGER,
	PRIMARY KEY (incident, device)
) WITHOUT ROWID;
CREATE INDEX outage_devices_device ON outage_devices (device) WHERE away = 1;
