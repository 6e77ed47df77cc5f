#include "channels.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "notify/webhook.h"

struct yj_channels {
	struct yj_webhooks *webhooks;
};

struct yj_channels *yj_channels_new(struct yj_gateway *g)
{
	struct yj_channels *c = calloc(1, sizeof *c);
	if (!c)
		return NULL;
	c->webhooks = yj_webhooks_new(g->base);
	if (!c->webhooks) {
		yj_channels_free(c);
		return NULL;
	}
	return c;
}

void yj_channels_free(struct yj_channels *c)
{
	if (!c)
		return;
	yj_webhooks_free(c->webhooks);
	free(c);
}

static int set_webhooks(struct yj_gateway *g, char why[YJ_WHY_MAX])
{
	const struct yj_config *c = g->config;
	size_t bad = 0;
	struct yj_webhook_conf *v = calloc(c->n_webhooks + 1, sizeof *v);
	if (!v)
		return YJ_ERR_NOMEM;
	for (size_t i = 0; i < c->n_webhooks; i++)
		v[i] = (struct yj_webhook_conf){
		    .name = c->webhooks[i].name,
		    .url = c->webhooks[i].url,
		    .secret = c->webhooks[i].secret,
		    .timeout_ms = c->webhooks[i].timeout_ms,
		    .attempts = c->webhooks[i].attempts,
		};
	int rc = yj_webhooks_set(g->channels->webhooks, v, c->n_webhooks, &bad);
	free(v);
	if (rc == YJ_ERR_INVAL)
		snprintf(why, YJ_WHY_MAX, "webhook %s", c->webhooks[bad].name);
	return rc;
}

int yj_channels_set(struct yj_gateway *g, char why[YJ_WHY_MAX])
{
	snprintf(why, YJ_WHY_MAX, "channels");
	return set_webhooks(g, why);
}

const struct yj_channel *yj_channels_find(struct yj_gateway *g, const char *name)
{
	if (strncmp(name, "webhook:", 8) == 0)
		return yj_webhooks_channel(g->channels->webhooks, name + 8);
	return NULL;
}

bool yj_channels_down(struct yj_gateway *g, const char *name)
{
	if (strcmp(name, "mqtt") == 0)
		return !yj_link_is_up(g->help);
	const struct yj_channel *channel = yj_channels_find(g, name);
	return !channel || channel->is_down(channel->self);
}
