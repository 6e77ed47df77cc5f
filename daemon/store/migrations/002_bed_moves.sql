-- Who was moved where, by whom and why; the event log has the same without the words.
CREATE TABLE bed_moves (
	n        INTEGER PRIMARY KEY,
	utc_ms   INTEGER NOT NULL,
	resident TEXT NOT NULL,
	from_bed TEXT, -- NULL: none
	to_bed   TEXT, -- NULL: none
	actor    TEXT NOT NULL,
	reason   TEXT NOT NULL
);
CREATE INDEX bed_moves_resident ON bed_moves (resident, n);
CREATE INDEX bed_moves_from ON bed_moves (from_bed, n) WHERE from_bed IS NOT NULL;
CREATE INDEX bed_moves_to ON bed_moves (to_bed, n) WHERE to_bed IS NOT NULL;
