#include "beds.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "store/bed.h"
#include "store/read.h"
#include "term.h"

#define SHOWN_MAX 50	  /* incidents of one record */
#define HISTORY_MAX 10000 /* of a history */

const struct yj_column yj_bed_incident_columns[] = {
    {"id", NULL, false},
    {"kind", NULL, false},
    {"state", NULL, false},
    {"resident", NULL, false},
    {"bed", NULL, false},
    {"institution", NULL, false},
    {"opened_at", "opened", false},
    {"outcome", NULL, false},
    {0},
};

static const struct yj_column history_columns[] = {
    {"at", NULL, false},
    {"what", NULL, false},
    {"resident", NULL, false},
    {"from", NULL, false},
    {"to", NULL, false},
    {"bed", NULL, false},
    {"incident", NULL, false},
    {"kind", NULL, false},
    {"by", NULL, false},
    {"reason", NULL, false},
    {0},
};

const struct yj_opt yj_bed_history_opts[] = {
    {"resident", 0, "ID", "of a resident, in whichever bed", false},
    {0},
};

static int64_t now_utc_ms(void)
{
	return (int64_t)time(NULL) * 1000;
}

static int add(json_t *to, const char *key, json_t *value)
{
	return json_object_set_new(to, key, value) < 0 ? YJ_ERR_NOMEM : 0;
}

/* The words for a bed, ';' between; null if nothing is wrong. A new reference. */
static json_t *problem_of(const json_t *wrong, const char *bed)
{
	char words[128] = "";
	size_t i;
	const json_t *w;
	json_array_foreach(wrong, i, w)
	{
		const char *id = json_string_value(json_object_get(w, "bed"));
		const char *what = json_string_value(json_object_get(w, "what"));
		size_t n = strlen(words);
		if (id && strcmp(id, bed) == 0 && !strstr(words, what))
			snprintf(words + n, sizeof words - n, "%s%s", n ? ";" : "", what);
	}
	return words[0] ? json_string(words) : json_null();
}

int yj_beds_add_problems(struct yj_cli *cli, json_t *beds)
{
	json_t *wrong = NULL, *bed;
	size_t i;
	int rc = yj_read_beds_wrong(cli->store, "", now_utc_ms(), &wrong);
	json_array_foreach(beds, i, bed)
	{
		if (rc == 0)
			rc = add(bed, "problem",
			    problem_of(wrong, json_string_value(json_object_get(bed, "id"))));
	}
	json_decref(wrong);
	return rc;
}

int yj_beds_add_to(struct yj_cli *cli, enum yj_dir kind, const char *id, json_t *record)
{
	json_t *found = NULL;
	if (kind != YJ_DIR_RESIDENTS && kind != YJ_DIR_BEDS)
		return 0;
	int rc = yj_read_bed_incidents(cli->store, id, kind == YJ_DIR_RESIDENTS, SHOWN_MAX, &found);
	if (rc == 0)
		rc = add(record, "incidents", found);
	if (rc < 0 || kind != YJ_DIR_BEDS)
		return rc;
	rc = yj_read_bed_sensor(cli->store, id, &found);
	if (rc == 0)
		rc = add(record, "sensor", found);
	if (rc == 0)
		rc = yj_read_beds_wrong(cli->store, "", now_utc_ms(), &found);
	if (rc < 0)
		return rc;
	rc = add(record, "problem", problem_of(found, id));
	json_decref(found);
	return rc;
}

static int add_entries(json_t *history, json_t *entries, bool moves)
{
	size_t i;
	json_t *e;
	json_array_foreach(entries, i, e)
	{
		if (add(e, "what", json_string(moves ? "move" : "incident")) < 0)
			return YJ_ERR_NOMEM;
		if (!moves) {
			json_object_set(e, "at", json_object_get(e, "opened_at"));
			json_object_set(e, "incident", json_object_get(e, "id"));
			json_object_del(e, "id");
		}
		if (json_array_append(history, e) < 0)
			return YJ_ERR_NOMEM;
	}
	return 0;
}

struct place { /* of an entry: the newest first, the order within a list kept */
	const char *at;
	size_t i;
};

static int compare(const void *a, const void *b)
{
	const struct place *x = a, *y = b;
	int c = strcmp(y->at, x->at);
	return c ? c : (x->i > y->i) - (x->i < y->i);
}

/* RFC 3339 in UTC sorts as text. A new reference; NULL when memory is short. */
static json_t *newest_first(const json_t *history)
{
	size_t n = json_array_size(history);
	struct place *v = calloc(n + 1, sizeof *v);
	json_t *sorted = v ? json_array() : NULL;
	for (size_t i = 0; sorted && i < n; i++) {
		const char *at =
		    json_string_value(json_object_get(json_array_get(history, i), "at"));
		v[i] = (struct place){at ? at : "", i};
	}
	if (sorted)
		qsort(v, n, sizeof *v, compare);
	for (size_t i = 0; sorted && i < n; i++)
		json_array_append(sorted, json_array_get(history, v[i].i));
	free(v);
	return sorted;
}

static int read_history(struct yj_cli *cli, const char *id, bool by_resident, json_t **out)
{
	json_t *record = NULL, *moves = NULL, *incidents = NULL, *history = json_array();
	int rc = yj_dir_get(cli->store, by_resident ? YJ_DIR_RESIDENTS : YJ_DIR_BEDS, id, &record);
	bool gone = rc == YJ_ERR_NOTFOUND; /* what was there has a history all the same */
	if (gone)
		rc = 0;
	if (rc == 0)
		rc = yj_read_bed_incidents(cli->store, id, by_resident, HISTORY_MAX, &incidents);
	if (rc == 0)
		rc = yj_read_moves(cli->store, id, by_resident, &moves);
	if (rc == 0)
		rc = add_entries(history, incidents, false);
	if (rc == 0)
		rc = add_entries(history, moves, true);
	if (rc == 0 && gone && json_array_size(history) == 0)
		rc = YJ_ERR_NOTFOUND;
	if (rc == 0)
		*out = newest_first(history);
	if (rc == 0 && !*out)
		rc = YJ_ERR_NOMEM;
	json_decref(record);
	json_decref(moves);
	json_decref(incidents);
	json_decref(history);
	return rc;
}

int yj_bed_history_run(struct yj_cli *cli, const struct yj_args *args)
{
	const char *resident = yj_arg(args, "resident");
	if ((args->n_words == 1) == (resident != NULL))
		return yj_wrong(args->command, "needs a bed or --resident, one of them");
	const char *id = resident ? resident : args->words[0];
	json_t *history = NULL;
	int rc = yj_gateway_open(cli);
	if (rc)
		return rc;
	rc = read_history(cli, id, resident != NULL, &history);
	if (rc == YJ_ERR_NOTFOUND)
		return yj_fail(YJ_EXIT_REFUSED, "no %s %s", resident ? "resident" : "bed", id);
	if (rc < 0)
		return yj_gateway_store_failed(cli, rc);
	if (cli->json)
		yj_json_put(stdout, history);
	else
		yj_table_put(stdout, history, history_columns, "nothing has happened", cli->color);
	json_decref(history);
	return 0;
}
