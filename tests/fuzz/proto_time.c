/* Any text as a time and as a duration: what is read is in range, and a time that can be written
 * reads back as the same. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "proto/time.h"

#define REQUIRE(condition)                                                                         \
	do {                                                                                       \
		if (!(condition))                                                                  \
			abort();                                                                   \
	} while (0)

#define DAY_MS 86400000LL

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_time(int64_t ms)
{
	char buf[YJ_RFC3339_LEN];
	int64_t back;
	REQUIRE(strlen(yj_rfc3339_format(ms, buf)) == YJ_RFC3339_LEN - 1);
	REQUIRE(yj_rfc3339_parse(buf, &back) == 0);
	int64_t clamped = ms < YJ_UTC_MIN_MS   ? YJ_UTC_MIN_MS
			  : ms > YJ_UTC_MAX_MS ? YJ_UTC_MAX_MS
					       : ms;
	REQUIRE(back == clamped);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	int64_t ms;
	if (size >= sizeof(ms)) {
		memcpy(&ms, data, sizeof(ms));
		check_time(ms);
	}
	char *text = malloc(size + 1);
	REQUIRE(text);
	memcpy(text, data, size);
	text[size] = '\0';
	if (yj_rfc3339_parse(text, &ms) == 0) {
		REQUIRE(ms >= -62167219200000 - DAY_MS && ms < YJ_UTC_MAX_MS + DAY_MS);
		check_time(ms);
	}
	if (yj_duration_parse(text, &ms) == 0)
		REQUIRE(ms >= 0 && ms <= 3650 * DAY_MS);
	free(text);
	return 0;
}
