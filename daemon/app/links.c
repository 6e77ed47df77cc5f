#include "links.h"

#include <stdio.h>
#include <string.h>
#include <syslog.h>

#include "beds.h"
#include "deadman.h"
#include "deliveries.h"
#include "dispatch.h"
#include "effects.h"
#include "feed.h"
#include "inhand.h"
#include "lanes.h"
#include "life.h"
#include "plant.h"
#include "presence.h"
#include "tokens.h"

static void help_message(void *ctx, const struct yj_link_msg *msg)
{
	yj_dispatch_note(ctx, msg);
}

static int help_commit(void *ctx)
{
	yj_plant_step("before_dispatch");
	int rc = yj_dispatch_run(ctx);
	yj_plant_step("after_dispatch");
	return rc;
}

static void help_published(void *ctx, uint64_t token, int code)
{
	struct yj_gateway *g = ctx;
	yj_plant_step("before_published");
	if (YJ_TOKEN_KIND(token) == YJ_TOKEN_DELIVERY)
		yj_deliveries_published(g, (int64_t)YJ_TOKEN_VALUE(token), code);
	else if (yj_effects_waiting(g) || yj_lanes_waiting(g, "mqtt")) /* there is room for them */
		event_active(g->flush, EV_TIMEOUT, 0);
	yj_plant_step("after_published");
}

static void help_state(void *ctx, enum yj_link_state state, bool session_lost, const char *why)
{
	struct yj_gateway *g = ctx;
	bool up = state == YJ_LINK_UP;
	yj_gateway_sample(g);
	yj_log(up ? YJ_LOG_INFO : YJ_LOG_WARN, "event=link conn=help state=%s why=%s",
	    up ? "up" : "down", YJ_Q(why));
	yj_presence_heard(g);
	if (session_lost) {
		yj_log(YJ_LOG_ERR, "event=session_lost conn=help");
		g->noted.session_lost = true;
	}
	if (up) {
		g->noted.session_made = true;
		yj_gateway_trouble(g, YJ_TROUBLE_DEAF, false);
		yj_gateway_trouble(g, YJ_TROUBLE_BROKER, false);
		yj_gateway_publish_state(g, true);
		yj_lanes_restart(g);
	} else {
		yj_lanes_broker_down(g);
		yj_gateway_trouble(g, YJ_TROUBLE_BROKER, true);
	}
	yj_life_heard(g);
	if (!g->stopping)
		yj_dispatch_soon(g);
}

/* A subscription that the broker refuses is a deafness of which nothing else would tell. */
static void on_subscribed(void *ctx, const char *filter, int code)
{
	struct yj_gateway *g = ctx;
	if (code < 128)
		return;
	yj_log(YJ_LOG_ERR, "event=subscription_refused filter=%s code=%d", YJ_Q(filter), code);
	yj_gateway_trouble(g, YJ_TROUBLE_DEAF, true);
}

static void on_link_log(void *ctx, int level, const char *line)
{
	(void)ctx;
	enum yj_log_level to = level <= LOG_ERR	      ? YJ_LOG_ERR
			       : level == LOG_WARNING ? YJ_LOG_WARN
			       : level == LOG_DEBUG   ? YJ_LOG_DEBUG
						      : YJ_LOG_INFO;
	yj_log(to, "event=mqtt %s", line);
}

static void chatter_message(void *ctx, const struct yj_link_msg *msg)
{
	struct yj_gateway *g = ctx;
	if (yj_native_is_help(msg->topic))
		return; /* the other connection has it */
	if (yj_deadman_message(g, msg))
		return;
	/* a retained state comes again with every connection: one that crashes would do so for ever
	 */
	struct yj_raw raw = {.topic = msg->topic, .payload = msg->payload, .len = msg->len};
	bool aside = yj_inhand_message(g, &raw) != YJ_ASIDE_NOT;
	bool refused = aside || yj_presence_message(g, msg);
	yj_inhand_none(g);
	if (refused) {
		yj_dispatch_note(g, msg);
		yj_dispatch_soon(g);
	}
}

static int chatter_commit(void *ctx)
{
	(void)ctx; /* nothing of it is on disk when it is acknowledged, by design */
	return 0;
}

static void chatter_published(void *ctx, uint64_t token, int code)
{
	if (YJ_TOKEN_KIND(token) == YJ_TOKEN_FEED)
		yj_feed_published(ctx, (int64_t)YJ_TOKEN_VALUE(token), code);
	else if (YJ_TOKEN_KIND(token) == YJ_TOKEN_PROBE)
		yj_presence_probed(ctx);
}

static void chatter_state(void *ctx, enum yj_link_state state, bool session_lost, const char *why)
{
	struct yj_gateway *g = ctx;
	(void)session_lost;
	yj_log(YJ_LOG_INFO, "event=link conn=chatter state=%s why=%s",
	    state == YJ_LINK_UP ? "up" : "down", YJ_Q(why));
	yj_presence_heard(g);
	yj_beds_heard(g, state == YJ_LINK_UP);
	yj_life_heard(g);
	if (state == YJ_LINK_UP) {
		yj_feed_wake(g);
		yj_deadman_link_up(g);
	} else {
		yj_feed_down(g);
	}
}

static const struct yj_link_ops help_ops = {
    .message = help_message,
    .commit = help_commit,
    .published = help_published,
    .state = help_state,
    .subscribed = on_subscribed,
    .log = on_link_log,
};
static const struct yj_link_ops chatter_ops = {
    .message = chatter_message,
    .commit = chatter_commit,
    .published = chatter_published,
    .state = chatter_state,
    .subscribed = on_subscribed,
    .log = on_link_log,
};

static void fill_conf(const struct yj_gateway *g, const char *client_id, struct yj_link_conf *c)
{
	const struct yj_config *conf = g->config;
	*c = (struct yj_link_conf){
	    .host = conf->mqtt.host,
	    .port = conf->mqtt.port,
	    .client_id = client_id,
	    .username = conf->mqtt.username,
	    .password = conf->mqtt.password,
	    .tls = conf->mqtt.tls.on,
	    .ca_file = conf->mqtt.tls.ca_file,
	    .cert_file = conf->mqtt.tls.cert_file,
	    .key_file = conf->mqtt.tls.key_file,
	};
}

int yj_links_make(struct yj_gateway *g, const char **why)
{
	char help_id[YJ_NAME_MAX + 16], chatter_id[YJ_NAME_MAX + 16], topic[YJ_TOPIC_MAX];
	struct yj_link_conf c;
	snprintf(help_id, sizeof help_id, "yj.%s.help", g->config->gateway.id);
	snprintf(chatter_id, sizeof chatter_id, "yj.%s.chatter", g->config->gateway.id);
	int rc = yj_topic_format(YJ_TOPIC_GW_STATE, g->config->gateway.id, topic, sizeof topic);
	if (rc < 0)
		return rc;
	fill_conf(g, help_id, &c);
	c.persistent = true;
	c.receive_maximum = g->careful ? 1 : YJ_BATCH_MAX;
	c.will_topic = topic;
	c.will_payload = "{\"online\":false,\"version\":\"" YJ_VERSION "\",\"ts\":0}";
	rc = yj_link_new(g->base, &c, &help_ops, g, &g->help, why);
	for (size_t i = 0; rc == 0 && yj_native_help_filters[i]; i++)
		rc = yj_link_subscribe(g->help, yj_native_help_filters[i], 1, false);
	if (rc < 0)
		return rc;
	fill_conf(g, chatter_id, &c);
	c.receive_maximum = YJ_BATCH_MAX;
	rc = yj_link_new(g->base, &c, &chatter_ops, g, &g->chatter, why);
	for (size_t i = 0; rc == 0 && yj_native_chatter_filters[i]; i++)
		rc = yj_link_subscribe(g->chatter, yj_native_chatter_filters[i], 0, true);
	return rc;
}
