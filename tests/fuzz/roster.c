/* A roster of any JSON: nothing crashes; a refusal says why; what was taken can be expanded and
 * shown for a day, span after span without a break. */
#include <assert.h>
#include <jansson.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "store/directory.h"
#include "store/roster.h"

static char path[128];
static struct yj_store *s;

static void clean_up(void)
{
	char command[192];
	yj_store_close(s);
	*strrchr(path, '/') = '\0';
	snprintf(command, sizeof command, "rm -r %s", path);
	if (system(command))
		perror(path);
}

static void add_caregiver(const char *id)
{
	char why[YJ_WHY_MAX];
	json_t *record = json_pack("{s:s, s:s, s:s}", "id", id, "name", id, "role", "grid");
	if (yj_store_begin(s) || yj_dir_put(s, YJ_DIR_CAREGIVERS, record, true, false, why) ||
	    yj_store_commit(s))
		abort();
	json_decref(record);
}

static void set_up(void)
{
	char dir[] = "/dev/shm/yj-fuzz-roster-XXXXXX", why[YJ_WHY_MAX];
	if (!mkdtemp(dir) || yj_zone_use("Europe/Berlin"))
		abort();
	snprintf(path, sizeof path, "%s/yijian.db", dir);
	if (yj_store_open(path, "gw-1", &s, why))
		abort();
	add_caregiver("a");
	add_caregiver("b");
	add_caregiver("c");
	atexit(clean_up);
}

static int check_span(void *ctx, int64_t from, int64_t until, const struct yj_names *on)
{
	int64_t *reached = ctx;
	assert(from == *reached && until > from);
	(void)on;
	*reached = until;
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char why[YJ_WHY_MAX];
	if (!s)
		set_up();
	json_t *json = json_loadb((const char *)data, size, 0, NULL);
	if (!json)
		return 0;
	if (yj_store_begin(s))
		abort();
	int rc = yj_rosters_set(s, json, false, 1, "root", why);
	assert(rc == 0 || (rc == YJ_ERR_INVAL && why[0]));
	struct yj_names names = {0};
	if (rc == 0 && yj_roster_names(s, &names) == 0) {
		int64_t from = 1616889600000, reached = from; /* the day before a spring day */
		for (size_t i = 0; i < names.n; i++, reached = from) {
			rc = yj_roster_spans(
			    s, names.v[i], from, from + 2LL * 86400000, check_span, &reached);
			assert(rc == 0 && reached == from + 2LL * 86400000);
		}
	}
	yj_names_done(&names);
	yj_store_rollback(s);
	json_decref(json);
	return 0;
}
