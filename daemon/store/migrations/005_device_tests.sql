-- When a device's announced test press last came, and in whose home that was.
CREATE TABLE device_tests (
	device   TEXT PRIMARY KEY,
	utc_ms   INTEGER NOT NULL,
	resident TEXT NOT NULL -- '' in an institution's corridor
) WITHOUT ROWID;
