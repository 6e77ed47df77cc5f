-- When somebody was last heard of (docs/passive-safety.md); written back in bulk. Only of residents
-- of whose devices one has ever been heard.
CREATE TABLE life (
	resident TEXT PRIMARY KEY,
	heard_ms INTEGER NOT NULL, -- on the clock that stands still while the gateway hears nobody
	utc_ms   INTEGER NOT NULL,
	flags    INTEGER NOT NULL, -- of app/life.c
	rest_t   INTEGER           -- since when nobody is missed here
) WITHOUT ROWID;

ALTER TABLE residents ADD COLUMN inactivity INTEGER; -- ms after which they are missed; 0: never
CREATE INDEX residents_until ON residents (id)
	WHERE status_until IS NOT NULL AND gone_utc_ms IS NULL;
