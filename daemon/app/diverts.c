#include "diverts.h"

#include <stdio.h>
#include <string.h>

#include "commands.h"
#include "notices.h"

#define TELL_EVERY_MS (3600LL * 1000)

static int look(struct yj_gateway *g)
{
	struct yj_divert first;
	if (g->diverts.known)
		return 0;
	int rc = yj_divert_first(g->store, &first);
	if (rc < 0 && rc != YJ_ERR_NOTFOUND)
		return rc;
	g->diverts.due_t = rc == YJ_ERR_NOTFOUND	  ? INT64_MAX
			   : first.until_t < first.tell_t ? first.until_t
							  : first.tell_t;
	g->diverts.known = true;
	return 0;
}

void yj_diverts_forget(struct yj_gateway *g)
{
	g->diverts.known = false;
}

int64_t yj_diverts_due(struct yj_gateway *g)
{
	return look(g) < 0 ? INT64_MAX : g->diverts.due_t;
}

int yj_diverts_now(struct yj_gateway *g, const char *device, bool *diverted)
{
	struct yj_divert d;
	*diverted = false;
	int rc = look(g);
	if (rc < 0 || g->diverts.due_t == INT64_MAX) /* the usual case costs nothing */
		return rc;
	rc = yj_divert_get(g->store, device, &d);
	if (rc == 0 && d.until_t > g->now.t)
		return yj_diverts_desk(g, diverted);
	return rc == YJ_ERR_NOTFOUND ? 0 : rc;
}

int yj_diverts_desk(struct yj_gateway *g, bool *any)
{
	struct yj_names names = {0};
	int rc = yj_people_seats(g->store, &names);
	*any = names.n > 0;
	yj_names_done(&names);
	return rc;
}

enum news { BEGUN, STILL, OVER };

static int tell(struct yj_gateway *g, const char *device, int64_t until_t, enum news news)
{
	bool en = strcmp(g->config->gateway.language, "en") == 0;
	char text[YJ_NOTICE_TEXT_MAX];
	struct yj_names names = {0};
	long minutes = (long)((until_t - g->now.t + 59999) / 60000);
	if (news == OVER)
		snprintf(text, sizeof text,
		    en ? "Calls of device %s page people again as ever"
		       : "设备%s的呼叫已恢复按预案通知",
		    device);
	else
		snprintf(text, sizeof text,
		    en ? "Calls of device %s go to operators alone, for another %ld min"
		       : "设备%s的呼叫现在只转坐席，还剩%ld分钟",
		    device, minutes);
	int rc = yj_people_seats(g->store, &names);
	for (size_t i = 0; rc == 0 && i < names.n; i++)
		rc = yj_notices_tell(g, YJ_NOTICE_DIVERTED, names.v[i], text, false, NULL);
	yj_names_done(&names);
	return rc;
}

int yj_diverts_begin(
    struct yj_gateway *g, struct yj_divert *d, const char *actor, const char *reason)
{
	d->tell_t = g->now.t + TELL_EVERY_MS;
	int rc = yj_divert_put(g->store, d, actor, reason);
	yj_diverts_forget(g);
	if (rc == 0)
		rc = yj_commands_log_change(g, actor, "devices", d->device, "diverted", 1);
	return rc < 0 ? rc : tell(g, d->device, d->until_t, BEGUN);
}

int yj_diverts_end(struct yj_gateway *g, const char *device, const char *actor)
{
	int rc = yj_divert_end(g->store, device);
	yj_diverts_forget(g);
	if (rc == 0)
		rc = yj_commands_log_change(g, actor, "devices", device, "divert_ended", 1);
	return rc < 0 ? rc : tell(g, device, 0, OVER);
}

int yj_diverts_run(struct yj_gateway *g)
{
	struct yj_divert d;
	int rc;
	yj_diverts_forget(g);
	while ((rc = yj_divert_first(g->store, &d)) == 0) {
		if (d.until_t <= g->now.t) {
			rc = yj_diverts_end(g, d.device, "");
		} else if (d.tell_t <= g->now.t) {
			rc = yj_divert_told(g->store, d.device, g->now.t + TELL_EVERY_MS);
			if (rc == 0)
				rc = yj_commands_log_change(
				    g, "", "devices", d.device, "still_diverted", 1);
			if (rc == 0)
				rc = tell(g, d.device, d.until_t, STILL);
		} else {
			return 0;
		}
		if (rc < 0)
			return rc;
	}
	return rc == YJ_ERR_NOTFOUND ? 0 : rc;
}
