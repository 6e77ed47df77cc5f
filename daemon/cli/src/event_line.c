/* An event as a line for people. It says only what the event's data say: ids, words and numbers. */
#include <stdlib.h>
#include <string.h>

#include "events.h"
#include "proto/time.h"
#include "table.h"
#include "term.h"

#define RED "\033[1;31m"
#define YELLOW "\033[33m"
#define GREEN "\033[32m"
#define DIM "\033[2m"
#define PLAIN "\033[0m"

static const char *color_of(enum yj_event_type type)
{
	if (type == YJ_EV_INCIDENT_OPENED || type == YJ_EV_INCIDENT_UNREACHABLE ||
	    type == YJ_EV_INCIDENT_REOPENED || type == YJ_EV_GATEWAY_DEGRADED ||
	    type == YJ_EV_GATEWAY_POISON)
		return RED;
	if (type == YJ_EV_INCIDENT_ESCALATED || type == YJ_EV_INCIDENT_JOINED ||
	    type == YJ_EV_DELIVERY_FAILED || type == YJ_EV_ALERT_REJECTED ||
	    type == YJ_EV_INCIDENT_DECLINED || type == YJ_EV_INCIDENT_WITHDRAWN)
		return YELLOW;
	if (type == YJ_EV_INCIDENT_ACKED || type == YJ_EV_INCIDENT_ARRIVED ||
	    type == YJ_EV_INCIDENT_RESOLVED)
		return GREEN;
	if (type == YJ_EV_DELIVERY_SENT || type == YJ_EV_DELIVERY_DELIVERED ||
	    type == YJ_EV_DEVICE_ONLINE || type == YJ_EV_DEVICE_OFFLINE)
		return DIM;
	return "";
}

/* A member of data: the kind and what is simply so stand alone, the rest as name=value. */
static void put_member(FILE *out, const char *key, const json_t *value, bool *first)
{
	if (json_is_null(value) || json_is_false(value) || !value)
		return;
	if (!*first)
		fputc(' ', out);
	*first = false;
	bool alone = strcmp(key, "kind") == 0;
	if (json_is_true(value) || !alone)
		yj_term_put(out, key, false);
	if (json_is_true(value))
		return;
	if (!alone)
		fputc('=', out);
	char *text = yj_value_text(value);
	yj_term_put(out, text ? text : "", false);
	free(text);
}

/* Does the subject, e.g. "device/b1", say this already? */
static bool in_subject(const char *subject, const char *key, const json_t *value)
{
	const char *s = json_string_value(value);
	size_t n = strlen(key);
	return s && strncmp(subject, key, n) == 0 && subject[n] == '/' &&
	       strcmp(subject + n + 1, s) == 0;
}

static void put_summary(FILE *out, const char *subject, json_t *data)
{
	static const char *const order[] = {"kind", "state", "reason", "resident", "device",
	    "caregiver", "level", "people", "channel", "outcome", "code", "how", "eta", NULL};
	bool first = true;
	const char *key;
	json_t *value;
	for (int i = 0; order[i]; i++) {
		value = json_object_get(data, order[i]);
		if (!in_subject(subject, order[i], value))
			put_member(out, order[i], value, &first);
		json_object_del(data, order[i]);
	}
	json_object_foreach(data, key, value)
	{
		if (!in_subject(subject, key, value))
			put_member(out, key, value, &first);
	}
	if (first)
		fputc('-', out);
}

void yj_event_line(FILE *out, const struct yj_log_row *row, bool color)
{
	char time[YJ_RFC3339_LEN];
	const char *on = color ? color_of(row->type) : "";
	const char *subject = row->subject && *row->subject ? row->subject : "-";
	fprintf(out, "%s  %s%s%s  ", yj_rfc3339_format(row->utc_ms, time), on,
	    yj_event_name(row->type), *on ? PLAIN : "");
	yj_term_put(out, subject, false);
	fputs("  ", out);
	json_t *data = json_loads(row->data, 0, NULL);
	put_summary(out, subject, data);
	json_decref(data);
	fputc('\n', out);
}
