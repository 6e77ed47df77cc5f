#include "modems.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backs.h"
#include "lanes.h"
#include "notify/sms_spool.h"

#define SPOOL "/var/spool/sms" /* of Debian's smstools */

struct modem { /* a spool, with what it was made from */
	char name[YJ_NAME_MAX + 16];
	char *spool;
	int64_t report, attempts, take_ms;
	struct yj_sms_spool *driver;
};

struct yj_modems {
	struct modem v[YJ_CHANNELS_MAX];
	size_t n;
};

struct yj_modems *yj_modems_new(struct yj_gateway *g)
{
	(void)g;
	return calloc(1, sizeof(struct yj_modems));
}

static void modem_done(struct modem *m)
{
	yj_sms_spool_free(m->driver);
	free(m->spool);
	*m = (struct modem){0};
}

void yj_modems_free(struct yj_modems *modems)
{
	if (!modems)
		return;
	for (size_t i = 0; i < modems->n; i++)
		modem_done(&modems->v[i]);
	free(modems);
}

static void on_note(void *ctx, const char *what)
{
	(void)ctx;
	yj_log(YJ_LOG_WARN, "event=%s", what);
}

static const char *spool_of(const struct yj_config_channel *c)
{
	const char *spool = yj_config_text(c, "spool");
	return spool ? spool : SPOOL;
}

static bool same(const struct modem *m, const struct yj_config_channel *c)
{
	return m->driver && strcmp(m->name, c->name) == 0 && strcmp(m->spool, spool_of(c)) == 0 &&
	       m->report == yj_config_number(c, "report") &&
	       m->attempts == yj_config_number(c, "attempts") &&
	       m->take_ms == yj_config_number(c, "take_within");
}

static int make(struct yj_gateway *g, const struct yj_config_channel *c, struct modem *m)
{
	struct yj_sms_spool_conf conf = {
	    .name = c->name,
	    .spool = spool_of(c),
	    .report = yj_config_number(c, "report") != 0,
	    .attempts = (int)yj_config_number(c, "attempts"),
	    .take_max_ms = yj_config_number(c, "take_within"),
	};
	*m = (struct modem){
	    .report = yj_config_number(c, "report"),
	    .attempts = conf.attempts,
	    .take_ms = conf.take_max_ms,
	};
	memcpy(m->name, c->name, sizeof m->name);
	m->spool = strdup(conf.spool);
	m->driver = yj_sms_spool_new(g->base, &conf, yj_backs_take, on_note, g);
	if (m->spool && m->driver)
		return 0;
	modem_done(m);
	return YJ_ERR_NOMEM;
}

/* Of two files for one spool the second would take what is the first's, so the old ones end before
 * new ones begin. */
static void end_others(struct yj_gateway *g, struct yj_modems *modems)
{
	for (size_t i = 0; i < modems->n; i++) {
		struct modem *m = &modems->v[i];
		const struct yj_config_channel *c = yj_config_channel(g->config, m->name);
		if (m->driver && c && c->type == YJ_CHANNEL_SPOOL && same(m, c))
			continue;
		if (m->driver)
			yj_lanes_forget(g);
		modem_done(m);
	}
}

int yj_modems_set(struct yj_gateway *g, struct yj_modems *modems)
{
	struct modem fresh[YJ_CHANNELS_MAX] = {0};
	size_t n = 0;
	int rc = 0;
	end_others(g, modems);
	for (size_t i = 0; i < g->config->n_channels && n < YJ_CHANNELS_MAX; i++) {
		const struct yj_config_channel *c = &g->config->channels[i];
		bool kept = false;
		if (c->type != YJ_CHANNEL_SPOOL)
			continue;
		for (size_t k = 0; k < modems->n && !kept; k++) {
			kept = same(&modems->v[k], c);
			if (kept) {
				fresh[n] = modems->v[k];
				modems->v[k] = (struct modem){0};
			}
		}
		if (!kept && make(g, c, &fresh[n]) < 0)
			rc = YJ_ERR_NOMEM;
		n++;
	}
	memcpy(modems->v, fresh, sizeof fresh);
	modems->n = n;
	return rc;
}

const struct yj_channel *yj_modems_channel(struct yj_modems *modems, const char *name)
{
	for (size_t i = 0; i < modems->n; i++)
		if (modems->v[i].driver && strcmp(modems->v[i].name, name) == 0)
			return yj_sms_spool_channel(modems->v[i].driver);
	return NULL;
}
