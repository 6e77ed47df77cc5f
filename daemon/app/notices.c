#include "notices.h"

#include <stdio.h>
#include <string.h>

#include "channels.h"
#include "deliveries.h"
#include "lanes.h"
#include "ways.h"

static int add_row(
    struct yj_gateway *g, const struct yj_notice *notice, const char *channel, bool every_channel)
{
	struct yj_outbox_row row = {
	    .due_t = g->now.t,
	    .status = YJ_DELIVERY_PENDING,
	    .notice = notice->n,
	    .say = (int)YJ_PAGE_NOTICE,
	};
	snprintf(row.target, sizeof row.target, "%s", notice->caregiver);
	snprintf(row.channel, sizeof row.channel, "%s", channel);
	/* each of them is a test of its own: no next channel follows from a failure */
	snprintf(row.said, sizeof row.said, "%s", every_channel ? YJ_NOTICE_ALONE : "");
	int rc = yj_outbox_add(g->store, &row, g->now.utc_ms);
	if (rc == 0)
		yj_lanes_wake(g);
	return rc;
}

/* A notice for somebody who is there. 0, YJ_ERR_NOTFOUND or a yj_err. */
static int make(struct yj_gateway *g, enum yj_notice_kind kind, const char *caregiver,
    const char *text, const char *brief, struct yj_caregiver *who, struct yj_notice *notice)
{
	int rc = yj_caregiver_find(g->store, caregiver, who);
	if (rc == 0 && who->gone)
		rc = YJ_ERR_NOTFOUND;
	if (rc < 0)
		return rc;
	*notice = (struct yj_notice){.kind = kind, .created_utc_ms = g->now.utc_ms};
	snprintf(notice->caregiver, sizeof notice->caregiver, "%s", caregiver);
	snprintf(notice->text, sizeof notice->text, "%s", text);
	snprintf(notice->brief, sizeof notice->brief, "%s", brief);
	return yj_notice_add(g->store, notice);
}

int yj_notices_tell_over(
    struct yj_gateway *g, const char *caregiver, const char *channel, const char *text)
{
	struct yj_caregiver who;
	struct yj_notice notice;
	int rc = make(g, YJ_NOTICE_OTHER, caregiver, text, "", &who, &notice);
	return rc < 0 ? rc : add_row(g, &notice, channel, true);
}

/* One that is known to be down may take what it is given only when it is of no use any more. */
static size_t first_that_works(struct yj_gateway *g, const struct yj_ways *ways)
{
	for (size_t i = 0; i < ways->n; i++)
		if (!yj_channels_down(g, ways->v[i]))
			return i;
	return 0;
}

int yj_notices_tell(struct yj_gateway *g, enum yj_notice_kind kind, const char *caregiver,
    const char *text, bool every_channel, int64_t *n)
{
	struct yj_caregiver who;
	struct yj_notice notice;
	int rc = make(g, kind, caregiver, text, "", &who, &notice);
	if (rc < 0)
		return rc;
	struct yj_ways ways;
	if (every_channel)
		yj_ways_all(g, &who, &ways);
	else
		yj_ways_get(g, &who, &ways);
	if (!every_channel)
		rc = add_row(g, &notice, ways.v[first_that_works(g, &ways)], false);
	for (size_t i = 0; rc == 0 && every_channel && i < ways.n; i++)
		rc = add_row(g, &notice, ways.v[i], true);
	if (rc == 0 && n)
		*n = notice.n;
	return rc;
}

int yj_notices_tell_named(struct yj_gateway *g, enum yj_notice_kind kind, const char *caregiver,
    const char *text, const char *brief)
{
	struct yj_caregiver who;
	struct yj_notice notice;
	struct yj_ways ways;
	int rc = make(g, kind, caregiver, text, brief, &who, &notice);
	if (rc < 0)
		return rc;
	yj_ways_get(g, &who, &ways);
	size_t way = ways.n;
	for (size_t i = 0; i < ways.n && way == ways.n; i++)
		if (!yj_channels_in_group(g, ways.v[i]) && !yj_channels_down(g, ways.v[i]))
			way = i;
	return add_row(g, &notice, ways.v[way < ways.n ? way : first_that_works(g, &ways)], false);
}

int yj_notices_tell_roles(
    struct yj_gateway *g, enum yj_notice_kind kind, unsigned roles, const char *text)
{
	struct yj_names names = {0};
	int rc = yj_people_of_roles(g->store, roles, &names);
	for (size_t i = 0; rc == 0 && i < names.n; i++)
		rc = yj_notices_tell(g, kind, names.v[i], text, false, NULL);
	yj_names_done(&names);
	return rc;
}

int yj_notices_seen(struct yj_gateway *g, int64_t n, const char *channel)
{
	struct yj_outbox_row row;
	int rc = yj_outbox_of_notice(g->store, n, channel, &row);
	if (rc < 0)
		return rc == YJ_ERR_NOTFOUND ? 0 : rc;
	return yj_deliveries_receipt(g, row.n, true, NULL);
}

int yj_notices_confirm(struct yj_gateway *g, int64_t n, const char *caregiver, const char *channel)
{
	struct yj_notice notice;
	int rc = yj_notice_get(g->store, n, &notice);
	if (rc < 0)
		return rc;
	if (strcmp(notice.caregiver, caregiver) != 0)
		return YJ_ERR_DENIED;
	rc = yj_notice_confirm(g->store, n, channel, g->now.utc_ms);
	return rc < 0 ? rc : yj_notices_seen(g, n, channel);
}
