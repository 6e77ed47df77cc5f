/* Rounds: at which hour people are reminded, and who hears of what is overdue. */
#include <string.h>

#include "config_internal.h"

#define N(a) (sizeof(a) / sizeof((a)[0]))
#define DAY_MS 86400000LL
#define TARGET_EXPECTED "a role, caregiver:ID or group:NAME"

static const struct yj_config_climb standard[] = {
    {1, {.type = YJ_TARGET_ROLE, .role = YJ_ROLE_VILLAGE}},
    {3, {.type = YJ_TARGET_ROLE, .role = YJ_ROLE_DUTY}},
    {7, {.type = YJ_TARGET_ROLE, .role = YJ_ROLE_OPERATOR}},
};

static void read_step(struct yj_yaml *y, yaml_node_t *node, struct yj_config *c)
{
	static const struct yj_yaml_key keys[] = {{"after", true}, {"notify", true}};
	struct yj_config_climb *step = &c->rounds.climb[c->rounds.n_climb];
	yaml_node_t *v[N(keys)];
	char told[YJ_CLIP_LEN];
	const char *s;
	int64_t after_ms = DAY_MS;
	if (!yj_yaml_map(y, node, "an entry of rounds.climb", keys, N(keys), v))
		return;
	yj_yaml_duration(y, v[0], "rounds.climb.after", DAY_MS, 365 * DAY_MS, &after_ms);
	if (after_ms % DAY_MS)
		yj_yaml_error(y, yj_yaml_line(v[0]),
		    "rounds.climb.after is no number of days, expected one such as 3d");
	step->after_days = (int32_t)(after_ms / DAY_MS);
	if (c->rounds.n_climb && step->after_days < step[-1].after_days)
		yj_yaml_error(y, yj_yaml_line(v[0]),
		    "rounds.climb goes back, expected the steps in the order of their time");
	if (!yj_yaml_text(y, v[1], "rounds.climb.notify", TARGET_EXPECTED, &s))
		return;
	if (yj_target_parse(s, &step->to) < 0)
		yj_yaml_error(y, yj_yaml_line(v[1]),
		    "rounds.climb.notify names \"%s\", expected %s", yj_yaml_clip(s, told),
		    TARGET_EXPECTED);
	c->rounds.n_climb++;
}

static void read_hour(struct yj_yaml *y, yaml_node_t *node, int *minutes)
{
	static const char expected[] = "a time of day such as \"08:30\"";
	const char *s;
	if (!yj_yaml_text(y, node, "rounds.remind_at", expected, &s))
		return;
	int at = yj_config_minutes(s);
	if (at < 0)
		yj_yaml_error(y, yj_yaml_line(node),
		    "rounds.remind_at is no time of day, expected %s", expected);
	else
		*minutes = at;
}

void yj_config_read_rounds(struct yj_yaml *y, yaml_node_t *node, struct yj_config *c)
{
	static const struct yj_yaml_key keys[] = {{"remind_at", false}, {"climb", false}};
	yaml_node_t *v[N(keys)];
	c->rounds.remind_at_min = 8 * 60 + 30;
	memcpy(c->rounds.climb, standard, sizeof standard);
	c->rounds.n_climb = N(standard);
	if (!node || !yj_yaml_map(y, node, "rounds", keys, N(keys), v))
		return;
	read_hour(y, v[0], &c->rounds.remind_at_min);
	int n = v[1] ? yj_yaml_list(y, v[1], "rounds.climb", 0, YJ_ROUND_CLIMB_MAX) : -1;
	if (n < 0)
		return;
	c->rounds.n_climb = 0;
	for (int i = 0; i < n; i++)
		read_step(y, yj_yaml_item(y, v[1], i), c);
}
