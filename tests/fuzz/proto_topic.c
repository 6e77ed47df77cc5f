/* Any bytes as a topic: what is read is written back byte for byte, and its speaker is its name. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "proto/topic.h"

#define REQUIRE(condition)                                                                         \
	do {                                                                                       \
		if (!(condition))                                                                  \
			abort();                                                                   \
	} while (0)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *topic = (const char *)data;
	struct yj_topic parsed;
	char who[YJ_NAME_MAX + 1];
	int spoke = yj_topic_speaker(topic, size, who);
	REQUIRE(spoke == 0 || spoke == YJ_ERR_NOTFOUND);
	REQUIRE(spoke != 0 || yj_name_valid(who));
	if (yj_topic_parse(topic, size, &parsed) != 0)
		return 0;
	char back[YJ_TOPIC_MAX];
	int len = yj_topic_format(parsed.type, parsed.who, back, sizeof(back));
	REQUIRE(len >= 0 && (size_t)len == size && memcmp(back, topic, size) == 0);
	bool own = parsed.type == YJ_TOPIC_LOG || parsed.type == YJ_TOPIC_GW_STATE;
	REQUIRE(own == (spoke != 0));
	REQUIRE(own || strcmp(who, parsed.who) == 0);
	return 0;
}
