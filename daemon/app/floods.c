#include "floods.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MINUTE_MS 60000
#define SLOTS 4096 /* devices that spoke within a minute; beyond that the oldest is taken over */

struct slot {
	char device[YJ_NAME_MAX + 1];
	int64_t since_t;
	unsigned alerts, duplicates;
};

struct yj_floods {
	struct slot v[SLOTS];
	int64_t due_t;
};

struct yj_floods *yj_floods_new(void)
{
	struct yj_floods *f = calloc(1, sizeof *f);
	if (f)
		f->due_t = INT64_MAX;
	return f;
}

void yj_floods_free(struct yj_floods *f)
{
	free(f);
}

static unsigned hash_name(const char *s)
{
	unsigned h = 2166136261u;
	for (; *s; s++)
		h = (h ^ (unsigned char)*s) * 16777619u;
	return h;
}

/* A few places per name; the oldest of them makes room, which at worst logs a few alerts more. */
static struct slot *slot_of(struct yj_gateway *g, const char *device)
{
	struct yj_floods *f = g->floods;
	unsigned h = hash_name(device);
	struct slot *oldest = NULL;
	for (unsigned i = 0; i < 4; i++) {
		struct slot *s = &f->v[(h + i) % SLOTS];
		if (strcmp(s->device, device) == 0) {
			oldest = s;
			break;
		}
		if (!oldest || s->since_t < oldest->since_t)
			oldest = s;
	}
	bool over = g->now.t - oldest->since_t >= MINUTE_MS;
	if (strcmp(oldest->device, device) != 0 || over || oldest->since_t == 0) {
		snprintf(oldest->device, sizeof oldest->device, "%s", device);
		oldest->since_t = g->now.t;
		oldest->alerts = oldest->duplicates = 0;
	}
	return oldest;
}

bool yj_floods_count(struct yj_gateway *g, const char *device)
{
	return ++slot_of(g, device)->alerts > YJ_FLOOD_PER_MIN;
}

bool yj_floods_count_duplicate(struct yj_gateway *g, const char *device)
{
	return ++slot_of(g, device)->duplicates > YJ_FLOOD_PER_MIN;
}

int yj_floods_add(struct yj_gateway *g, const char *device)
{
	const struct slot *s = slot_of(g, device);
	if (s->since_t + MINUTE_MS < g->floods->due_t)
		g->floods->due_t = s->since_t + MINUTE_MS;
	return yj_flood_add(g->store, device, s->since_t);
}

void yj_floods_forget(struct yj_gateway *g)
{
	memset(g->floods->v, 0, sizeof g->floods->v);
	g->floods->due_t = g->now.t; /* what was flushed may be there again */
}

int64_t yj_floods_due(const struct yj_gateway *g)
{
	return g->floods->due_t;
}

static int log_flood(struct yj_gateway *g, const char *device, int64_t count)
{
	struct yj_log_event e = yj_event_of(YJ_EV_ALERT_FLOOD);
	struct yj_device d;
	struct yj_whose whose = {0};
	int rc = yj_device_find(g->store, device, &d);
	if (rc == 0)
		rc = yj_whose_find(g->store, &d, &whose);
	if (rc < 0 && rc != YJ_ERR_NOTFOUND)
		return rc;
	char subject[YJ_NAME_MAX + 16];
	snprintf(subject, sizeof subject, device[0] ? "device/%s" : "gateway%s", device);
	e.subject = subject;
	e.device = rc == 0 ? device : NULL;
	e.resident = whose.resident;
	e.region = whose.region;
	e.via = "mqtt";
	e.more = json_pack("{s:I}", "count", (json_int_t)count);
	rc = e.more ? yj_gateway_log(g, &e) : YJ_ERR_NOMEM;
	json_decref(e.more);
	return rc;
}

int yj_floods_flush(struct yj_gateway *g, bool all)
{
	char device[YJ_NAME_MAX + 1];
	int64_t count;
	int64_t before = all ? INT64_MAX : g->now.t - MINUTE_MS;
	int rc;
	while ((rc = yj_flood_take(g->store, before, device, &count)) == 0) {
		rc = log_flood(g, device, count);
		if (rc < 0)
			return rc;
	}
	if (rc != YJ_ERR_NOTFOUND)
		return rc;
	rc = yj_flood_next(g->store, &g->floods->due_t);
	if (rc == 0 && g->floods->due_t != INT64_MAX)
		g->floods->due_t += MINUTE_MS;
	return rc;
}
