/* What is posted: the inbox message with its times as text. */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "poster.h"
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
