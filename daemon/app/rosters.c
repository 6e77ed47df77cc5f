#include "rosters.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "notices.h"
#include "store/roster.h"

#define LOOK_MS (14LL * 86400000) /* how far a gap's end is looked for */
#define EVERY_MS (10LL * 60 * 1000)
#define GAPS_MAX 64 /* of one group in that time; further ones are seen later */
#define WHEN_LEN 32

bool yj_rosters_due(const struct yj_gateway *g)
{
	int64_t due = g->rosters.due_utc_ms;
	return g->now.utc_known && (g->now.utc_ms >= due || due - g->now.utc_ms > EVERY_MS);
}

void yj_rosters_changed(struct yj_gateway *g)
{
	g->rosters.due_utc_ms = 0;
}

void yj_rosters_reported(struct yj_gateway *g)
{
	g->rosters.due_utc_ms = g->rosters.next_utc_ms;
}

static int add_groups(const struct yj_target *to, size_t n, struct yj_names *names)
{
	int rc = 0;
	for (size_t i = 0; rc == 0 && i < n; i++)
		if (to[i].type == YJ_TARGET_GROUP)
			rc = yj_names_add(names, to[i].name);
	return rc;
}

static int add_plan(const struct yj_plan *plan, struct yj_names *names)
{
	int rc = add_groups(plan->inform, plan->n_inform, names);
	for (size_t i = 0; rc == 0 && i < plan->n_levels; i++)
		rc = add_groups(plan->levels[i].to, plan->levels[i].n, names);
	return rc;
}

/* The groups that policies name. */
static int named_groups(const struct yj_config *config, struct yj_names *names)
{
	int rc = 0;
	for (size_t i = 0; rc == 0 && i < config->n_policies; i++) {
		const struct yj_policy *policy = &config->policies[i];
		rc = add_plan(&policy->base, names);
		for (int k = 0; rc == 0 && k < YJ_KIND_COUNT; k++)
			if (policy->kinds[k])
				rc = add_plan(policy->kinds[k], names);
	}
	return rc;
}

static const char *when(int64_t utc_ms, bool chinese, char buf[WHEN_LEN])
{
	time_t t = (time_t)(utc_ms / 1000);
	struct tm tm = {0};
	localtime_r(&t, &tm);
	if (chinese)
		snprintf(buf, WHEN_LEN, "%d月%d日%02d:%02d", tm.tm_mon + 1, tm.tm_mday, tm.tm_hour,
		    tm.tm_min);
	else
		strftime(buf, WHEN_LEN, "%a %Y-%m-%d %H:%M", &tm);
	return buf;
}

static void compose(const struct yj_gateway *g, const char *group, const struct yj_gap *gap,
    char text[YJ_NOTICE_TEXT_MAX])
{
	bool chinese = strcmp(g->config->gateway.language, "zh-CN") == 0;
	bool running = gap->from_utc_ms <= g->now.utc_ms;
	bool open_end = gap->until_utc_ms >= g->now.utc_ms + LOOK_MS;
	char from[WHEN_LEN], until[WHEN_LEN];
	when(gap->from_utc_ms, chinese, from);
	when(gap->until_utc_ms, chinese, until);
	if (chinese)
		snprintf(text, YJ_NOTICE_TEXT_MAX, "【值班空缺】%s组%s起无人值班，%s%s。请补班。",
		    group, running ? "现在" : from, open_end ? "两周内都没有人" : "至",
		    open_end ? "" : until);
	else
		snprintf(text, YJ_NOTICE_TEXT_MAX,
		    "[ROSTER] Group %s has nobody on duty from %s %s%s. Please fill it.", group,
		    running ? "now" : from, open_end ? "on, for two weeks at least" : "to ",
		    open_end ? "" : until);
}

static int tell(struct yj_gateway *g, const char *group, const struct yj_gap *gap)
{
	char text[YJ_NOTICE_TEXT_MAX];
	bool told;
	int rc = yj_roster_gap_note(g->store, group, gap, g->now.utc_ms, &told);
	if (rc < 0 || told)
		return rc;
	compose(g, group, gap, text);
	yj_log(YJ_LOG_WARN, "event=roster_gap group=%s in_s=%lld", YJ_Q(group),
	    (long long)((gap->from_utc_ms - g->now.utc_ms) / 1000));
	return yj_notices_tell_roles(g, YJ_NOTICE_ROSTER,
	    1U << YJ_ROLE_OPERATOR | 1U << YJ_ROLE_DUTY | 1U << YJ_ROLE_MAINTENANCE, text);
}

static int look_at(struct yj_gateway *g, const char *group, int64_t *next)
{
	struct yj_gap gaps[GAPS_MAX];
	size_t n = 0;
	int64_t now = g->now.utc_ms;
	int rc = yj_roster_gaps(g->store, group, now, now + LOOK_MS, gaps, GAPS_MAX, &n);
	if (rc == YJ_ERR_NOTFOUND)
		return 0; /* a group without a roster is for policy check */
	if (rc == 0)
		rc = yj_roster_gap_forget(g->store, group, gaps, n);
	for (size_t i = 0; rc == 0 && i < n; i++) {
		int64_t at = gaps[i].from_utc_ms - YJ_ROSTER_AHEAD_MS;
		if (at <= now)
			rc = tell(g, group, &gaps[i]);
		else if (at < *next)
			*next = at;
	}
	return rc;
}

int yj_rosters_report(struct yj_gateway *g)
{
	struct yj_names groups = {0};
	int64_t next = g->now.utc_ms + EVERY_MS;
	int rc = g->now.utc_known ? named_groups(g->config, &groups) : 0;
	for (size_t i = 0; rc == 0 && i < groups.n; i++)
		rc = look_at(g, groups.v[i], &next);
	yj_names_done(&groups);
	g->rosters.next_utc_ms = next;
	return rc;
}
