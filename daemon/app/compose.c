#include "compose.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "answerpage.h"
#include "channels.h"
#include "feedback.h"
#include "store/bed.h"
#include "store/notice.h"
#include "texts.h"

void yj_page_done(struct yj_page *page)
{
	yj_about_done(&page->about);
}

static bool goes_there(const struct yj_caregiver *who)
{
	return who->on_site == 1 || (who->on_site < 0 && who->role != YJ_ROLE_OPERATOR);
}

static bool may_read_health(const struct yj_caregiver *who)
{
	return who->role == YJ_ROLE_DOCTOR || who->role == YJ_ROLE_NURSE ||
	       who->role == YJ_ROLE_OPERATOR;
}

static const char *or_null(const char *text)
{
	return text && text[0] ? text : NULL;
}

static int name_of(struct yj_gateway *g, const char *id, char *buf, size_t cap)
{
	struct yj_caregiver who;
	buf[0] = '\0';
	if (!id[0] || strcmp(id, "-") == 0)
		return 0;
	int rc = yj_caregiver_find(g->store, id, &who);
	if (rc == 0)
		snprintf(buf, cap, "%s", who.name);
	return rc == YJ_ERR_NOTFOUND ? 0 : rc;
}

static int64_t utc_of(const struct yj_gateway *g, int64_t t)
{
	return t == INT64_MAX ? 0 : g->now.utc_ms + (t - g->now.t);
}

/* What is said, in parts; page->inbox is filled in by then. */
static int fill_words(struct yj_gateway *g, const struct yj_outbox_row *row,
    const struct yj_incident *inc, bool asks, struct yj_page *page)
{
	int rc = name_of(g, row->said, page->by, sizeof page->by);
	if (rc == 0)
		rc = yj_incident_text(g->store, inc->n, page->said, sizeof page->said);
	if (rc < 0)
		return rc;
	memcpy(page->region, inc->whose.region, sizeof page->region);
	snprintf(page->code, sizeof page->code, "%lld", (long long)inc->n);
	page->words = (struct yj_text_page){
	    .state = (enum yj_page_state)row->say,
	    .kind = inc->kind,
	    .name = page->about.name,
	    .address = page->about.address,
	    .others = page->about.others,
	    .place = page->about.place,
	    .status = strcmp(page->about.status, "active") == 0 ? "" : page->about.status,
	    .status_until = page->about.status_until,
	    .by = page->by,
	    .said = page->said,
	    .drill = inc->drill,
	    .late = inc->late,
	    .info = strcmp(row->said, "-") == 0,
	    .minutes = (int)((g->now.t - inc->opened_t) / 60000),
	    .village = "",
	    .phone = page->about.phone,
	    .access = page->inbox.resident.access,
	    .health = page->inbox.resident.health,
	    .url = page->inbox.url,
	    .code = page->code,
	    .asks = asks,
	    .of_institution = !inc->whose.resident[0],
	};
	if (!page->words.place[0] && !inc->whose.resident[0] && !inc->whose.bed[0]) {
		snprintf(page->device, sizeof page->device, "%s", inc->device);
		page->words.place = page->device; /* all that says where it is */
	}
	yj_text_page(g->config->gateway.language, &page->words, page->text, sizeof page->text);
	return 0;
}

void yj_compose_words(
    struct yj_gateway *g, const struct yj_page *page, enum yj_form form, char *buf, size_t cap)
{
	struct yj_text_page words = page->words;
	char village[YJ_CALLED_MAX + 1];
	if (form == YJ_FORM_GROUP && page->region[0] &&
	    yj_region_called(g->store, page->region, village, sizeof village) == 0)
		words.village = village;
	yj_text_form(g->config->gateway.language, form, &words, buf, cap);
}

/* An incident that was set aside is told in fixed words: composing it may be what crashes. */
static void compose_poisoned(
    struct yj_gateway *g, const struct yj_outbox_row *row, struct yj_page *page)
{
	yj_delivery_id(g->store, row->n, page->id, sizeof page->id);
	yj_incident_id(g->store, row->incident, page->incident, sizeof page->incident);
	snprintf(
	    page->text, sizeof page->text, "%s", yj_text_poisoned(g->config->gateway.language));
	page->inbox = (struct yj_msg_inbox){
	    .id = page->id,
	    .incident = page->incident,
	    .kind = YJ_KIND_UNREADABLE,
	    .state = YJ_PAGE_OPEN,
	    .resident = {.id = "", .name = "", .address = "", .phone = ""},
	    .text = page->text,
	    .opened_at_ms = g->now.utc_ms,
	};
	page->words = (struct yj_text_page){.fixed = page->text, .asks = true};
}

static int compose_notice(
    struct yj_gateway *g, const struct yj_outbox_row *row, struct yj_page *page)
{
	struct yj_notice notice;
	int rc = yj_notice_get(g->store, row->notice, &notice);
	if (rc < 0)
		return rc;
	yj_delivery_id(g->store, row->n, page->id, sizeof page->id);
	yj_notice_id(g->store, row->notice, page->incident, sizeof page->incident);
	bool brief = notice.brief[0] && yj_channels_in_group(g, row->channel);
	snprintf(page->text, sizeof page->text, "%s", brief ? notice.brief : notice.text);
	if (notice.kind == YJ_NOTICE_VERIFY)
		yj_answerpage_url(g, row, page->url, sizeof page->url);
	page->inbox = (struct yj_msg_inbox){
	    .id = page->id,
	    .incident = page->incident,
	    .state = YJ_PAGE_NOTICE,
	    .resident = {.id = "", .name = "", .address = "", .phone = ""},
	    .text = page->text,
	    .opened_at_ms = notice.created_utc_ms,
	    .url = or_null(page->url),
	};
	page->words = (struct yj_text_page){
	    .state = YJ_PAGE_NOTICE,
	    .fixed = page->text,
	    .asks = notice.kind == YJ_NOTICE_VERIFY,
	    .url = page->inbox.url,
	};
	return 0;
}

/* What was measured stands before what is known of their health. */
static int add_measured(struct yj_gateway *g, int64_t incident, struct yj_page *page)
{
	bool en = strcmp(g->config->gateway.language, "en") == 0;
	const char *health = page->about.health ? page->about.health : "";
	char measured[192];
	int rc = yj_bed_vital_words(g->store, incident, en, measured, sizeof measured);
	if (rc < 0 || !measured[0])
		return rc;
	size_t len = strlen(health) + sizeof measured + 8;
	char *both = malloc(len);
	if (!both)
		return YJ_ERR_NOMEM;
	snprintf(both, len, "%s%s%s", measured, health[0] ? en ? "; " : "；" : "", health);
	free(page->about.health);
	page->about.health = both;
	page->inbox.resident.health = both;
	return 0;
}

static int compose_incident(
    struct yj_gateway *g, const struct yj_outbox_row *row, struct yj_page *page)
{
	struct yj_incident inc = {0};
	int rc = yj_incident_load(g->store, row->incident, &inc);
	if (rc == 0)
		rc = yj_about_get(g->store, &inc.whose, inc.device, inc.n, &page->about);
	if (rc < 0)
		return rc;
	bool asks = row->say <= (int)YJ_PAGE_REMIND && strcmp(row->said, "-") != 0;
	yj_delivery_id(g->store, row->n, page->id, sizeof page->id);
	yj_incident_id(g->store, inc.n, page->incident, sizeof page->incident);
	if (asks)
		yj_answerpage_url(g, row, page->url, sizeof page->url);
	page->inbox = (struct yj_msg_inbox){
	    .id = page->id,
	    .incident = page->incident,
	    .level = (int)row->level,
	    .kind = inc.kind,
	    .state = (enum yj_page_state)row->say,
	    .resident = {.id = page->about.id,
		.name = page->about.name,
		.address = page->about.address,
		.phone = page->about.phone,
		.access = asks && goes_there(&page->who) ? or_null(page->about.access) : NULL,
		.health = asks && may_read_health(&page->who) ? or_null(page->about.health) : NULL},
	    .text = page->text,
	    .opened_at_ms = inc.opened_utc_ms,
	    .answer_by_ms = asks ? utc_of(g, inc.level_due) : 0,
	    .url = or_null(page->url),
	};
	if (asks && inc.kind == YJ_KIND_VITAL && may_read_health(&page->who))
		rc = add_measured(g, inc.n, page);
	if (rc == 0)
		rc = fill_words(g, row, &inc, asks, page);
	if (rc < 0)
		yj_page_done(page);
	return rc;
}

int yj_compose_page(struct yj_gateway *g, const struct yj_outbox_row *row, struct yj_page *page)
{
	memset(page, 0, sizeof *page);
	int rc = yj_caregiver_find(g->store, row->target, &page->who);
	if (strcmp(row->said, "!") == 0) { /* as little as possible may fail here */
		compose_poisoned(g, row, page);
		return 0;
	}
	if (rc == 0 && page->who.gone)
		rc = YJ_ERR_NOTFOUND;
	if (rc < 0)
		return rc;
	return row->notice ? compose_notice(g, row, page) : compose_incident(g, row, page);
}

int yj_compose_inbox(
    struct yj_gateway *g, const struct yj_outbox_row *row, char *topic, char **payload, size_t *len)
{
	struct yj_page page;
	int rc = yj_topic_format(YJ_TOPIC_INBOX, row->target, topic, YJ_TOPIC_MAX);
	if (rc < 0)
		return rc;
	rc = yj_compose_page(g, row, &page);
	if (rc < 0)
		return rc;
	struct yj_message m = {.type = YJ_TOPIC_INBOX, .u.inbox = page.inbox};
	char *text = yj_message_encode(&m, len);
	yj_page_done(&page);
	if (!text)
		return YJ_ERR_NOMEM;
	*payload = text;
	return 0;
}

int yj_compose_home(
    struct yj_gateway *g, const struct yj_outbox_row *row, char *topic, char **payload, size_t *len)
{
	struct yj_incident inc;
	struct yj_incident_device where;
	int rc = yj_incident_load(g->store, row->incident, &inc);
	if (rc == 0)
		rc = yj_incident_device_get(g->store, row->incident, row->target, &where);
	if (rc < 0)
		return rc;
	char by[YJ_CALLED_MAX + 1], text[256], incident[YJ_NAME_MAX + 24];
	rc = name_of(g, row->said, by, sizeof by);
	if (rc < 0)
		return rc;
	enum yj_home_state say = (enum yj_home_state)row->say;
	/* an answer while people are still being looked for is one from afar */
	bool remote = say == YJ_HOME_ANSWERED && inc.state == YJ_INC_OPEN;
	yj_text_home(g->config->gateway.language, say, by, remote, text, sizeof text);
	yj_incident_id(g->store, inc.n, incident, sizeof incident);
	struct yj_msg_down_call down = {
	    .id = where.last_id,
	    .incident = incident,
	    .state = say,
	    .by = say == YJ_HOME_ANSWERED || say == YJ_HOME_ARRIVED ? or_null(by) : NULL,
	    .text = text,
	};
	return yj_feedback_make(g, row->target, NULL, &down, topic, payload, len);
}
