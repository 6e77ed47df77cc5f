/* What operators do about visits. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "answerpage.h"
#include "command.h"
#include "commands.h"
#include "notices.h"
#include "proto/time.h"
#include "store/visit_link.h"
#include "visitlink.h"

/* ── visit.link ── */

#define LINK_MS (30 * 86400000LL)      /* how long a link is good */
#define LINK_MAX_MS (400 * 86400000LL) /* and at the most */
#define HOUR_MS 3600000LL
#define DAY_MS 86400000LL

static int read_span(struct yj_command *c, int64_t *span_ms)
{
	const char *during = yj_command_text(c, "for");
	if (during[0] && yj_duration_parse(during, span_ms) < 0)
		return yj_command_refuse(c, "invalid", "for: a duration like 30d");
	if (*span_ms < 60000 || *span_ms > LINK_MAX_MS)
		return yj_command_refuse(c, "invalid", "for: from 1m to 400d");
	if (!c->g->now.utc_known)
		return yj_command_refuse(c, "utc_unknown",
		    "the gateway does not know the time of day, so no link could end");
	return 0;
}

static int read_link(struct yj_command *c, struct yj_visitlink *link, int64_t *span_ms)
{
	const char *id = yj_command_text(c, "caregiver"),
		   *resident = yj_command_text(c, "resident");
	struct yj_whose whose;
	int rc = yj_command_caregiver(c, id);
	if (rc == 0)
		rc = read_span(c, span_ms);
	if (rc == 0 && resident[0]) {
		rc = yj_whose_resident(c->g->store, resident, &whose);
		if (rc == YJ_ERR_NOTFOUND)
			return yj_command_refuse(c, "unknown_resident", "no such resident");
	}
	if (rc == 0)
		rc = yj_visit_generation(c->g->store, id, &link->generation);
	if (rc < 0)
		return rc;
	snprintf(link->caregiver, sizeof link->caregiver, "%s", id);
	snprintf(link->resident, sizeof link->resident, "%s", resident);
	link->expires_utc_s = (c->g->now.utc_ms + *span_ms) / 1000;
	return 0;
}

/* Over the first of the caregiver's channels that works. */
static int send_link(struct yj_command *c, const char *caregiver, const char *url, int64_t span_ms)
{
	char text[YJ_NOTICE_TEXT_MAX];
	bool en = strcmp(c->g->config->gateway.language, "en") == 0;
	bool days = span_ms >= 2 * DAY_MS;
	int64_t n = days ? span_ms / DAY_MS : (span_ms + HOUR_MS - 1) / HOUR_MS;
	int len;
	if (en)
		len = snprintf(text, sizeof text,
		    "Your link for visits, good for %" PRId64
		    " %s. It is for you alone, please do not pass it on: %s",
		    n, days ? "days" : "hours", url);
	else
		len = snprintf(text, sizeof text,
		    "您的探视链接，%" PRId64 "%s内有效，只供您本人使用，请勿转发：%s", n,
		    days ? "天" : "小时", url);
	if (len < 0 || (size_t)len >= sizeof text)
		return yj_command_refuse(c, "too_long", "http.public_url is too long to be sent");
	return yj_notices_tell(c->g, YJ_NOTICE_OTHER, caregiver, text, false, NULL);
}

static int revoke_links(struct yj_command *c)
{
	const char *id = yj_command_text(c, "caregiver");
	int rc = yj_command_caregiver(c, id);
	if (rc == 0)
		rc = yj_visit_generation_next(c->g->store, id);
	if (rc == 0)
		rc = yj_commands_log_change(c->g, c->user, "caregivers", id, "links_revoked", 1);
	return rc < 0 ? rc : yj_command_done(c);
}

static int make_link(struct yj_command *c)
{
	struct yj_visitlink link = {0};
	bool send = json_is_true(json_object_get(c->args, "send"));
	char url[YJ_NOTICE_TEXT_MAX], until[YJ_RFC3339_LEN];
	int64_t span_ms = LINK_MS;
	int rc = read_link(c, &link, &span_ms);
	if (rc < 0)
		return rc;
	yj_visitlink_url(c->g, &link, url, sizeof url);
	if (!url[0])
		return yj_command_refuse(c, "no_public_url",
		    "http.public_url is not set, so there is no address to give");
	if (send)
		rc = send_link(c, link.caregiver, url, span_ms);
	if (rc == 0)
		rc = yj_commands_log_change(
		    c->g, c->user, "caregivers", link.caregiver, "link_made", 1);
	if (rc < 0)
		return rc;
	c->data = json_pack("{s:b, s:s, s:s, s:b}", "ok", 1, "url", url, "until",
	    yj_rfc3339_format(link.expires_utc_s * 1000, until), "sent", send);
	return c->data ? 0 : YJ_ERR_NOMEM;
}

static int do_link(struct yj_command *c)
{
	return json_is_true(json_object_get(c->args, "revoke")) ? revoke_links(c) : make_link(c);
}

const struct yj_command_entry yj_commands_visit[] = {
    {"visit.link", do_link, false},
    {NULL, NULL, false},
};
