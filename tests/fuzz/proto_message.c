/* Any bytes as any message: what decodes encodes to a text that decodes and encodes to the same
 * text; what is refused has a reason. The first byte picks the type. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "proto/message.h"

#define REQUIRE(condition)                                                                         \
	do {                                                                                       \
		if (!(condition))                                                                  \
			abort();                                                                   \
	} while (0)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_refusal(enum yj_topic_type type, size_t len, const struct yj_refusal *why)
{
	REQUIRE(why->reason >= YJ_REASON_SIZE && why->reason <= YJ_REASON_FIELD);
	REQUIRE((why->reason == YJ_REASON_SIZE) == (len > YJ_PAYLOAD_MAX));
	REQUIRE((why->reason == YJ_REASON_FIELD) == (why->field[0] != '\0'));
	REQUIRE(strnlen(why->field, sizeof(why->field)) < sizeof(why->field));
	REQUIRE(strnlen(why->id, sizeof(why->id)) < sizeof(why->id));
	REQUIRE(type != YJ_TOPIC_HEARTBEAT || why->id[0] == '\0');
	json_t *text = json_string(why->id); /* NULL if it is not UTF-8 */
	REQUIRE(text);
	json_decref(text);
}

static void check_round_trip(struct yj_message *m)
{
	size_t len;
	char *text = yj_message_encode(m, &len);
	REQUIRE(text && strlen(text) == len);
	struct yj_message again;
	struct yj_refusal why;
	/* Escapes may make the text longer than it came. */
	if (len > YJ_PAYLOAD_MAX) {
		free(text);
		return;
	}
	REQUIRE(yj_message_decode(m->type, text, len, &again, &why) == 0);
	char *same = yj_message_encode(&again, NULL);
	REQUIRE(same && strcmp(same, text) == 0);
	yj_message_done(&again);
	free(same);
	free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size == 0)
		return 0;
	enum yj_topic_type type = (enum yj_topic_type)(data[0] % YJ_TOPIC_LOG);
	struct yj_message m;
	struct yj_refusal why;
	int err = yj_message_decode(type, data + 1, size - 1, &m, &why);
	if (err == 0) {
		check_round_trip(&m);
		yj_message_done(&m);
	} else {
		REQUIRE(err == YJ_ERR_INVAL);
		check_refusal(type, size - 1, &why);
	}
	return 0;
}
