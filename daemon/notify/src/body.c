/* What is posted: the inbox message with its times as text. */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "hooks.h"
#include "proto/time.h"

static int set_time(json_t *object, const char *key, int64_t utc_ms)
{
	char text[YJ_RFC3339_LEN];
	/* setting a key anew keeps its place */
	return json_object_set_new(object, key, json_string(yj_rfc3339_format(utc_ms, text)));
}

char *yj_webhook_body(const struct yj_msg_inbox *page)
{
	/* one encoder knows what an inbox message looks like, so that the two cannot part */
	struct yj_message message = {.type = YJ_TOPIC_INBOX, .u.inbox = *page};
	char *body = NULL;
	char *text = yj_message_encode(&message, NULL);
	json_t *object = text ? json_loads(text, 0, NULL) : NULL;
	if (!object || set_time(object, "opened_at", page->opened_at_ms) < 0)
		goto out;
	if (page->answer_by_ms != 0 && set_time(object, "answer_by", page->answer_by_ms) < 0)
		goto out;
	body = json_dumps(object, JSON_COMPACT);
out:
	json_decref(object);
	free(text);
	return body;
}

/* Does text contain a string of the object, or of an object in it, that is long enough to tell? */
static bool repeats(const char *text, json_t *object)
{
	const char *key;
	json_t *value;
	json_object_foreach(object, key, value)
	{
		/* the words of the protocol say nothing about anybody */
		if (strcmp(key, "kind") == 0 || strcmp(key, "state") == 0 ||
		    strcmp(key, "incident") == 0)
			continue;
		if (json_is_object(value) && repeats(text, value))
			return true;
		if (json_string_length(value) >= 4 && strstr(text, json_string_value(value)))
			return true;
	}
	return false;
}

bool yj_webhook_echoes(const char *body, const char *reply)
{
	if (strstr(reply, "\\u")) /* may be anything */
		return true;
	json_t *object = json_loads(body, 0, NULL);
	bool echoes = !object || repeats(reply, object);
	json_decref(object);
	return echoes;
}
