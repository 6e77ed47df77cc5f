#include "service.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/timerfd.h>
#include <systemd/sd-daemon.h>
#include <time.h>
#include <unistd.h>

#include "answerpage.h"
#include "audit.h"
#include "beds.h"
#include "channels.h"
#include "commands.h"
#include "deadman.h"
#include "deliveries.h"
#include "dispatch.h"
#include "effects.h"
#include "emergency.h"
#include "families.h"
#include "feed.h"
#include "floods.h"
#include "foreign.h"
#include "imports.h"
#include "inhand.h"
#include "lanes.h"
#include "life.h"
#include "links.h"
#include "plans.h"
#include "plant.h"
#include "presence.h"
#include "pushes.h"
#include "reload.h"
#include "rounds.h"
#include "routes.h"
#include "space.h"
#include "store/roster.h"
#include "visitwatch.h"

#define STOP_DRAIN_MS 500

static bool was_unclean; /* the run before did not end cleanly */
static struct event *signals[3], *watchdog;

/* ── callbacks of the loop ── */

static void on_timer(evutil_socket_t fd, short what, void *ctx)
{
	uint64_t n;
	(void)what;
	if (read((int)fd, &n, sizeof n) < 0 && errno != EAGAIN)
		yj_log(YJ_LOG_WARN, "event=timer errno=%d", errno);
	(void)!yj_dispatch_run(ctx);
}

static void on_turn(evutil_socket_t fd, short what, void *ctx)
{
	struct yj_gateway *g = ctx;
	(void)fd;
	(void)what;
	if (g->store_failing && g->now.t < g->retry_t) {
		yj_gateway_sample(g);
		if (g->now.t < g->retry_t)
			return; /* the timer comes back to it */
	}
	(void)!yj_dispatch_run(g);
}

static void on_flush(evutil_socket_t fd, short what, void *ctx)
{
	(void)fd;
	(void)what;
	yj_effects_publish(ctx);
	yj_lanes_drain(ctx);
}

static void on_watchdog(evutil_socket_t fd, short what, void *ctx)
{
	(void)fd;
	(void)what;
	(void)ctx;
	sd_notify(0, "WATCHDOG=1");
}

static void on_stop_signal(evutil_socket_t fd, short what, void *ctx)
{
	struct yj_gateway *g = ctx;
	(void)what;
	yj_log(YJ_LOG_INFO, "event=stopping signal=%d", (int)fd);
	g->stopping = true;
	event_base_loopexit(g->base, NULL);
}

static void on_hangup(evutil_socket_t fd, short what, void *ctx)
{
	char *errors = NULL, *restart = NULL;
	(void)fd;
	(void)what;
	struct timespec ts;
	clock_gettime(CLOCK_MONOTONIC, &ts);
	sd_notifyf(0, "RELOADING=1\nMONOTONIC_USEC=%llu",
	    (unsigned long long)ts.tv_sec * 1000000 + (unsigned long long)ts.tv_nsec / 1000);
	(void)!yj_reload(ctx, "signal", &errors, &restart);
	free(errors);
	free(restart);
	sd_notify(0, "READY=1");
}

/* ── HTTP ── */

static bool http_ready(void *ctx, const char **why)
{
	struct yj_gateway *g = ctx;
	*why = g->degraded;
	return g->trouble == 0;
}

static void http_metrics(void *ctx, struct evbuffer *out)
{
	yj_metrics_write(ctx, out);
}

/* ── start ── */

static int fail(int code, const char *what, const char *why)
{
	yj_log(YJ_LOG_ERR, "event=start_failed what=%s why=%s", what, YJ_Q(why));
	return code;
}

/* What was copied back from elsewhere may have other rights than what this program makes. */
static void narrow_rights(const char *data_dir)
{
	static const char *const names[] = {"yijian.db", "yijian.db-wal", "yijian.db-shm",
	    "yijian.db.lock", "in-hand", "reserve", "last-good.yaml"};
	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
		char path[4096];
		struct stat st;
		snprintf(path, sizeof path, "%s/%s", data_dir, names[i]);
		if (lstat(path, &st) < 0 || !S_ISREG(st.st_mode) || !(st.st_mode & 077))
			continue;
		if (chmod(path, st.st_mode & 0700) < 0)
			yj_log(YJ_LOG_WARN, "event=readable_by_others file=%s", YJ_Q(path));
	}
}

static int open_store(struct yj_gateway *g, char why[YJ_WHY_MAX])
{
	char path[4096];
	if (mkdir(g->config->gateway.data_dir, 0700) < 0 && errno != EEXIST) {
		snprintf(why, YJ_WHY_MAX, "%s: %s", g->config->gateway.data_dir, strerror(errno));
		return YJ_ERR_IO;
	}
	narrow_rights(g->config->gateway.data_dir);
	snprintf(path, sizeof path, "%s/yijian.db", g->config->gateway.data_dir);
	int rc = yj_store_open(path, g->config->gateway.id, &g->store, why);
	if ((rc == YJ_ERR_FULL || rc == YJ_ERR_IO) && yj_space_release(g->config->gateway.data_dir))
		rc = yj_store_open(path, g->config->gateway.id, &g->store, why);
	return rc;
}

static int newest_event(void *ctx, const struct yj_log_row *row)
{
	*(int64_t *)ctx = row->utc_ms;
	return 0;
}

static int start_clock(struct yj_gateway *g)
{
	struct yj_timeline_row stored;
	struct yj_clock_row row = {.t_ms = 0};
	struct yj_clock_reading reading;
	struct yj_clock_now now;
	int rc = yj_store_timeline_get(g->store, &stored);
	bool has = rc == 0;
	if (rc < 0 && rc != YJ_ERR_NOTFOUND)
		return rc;
	if (has) {
		row = (struct yj_clock_row){
		    .boottime_ms = stored.boottime_ms,
		    .t_ms = stored.t_ms,
		    .utc_ms = stored.utc_ms,
		    .utc_known = stored.utc_known,
		};
		snprintf(row.boot_id, sizeof row.boot_id, "%s", stored.boot_id);
	}
	struct yj_log_filter newest = {.limit = 1, .newest = true};
	rc = yj_log_read(g->store, &newest, newest_event, &g->noted.newest_event_utc_ms);
	if (rc == 0)
		rc = yj_clock_read(&reading);
	if (rc < 0)
		return rc;
	yj_clock_start(&g->clock, has ? &row : NULL, &reading, yj_clock_build_utc_ms(),
	    g->noted.newest_event_utc_ms, &now);
	g->now = (struct yj_now){now.t_ms, now.utc_ms, now.utc_known};
	g->started_t = now.t_ms;
	g->started_utc_ms = now.utc_ms;
	g->noted.clock_dirty = true;
	return 0;
}

/* An address that somebody else has must not cost help: it is tried again until it is free. */
static int listen_http(struct yj_gateway *g)
{
	const char *reason = "";
	const struct yj_http_conf conf = {
	    g->config->http.listen, g->config->http.tls.cert_file, g->config->http.tls.key_file};
	const struct yj_http_ops ops = {.ready = http_ready, .metrics = http_metrics};
	int rc = yj_http_new(g->base, &conf, &ops, g, &g->http, &reason);
	if (rc == YJ_ERR_IO) {
		if (!(g->trouble & YJ_TROUBLE_HTTP))
			yj_log(YJ_LOG_ERR, "event=http_not_listening address=%s why=%s",
			    YJ_Q(conf.listen), YJ_Q(reason));
		rc = 0;
	}
	if (rc < 0)
		return fail(rc == YJ_ERR_INVAL ? YJ_EXIT_CONFIG : 1, "http", reason);
	if (g->http)
		rc = yj_routes_add(g);
	if (rc < 0)
		return fail(1, "http", yj_err_name(rc));
	yj_gateway_trouble(g, YJ_TROUBLE_HTTP, g->http == NULL);
	return 0;
}

/* Nor must a folder that is not there, or not ours: only operators are missing something. */
static int listen_ctl(struct yj_gateway *g)
{
	const char *path = g->config->ctl.socket;
	int rc = yj_ctl_new(g->base, path, &yj_commands_ops, g, &g->ctl);
	char *why = NULL;
	if (rc < 0 &&
	    asprintf(&why, "%s: %s", path, rc == YJ_ERR_IO ? strerror(errno) : yj_err_name(rc)) < 0)
		why = NULL;
	bool again = g->trouble & YJ_TROUBLE_CTL;
	if (rc < 0 && rc != YJ_ERR_IO && !again) {
		rc = fail(1, "control_socket", why ? why : "");
	} else {
		if (rc < 0 && !again)
			yj_log(YJ_LOG_ERR, "event=no_control_socket why=%s", YJ_Q(why ? why : ""));
		yj_gateway_trouble(g, YJ_TROUBLE_CTL, rc < 0);
		rc = 0;
	}
	free(why);
	return rc;
}

static void on_audit(evutil_socket_t fd, short what, void *ctx)
{
	(void)fd;
	(void)what;
	struct yj_gateway *g = ctx;
	yj_audit_run(g);
	if (g->trouble & YJ_TROUBLE_HTTP)
		(void)!listen_http(g);
	if (g->trouble & YJ_TROUBLE_CTL)
		(void)!listen_ctl(g);
}

static int make_parts(struct yj_gateway *g)
{
	g->inbox = yj_inbox_new();
	g->effects = yj_effects_new();
	g->results = yj_results_new();
	g->lanes = yj_lanes_new();
	g->presence = yj_presence_new();
	g->life = yj_life_new(g);
	g->floods = yj_floods_new();
	g->plans = yj_plans_new();
	g->answerpage = yj_answerpage_new();
	g->visitwatch = yj_visitwatch_new();
	g->space = yj_space_new(g->config->gateway.data_dir);
	g->emergency = yj_emergency_new();
	g->feed = yj_feed_new(g);
	g->imports = yj_imports_new(g);
	g->channels = yj_channels_new(g);
	g->deadman = yj_deadman_new(g);
	g->foreign = yj_foreign_new();
	g->families = yj_families_new();
	g->beds = yj_beds_new();
	g->pushes = yj_pushes_new();
	g->rounds = yj_rounds_new(g);
	if (yj_metrics_init(&g->metrics) < 0 || !g->inbox || !g->effects || !g->results ||
	    !g->lanes || !g->presence || !g->floods || !g->plans || !g->answerpage ||
	    !g->visitwatch || !g->space || !g->emergency || !g->feed || !g->imports ||
	    !g->channels || !g->deadman || !g->foreign || !g->families || !g->beds || !g->life ||
	    !g->pushes || !g->rounds)
		return YJ_ERR_NOMEM;
	int fd = timerfd_create(CLOCK_BOOTTIME, TFD_NONBLOCK | TFD_CLOEXEC);
	if (fd < 0)
		return YJ_ERR_IO;
	g->timer = event_new(g->base, fd, EV_READ | EV_PERSIST, on_timer, g);
	g->turn = event_new(g->base, -1, 0, on_turn, g);
	g->flush = event_new(g->base, -1, 0, on_flush, g);
	g->audit = event_new(g->base, -1, EV_PERSIST, on_audit, g);
	int64_t audit_ms = yj_plant_audit_ms(YJ_AUDIT_S * 1000LL);
	struct timeval every = {.tv_sec = audit_ms / 1000, .tv_usec = audit_ms % 1000 * 1000};
	if (!g->timer || !g->turn || !g->flush || !g->audit || event_add(g->timer, NULL) < 0 ||
	    event_add(g->audit, &every) < 0)
		return YJ_ERR_NOMEM;
	return 0;
}

static int first_write(struct yj_gateway *g)
{
	struct yj_log_event e = yj_event_of(YJ_EV_GATEWAY_STARTED);
	char subject[YJ_NAME_MAX + 16];
	snprintf(subject, sizeof subject, "gateway/%s", g->config->gateway.id);
	e.subject = subject;
	e.more = json_pack("{s:s, s:b}", "version", YJ_VERSION, "unclean", was_unclean);
	int rc = e.more ? yj_gateway_log(g, &e) : YJ_ERR_NOMEM;
	json_decref(e.more);
	if (rc == 0)
		rc = yj_reload_store(g, "start");
	if (rc == 0)
		rc = yj_answerpage_key(g);
	if (rc == 0)
		rc = yj_floods_flush(g, true);
	return rc == 0 ? yj_gateway_save_clock(g) : rc;
}

static int first_transaction(struct yj_gateway *g, void *arg)
{
	(void)arg;
	return first_write(g);
}

/* A session is expected on the broker once a connection has been made with this database. */
static bool had_session(struct yj_gateway *g)
{
	char value[8];
	return yj_store_meta_get(g->store, "had_session", value, sizeof value) == 0;
}

static int add_signals(struct yj_gateway *g)
{
	signal(SIGPIPE, SIG_IGN);
	signals[0] = evsignal_new(g->base, SIGTERM, on_stop_signal, g);
	signals[1] = evsignal_new(g->base, SIGINT, on_stop_signal, g);
	signals[2] = evsignal_new(g->base, SIGHUP, on_hangup, g);
	for (int i = 0; i < 3; i++)
		if (!signals[i] || event_add(signals[i], NULL) < 0)
			return YJ_ERR_NOMEM;
	uint64_t usec = 0;
	if (sd_watchdog_enabled(0, &usec) > 0 && usec > 0) {
		watchdog = event_new(g->base, -1, EV_PERSIST, on_watchdog, g);
		struct timeval half = {
		    (time_t)(usec / 2 / 1000000), (suseconds_t)(usec / 2 % 1000000)};
		if (!watchdog || event_add(watchdog, &half) < 0)
			return YJ_ERR_NOMEM;
	}
	return 0;
}

int yj_service_start(struct yj_gateway *g, bool fallback)
{
	char why[YJ_WHY_MAX];
	const char *reason = "";
	bool unclean = false, often = false;
	yj_families_use(g->config->devices.mappings, g->config->devices.n_mappings);
	int rc = open_store(g, why);
	if (rc < 0)
		return fail(rc == YJ_ERR_CONFLICT ? YJ_EXIT_CONFIG : 1, "store", why);
	rc = yj_inhand_open(g->config->gateway.data_dir, &g->inhand, &unclean, &often);
	if (rc < 0)
		return fail(1, "data_dir", yj_err_name(rc));
	g->careful = often;
	if (often)
		yj_log(YJ_LOG_WARN, "event=careful reason=unclean_starts");
	/* people and rosters live by the municipality's clock */
	rc = yj_zone_use(g->config->gateway.timezone);
	if (rc == 0)
		rc = start_clock(g);
	if (rc == 0)
		rc = make_parts(g);
	if (rc == 0)
		rc = yj_life_recall(g);
	if (rc == 0)
		rc = yj_inhand_judge(g);
	if (rc == 0)
		rc = yj_beds_load(g);
	if (rc < 0)
		return fail(1, "parts", yj_err_name(rc));
	if (fallback)
		yj_gateway_trouble(g, YJ_TROUBLE_CONFIG, true);
	yj_space_check(g);
	rc = yj_channels_set(g, why);
	if (rc < 0)
		return fail(YJ_EXIT_CONFIG, "channels", why);
	rc = yj_links_make(g, &reason);
	if (rc < 0)
		return fail(YJ_EXIT_CONFIG, "mqtt", reason);
	rc = yj_deadman_set(g);
	if (rc < 0)
		return fail(1, "deadman", yj_err_name(rc));
	yj_gateway_trouble(g, YJ_TROUBLE_BROKER, true);
	was_unclean = unclean;
	rc = yj_dispatch_do(g, first_transaction, NULL);
	if (rc < 0 && !g->store_failing)
		return fail(1, "store", yj_err_name(rc));
	if (rc < 0) /* before any alert is stored: it rests on the policies that this names */
		g->owed = first_write;
	rc = listen_http(g);
	if (rc)
		return rc;
	rc = listen_ctl(g);
	if (rc)
		return rc;
	rc = add_signals(g);
	if (rc == 0)
		rc = yj_link_start(g->help, had_session(g));
	if (rc == 0)
		rc = yj_link_start(g->chatter, false);
	return rc < 0 ? fail(1, "mqtt", yj_err_name(rc)) : 0;
}

/* ── stop ── */

static int last_transaction(struct yj_gateway *g, void *arg)
{
	(void)arg;
	struct yj_log_event e = yj_event_of(YJ_EV_GATEWAY_STOPPED);
	char subject[YJ_NAME_MAX + 16];
	snprintf(subject, sizeof subject, "gateway/%s", g->config->gateway.id);
	e.subject = subject;
	int rc = yj_deliveries_write(g);
	if (rc == 0)
		rc = yj_feed_save(g);
	if (rc == 0)
		rc = yj_presence_write(g);
	if (rc == 0)
		rc = yj_life_write(g, true);
	if (rc == 0)
		rc = yj_gateway_log(g, &e);
	return rc == 0 ? yj_gateway_save_clock(g) : rc;
}

void yj_service_stop(struct yj_gateway *g, bool started)
{
	g->stopping = true;
	if (started) {
		sd_notify(0, "STOPPING=1");
		yj_gateway_sample(g);
		g->guarded = true;
		if (yj_dispatch_do(g, last_transaction, NULL) < 0)
			yj_log(YJ_LOG_ERR, "event=stop_not_logged");
		yj_gateway_publish_state(g, false);
	}
	yj_ctl_free(g->ctl);
	yj_visitwatch_free(g->visitwatch);
	yj_http_free(g->http);
	if (g->help && started)
		yj_link_stop(g->help, STOP_DRAIN_MS);
	if (g->chatter && started)
		yj_link_stop(g->chatter, STOP_DRAIN_MS);
	yj_link_free(g->help);
	yj_link_free(g->chatter);
	yj_imports_free(g->imports);
	yj_channels_free(g->channels);
	yj_deadman_free(g->deadman);
	yj_foreign_free(g->foreign);
	yj_families_free(g->families);
	yj_beds_free(g->beds);
	yj_pushes_free(g->pushes);
	yj_rounds_free(g->rounds);
	yj_feed_free(g->feed);
	for (int i = 0; i < 3; i++)
		if (signals[i])
			event_free(signals[i]);
	struct event *events[] = {watchdog, g->turn, g->flush, g->audit};
	for (int i = 0; i < 4; i++)
		if (events[i])
			event_free(events[i]);
	if (g->timer) {
		close(event_get_fd(g->timer));
		event_free(g->timer);
	}
	yj_inbox_free(g->inbox);
	yj_effects_free(g->effects);
	yj_results_free(g->results);
	yj_lanes_free(g->lanes);
	yj_presence_free(g->presence);
	yj_life_free(g->life);
	yj_floods_free(g->floods);
	yj_plans_free(g->plans);
	yj_answerpage_free(g->answerpage);
	yj_emergency_free(g->emergency);
	yj_space_free(g->space);
	yj_metrics_done(&g->metrics);
	yj_store_close(g->store);
	yj_inhand_close(g->inhand, true); /* also a start that failed in good order */
	yj_families_use(NULL, 0);
	yj_config_free(g->config);
	if (g->base)
		event_base_free(g->base);
	libevent_global_shutdown();
}
