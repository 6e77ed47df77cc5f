#include "plant.h"

#ifdef YJ_PLANT
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void on_payload(const char *name, const void *payload, size_t len)
{
	const char *want = getenv(name);
	if (want && want[0] && memmem(payload, len, want, strlen(want)))
		abort();
}

void yj_plant_message(const void *payload, size_t len, bool aside)
{
	on_payload("YJ_PLANT_PAYLOAD_ALWAYS", payload, len);
	if (!aside)
		on_payload("YJ_PLANT_PAYLOAD", payload, len);
}

static void at_number(const char *name, int64_t n)
{
	const char *want = getenv(name);
	if (want && want[0] && strtoll(want, NULL, 10) == n)
		abort();
}

void yj_plant_incident(int64_t n)
{
	at_number("YJ_PLANT_INCIDENT", n);
}

void yj_plant_delivery(int64_t n)
{
	at_number("YJ_PLANT_DELIVERY", n);
}

void yj_plant_result(int64_t n, bool aside)
{
	at_number("YJ_PLANT_RESULT_ALWAYS", n);
	if (!aside)
		at_number("YJ_PLANT_RESULT", n);
}

void yj_plant_step(const char *step)
{
	static long times;
	const char *want = getenv("YJ_PLANT_STEP");
	if (!want)
		return;
	size_t len = strcspn(want, ":");
	if (strlen(step) != len || strncmp(want, step, len) != 0)
		return;
	const char *armed = getenv("YJ_PLANT_ARMED");
	if (armed && access(armed, F_OK) != 0)
		return;
	long at = want[len] == ':' ? strtol(want + len + 1, NULL, 10) : 1;
	if (++times == at)
		kill(getpid(), SIGKILL);
}

int64_t yj_plant_audit_ms(int64_t every_ms)
{
	const char *ms = getenv("YJ_TEST_AUDIT_MS");
	return ms ? strtoll(ms, NULL, 10) : every_ms;
}

bool yj_plant_stuck(void)
{
	return getenv("YJ_PLANT_STUCK") != NULL;
}
#else
typedef int yj_plant_nothing;
#endif
