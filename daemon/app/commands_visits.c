/* Visits that operators begin. */
#include <stdio.h>
#include <string.h>

#include "command.h"
#include "proto/time.h"
#include "store/visit_link.h"
#include "visitlink.h"
#include "visits.h"

#define LINK_MS (24LL * 3600 * 1000)

static int refuse(struct yj_command *c, enum yj_visits_no no)
{
	static const char *const reasons[] = {[YJ_VISITS_YES] = "",
	    [YJ_VISITS_UNKNOWN] = "no such resident or caregiver",
	    [YJ_VISITS_NOT_YOURS] = "this caregiver does not serve the resident",
	    [YJ_VISITS_NO_CONSENT] = "the resident does not want to be visited by them",
	    [YJ_VISITS_NO_TERMINAL] = "the resident has no terminal",
	    [YJ_VISITS_BUSY] = "somebody visits them already",
	    [YJ_VISITS_TOO_LONG] = "too long",
	    [YJ_VISITS_TOO_FAST] = "they have begun too many visits in this minute"};
	return yj_command_refuse(c, yj_visits_no_word(no), reasons[no]);
}

static int ring(struct yj_command *c, const char *resident, const char *by)
{
	const struct yj_visits_ask ask = {.resident = resident,
	    .caregiver = by,
	    .mode = YJ_MODE_CHECK_IN,
	    .actor = c->user,
	    .via = "ctl"};
	struct yj_visits_may may;
	struct yj_visit_row row;
	int rc = yj_visits_begin(c->g, &ask, &may, &row);
	if (rc == 0 && may.no)
		return refuse(c, may.no);
	if (rc < 0)
		return rc;
	c->data = json_pack("{s:s, s:s}", "id", row.id, "state", "ringing");
	return c->data ? 0 : YJ_ERR_NOMEM;
}

/* To see and hear somebody takes a browser. */
static int give_page(struct yj_command *c, const char *resident, const char *by)
{
	struct yj_visitlink link = {.expires_utc_s = (c->g->now.utc_ms + LINK_MS) / 1000};
	struct yj_visits_may may;
	char url[1024], until[YJ_RFC3339_LEN];
	int rc = yj_visits_may(c->g, resident, by, &may);
	if (rc == 0 && may.no)
		return refuse(c, may.no);
	if (rc == 0)
		rc = yj_visit_generation(c->g->store, by, &link.generation);
	if (rc < 0)
		return rc;
	snprintf(link.caregiver, sizeof link.caregiver, "%s", by);
	snprintf(link.resident, sizeof link.resident, "%s", resident);
	yj_visitlink_url(c->g, &link, url, sizeof url);
	if (!url[0])
		return yj_command_refuse(
		    c, "no_public_url", "http.public_url is not set, so there is no page to open");
	c->data = json_pack(
	    "{s:s, s:s}", "url", url, "until", yj_rfc3339_format(link.expires_utc_s * 1000, until));
	return c->data ? 0 : YJ_ERR_NOMEM;
}

static int do_start(struct yj_command *c)
{
	const char *resident = yj_command_text(c, "resident"), *by = yj_command_text(c, "by");
	enum yj_visit_mode mode;
	if (yj_visit_mode_parse(yj_command_text(c, "mode"), &mode) < 0)
		return yj_command_refuse(c, "invalid", "mode: video, voice or check-in");
	return mode == YJ_MODE_CHECK_IN ? ring(c, resident, by) : give_page(c, resident, by);
}

const struct yj_command_entry yj_commands_visits[] = {
    {"visit.start", do_start, false},
    {NULL, NULL, false},
};
