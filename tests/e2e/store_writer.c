/* A writer of a gateway's database for the tests of yijianctl: holds it open as the daemon does and
 * does what each line of its standard input (a JSON object) asks for, a transaction a line. It
 * answers each with a line: {"ok": true, ...} or {"ok": false, "error": ...}.
 *
 *   {"do": "put", "kind": "residents", "record": {...}}
 *   {"do": "config", "path": FILE}                 the policies of a configuration
 *   {"do": "event", "type": "incident.opened", "times": 1, "utc_ms": ..., "incident": n,
 *    "subject": ..., "resident": ..., "kind": "sos", "level": 0, "more": {...}}
 *   {"do": "reject", "topic": ..., "hex": payload}
 *   {"do": "timeline", "t_ms": ..., "utc_ms": ...}
 *   {"do": "sql", "sql": ...}                      for rows of incidents, people and deliveries */
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config.h"
#include "store/directory.h"
#include "store/inbound.h"
#include "store/incident.h"
#include "store/log.h"

static const char *path;
static struct yj_store *s;
static char why[YJ_WHY_MAX];

static const char *text(const json_t *o, const char *key)
{
	return json_string_value(json_object_get(o, key));
}

static int64_t number(const json_t *o, const char *key, int64_t otherwise)
{
	const json_t *v = json_object_get(o, key);
	return json_is_integer(v) ? json_integer_value(v) : otherwise;
}

static int do_put(json_t *o)
{
	enum yj_dir kind;
	if (!text(o, "kind") || yj_dir_parse(text(o, "kind"), &kind) < 0)
		return YJ_ERR_INVAL;
	return yj_dir_put(s, kind, json_object_get(o, "record"), false, false, why);
}

static int put_policy(const struct yj_policy *policy, char hash[YJ_POLICY_HASH_LEN])
{
	char *body = yj_policy_canonical(policy);
	if (!body)
		return YJ_ERR_NOMEM;
	int rc = yj_policy_hash(body, hash);
	if (rc == 0)
		rc = yj_policy_put(s, hash, body);
	free(body);
	return rc;
}

static int do_config(json_t *o)
{
	struct yj_config *config = NULL;
	char *errors = NULL;
	int rc = yj_config_load(text(o, "path"), YJ_CONFIG_NO_FILES, &config, &errors);
	if (rc < 0) {
		snprintf(why, sizeof why, "%s", errors ? errors : "");
		free(errors);
		return rc;
	}
	char hashes[16][YJ_POLICY_HASH_LEN];
	const char *names[16], *hash_list[16];
	for (size_t i = 0; i < config->n_policies && i < 16 && rc == 0; i++) {
		rc = put_policy(&config->policies[i], hashes[i]);
		names[i] = config->policies[i].name;
		hash_list[i] = hashes[i];
	}
	if (rc == 0)
		rc = yj_policy_names_set(s, names, hash_list, config->n_policies);
	yj_config_free(config);
	free(errors);
	return rc;
}

static int do_event(json_t *o)
{
	struct yj_log_event e = {.kind = -1,
	    .level = (int)number(o, "level", -1),
	    .utc_ms = number(o, "utc_ms", 1800000000000),
	    .incident = number(o, "incident", 0),
	    .subject = text(o, "subject"),
	    .resident = text(o, "resident"),
	    .device = text(o, "device"),
	    .caregiver = text(o, "caregiver"),
	    .more = json_object_get(o, "more")};
	enum yj_kind kind;
	if (!text(o, "type") || yj_event_parse(text(o, "type"), &e.type) < 0)
		return YJ_ERR_INVAL;
	if (text(o, "kind") && yj_kind_parse(text(o, "kind"), &kind) == 0)
		e.kind = (int)kind;
	int rc = 0;
	for (int64_t i = number(o, "times", 1); i > 0 && rc == 0; i--)
		rc = yj_log_append(s, &e, NULL);
	return rc;
}

static int do_reject(json_t *o)
{
	const char *hex = text(o, "hex");
	unsigned char payload[1024];
	size_t n = 0;
	unsigned byte;
	for (; hex && n < sizeof payload && sscanf(hex, "%2x", &byte) == 1; hex += 2)
		payload[n++] = (unsigned char)byte;
	char sha256[65];
	return yj_rejected_add(s, 1800000000000, text(o, "topic"), text(o, "device"),
	    YJ_REASON_JSON, payload, n, sha256);
}

static int do_sql(json_t *o)
{
	sqlite3 *db = NULL;
	char *message = NULL;
	int rc = sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE, NULL);
	if (rc == SQLITE_OK)
		rc = sqlite3_exec(db, text(o, "sql"), NULL, NULL, &message);
	if (rc != SQLITE_OK)
		snprintf(why, sizeof why, "%s", message ? message : sqlite3_errmsg(db));
	sqlite3_free(message);
	sqlite3_close(db);
	return rc == SQLITE_OK ? 0 : YJ_ERR_IO;
}

static int do_timeline(json_t *o)
{
	struct yj_timeline_row row = {.boot_id = "test",
	    .t_ms = number(o, "t_ms", 0),
	    .utc_ms = number(o, "utc_ms", 0),
	    .utc_known = true};
	return yj_store_timeline_set(s, &row);
}

static int in_transaction(json_t *o, int (*work)(json_t *o))
{
	int rc = yj_store_begin(s);
	if (rc < 0)
		return rc;
	rc = work(o);
	if (rc == 0)
		return yj_store_commit(s);
	yj_store_rollback(s);
	return rc;
}

static int do_line(const char *line)
{
	static const struct {
		const char *name;
		int (*work)(json_t *o);
	} works[] = {{"put", do_put}, {"config", do_config}, {"event", do_event},
	    {"reject", do_reject}, {"timeline", do_timeline}};
	json_t *o = json_loads(line, 0, NULL);
	const char *name = o ? text(o, "do") : NULL;
	int rc = YJ_ERR_INVAL;
	why[0] = '\0';
	if (name && strcmp(name, "sql") == 0)
		rc = do_sql(o);
	for (size_t i = 0; name && i < sizeof works / sizeof works[0]; i++) {
		if (strcmp(name, works[i].name) == 0)
			rc = in_transaction(o, works[i].work);
	}
	json_decref(o);
	return rc;
}

int main(int argc, char **argv)
{
	static char line[1 << 20];
	if (argc != 3)
		return 2;
	path = argv[1];
	int rc = yj_store_open(path, argv[2], &s, why);
	if (rc < 0) {
		fprintf(stderr, "store_writer: %s\n", why);
		return 1;
	}
	while (fgets(line, sizeof line, stdin)) {
		rc = do_line(line);
		json_t *answer = json_pack(
		    "{s:b, s:s, s:s}", "ok", rc == 0, "error", yj_err_name(rc), "why", why);
		json_dumpf(answer, stdout, JSON_COMPACT);
		json_decref(answer);
		putchar('\n');
		fflush(stdout);
	}
	yj_store_close(s);
	return 0;
}
