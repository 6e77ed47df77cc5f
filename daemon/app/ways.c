#include "ways.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

bool yj_ways_night(const struct yj_gateway *g)
{
	int from = g->config->notify.night_from_min, until = g->config->notify.night_until_min;
	time_t s = (time_t)(g->now.utc_ms / 1000);
	struct tm tm;
	if (!g->now.utc_known || !localtime_r(&s, &tm))
		return false;
	int now = tm.tm_hour * 60 + tm.tm_min;
	return from <= until ? now >= from && now < until : now >= from || now < until;
}

static bool has(const struct yj_ways *ways, const char *name)
{
	for (size_t i = 0; i < ways->n; i++)
		if (strcmp(ways->v[i], name) == 0)
			return true;
	return false;
}

static void add(struct yj_ways *ways, const char *name, size_t len)
{
	char one[sizeof ways->v[0]];
	if (len == 0 || len >= sizeof one || ways->n == YJ_WAYS_MAX)
		return;
	snprintf(one, sizeof one, "%.*s", (int)len, name);
	if (!has(ways, one))
		memcpy(ways->v[ways->n++], one, sizeof one);
}

/* `sms` and what follows it in the file. */
static void add_all(const struct yj_gateway *g, struct yj_ways *ways, const char *name, size_t len)
{
	add(ways, name, len);
	if (len != 3 || strncmp(name, "sms", 3) != 0)
		return;
	for (size_t i = 0; i < g->config->n_channels; i++)
		if (strncmp(g->config->channels[i].name, "sms:", 4) == 0)
			add(ways, g->config->channels[i].name, strlen(g->config->channels[i].name));
}

/* May only somebody with a telephone be reached so? */
static bool needs_phone(const char *name)
{
	return strcmp(name, "voice") == 0 || strncmp(name, "sms", 3) == 0;
}

static void add_standard(
    const struct yj_gateway *g, const struct yj_caregiver *who, bool night, struct yj_ways *ways)
{
	bool own = night && g->config->notify.n_night_channels;
	char *const *v =
	    own ? g->config->notify.night_channels : g->config->notify.default_channels;
	size_t n = own ? g->config->notify.n_night_channels : g->config->notify.n_default_channels;
	for (size_t i = 0; i < n; i++)
		if ((who->phone[0] || !needs_phone(v[i])) &&
		    (who->email[0] || strcmp(v[i], "email") != 0))
			add_all(g, ways, v[i], strlen(v[i]));
}

void yj_ways_get(struct yj_gateway *g, const struct yj_caregiver *who, struct yj_ways *out)
{
	bool night = yj_ways_night(g);
	const char *list = night && who->night_channels[0] ? who->night_channels : who->channels;
	out->n = 0;
	while (*list) {
		size_t len = strcspn(list, ";");
		add_all(g, out, list, len);
		list += len + (list[len] == ';');
	}
	if (out->n == 0)
		add_standard(g, who, night, out);
	if (out->n == 0)
		add(out, "mqtt", 4);
}
