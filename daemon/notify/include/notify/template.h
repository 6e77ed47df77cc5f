/* Templates of bodies, URLs and headers: text in which {{NAME}} stands for something of the
 * delivery, escaped as its place asks for. A template is checked as a whole when it is parsed: an
 * unknown name is an error, and so is JSON that would not be JSON once it is filled.
 *
 * Names: text subject url code (for an answer by SMS) id (of the delivery) incident kind
 * state level opened_at answer_by (RFC 3339); caregiver phone email language (of the receiver);
 * resident name address resident_phone access health (of the resident). What is unknown is empty.
 */
#ifndef NOTIFY_TEMPLATE_H
#define NOTIFY_TEMPLATE_H

#include "notify/channel.h"

enum yj_escape {
	YJ_ESCAPE_PLAIN,   /* as it is, without control characters */
	YJ_ESCAPE_JSON,	   /* inside of a string; only level may stand outside of one */
	YJ_ESCAPE_PERCENT, /* a form, a query: %XX for all but letters, digits and -._~ */
	YJ_ESCAPE_XML,
	YJ_ESCAPE_HEADER, /* one line */
};

struct yj_template;

struct yj_template_mistake {
	int line, column; /* from 1; column in characters */
	char text[128];
};

/* Which escape a body of that type asks for: JSON (.../json, ...+json), a form, XML, else plain. */
enum yj_escape yj_escape_of(const char *content_type);

/* 0 with *out, which is the caller's; YJ_ERR_INVAL with *mistake; YJ_ERR_NOMEM. */
int yj_template_parse(const char *text, enum yj_escape escape, struct yj_template **out,
    struct yj_template_mistake *mistake) YJ_MUST_CHECK;
void yj_template_free(struct yj_template *template); /* NULL is fine */

/* What it makes of a delivery: malloc'd, terminated; NULL when memory is short. */
char *yj_template_fill(const struct yj_template *template, const struct yj_delivery *delivery);

#endif
