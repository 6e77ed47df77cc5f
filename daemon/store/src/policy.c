/* Policies as the incidents of this gateway keep them. */
#include "proto/policy.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "db.h"
#include "store/incident.h"

int yj_policy_put(struct yj_store *s, const char *hash, const char *body)
{
	return yj_db_run(
	    s, "INSERT OR IGNORE INTO policies (hash, body) VALUES (?1, ?2)", "tt", hash, body);
}

int yj_policy_body(struct yj_store *s, const char *hash, char **body)
{
	sqlite3_stmt *q = yj_db_stmt(s, "SELECT body FROM policies WHERE hash = ?1");
	if (!q)
		return yj_db_err(s, s->last_sqlite);
	yj_db_bind(q, "t", hash);
	int rc = yj_db_step(s, q);
	if (rc <= 0)
		return rc == 0 ? YJ_ERR_NOTFOUND : rc;
	char *copy = strdup(yj_db_text(q, 0));
	sqlite3_reset(q);
	if (!copy)
		return YJ_ERR_NOMEM;
	*body = copy;
	return 0;
}

int yj_policy_names_set(
    struct yj_store *s, const char *const *names, const char *const *hashes, size_t n)
{
	int rc = yj_db_run(s, "DELETE FROM policy_names", "");
	for (size_t i = 0; rc == 0 && i < n; i++)
		rc = yj_db_run(s, "INSERT INTO policy_names (name, hash) VALUES (?1, ?2)", "tt",
		    names[i], hashes[i]);
	return rc;
}

int yj_policy_by_name(struct yj_store *s, const char *name, char hash[65])
{
	sqlite3_stmt *q = yj_db_stmt(s, "SELECT hash FROM policy_names WHERE name = ?1");
	if (!q)
		return yj_db_err(s, s->last_sqlite);
	yj_db_bind(q, "t", name);
	int rc = yj_db_step(s, q);
	if (rc <= 0)
		return rc == 0 ? YJ_ERR_NOTFOUND : rc;
	yj_db_copy(q, 0, hash, 65);
	sqlite3_reset(q);
	return 0;
}
