/* Any text that a telephone may send: it is read without harm, and what is read is in range. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "spoken.h"

#define REQUIRE(condition)                                                                         \
	do {                                                                                       \
		if (!(condition))                                                                  \
			abort();                                                                   \
	} while (0)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1), number[16];
	int64_t code = -2;
	REQUIRE(text);
	memcpy(text, data, size);
	text[size] = '\0';
	enum yj_spoken spoken = yj_spoken_read(text, &code);
	REQUIRE(spoken <= YJ_SPOKEN_HELP && code >= -1 && code < 1000000000000000000LL);
	REQUIRE(spoken != YJ_SPOKEN_OTHER || code == -1);
	size_t digits = yj_spoken_number(text, number);
	REQUIRE(digits <= 10 && strlen(number) == digits && strspn(number, "0123456789") == digits);
	free(text);
	return 0;
}
