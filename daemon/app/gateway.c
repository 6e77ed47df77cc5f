#include "gateway.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/timerfd.h>
#include <time.h>

#include "beds.h"
#include "dispatch.h"
#include "diverts.h"
#include "feed.h"
#include "floods.h"
#include "lanes.h"
#include "life.h"
#include "outages.h"
#include "presence.h"
#include "silences.h"
#include "store/roster.h"
#include "tokens.h"
#include "visits.h"

#define START_GRACE_MS 5000

struct yj_log_event yj_event_of(enum yj_event_type type)
{
	return (struct yj_log_event){.type = type, .kind = -1, .level = -1};
}

int yj_gateway_log(struct yj_gateway *g, struct yj_log_event *event)
{
	event->utc_ms = g->now.utc_ms;
	int rc = yj_log_append(g->store, event, NULL);
	if (rc == 0)
		g->noted.newest_event_utc_ms = g->now.utc_ms;
	return rc;
}

void yj_gateway_sample(struct yj_gateway *g)
{
	struct yj_clock_reading reading;
	struct yj_clock_now now;
	if (yj_clock_read(&reading) < 0)
		return;
	yj_clock_sample(&g->clock, &reading, g->noted.newest_event_utc_ms, &now);
	g->now = (struct yj_now){now.t_ms, now.utc_ms, now.utc_known};
	yj_duty_at(g->store, now.utc_known ? now.utc_ms : YJ_DUTY_UNKNOWN);
	g->noted.clock_dirty |= now.save;
	if (now.step_ms || now.jump_ms) {
		yj_log(YJ_LOG_WARN, "event=clock_stepped utc_by_ms=%lld timeline_by_ms=%lld",
		    (long long)now.step_ms, (long long)now.jump_ms);
		g->noted.clock_step_ms = now.step_ms ? now.step_ms : now.jump_ms;
		g->noted.clock_dirty = true;
		if (!g->stopping) /* a reboot now would take the step for time that passed */
			yj_dispatch_soon(g);
	}
}

int yj_gateway_save_clock(struct yj_gateway *g)
{
	const struct yj_clock_row *row = &g->clock.row;
	struct yj_timeline_row out = {
	    .boottime_ms = row->boottime_ms,
	    .t_ms = row->t_ms,
	    .utc_ms = row->utc_ms,
	    .utc_known = row->utc_known,
	};
	snprintf(out.boot_id, sizeof out.boot_id, "%s", row->boot_id);
	int rc = yj_store_timeline_set(g->store, &out);
	if (rc == 0) {
		g->noted.timeline_saved_ms = row->boottime_ms;
		g->noted.clock_dirty = false;
	}
	return rc;
}

bool yj_gateway_has_housework(struct yj_gateway *g, bool purge_is_due)
{
	int64_t due = INT64_MAX;
	if (purge_is_due || g->noted.clock_dirty || yj_feed_has_news(g) ||
	    yj_presence_has_changes(g) || yj_life_has_changes(g))
		return true;
	return yj_incident_next_due(g->store, &due) == 0 && due != INT64_MAX;
}

static const struct {
	enum yj_trouble bit;
	const char *name;
} troubles[] = {
    {YJ_TROUBLE_CONFIG, "fallback_configuration"},
    {YJ_TROUBLE_STORE, "store"},
    {YJ_TROUBLE_MOVED, "database_moved"},
    {YJ_TROUBLE_SPACE, "disk_nearly_full"},
    {YJ_TROUBLE_BROKER, "broker"},
    {YJ_TROUBLE_DEAF, "subscription_refused"},
    {YJ_TROUBLE_HTTP, "http"},
    {YJ_TROUBLE_CTL, "control_socket"},
    {YJ_TROUBLE_AUDIT, "overdue"},
    {YJ_TROUBLE_POISON, "poison"},
};

static void write_reason(struct yj_gateway *g)
{
	g->degraded[0] = '\0';
	for (size_t i = 0; i < sizeof troubles / sizeof troubles[0]; i++) {
		if (!(g->trouble & troubles[i].bit))
			continue;
		size_t n = strlen(g->degraded);
		snprintf(g->degraded + n, sizeof g->degraded - n, "%s%s", n ? "," : "",
		    troubles[i].name);
	}
}

void yj_gateway_trouble(struct yj_gateway *g, enum yj_trouble trouble, bool on)
{
	unsigned before = g->trouble;
	g->trouble = on ? before | trouble : before & ~(unsigned)trouble;
	if (g->trouble == before)
		return;
	write_reason(g);
	yj_log(g->trouble ? YJ_LOG_WARN : YJ_LOG_INFO, "event=%s reason=%s",
	    g->trouble ? "degraded" : "recovered", YJ_Q(g->degraded));
	yj_gateway_publish_state(g, true);
	if (!g->stopping)
		yj_dispatch_soon(g);
}

static int log_plain(struct yj_gateway *g, enum yj_event_type type, json_t *more /* taken */)
{
	struct yj_log_event e = yj_event_of(type);
	char subject[YJ_NAME_MAX + 16];
	snprintf(subject, sizeof subject, "gateway/%s", g->config->gateway.id);
	e.subject = subject;
	e.more = more;
	int rc = more ? yj_gateway_log(g, &e) : YJ_ERR_NOMEM;
	json_decref(more);
	return rc;
}

static int log_trouble(struct yj_gateway *g)
{
	/* every start begins without a broker; that is news only when it stays so */
	bool starting = g->trouble == YJ_TROUBLE_BROKER && g->now.t - g->started_t < START_GRACE_MS;
	if (g->trouble == g->noted.trouble_logged || starting)
		return 0;
	int rc;
	if (g->trouble)
		rc =
		    log_plain(g, YJ_EV_GATEWAY_DEGRADED, json_pack("{s:s}", "reason", g->degraded));
	else
		rc = log_plain(g, YJ_EV_GATEWAY_RECOVERED, json_object());
	if (rc == 0)
		g->noted.trouble_logged = g->trouble;
	return rc;
}

int yj_gateway_write(struct yj_gateway *g)
{
	int rc = log_trouble(g);
	if (rc == 0 && g->noted.clock_step_ms) {
		rc = log_plain(g, YJ_EV_CLOCK_STEPPED,
		    json_pack("{s:I}", "by_ms", (json_int_t)g->noted.clock_step_ms));
		if (rc == 0)
			g->noted.clock_step_ms = 0;
	}
	if (rc == 0 && g->noted.session_lost) {
		rc = log_plain(
		    g, YJ_EV_GATEWAY_DEGRADED, json_pack("{s:s}", "reason", "session_lost"));
		if (rc == 0) {
			g->noted.session_lost = false;
			if (!g->trouble)
				rc = log_plain(g, YJ_EV_GATEWAY_RECOVERED, json_object());
		}
	}
	if (rc == 0 && g->noted.session_made) {
		rc = yj_store_meta_set(g->store, "had_session", "1");
		if (rc == 0)
			g->noted.session_made = false;
	}
	if (rc == 0 && g->noted.clock_dirty)
		rc = yj_gateway_save_clock(g);
	return rc;
}

void yj_gateway_mark(struct yj_gateway *g)
{
	g->noted_before = g->noted;
}

void yj_gateway_undone(struct yj_gateway *g)
{
	g->noted = g->noted_before;
}

void yj_gateway_publish_state(struct yj_gateway *g, bool online)
{
	char topic[YJ_TOPIC_MAX];
	/* while commits fail, what waits on the connection for help is dropped with each batch */
	struct yj_link *link =
	    g->store_failing && g->chatter && yj_link_is_up(g->chatter) ? g->chatter : g->help;
	if (!link || !yj_link_is_up(link) ||
	    yj_topic_format(YJ_TOPIC_GW_STATE, g->config->gateway.id, topic, sizeof topic) < 0) {
		g->state_stale |= g->store_failing;
		return;
	}
	struct yj_message m = {
	    .type = YJ_TOPIC_GW_STATE,
	    .u.gw_state = {.online = online,
		.version = YJ_VERSION,
		.degraded = g->degraded[0] ? g->degraded : NULL,
		.ts_ms = g->now.utc_ms},
	};
	size_t len;
	char *json = yj_message_encode(&m, &len);
	int rc =
	    json ? yj_link_publish(link, topic, json, len, 1, true, YJ_TOKEN_NONE) : YJ_ERR_NOMEM;
	if (rc == YJ_ERR_BUSY && !online) /* the last chance: without an answer to wait for */
		rc = yj_link_publish(link, topic, json, len, 0, true, YJ_TOKEN_NONE);
	/* the last will of a connection that was dropped may still come after this */
	g->state_stale = rc < 0 || g->store_failing;
	free(json);
}

static int64_t earlier(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

/* T advances with CLOCK_BOOTTIME within a boot, so a time on T is a distance from now. */
void yj_gateway_rearm(struct yj_gateway *g)
{
	int64_t due = INT64_MAX, other = INT64_MAX;
	if (g->store_failing)
		due = g->retry_t;
	else if (yj_incident_next_due(g->store, &due) < 0 ||
		 yj_outbox_next_due(g->store, g->now.t, &other) < 0)
		due = g->now.t + 1000;
	if (!g->store_failing)
		due = earlier(earlier(due, other),
		    earlier(yj_lanes_late_due(g),
			earlier(yj_floods_due(g),
			    earlier(yj_diverts_due(g),
				earlier(yj_silences_due(g),
				    earlier(yj_outages_due(g),
					earlier(yj_visits_due(g), yj_beds_due(g))))))));
	struct itimerspec when = {0};
	if (due != INT64_MAX) {
		int64_t in_ms = due > g->now.t ? due - g->now.t : 1;
		if (in_ms > 86400000)
			in_ms = 86400000;
		when.it_value.tv_sec = (time_t)(in_ms / 1000);
		when.it_value.tv_nsec = (long)(in_ms % 1000) * 1000000;
	}
	timerfd_settime(event_get_fd(g->timer), 0, &when, NULL);
}
