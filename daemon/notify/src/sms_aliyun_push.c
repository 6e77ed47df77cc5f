/* What Aliyun posts by itself: reports and messages of people, an array of either. */
#include <stdio.h>
#include <string.h>

#include "notify/sms_aliyun.h"
#include "poster.h"

static const char *text_of(const json_t *item, const char *key, char *out, size_t cap)
{
	return yj_pointer_text(json_object_get(item, key), out, cap);
}

static bool is_report(const json_t *item)
{
	return json_object_get(item, "success") && json_object_get(item, "biz_id");
}

static bool is_message(const json_t *item)
{
	return json_is_string(json_object_get(item, "content")) &&
	       json_object_get(item, "phone_number");
}

static int give(const char *channel, const json_t *item, yj_back_cb take, void *ctx)
{
	char ref[YJ_REF_MAX + 1], delivery[YJ_MSGID_MAX + 1], id[YJ_MSGID_MAX + 1], from[64],
	    words[64];
	struct yj_back back = {.channel = channel, .ref = "", .id = "", .from = "", .text = ""};
	back.words = text_of(item, "err_code", words, sizeof(words));
	if (is_report(item)) {
		back.type = json_is_true(json_object_get(item, "success")) ? YJ_BACK_RECEIPT
									   : YJ_BACK_FAILED;
		back.ref = text_of(item, "biz_id", ref, sizeof(ref));
		back.delivery = text_of(item, "out_id", delivery, sizeof(delivery));
	} else {
		back.type = YJ_BACK_TEXT;
		back.from = text_of(item, "phone_number", from, sizeof(from));
		back.text = json_string_value(json_object_get(item, "content"));
		back.id = text_of(item, "sequence_id", id, sizeof(id));
	}
	return take(ctx, &back);
}

int yj_sms_aliyun_push(
    const char *channel, const char *body, size_t len, yj_back_cb take, void *ctx)
{
	json_t *array = json_loadb(body, len, 0, NULL), *item;
	size_t i;
	int rc = json_is_array(array) ? 0 : YJ_ERR_INVAL;
	json_array_foreach(array, i, item)
	{
		if (!is_report(item) && !is_message(item))
			rc = YJ_ERR_INVAL;
	}
	for (i = 0; rc == 0 && i < json_array_size(array); i++)
		rc = give(channel, json_array_get(array, i), take, ctx);
	json_decref(array);
	return rc;
}
