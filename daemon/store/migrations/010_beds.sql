-- Beds with sensors: what is well for a resident, when they are to be back, and where they lie.
ALTER TABLE residents ADD COLUMN vital_ranges TEXT;
ALTER TABLE beds ADD COLUMN return_within_ms INTEGER;
-- Who lies there as the history has it, so that every way of changing it leaves a trace.
ALTER TABLE beds ADD COLUMN noted_occupant TEXT;
UPDATE beds SET noted_occupant = occupant WHERE gone_utc_ms IS NULL;
CREATE INDEX beds_unnoted ON beds (id) WHERE
	iif(gone_utc_ms IS NULL, occupant, NULL) IS NOT noted_occupant;
CREATE INDEX beds_noted ON beds (noted_occupant) WHERE noted_occupant IS NOT NULL;

CREATE TABLE bed_sensors (
	device       TEXT PRIMARY KEY,
	lies         INTEGER NOT NULL, -- enum yj_lies
	since_t      INTEGER NOT NULL,
	since_utc_ms INTEGER NOT NULL,
	turn_t       INTEGER,          -- the samples say otherwise since
	turn_night   INTEGER NOT NULL,
	return_t     INTEGER,          -- by then they are to be back
	told         INTEGER NOT NULL  -- YJ_BED_TOLD_*
) WITHOUT ROWID;

-- What was measured when an incident of vital signs opened; for those who may read it.
CREATE TABLE incident_vitals (
	incident INTEGER NOT NULL,
	vital    INTEGER NOT NULL, -- enum yj_vital
	value    REAL NOT NULL,
	utc_ms   INTEGER NOT NULL,
	PRIMARY KEY (incident, vital)
) WITHOUT ROWID;

CREATE INDEX incidents_bed ON incidents (bed, n) WHERE bed IS NOT NULL;
CREATE INDEX incidents_of_resident ON incidents (resident, n) WHERE resident IS NOT NULL;
