#include "core/inactivity.h"

#define DAY_MIN 1440
#define MINUTE_MS 60000
#define GRACE_MAX_MS 600000

int yj_quiet_left(const struct yj_quiet *quiet, int minute)
{
	int length = (quiet->until - quiet->from + DAY_MIN) % DAY_MIN;
	if (length == 0)
		return 0;
	length += quiet->after;
	int passed = (minute - quiet->from + DAY_MIN) % DAY_MIN;
	return passed < length ? length - passed : 0;
}

bool yj_inactivity_is_due(
    int64_t silent_ms, int64_t limit_ms, const struct yj_quiet *quiet, int minute)
{
	return silent_ms >= limit_ms && (minute < 0 || yj_quiet_left(quiet, minute) == 0);
}

int64_t yj_inactivity_due(
    int64_t enough_utc_ms, const struct yj_quiet *quiet, int (*minute_of)(int64_t utc_ms))
{
	int64_t t = enough_utc_ms, whole = t / MINUTE_MS * MINUTE_MS;
	/* minute by minute, for the clock may be changed on the way */
	for (int i = 0; i < 2 * DAY_MIN && yj_quiet_left(quiet, minute_of(t)) > 0; i++)
		t = whole += MINUTE_MS;
	return t;
}

int64_t yj_inactivity_grace_ms(int64_t limit_ms)
{
	int64_t grace = limit_ms / 8;
	return grace < GRACE_MAX_MS ? grace : GRACE_MAX_MS;
}
