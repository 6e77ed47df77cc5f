#include "answerview.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "channels.h"

#define AFTER_END_MS 86400000LL	   /* an incident's link still works */
#define NOTICE_MS (7 * 86400000LL) /* a notice's, after it was made */

/* The key is not looked at before the row is: both are so cheap that a guess learns nothing. */
static int find(struct yj_gateway *g, const unsigned char key[YJ_ANSWERLINK_KEY_LEN],
    const char *token, struct yj_outbox_row *row, bool *good)
{
	unsigned char mac[YJ_ANSWERLINK_MAC_LEN] = {0};
	int64_t n = 0;
	bool readable = yj_answerlink_read(token, &n, mac) == 0;
	int rc = yj_outbox_get(g->store, n, row);
	if (rc < 0 && rc != YJ_ERR_NOTFOUND)
		return rc;
	bool found = rc == 0;
	if (!found)
		memset(row, 0, sizeof *row);
	*good = yj_answerlink_good(key, row, mac) && found && readable && !row->home;
	return 0;
}

static bool expired(const struct yj_gateway *g, const struct yj_answer_view *v)
{
	if (v->row.notice)
		return g->now.utc_ms - v->notice.created_utc_ms >= NOTICE_MS;
	return v->closed && g->now.utc_ms - v->inc.closed_utc_ms >= AFTER_END_MS;
}

int yj_answerview_pass(struct yj_gateway *g, const unsigned char key[YJ_ANSWERLINK_KEY_LEN],
    const char *token, struct yj_answer_view *v, enum yj_answer_pass *pass)
{
	struct yj_caregiver who;
	bool good = false;
	memset(v, 0, sizeof *v);
	*pass = YJ_PASS_UNKNOWN;
	int rc = find(g, key, token, &v->row, &good);
	if (rc < 0 || !good)
		return rc;
	rc = v->row.notice ? yj_notice_get(g->store, v->row.notice, &v->notice)
			   : yj_incident_load(g->store, v->row.incident, &v->inc);
	if (rc < 0)
		return rc == YJ_ERR_NOTFOUND ? 0 : rc;
	v->closed = !v->row.notice && v->inc.closed_utc_ms != INT64_MAX;
	rc = yj_caregiver_find(g->store, v->row.target, &who);
	if (rc < 0 && rc != YJ_ERR_NOTFOUND)
		return rc;
	v->removed = rc == YJ_ERR_NOTFOUND || who.gone;
	*pass = expired(g, v) ? YJ_PASS_EXPIRED : v->removed ? YJ_PASS_REMOVED : YJ_PASS_GOOD;
	return 0;
}

static int name_of(struct yj_gateway *g, const char *id, char *buf, size_t cap)
{
	struct yj_caregiver who;
	if (!id[0])
		return 0;
	int rc = yj_caregiver_find(g->store, id, &who);
	snprintf(buf, cap, "%s", rc == 0 ? who.name : id);
	return rc == YJ_ERR_NOTFOUND ? 0 : rc;
}

int yj_answerview_fill(struct yj_gateway *g, struct yj_answer_view *v)
{
	if (v->row.notice || v->inc.poisoned)
		return 0;
	int rc = yj_compose_page(g, &v->row, &v->page);
	if (rc == 0)
		rc = name_of(g, v->inc.by, v->by, sizeof v->by);
	if (rc == 0 && v->inc.whose.resident[0])
		rc = yj_about_where(g->store, &v->inc.whose, &v->has_place, &v->lat, &v->lon);
	if (rc < 0)
		return rc;
	v->mine = v->inc.by[0] && strcmp(v->inc.by, v->row.target) == 0;
	v->guarded = yj_channels_in_group(g, v->row.channel) && !v->mine;
	if (v->guarded && v->inc.whose.region[0])
		rc = yj_region_called(g->store, v->inc.whose.region, v->village, sizeof v->village);
	v->minutes = (g->now.t - v->inc.opened_t) / 60000;
	return rc;
}

void yj_answerview_done(struct yj_answer_view *v)
{
	yj_page_done(&v->page);
}
