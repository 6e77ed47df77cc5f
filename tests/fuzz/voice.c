/* Any bytes as what baresip sends and as what a speech program writes. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "voice_netstring.h"
#include "voice_sound.h"

#define REQUIRE(condition)                                                                         \
	do {                                                                                       \
		if (!(condition))                                                                  \
			abort();                                                                   \
	} while (0)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void frames(const char *bytes, size_t len)
{
	struct yj_netstring frame;
	while (len > 0) {
		int rc = yj_netstring_read(bytes, len, &frame);
		if (rc <= 0) {
			REQUIRE(rc == YJ_ERR_BADMSG || len < YJ_VOICE_FRAME_MAX + 16);
			return;
		}
		REQUIRE(frame.used <= len && frame.len <= YJ_VOICE_FRAME_MAX);
		REQUIRE(frame.body + frame.len < bytes + frame.used);
		bytes += frame.used;
		len -= frame.used;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct yj_sound sound, phone;
	uint8_t *exact = malloc(size ? size : 1); /* so that a read beyond the end is seen */
	REQUIRE(exact);
	if (size)
		memcpy(exact, data, size);
	frames((const char *)exact, size);
	if (yj_sound_read(exact, size, &sound) == 0) {
		REQUIRE(sound.n <= size / 2);
		REQUIRE(yj_sound_for_phone(&sound, &phone) == 0);
		REQUIRE(phone.n <= sound.n);
		free(sound.samples);
		free(phone.samples);
	}
	free(exact);
	return 0;
}
