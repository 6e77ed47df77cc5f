#include "deadman.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dispatch.h"
#include "notices.h"
#include "notify/ping.h"
#include "proto/time.h"
#include "texts.h"
#include "tokens.h"

#define TICK_S 1
#define TIMEOUT_MAX_MS 10000
#define TOLD (1U << YJ_ROLE_OPERATOR | 1U << YJ_ROLE_DUTY | 1U << YJ_ROLE_MAINTENANCE)

struct peer {
	char gateway[YJ_NAME_MAX + 1];
	char topic[YJ_TOPIC_MAX];
	int64_t within_ms;
	int64_t since_t;      /* silent since then at most */
	int64_t heard_utc_ms; /* INT64_MAX: not in this run */
	bool silent;	      /* and people were told, as the store has it too */
};

struct yj_deadman {
	struct yj_gateway *g;
	struct event *timer;
	struct yj_ping *ping;
	struct peer *peers;
	size_t n_peers;
	int64_t next_t;	       /* of the next ping */
	int64_t pinged_utc_ms; /* that was answered well; INT64_MAX: none */
	char failed[96];       /* what went wrong with the last one, or "" */
};

/* ── this gateway's own sign of life ── */

static void on_pinged(void *ctx, bool ok, const char *words)
{
	struct yj_deadman *d = ctx;
	if (ok)
		d->pinged_utc_ms = d->g->now.utc_ms;
	if (strcmp(d->failed, words) != 0)
		yj_log(ok ? YJ_LOG_INFO : YJ_LOG_WARN, "event=deadman_ping ok=%s why=%s",
		    ok ? "yes" : "no", YJ_Q(words));
	snprintf(d->failed, sizeof d->failed, "%s", words);
}

static void publish(struct yj_gateway *g)
{
	char json[YJ_NAME_MAX + 64];
	if (!yj_link_is_up(g->chatter))
		return;
	int len = snprintf(json, sizeof json, "{\"gateway\":\"%s\",\"ts\":%lld}",
	    g->config->gateway.id, (long long)g->now.utc_ms);
	if (yj_link_publish(g->chatter, g->config->deadman.topic, json, (size_t)len, 1, false,
		YJ_TOKEN_NONE) < 0)
		yj_log(YJ_LOG_WARN, "event=deadman_not_published");
}

/* Clean: nothing is amiss, and the audit has said so at least once. */
static bool is_clean(const struct yj_gateway *g)
{
	return g->trouble == 0 && !g->store_failing && g->metrics.audits > 0;
}

static void sign_of_life(struct yj_deadman *d)
{
	struct yj_gateway *g = d->g;
	int64_t every = g->config->deadman.every_ms;
	if (!is_clean(g) || g->now.t < d->next_t)
		return;
	d->next_t = g->now.t + every;
	publish(g);
	int64_t timeout = every < TIMEOUT_MAX_MS ? every : TIMEOUT_MAX_MS;
	if (g->config->deadman.url &&
	    yj_ping_send(d->ping, g->config->deadman.url, timeout) == YJ_ERR_NOMEM)
		yj_log(YJ_LOG_WARN, "event=deadman_ping ok=no why=memory");
}

/* ── others' ── */

static void key_of(const struct peer *p, char key[YJ_NAME_MAX + 16])
{
	snprintf(key, YJ_NAME_MAX + 16, "peer_silent:%s", p->gateway);
}

struct change {
	struct peer *peer;
	bool silent;
};

static int tell(struct yj_gateway *g, void *arg)
{
	struct change *c = arg;
	char key[YJ_NAME_MAX + 16], text[YJ_NOTICE_TEXT_MAX];
	key_of(c->peer, key);
	yj_text_peer(g->config->gateway.language, c->peer->gateway,
	    (int)((c->peer->within_ms + 59999) / 60000), c->silent, text, sizeof text);
	int rc = yj_store_meta_set(g->store, key, c->silent ? "1" : "0");
	return rc < 0 ? rc : yj_notices_tell_roles(g, YJ_NOTICE_OTHER, TOLD, text);
}

/* Tried again at the next tick if it cannot be written now. */
static void change_to(struct yj_gateway *g, struct peer *p, bool silent)
{
	struct change c = {p, silent};
	if (g->store_failing || yj_dispatch_do(g, tell, &c) < 0)
		return;
	p->silent = silent;
	yj_log(silent ? YJ_LOG_WARN : YJ_LOG_INFO, "event=peer_%s peer=%s",
	    silent ? "silent" : "back", p->gateway);
}

static void look_after(struct yj_deadman *d)
{
	struct yj_gateway *g = d->g;
	for (size_t i = 0; i < d->n_peers; i++) {
		struct peer *p = &d->peers[i];
		bool late = g->now.t - p->since_t > p->within_ms;
		if (!p->silent && late && yj_link_is_up(g->chatter))
			change_to(g, p, true);
		else if (p->silent && !late && p->heard_utc_ms != INT64_MAX)
			change_to(g, p, false);
	}
}

bool yj_deadman_message(struct yj_gateway *g, const struct yj_link_msg *msg)
{
	struct yj_deadman *d = g->deadman;
	bool ours = false;
	for (size_t i = 0; i < d->n_peers; i++) {
		struct peer *p = &d->peers[i];
		if (strcmp(p->topic, msg->topic) != 0)
			continue;
		ours = true;
		json_t *said = json_loadb(msg->payload, msg->len, 0, NULL);
		const char *who = json_string_value(json_object_get(said, "gateway"));
		if (who && !msg->retain && strcmp(who, p->gateway) == 0) {
			p->since_t = g->now.t;
			p->heard_utc_ms = g->now.utc_ms;
		}
		json_decref(said);
	}
	return ours;
}

void yj_deadman_link_up(struct yj_gateway *g)
{
	struct yj_deadman *d = g->deadman;
	for (size_t i = 0; i < d->n_peers; i++)
		if (!d->peers[i].silent)
			d->peers[i].since_t = g->now.t;
}

/* ── life ── */

static void on_tick(evutil_socket_t fd, short what, void *ctx)
{
	struct yj_deadman *d = ctx;
	(void)fd;
	(void)what;
	yj_gateway_sample(d->g);
	sign_of_life(d);
	look_after(d);
}

struct yj_deadman *yj_deadman_new(struct yj_gateway *g)
{
	struct yj_deadman *d = calloc(1, sizeof *d);
	if (!d)
		return NULL;
	d->g = g;
	d->pinged_utc_ms = INT64_MAX;
	d->timer = event_new(g->base, -1, EV_PERSIST, on_tick, d);
	d->ping = yj_ping_new(g->base, on_pinged, d);
	if (!d->timer || !d->ping) {
		yj_deadman_free(d);
		return NULL;
	}
	return d;
}

void yj_deadman_free(struct yj_deadman *d)
{
	if (!d)
		return;
	yj_ping_free(d->ping);
	if (d->timer)
		event_free(d->timer);
	free(d->peers);
	free(d);
}

static const struct peer *known(const struct yj_deadman *d, const char *gateway)
{
	for (size_t i = 0; i < d->n_peers; i++)
		if (strcmp(d->peers[i].gateway, gateway) == 0)
			return &d->peers[i];
	return NULL;
}

static void fill_peer(struct yj_gateway *g, const struct yj_config_peer *conf, struct peer *p)
{
	char key[YJ_NAME_MAX + 16], value[8] = "";
	const struct peer *before = known(g->deadman, conf->gateway);
	if (before)
		*p = *before;
	snprintf(p->gateway, sizeof p->gateway, "%s", conf->gateway);
	snprintf(p->topic, sizeof p->topic, "%s", conf->topic);
	p->within_ms = conf->within_ms;
	if (before)
		return;
	p->since_t = g->now.t;
	p->heard_utc_ms = INT64_MAX;
	key_of(p, key);
	if (yj_store_meta_get(g->store, key, value, sizeof value) == 0)
		p->silent = strcmp(value, "1") == 0;
}

int yj_deadman_set(struct yj_gateway *g)
{
	struct yj_deadman *d = g->deadman;
	size_t n = g->config->deadman.n_watch;
	struct peer *peers = calloc(n + 1, sizeof *peers);
	int rc = peers ? 0 : YJ_ERR_NOMEM;
	for (size_t i = 0; rc == 0 && i < n; i++) {
		fill_peer(g, &g->config->deadman.watch[i], &peers[i]);
		rc = yj_link_subscribe(g->chatter, peers[i].topic, 1, false);
	}
	if (rc < 0) {
		free(peers);
		return rc;
	}
	for (size_t i = 0; i < d->n_peers; i++) {
		bool stays = false;
		for (size_t k = 0; k < n; k++)
			stays = stays || strcmp(peers[k].topic, d->peers[i].topic) == 0;
		if (!stays && yj_link_unsubscribe(g->chatter, d->peers[i].topic) < 0)
			yj_log(
			    YJ_LOG_WARN, "event=peer_not_forgotten peer=%s", d->peers[i].gateway);
	}
	free(d->peers);
	d->peers = peers;
	d->n_peers = n;
	d->next_t = g->now.t;
	const struct timeval tick = {.tv_sec = TICK_S};
	if (g->config->deadman.on)
		event_add(d->timer, &tick);
	else
		event_del(d->timer);
	return 0;
}

static json_t *time_json(int64_t utc_ms)
{
	char buf[YJ_RFC3339_LEN];
	return utc_ms == INT64_MAX ? json_null() : json_string(yj_rfc3339_format(utc_ms, buf));
}

json_t *yj_deadman_json(const struct yj_gateway *g)
{
	const struct yj_deadman *d = g->deadman;
	if (!g->config->deadman.on)
		return json_null();
	json_t *watch = json_array();
	for (size_t i = 0; i < d->n_peers; i++)
		json_array_append_new(watch,
		    json_pack("{s:s, s:b, s:o}", "gateway", d->peers[i].gateway, "silent",
			d->peers[i].silent, "heard_at", time_json(d->peers[i].heard_utc_ms)));
	return json_pack("{s:b, s:o, s:o, s:o}", "clean", is_clean(g), "pinged_at",
	    time_json(d->pinged_utc_ms), "failed",
	    d->failed[0] ? json_string(d->failed) : json_null(), "watch", watch);
}
