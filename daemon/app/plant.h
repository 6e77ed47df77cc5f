/* Planted aborts for the crash tests: nothing at all unless built with YJ_PLANT. */
#ifndef APP_PLANT_H
#define APP_PLANT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef YJ_PLANT
/* Abort on a payload that contains $YJ_PLANT_PAYLOAD (and on one that contains
 * $YJ_PLANT_PAYLOAD_ALWAYS even if it is set aside), on incident number $YJ_PLANT_INCIDENT, on
 * outbox row $YJ_PLANT_DELIVERY, on the result of outbox row $YJ_PLANT_RESULT (or, even if it is
 * set aside, $YJ_PLANT_RESULT_ALWAYS); and kill the process between two steps of the path when
 * the step's name is $YJ_PLANT_STEP ("step" or "step:N" for its N-th time; of those while the file
 * $YJ_PLANT_ARMED is there, if it is named). With $YJ_PLANT_STUCK deadlines do not fire. */
void yj_plant_message(const void *payload, size_t len, bool aside);
void yj_plant_incident(int64_t n);
void yj_plant_delivery(int64_t n);
void yj_plant_result(int64_t n, bool aside);
void yj_plant_step(const char *step);
bool yj_plant_stuck(void);
/* $YJ_TEST_AUDIT_MS instead of the time between two self-audits, where a day passes in minutes. */
int64_t yj_plant_audit_ms(int64_t every_ms);
#else
static inline void yj_plant_message(const void *payload, size_t len, bool aside)
{
	(void)aside;
	(void)payload;
	(void)len;
}
static inline void yj_plant_incident(int64_t n)
{
	(void)n;
}
static inline void yj_plant_delivery(int64_t n)
{
	(void)n;
}
static inline void yj_plant_result(int64_t n, bool aside)
{
	(void)n;
	(void)aside;
}
static inline void yj_plant_step(const char *step)
{
	(void)step;
}
static inline bool yj_plant_stuck(void)
{
	return false;
}
static inline int64_t yj_plant_audit_ms(int64_t every_ms)
{
	return every_ms;
}
#endif

#endif
