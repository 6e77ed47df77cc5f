#include "effects.h"

#include <stdlib.h>
#include <string.h>

#include "feedback.h"
#include "tokens.h"

#define EFFECTS_MAX 4096 /* beyond that some go: their senders repeat */
#define FAIR_SHARE 64	 /* of one receiver, as long as there are too many */
#define RECEIVERS 1024	 /* told apart, by a hash */

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

int yj_effects_received(struct yj_gateway *g, const struct yj_device *device, const char *id,
    int64_t incident, const char *text)
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
	    .text = text,
	};
	int rc =
	    yj_feedback_make(g, device->id, device->family, &down, x->topic, &x->payload, &x->len);
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

int yj_effects_visit(struct yj_gateway *g, const char *device, const struct yj_msg_down_visit *down)
{
	const struct yj_message m = {.type = YJ_TOPIC_DOWN_VISIT, .u.down_visit = *down};
	struct effect *x = add(g->effects);
	if (!x)
		return YJ_ERR_NOMEM;
	int rc = yj_topic_format(YJ_TOPIC_DOWN_VISIT, device, x->topic, sizeof x->topic);
	if (rc < 0)
		return rc;
	x->payload = yj_message_encode(&m, &x->len);
	if (!x->payload)
		return YJ_ERR_NOMEM;
	if (x->len > YJ_PAYLOAD_MAX) {
		free(x->payload);
		return YJ_ERR_FULL;
	}
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

static unsigned receiver_of(const struct effect *x)
{
	uint32_t hash = 2166136261U; /* FNV-1a */
	for (const char *c = x->topic; *c; c++)
		hash = (hash ^ (unsigned char)*c) * 16777619U;
	return hash % RECEIVERS;
}

/* Drops what is too many: the oldest of those who have the most waiting, so that one who floods
 * does not push out what others wait for; then the oldest of all. */
static void thin(struct yj_effects *e)
{
	if (e->n <= EFFECTS_MAX)
		return;
	unsigned waiting[RECEIVERS] = {0};
	for (size_t i = 0; i < e->n; i++)
		waiting[receiver_of(&e->v[i])]++;
	size_t excess = e->n - EFFECTS_MAX, kept = 0;
	for (size_t i = 0; i < e->n; i++) {
		unsigned *of_one = &waiting[receiver_of(&e->v[i])];
		if (excess > 0 && *of_one > FAIR_SHARE) {
			free(e->v[i].payload);
			(*of_one)--;
			excess--;
		} else {
			e->v[kept++] = e->v[i];
		}
	}
	for (size_t i = 0; i < excess; i++)
		free(e->v[i].payload);
	memmove(e->v, e->v + excess, (kept - excess) * sizeof *e->v);
	e->n = kept - excess;
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
	if (done)
		memmove(e->v, e->v + done, (e->n - done) * sizeof *e->v);
	e->n -= done;
	thin(e);
	e->committed = e->n;
	e->marked = e->n;
}
