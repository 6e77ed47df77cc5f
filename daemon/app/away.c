#include "away.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "life.h"
#include "proto/time.h"
#include "rounds.h"
#include "store/directory.h"
#include "store/life.h"

#define EVERY_MS 60000
#define ROWS 200

int yj_away_may(struct yj_gateway *g, const char *caregiver, const char *resident)
{
	struct yj_caregiver who;
	struct yj_whose whose;
	bool serves = false;
	int rc = yj_whose_resident(g->store, resident, &whose);
	if (rc < 0)
		return rc;
	rc = yj_caregiver_find(g->store, caregiver, &who);
	if (rc == YJ_ERR_NOTFOUND || (rc == 0 && who.gone))
		return YJ_ERR_DENIED;
	if (rc == 0)
		rc = yj_caregiver_serves(g->store, caregiver, &whose, "", 0, &serves);
	if (rc < 0)
		return rc;
	bool knows = who.role != YJ_ROLE_MAINTENANCE && who.role != YJ_ROLE_PROVIDER;
	return serves && knows ? 0 : YJ_ERR_DENIED;
}

/* So many digits at p; -1: something else stands there. */
static int digits_at(const char *p, int n)
{
	int v = 0;
	for (int i = 0; i < n; i++) {
		if (p[i] < '0' || p[i] > '9')
			return -1;
		v = v * 10 + (p[i] - '0');
	}
	return v;
}

/* A time, or the midnight so many days after a date begins, by the municipality's clock. */
static bool moment(const char *text, int days, int64_t *utc_ms)
{
	if (yj_rfc3339_parse(text, utc_ms) == 0)
		return true;
	if (strlen(text) != 10 || text[4] != '-' || text[7] != '-')
		return false;
	int year = digits_at(text, 4), month = digits_at(text + 5, 2), day = digits_at(text + 8, 2);
	if (year < 1970 || month < 1 || month > 12 || day < 1 || day > 31)
		return false;
	struct tm tm = {.tm_year = year - 1900, .tm_mon = month - 1, .tm_mday = day + days};
	tm.tm_isdst = -1;
	*utc_ms = (int64_t)mktime(&tm) * 1000;
	return true;
}

bool yj_away_end(const char *until, int64_t *utc_ms)
{
	return moment(until, 1, utc_ms);
}

bool yj_away_begin(const char *from, int64_t *utc_ms)
{
	return moment(from, 0, utc_ms);
}

static int change(struct yj_gateway *g, const char *resident, const char *status, const char *until,
    const struct yj_actor *actor, const char *caregiver)
{
	struct yj_log_event e = yj_event_of(YJ_EV_DIRECTORY_CHANGED);
	bool away = status[0] == 'a' && status[1] == 'w';
	int rc = yj_life_status_set(g->store, resident, status, until);
	if (rc < 0)
		return rc;
	e.subject = "directory/residents";
	e.resident = resident;
	e.caregiver = caregiver;
	e.actor = actor->actor;
	e.via = actor->via;
	e.more = json_pack("{s:s, s:s, s:s, s:i}", "of", "residents", "change",
	    away ? "away" : "back", "key", resident, "rows", 1);
	rc = e.more ? yj_gateway_log(g, &e) : YJ_ERR_NOMEM;
	json_decref(e.more);
	yj_rounds_changed(g, resident);
	if (away)
		yj_life_away(g, resident);
	else
		yj_life_changed(g, resident);
	return rc;
}

int yj_away_set(struct yj_gateway *g, const char *resident, const char *until,
    const struct yj_actor *actor, const char *caregiver)
{
	return change(g, resident, "away", until, actor, caregiver);
}

int yj_away_back(
    struct yj_gateway *g, const char *resident, const struct yj_actor *actor, const char *caregiver)
{
	return change(g, resident, "active", "", actor, caregiver);
}

/* ── by time ── */

/* The next of those whose time is over, behind and into `after`; YJ_ERR_NOTFOUND: no more. */
static int next_over(struct yj_gateway *g, char after[YJ_NAME_MAX + 1])
{
	struct yj_life_until v[ROWS];
	size_t n = ROWS;
	while (n == ROWS) {
		int rc = yj_life_untils(g->store, after, v, ROWS, &n);
		if (rc < 0)
			return rc;
		for (size_t i = 0; i < n; i++) {
			int64_t end;
			memcpy(after, v[i].resident, YJ_NAME_MAX + 1);
			if (yj_away_end(v[i].until, &end) && end <= g->now.utc_ms)
				return 0;
		}
	}
	return YJ_ERR_NOTFOUND;
}

bool yj_away_due(struct yj_gateway *g)
{
	char after[YJ_NAME_MAX + 1] = "";
	if (!g->now.utc_known || g->now.t < g->away_due_t)
		return false;
	g->away_due_t = g->now.t + EVERY_MS;
	return next_over(g, after) == 0;
}

int yj_away_run(struct yj_gateway *g, void *arg)
{
	char after[YJ_NAME_MAX + 1] = "";
	int rc;
	(void)arg;
	while ((rc = next_over(g, after)) == 0) {
		rc = yj_away_back(g, after, &(struct yj_actor){"", ""}, NULL);
		if (rc < 0)
			return rc;
	}
	return rc == YJ_ERR_NOTFOUND ? 0 : rc;
}
