/* From the bytes of a payload to a record, or to the reason why not. */
#include "proto/message.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "decode.h"
#include "proto/utf8.h"
#include "reader.h"
#include "salvage.h"

/* Whether messages of this type have an "id". */
static bool has_id(enum yj_topic_type type)
{
	switch (type) {
	case YJ_TOPIC_CALL:
	case YJ_TOPIC_ALARM:
	case YJ_TOPIC_WELL:
	case YJ_TOPIC_CANCEL:
	case YJ_TOPIC_VITAL:
	case YJ_TOPIC_CHECKIN:
	case YJ_TOPIC_DOWN_CALL:
	case YJ_TOPIC_INBOX:
	case YJ_TOPIC_REPLY:
	case YJ_TOPIC_RESULT:
		return true;
	case YJ_TOPIC_HEARTBEAT:
	case YJ_TOPIC_VISIT:
	case YJ_TOPIC_DEV_STATE:
	case YJ_TOPIC_DOWN_VISIT:
	case YJ_TOPIC_GW_STATE:
	case YJ_TOPIC_LOG:
		break;
	}
	return false;
}

/* json_loadb, with YJ_ERR_NOMEM if any allocation failed; *value is NULL for bad JSON. */
static int parse(const char *text, size_t len, json_t **value, json_error_t *why)
{
	/* jansson calls some failed allocations bad syntax and ignores others (2.14), but malloc
	 * leaves its mark in errno. */
	errno = 0;
	*value = json_loadb(text, len, 0, why);
	if (errno != ENOMEM)
		return 0;
	json_decref(*value);
	return YJ_ERR_NOMEM;
}

/* Parses a payload into *doc. 0, YJ_ERR_NOMEM, or YJ_ERR_INVAL with *reason. */
static int load(const char *payload, size_t len, json_t **doc, enum yj_reason *reason)
{
	json_error_t why;
	json_t *value;
	int err = parse(payload, len, &value, &why);
	if (err == 0 && !value && json_error_code(&why) == json_error_numeric_overflow) {
		/* One number too large for jansson is not a broken message: if its field is
		 * optional or unknown, the rest counts. */
		size_t copy_len;
		char *copy = yj_salvage_numbers(payload, len, &copy_len);
		if (!copy)
			return YJ_ERR_NOMEM;
		err = parse(copy, copy_len, &value, &why);
		free(copy);
	}
	if (err != 0)
		return err;
	if (json_is_object(value)) {
		*doc = value;
		return 0;
	}
	*reason = value || yj_utf8_valid(payload, len) ? YJ_REASON_JSON : YJ_REASON_UTF8;
	json_decref(value);
	return YJ_ERR_INVAL;
}

int yj_message_decode(enum yj_topic_type type, const void *payload, size_t len,
    struct yj_message *out, struct yj_refusal *why)
{
	struct yj_message m = {.type = type};
	struct yj_refusal no = {.reason = YJ_REASON_SIZE};
	int err = len > YJ_PAYLOAD_MAX ? YJ_ERR_INVAL : load(payload, len, &m.doc, &no.reason);
	if (err == YJ_ERR_NOMEM)
		return err;
	if (err == 0) {
		const char *bad = yj_message_read(&m);
		if (!bad) {
			*out = m;
			return 0;
		}
		struct yj_reader r = {.object = m.doc};
		const char *id = has_id(type) ? yj_opt_id(&r, "id") : NULL;
		no.reason = YJ_REASON_FIELD;
		(void)snprintf(no.field, sizeof(no.field), "%s", bad);
		(void)snprintf(no.id, sizeof(no.id), "%s", id ? id : "");
		json_decref(m.doc);
	} else if (has_id(type)) {
		yj_salvage_id(payload, len, no.id);
	}
	*why = no;
	return YJ_ERR_INVAL;
}

void yj_message_done(struct yj_message *m)
{
	json_decref(m->doc);
	memset(m, 0, sizeof(*m));
}
