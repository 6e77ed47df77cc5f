/* Channel sms over any provider with an HTTP interface, by templates (notify/template.h).
 *   2xx, and at ok_pointer stands ok_value     YJ_SENT_OK (without ok_pointer: 2xx)
 *   there stands one of limit_values           YJ_SENT_RETRY, not before 30 s: a flow limit
 *   there stands anything else                 YJ_SENT_FINAL
 *   408, 429, 5xx, nothing at ok_pointer       YJ_SENT_RETRY
 *   any other status                           YJ_SENT_FINAL
 * Pointers are RFC 6901 ("/data/0/code"); a string that is JSON itself is looked into. A number,
 * true and false are compared as they are written. */
#ifndef NOTIFY_SMS_HTTP_H
#define NOTIFY_SMS_HTTP_H

#include "notify/channel.h"

struct yj_sms_http_conf {	   /* what is NULL is not set */
	const char *url;	   /* a template too */
	const char *method;	   /* POST (the default), PUT or GET, which has no body */
	const char *content_type;  /* application/json is the default */
	const char *headers;	   /* "Name: value" a line each */
	const char *authorization; /* value of Authorization; a secret */
	const char *body;
	const char *ok_pointer, *ok_value;
	const char *ref_pointer;
	const char *limit_values; /* a line each */
};

/* How the provider's own posts are read. A name without a leading slash is a field of a form, or a
 * member of the object. The body is one object, or an array of them, or has one member that is one.
 */
struct yj_sms_http_push {
	const char *report_ref;	  /* the ref that ref_pointer gave; NULL: no reports */
	const char *report_state; /* where it says how it went; NULL: each report is a receipt */
	const char *report_ok;	  /* the value there that means delivered */
	const char *reply_from, *reply_text; /* NULL: no replies */
	const char *reply_id;		     /* NULL: they have none */
};
/* Reads JSON, or a form when content_type says so, and gives what it finds to take: RECEIPT or
 * FAILED with ref, TEXT with from, text and id. What is neither is passed over. 0; YJ_ERR_INVAL if
 * it cannot be read (nothing was taken); YJ_ERR_NOMEM; or the first error of take. */
int yj_sms_http_push(const struct yj_sms_http_push *map, const char *channel,
    const char *content_type, const char *body, size_t len, yj_back_cb take,
    void *ctx) YJ_MUST_CHECK;

#endif
