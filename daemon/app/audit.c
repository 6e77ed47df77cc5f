#include "audit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "away.h"
#include "dispatch.h"
#include "feed.h"
#include "life.h"
#include "presence.h"
#include "rosters.h"
#include "rounds.h"
#include "space.h"
#include "store/inbound.h"
#include "trends.h"
#include "work.h"

#define OVERDUE_MS 10000       /* a deadline that has not fired */
#define RESTART_AFTER_MS 60000 /* by then a restart is the last thing to try */
#define RESTART_EVERY_MS (10LL * 60 * 1000)
#define OUTBOX_STUCK_MS 60000
#define TIMELINE_MS 10000
#define PURGE_EVERY 12 /* audits */

/* Does something wait longer than it may, though the broker is there? */
static bool outbox_stuck(struct yj_gateway *g)
{
	int64_t count, oldest;
	if (!yj_link_is_up(g->help) || yj_outbox_pending(g->store, &count, &oldest) < 0)
		return false;
	return oldest != INT64_MAX && g->now.t - oldest > OUTBOX_STUCK_MS;
}

static void restart(struct yj_gateway *g)
{
	g->stopping = g->restart_wanted = true;
	event_base_loopexit(g->base, NULL);
}

/* Somebody meddled with the files. A moved database goes on being used, for the people in it must
 * still be called. */
static void check_files(struct yj_gateway *g)
{
	enum yj_store_files files = yj_store_files(g->store);
	yj_gateway_trouble(g, YJ_TROUBLE_MOVED, files == YJ_FILES_MOVED);
	if (files != YJ_FILES_REOPEN)
		return;
	yj_log(YJ_LOG_ERR, "event=restarting_itself reason=database_files");
	if (yj_store_checkpoint(g->store) < 0) /* what is in a log that nobody will find */
		yj_log(YJ_LOG_ERR, "event=checkpoint_failed");
	restart(g);
}

/* Store and clock are well and yet the same deadline does not fire: something in this process is
 * not. A backlog that moves is no reason. */
static void restart_if_stuck(struct yj_gateway *g, int64_t due)
{
	static int64_t head, since_t;
	char last[32] = "";
	if (due != head || g->store_failing) {
		head = due;
		since_t = g->now.t;
	}
	bool overdue = due != INT64_MAX && g->now.t - due >= RESTART_AFTER_MS;
	if (!overdue || g->now.t - since_t < RESTART_AFTER_MS)
		return;
	if (yj_store_meta_get(g->store, "self_restart_t", last, sizeof last) == 0 &&
	    g->now.t - strtoll(last, NULL, 10) < RESTART_EVERY_MS)
		return;
	snprintf(last, sizeof last, "%lld", (long long)g->now.t);
	if (yj_store_meta_set(g->store, "self_restart_t", last) < 0)
		return;
	yj_log(YJ_LOG_ERR, "event=restarting_itself reason=deadline_overdue overdue_ms=%lld",
	    (long long)(g->now.t - due));
	restart(g);
}

static int keep_house(struct yj_gateway *g, void *arg)
{
	unsigned turn = *(unsigned *)arg;
	int rc = yj_feed_save(g);
	if (rc == 0 && yj_space_spare(g))
		rc = yj_presence_write(g);
	if (rc == 0 && yj_space_spare(g))
		rc = yj_life_write(g, false);
	int64_t due;
	if (rc == 0)
		rc = yj_incident_next_due(g->store, &due);
	if (rc == 0 && due != INT64_MAX &&
	    g->clock.row.boottime_ms - g->noted.timeline_saved_ms >= TIMELINE_MS)
		rc = yj_gateway_save_clock(g);
	bool more;
	if (rc == 0 && turn % PURGE_EVERY == 0)
		rc = yj_inbound_purge(g->store, g->now.t, g->now.utc_ms, &more);
	return rc;
}

static int report_gaps(struct yj_gateway *g, void *arg)
{
	(void)arg;
	return yj_rosters_report(g);
}

static int tell_works(struct yj_gateway *g, void *arg)
{
	(void)arg;
	return yj_works_tell(g);
}

static int look_at_trends(struct yj_gateway *g, void *arg)
{
	(void)arg;
	return yj_trends_look(g);
}

/* What has time: nothing of it while there is little room. */
static void look_after_devices(struct yj_gateway *g)
{
	if (!yj_space_spare(g) || g->store_failing)
		return;
	if (yj_trends_due(g) && yj_dispatch_do(g, look_at_trends, NULL) == 0)
		yj_trends_looked(g);
	if (yj_works_due(g))
		(void)!yj_dispatch_do(g, tell_works, NULL);
}

void yj_audit_run(struct yj_gateway *g)
{
	static unsigned turn;
	yj_gateway_sample(g);
	yj_space_check(g);
	yj_presence_sweep(g);
	int64_t due = INT64_MAX;
	bool bad = yj_incident_next_due(g->store, &due) < 0;
	int64_t overdue = due == INT64_MAX ? 0 : g->now.t - due;
	bad = bad || overdue > OVERDUE_MS || outbox_stuck(g);
	yj_gateway_trouble(g, YJ_TROUBLE_AUDIT, bad);
	bool poisoned = false;
	if (yj_incident_any_poisoned(g->store, &poisoned) == 0)
		yj_gateway_trouble(g, YJ_TROUBLE_POISON, poisoned);
	restart_if_stuck(g, due);
	check_files(g);
	g->metrics.audits++;
	if (g->state_stale)
		yj_gateway_publish_state(g, true);
	turn++;
	if (yj_gateway_has_housework(g, turn % PURGE_EVERY == 0))
		(void)!yj_dispatch_do(g, keep_house, &turn);
	if (yj_rosters_due(g) && yj_space_spare(g) && yj_dispatch_do(g, report_gaps, NULL) == 0)
		yj_rosters_reported(g);
	if (yj_space_spare(g) && yj_away_due(g))
		(void)!yj_dispatch_do(g, yj_away_run, NULL);
	yj_life_sweep(g);
	yj_rounds_look(g);
	look_after_devices(g);
	if (g->store_failing && g->now.t >= g->retry_t)
		yj_dispatch_soon(g);
}
