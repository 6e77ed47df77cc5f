#include "effects.h"

#include <stdlib.h>
#include <string.h>

#include "texts.h"
#include "tokens.h"

#define EFFECTS_MAX 4096 /* beyond that the oldest go: their senders repeat */

struct effect {
	char *payload;
	size_t len;
	char topic[YJ_TOPIC_MAX];
};

struct yj_effects {
	struct effect *v;
	size_t n, cap;
	size_t committed; /* the first so many may be published */
	size_t marked;
};

struct yj_effects *yj_effects_new(void)
{
	return calloc(1, sizeof(struct yj_effects));
}

static void drop_from(struct yj_effects *e, size_t from)
{
	for (size_t i = from; i < e->n; i++)
		free(e->v[i].payload);
	e->n = from;
}

void yj_effects_free(struct yj_effects *e)
{
	if (!e)
		return;
	drop_from(e, 0);
	free(e->v);
	free(e);
}

static struct effect *add(struct yj_effects *e)
{
	if (e->n == e->cap) {
		size_t cap = e->cap ? e->cap * 2 : 64;
		void *v = realloc(e->v, cap * sizeof *e->v);
		if (!v)
			return NULL;
		e->v = v;
		e->cap = cap;
	}
	struct effect *x = &e->v[e->n];
	memset(x, 0, sizeof *x);
	return x;
}

int yj_effects_received(struct yj_gateway *g, const struct yj_family *family, const char *speaker,
    const char *id, int64_t incident, bool test)
{
	struct effect *x = add(g->effects);
	if (!x)
		return YJ_ERR_NOMEM;
	char incident_id[YJ_NAME_MAX + 24];
	if (incident)
		yj_incident_id(g->store, incident, incident_id, sizeof incident_id);
	struct yj_msg_down_call down = {
	    .id = id,
	    .incident = incident ? incident_id : NULL,
	    .state = YJ_HOME_RECEIVED,
	    .text = yj_text_received(g->config->gateway.language, test),
	};
	int rc = family->feedback(speaker, &down, x->topic, sizeof x->topic, &x->payload, &x->len);
	if (rc == YJ_ERR_NOTFOUND)
		return 0;
	if (rc == 0)
		g->effects->n++;
	return rc;
}

int yj_effects_result(struct yj_gateway *g, const char *caregiver, const char *json)
{
	struct effect *x = add(g->effects);
	if (!x)
		return YJ_ERR_NOMEM;
	int rc = yj_topic_format(YJ_TOPIC_RESULT, caregiver, x->topic, sizeof x->topic);
	if (rc < 0)
		return rc;
	x->payload = strdup(json);
	if (!x->payload)
		return YJ_ERR_NOMEM;
	x->len = strlen(json);
	g->effects->n++;
	return 0;
}

void yj_effects_forget(struct yj_gateway *g)
{
	drop_from(g->effects, g->effects->committed);
}

void yj_effects_mark(struct yj_gateway *g)
{
	g->effects->marked = g->effects->n;
}

void yj_effects_undo(struct yj_gateway *g)
{
	drop_from(g->effects, g->effects->marked);
}

bool yj_effects_waiting(const struct yj_gateway *g)
{
	return g->effects->committed > 0;
}

void yj_effects_publish(struct yj_gateway *g)
{
	struct yj_effects *e = g->effects;
	size_t done = 0;
	while (done < e->n) {
		struct effect *x = &e->v[done];
		if (yj_link_publish(g->help, x->topic, x->payload, x->len, 1, false,
			YJ_TOKEN_NONE) == YJ_ERR_BUSY)
			break;
		free(x->payload);
		done++;
	}
	if (e->n - done > EFFECTS_MAX) {
		size_t drop = e->n - done - EFFECTS_MAX;
		for (size_t i = 0; i < drop; i++)
			free(e->v[done + i].payload);
		done += drop;
	}
	if (done)
		memmove(e->v, e->v + done, (e->n - done) * sizeof *e->v);
	e->n -= done;
	e->committed = e->n;
	e->marked = e->n;
}
