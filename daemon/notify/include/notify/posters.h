/* Channels that speak HTTP or SMTP through libcurl: webhooks, providers of SMS, robots in groups,
 * mail. One multi handle on the loop serves all of their endpoints.
 *
 * An endpoint begins with one request at a time; each answer lets it have one more, up to
 * YJ_POSTER_EACH_MAX, and one that does not answer begins anew, so that a hundred that hang hold a
 * hundred places and not eight times that. All together have YJ_POSTERS_INFLIGHT_MAX, but one is
 * always free for an endpoint that has none under way. After 3 failures in a row (no answer, 408,
 * 5xx, or what SMTP calls temporary) an endpoint is down: is_down says so for 30 s from the last
 * failure, and until a success it gets one request at a time. What it may not have yet is
 * YJ_ERR_BUSY.
 *
 * No answer (time, refused, TLS) is YJ_SENT_RETRY with libcurl's words. Back-off doubles from 1 s
 * to 5 min with a jitter of half its length; a Retry-After of 429 and 503 counts, at most 1 h. An
 * answer whose headers are complete counts even if its body breaks off; of the body at most
 * YJ_POSTER_REPLY_MAX bytes are read. A provider's own words are not repeated where they might name
 * a person or tell a secret. Names are resolved off the loop, redirects are not followed, and no
 * proxy of the environment is used. The process must ignore SIGPIPE. */
#ifndef NOTIFY_POSTERS_H
#define NOTIFY_POSTERS_H

#include <event2/event.h>

#include "notify/channel.h"
#include "notify/email.h"
#include "notify/robot.h"
#include "notify/sms_aliyun.h"
#include "notify/sms_http.h"
#include "notify/webhook.h"

enum yj_poster_type {
	YJ_POSTER_WEBHOOK,
	YJ_POSTER_SMS_ALIYUN,
	YJ_POSTER_SMS_HTTP,
	YJ_POSTER_EMAIL,
	YJ_POSTER_WECOM,
	YJ_POSTER_DINGTALK,
	YJ_POSTER_FEISHU,
};

struct yj_poster_conf { /* all borrowed during the call */
	enum yj_poster_type type;
	const char *name;    /* the channel's whole name: "webhook:NAME", "sms", "sms:2", "email" */
	int64_t timeout_ms;  /* one attempt as a whole; 0: 10 s */
	int attempts;	     /* 0: one */
	const char *ca_file; /* PEM, who vouches for its certificate; NULL: the system's */
	union {
		struct yj_hook_conf webhook;
		struct yj_sms_aliyun_conf sms_aliyun;
		struct yj_sms_http_conf sms_http;
		struct yj_email_conf email;
		struct yj_robot_conf robot; /* wecom, dingtalk, feishu */
	} u;
};

struct yj_poster_why {	 /* what is wrong with a setting */
	const char *key; /* the setting: "url", "body", ...; static */
	int line;	 /* within a template, from 1; 0: the whole setting */
	int column;	 /* in characters, from 1 */
	char text[160];	 /* for people, without the setting's content where that is secret */
};

struct yj_posters;

/* NULL when memory is short or libcurl cannot start or would resolve names on the loop. base is
 * borrowed. */
struct yj_posters *yj_posters_new(struct event_base *base);

/* Replaces the set of endpoints (at start and at a reload). Endpoints that stay by name and type
 * keep their health and what is under way; those that go have theirs answered YJ_SENT_FINAL
 * later in the loop. 0; YJ_ERR_INVAL with *bad = index of the entry that is wrong, and *why;
 * YJ_ERR_NOMEM. On failure nothing changes. */
int yj_posters_set(struct yj_posters *posters, const struct yj_poster_conf *conf, size_t n,
    size_t *bad, struct yj_poster_why *why) YJ_MUST_CHECK;

/* The same look at one entry, without taking it over. 0, YJ_ERR_INVAL or YJ_ERR_NOMEM. */
int yj_poster_check(const struct yj_poster_conf *conf, struct yj_poster_why *why) YJ_MUST_CHECK;

/* The channel of that whole name, borrowed until the next set; NULL: none. */
const struct yj_channel *yj_posters_channel(struct yj_posters *posters, const char *name);

/* No callbacks any more. NULL is fine. Not from inside a callback. */
void yj_posters_free(struct yj_posters *posters);

/* Changes the 30 s for which an endpoint counts as down. */
void yj_posters_set_rest(struct yj_posters *posters, int64_t rest_ms);

#endif
