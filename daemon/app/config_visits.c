/* Visits: how long it rings and how often, and the relay between homes and callers. */
#include <stdio.h>
#include <string.h>

#include "config_internal.h"

#define N(a) (sizeof(a) / sizeof((a)[0]))
#define DAY_MS 86400000LL

void yj_config_read_visits(struct yj_yaml *y, yaml_node_t *node, struct yj_config *c)
{
	static const struct yj_yaml_key keys[] = {{"ring_for", false}, {"retries", false},
	    {"retry_after", false}, {"max_duration", false}, {"night", false}};
	yaml_node_t *v[N(keys)];
	c->visits.ring_for_ms = 60000;
	c->visits.retries = 2;
	c->visits.retry_after_ms = 5LL * 60000;
	c->visits.max_duration_ms = 2LL * 3600000;
	c->visits.night_from_min = 21 * 60;
	c->visits.night_until_min = 7 * 60;
	if (!node || !yj_yaml_map(y, node, "visits", keys, N(keys), v))
		return;
	yj_yaml_duration(y, v[0], "visits.ring_for", 1000, 600000, &c->visits.ring_for_ms);
	yj_yaml_int(y, v[1], "visits.retries", 0, 10, &c->visits.retries);
	yj_yaml_duration(y, v[2], "visits.retry_after", 1000, DAY_MS, &c->visits.retry_after_ms);
	yj_yaml_duration(y, v[3], "visits.max_duration", 1000, DAY_MS, &c->visits.max_duration_ms);
	yj_config_read_span(
	    y, v[4], "visits.night", &c->visits.night_from_min, &c->visits.night_until_min);
}

static bool url_valid(const char *s)
{
	static const char *const schemes[] = {"turn:", "turns:", "stun:", "stuns:"};
	for (size_t i = 0; i < N(schemes); i++)
		if (strncmp(s, schemes[i], strlen(schemes[i])) == 0)
			return s[strlen(schemes[i])] != '\0' && !strpbrk(s, " \"\\/");
	return false;
}

static void check_urls(struct yj_yaml *y, yaml_node_t *node, const char *urls)
{
	char one[512];
	for (const char *s = urls; *s;) {
		size_t len = strcspn(s, "\n");
		snprintf(one, sizeof one, "%.*s", (int)len, s);
		if (len >= sizeof one || !url_valid(one))
			yj_yaml_error(y, yj_yaml_line(node),
			    "turn.urls has one that is no relay, expected turn:HOST:PORT, "
			    "turns:HOST:PORT or stun:HOST:PORT");
		s += len + (s[len] == '\n');
	}
}

void yj_config_read_turn(struct yj_yaml *y, yaml_node_t *node, unsigned flags, struct yj_config *c)
{
	static const struct yj_yaml_key keys[] = {
	    {"urls", true}, {"secret_file", false}, {"lifetime", false}};
	yaml_node_t *v[N(keys)];
	c->turn.lifetime_ms = 4LL * 3600000;
	if (!node || !yj_yaml_map(y, node, "turn", keys, N(keys), v))
		return;
	yj_config_read_list(
	    y, v[0], "turn.urls", "a list such as [\"turn:turn.example.org:3478\"]", &c->turn.urls);
	if (c->turn.urls)
		check_urls(y, v[0], c->turn.urls);
	yj_config_read_secret(y, v[1], "turn.secret_file", flags, NULL, &c->turn.secret);
	yj_yaml_duration(y, v[2], "turn.lifetime", 60000, DAY_MS, &c->turn.lifetime_ms);
	if (c->turn.urls && strstr(c->turn.urls, "turn") && !v[1])
		yj_yaml_error(y, yj_yaml_line(node),
		    "turn has urls without secret_file, expected the secret of use-auth-secret");
}
