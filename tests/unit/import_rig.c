#include "import_rig.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sqlite3.h>

static char dir[] = "/tmp/yj-store-import-XXXXXX";
char path[128], stage[128];
struct yj_store *s, *reader;
char why[YJ_WHY_MAX];
struct yj_import_result result;
struct import_commit commit;

void sql(const char *text)
{
	sqlite3 *db;
	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	char *message = NULL;
	if (sqlite3_exec(db, text, NULL, NULL, &message) != SQLITE_OK)
		fail_msg("%s", message);
	sqlite3_close(db);
}

int before_commit(void *ctx, long added, long replaced)
{
	(void)ctx;
	commit.calls++;
	commit.added = added;
	commit.replaced = replaced;
	return commit.answer;
}

int stage_bytes(enum yj_dir kind, const void *csv, size_t len, const struct yj_import_opts *opts)
{
	yj_import_result_done(&result);
	return yj_import_stage(reader, kind, csv, len, opts, stage, &result);
}

int take_over(enum yj_dir kind)
{
	memset(&commit, 0, sizeof commit);
	int rc = yj_import_switch(s, kind, stage, before_commit, NULL, why);
	assert_int_equal(access(stage, F_OK), -1);
	return rc;
}

static void show_errors(void)
{
	for (size_t i = 0; i < result.n_list; i++)
		print_message("line %ld, %s: %s\n", result.list[i].line, result.list[i].column,
		    result.list[i].text);
}

void good_bytes(enum yj_dir kind, const void *csv, size_t len, long rows)
{
	int rc = stage_bytes(kind, csv, len, NULL);
	if (rc) {
		show_errors();
		fail_msg("not staged: %d", rc);
	}
	assert_int_equal(result.errors, 0);
	assert_int_equal(result.rows, rows);
	rc = take_over(kind);
	if (rc)
		fail_msg("not switched: %d %s", rc, why);
	assert_int_equal(commit.calls, 1);
	assert_int_equal(commit.added + commit.replaced, rows);
}

void good(enum yj_dir kind, const char *csv, long rows)
{
	good_bytes(kind, csv, strlen(csv), rows);
}

/* An error on that line, about that column, that says so. */
void listed(long line, const char *column, const char *text)
{
	for (size_t i = 0; i < result.n_list; i++)
		if (result.list[i].line == line && strcmp(result.list[i].column, column) == 0 &&
		    strstr(result.list[i].text, text))
			return;
	show_errors();
	fail_msg("no error on line %ld, column \"%s\": \"%s\"", line, column, text);
}

void bad(enum yj_dir kind, const char *csv, long line, const char *column, const char *text)
{
	assert_int_equal(stage_bytes(kind, csv, strlen(csv), NULL), YJ_ERR_INVAL);
	assert_int_equal(access(stage, F_OK), -1);
	assert_true(result.errors >= 1);
	listed(line, column, text);
}

void has(enum yj_dir kind, const char *id, const char *column, const char *text)
{
	json_t *record = NULL;
	assert_int_equal(yj_dir_get(s, kind, id, &record), 0);
	const char *got = json_string_value(json_object_get(record, column));
	if (!got || strcmp(got, text) != 0)
		fail_msg("%s %s is \"%s\", not \"%s\"", id, column, got ? got : "(none)", text);
	json_decref(record);
}

size_t count(enum yj_dir kind)
{
	json_t *list = NULL;
	assert_int_equal(yj_dir_list(s, kind, &list), 0);
	size_t n = json_array_size(list);
	json_decref(list);
	return n;
}

char *export(enum yj_dir kind, size_t *len)
{
	char *text = NULL;
	FILE *out = open_memstream(&text, len);
	assert_non_null(out);
	assert_int_equal(yj_export(reader, kind, out), 0);
	fclose(out);
	return text;
}

char *fixture(const char *name, size_t *len)
{
	char file[256];
	snprintf(file, sizeof file, "%s/tests/fixtures/csv/%s", YJ_SOURCE_DIR, name);
	FILE *in = fopen(file, "rb");
	if (!in)
		fail_msg("%s", file);
	char *bytes = malloc(65536);
	assert_non_null(bytes);
	*len = fread(bytes, 1, 65535, in);
	bytes[*len] = '\0';
	fclose(in);
	return bytes;
}

int setup(void **state)
{
	(void)state;
	strcpy(dir + sizeof dir - 7, "XXXXXX");
	assert_non_null(mkdtemp(dir));
	snprintf(path, sizeof path, "%s/yijian.db", dir);
	snprintf(stage, sizeof stage, "%s/stage.db", dir);
	assert_int_equal(yj_store_open(path, "gw-1", &s, why), 0);
	assert_int_equal(yj_store_open_readonly(path, &reader, why), 0);
	sql("INSERT INTO policies VALUES ('h', '{}');"
	    "INSERT INTO policy_names VALUES ('default', 'h'), ('night', 'h');"
	    "INSERT INTO meta VALUES ('webhooks', '[\"platform\"]')");
	good(YJ_DIR_RESIDENTS, RESIDENTS, 3);
	return 0;
}

int teardown(void **state)
{
	(void)state;
	yj_import_result_done(&result);
	yj_store_close(reader);
	yj_store_close(s);
	char command[192];
	snprintf(command, sizeof command, "rm -r %s", dir);
	return system(command);
}

/* Bytes of all directory tables. */
char *dump(void)
{
	static const char *const tables[] = {"regions", "institutions", "residents", "caregivers",
	    "caregiver_residents", "devices", "device_residents", "beds"};
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);
	sqlite3 *db;
	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	for (size_t i = 0; i < sizeof tables / sizeof tables[0]; i++) {
		char query[64];
		snprintf(query, sizeof query, "SELECT * FROM %s", tables[i]);
		sqlite3_stmt *stmt;
		assert_int_equal(sqlite3_prepare_v2(db, query, -1, &stmt, NULL), SQLITE_OK);
		while (sqlite3_step(stmt) == SQLITE_ROW) {
			for (int c = 0; c < sqlite3_column_count(stmt); c++) {
				const unsigned char *t = sqlite3_column_text(stmt, c);
				fprintf(out, "%d%s|", sqlite3_column_type(stmt, c),
				    t ? (const char *)t : "");
			}
			putc('\n', out);
		}
		sqlite3_finalize(stmt);
	}
	sqlite3_close(db);
	fclose(out);
	return text;
}
