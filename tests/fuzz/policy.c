/* Any bytes as the canonical text of a policy: damage is refused, and what is accepted is in range
 * and is written and read again as the same. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "proto/policy.h"

#define REQUIRE(condition)                                                                         \
	do {                                                                                       \
		if (!(condition))                                                                  \
			abort();                                                                   \
	} while (0)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct yj_policy policy = {0}, back = {0};
	char *text = malloc(size + 1);
	REQUIRE(text);
	memcpy(text, data, size);
	text[size] = '\0';
	if (yj_policy_from_canonical(text, &policy) == YJ_OK) {
		for (int k = 0; k < YJ_KIND_COUNT; k++)
			REQUIRE(!yj_plan_check(yj_policy_plan(&policy, (enum yj_kind)k)));
		char *once = yj_policy_canonical(&policy);
		REQUIRE(once && yj_policy_from_canonical(once, &back) == YJ_OK);
		char *twice = yj_policy_canonical(&back);
		REQUIRE(twice && strcmp(once, twice) == 0);
		free(once);
		free(twice);
		yj_policy_done(&back);
	}
	yj_policy_done(&policy);
	free(text);
	return 0;
}
