#include "config_ways.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

bool yj_ways_within(int from_min, int until_min, int64_t utc_ms)
{
	time_t s = (time_t)(utc_ms / 1000);
	struct tm tm;
	if (!localtime_r(&s, &tm))
		return false;
	int now = tm.tm_hour * 60 + tm.tm_min;
	return from_min <= until_min ? now >= from_min && now < until_min
				     : now >= from_min || now < until_min;
}

bool yj_ways_is_night(const struct yj_config *c, int64_t utc_ms)
{
	return yj_ways_within(c->notify.night_from_min, c->notify.night_until_min, utc_ms);
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
static void add_all(const struct yj_config *c, struct yj_ways *ways, const char *name, size_t len)
{
	add(ways, name, len);
	if (len != 3 || strncmp(name, "sms", 3) != 0)
		return;
	for (size_t i = 0; i < c->n_channels; i++)
		if (strncmp(c->channels[i].name, "sms:", 4) == 0)
			add(ways, c->channels[i].name, strlen(c->channels[i].name));
}

/* May only somebody with a telephone be reached so? */
static bool needs_phone(const char *name)
{
	return strcmp(name, "voice") == 0 || strncmp(name, "sms", 3) == 0;
}

static void add_standard(
    const struct yj_config *c, const struct yj_ways_person *who, bool night, struct yj_ways *ways)
{
	bool own = night && c->notify.n_night_channels;
	char *const *v = own ? c->notify.night_channels : c->notify.default_channels;
	size_t n = own ? c->notify.n_night_channels : c->notify.n_default_channels;
	for (size_t i = 0; i < n; i++)
		if ((who->phone[0] || !needs_phone(v[i])) &&
		    (who->email[0] || strcmp(v[i], "email") != 0))
			add_all(c, ways, v[i], strlen(v[i]));
}

void yj_ways_list(
    const struct yj_config *c, const struct yj_ways_person *who, bool night, struct yj_ways *out)
{
	const char *list = night && who->night_channels[0] ? who->night_channels : who->channels;
	out->n = 0;
	while (*list) {
		size_t len = strcspn(list, ";");
		add_all(c, out, list, len);
		list += len + (list[len] == ';');
	}
	if (out->n == 0)
		add_standard(c, who, night, out);
	if (out->n == 0)
		add(out, "mqtt", 4);
}

void yj_ways_every(const struct yj_config *c, const struct yj_ways_person *who, struct yj_ways *out)
{
	struct yj_ways night;
	yj_ways_list(c, who, false, out);
	yj_ways_list(c, who, true, &night);
	for (size_t i = 0; i < night.n; i++)
		add(out, night.v[i], strlen(night.v[i]));
}
