/* A CSV file of any bytes into any kind: nothing crashes, a refusal names at least one error, and
 * what was taken in goes out and comes back as the same bytes. */
#include <assert.h>
#include <sqlite3.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "store/import.h"

static char path[128], stage[128];
static struct yj_store *s;
static sqlite3 *side; /* empties the directory between two inputs */

static const char seed_rows[] =
    "DELETE FROM regions; DELETE FROM institutions; DELETE FROM residents; DELETE FROM caregivers;"
    "DELETE FROM caregiver_residents; DELETE FROM devices; DELETE FROM device_residents;"
    "DELETE FROM beds;"
    "INSERT INTO residents (id, name, region) VALUES ('r1', 'a', '511781000000'), "
    "('r2', 'b', '511781000000'), ('r-0001', 'c', '511781000000');"
    "INSERT INTO institutions (id, name, region, filing) VALUES ('i1', 'a', '511781000000', "
    "'filed');"
    "INSERT INTO devices (id, kind, family) VALUES ('d1', 0, 'native');";

static void clean_up(void)
{
	char command[192];
	char *end = strrchr(path, '/');
	yj_store_close(s);
	sqlite3_close(side);
	*end = '\0';
	snprintf(command, sizeof command, "rm -r %s", path);
	if (system(command))
		perror(path);
}

static void set_up(void)
{
	char dir[] = "/dev/shm/yj-fuzz-csv-XXXXXX", why[YJ_WHY_MAX];
	if (!mkdtemp(dir))
		abort();
	snprintf(path, sizeof path, "%s/yijian.db", dir);
	snprintf(stage, sizeof stage, "%s/stage.db", dir);
	if (yj_store_open(path, "gw-1", &s, why) || sqlite3_open(path, &side) != SQLITE_OK)
		abort();
	sqlite3_exec(side,
	    "INSERT INTO policies VALUES ('h', '{}'); INSERT INTO policy_names VALUES ('default', "
	    "'h')",
	    NULL, NULL, NULL);
	atexit(clean_up);
}

static char *export(enum yj_dir kind, size_t *len)
{
	char *text = NULL;
	FILE *out = open_memstream(&text, len);
	if (!out || yj_export(s, kind, out))
		abort();
	fclose(out);
	return text;
}

static int none_added(void *ctx, long added, long replaced)
{
	(void)ctx;
	(void)replaced;
	assert(added == 0);
	return 0;
}

static void round_trip(enum yj_dir kind)
{
	char why[YJ_WHY_MAX];
	struct yj_import_result result;
	size_t len, len2;
	char *text = export(kind, &len);
	int rc = yj_import_stage(s, kind, text, len, NULL, stage, &result);
	if (rc && result.n_list)
		fprintf(stderr, "line %ld, %s: %s\n%s\n", result.list[0].line,
		    result.list[0].column, result.list[0].text, text);
	assert(rc == 0);
	yj_import_result_done(&result);
	if (yj_import_switch(s, kind, stage, none_added, NULL, why))
		abort();
	char *again = export(kind, &len2);
	assert(len == len2 && memcmp(text, again, len) == 0);
	free(text);
	free(again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char why[YJ_WHY_MAX];
	struct yj_import_result result;
	if (size < 1)
		return 0;
	if (!s)
		set_up();
	enum yj_dir kind = (enum yj_dir)(data[0] % YJ_DIR_COUNT);
	if (sqlite3_exec(side, seed_rows, NULL, NULL, NULL) != SQLITE_OK)
		abort();
	int rc = yj_import_stage(s, kind, data + 1, size - 1, NULL, stage, &result);
	assert(rc == 0 || (rc == YJ_ERR_INVAL && result.errors > 0));
	assert((rc == 0) == (result.errors == 0));
	assert((rc == 0) == (access(stage, F_OK) == 0));
	yj_import_result_done(&result);
	if (rc == 0) {
		if (yj_import_switch(s, kind, stage, NULL, NULL, why)) {
			fprintf(stderr, "%s\n", why);
			abort();
		}
		round_trip(kind);
	}
	return 0;
}
