#include "migrate.h"

#include <stdio.h>

static const char *const migrations[] = {
#include "migrations.inc"
};

int yj_schema_version(void)
{
	return (int)(sizeof migrations / sizeof migrations[0]);
}

static int apply(struct yj_store *s, int number, char why[YJ_WHY_MAX])
{
	char version[48];
	snprintf(version, sizeof version, "PRAGMA user_version = %d", number);
	int rc = yj_db_exec(s, "BEGIN IMMEDIATE");
	if (rc == 0)
		rc = yj_db_exec(s, migrations[number - 1]);
	if (rc == 0)
		rc = yj_db_exec(s, version);
	if (rc == 0)
		rc = yj_db_exec(s, "COMMIT");
	if (rc < 0) {
		snprintf(why, YJ_WHY_MAX, "migration %d: %s", number, sqlite3_errmsg(s->db));
		sqlite3_exec(s->db, "ROLLBACK", NULL, NULL, NULL);
	}
	return rc;
}

int yj_migrate(struct yj_store *s, char why[YJ_WHY_MAX])
{
	int64_t version = 0;
	int rc = yj_db_int(s, &version, "PRAGMA user_version", "");
	if (rc < 0) {
		snprintf(why, YJ_WHY_MAX, "%s", sqlite3_errmsg(s->db));
		return rc;
	}
	if (version > yj_schema_version()) {
		snprintf(why, YJ_WHY_MAX,
		    "the database has schema %d, this program knows %d: install the newer program",
		    (int)version, yj_schema_version());
		return YJ_ERR_NEWER;
	}
	for (int n = (int)version + 1; n <= yj_schema_version(); n++) {
		rc = apply(s, n, why);
		if (rc < 0)
			return rc;
	}
	return 0;
}
