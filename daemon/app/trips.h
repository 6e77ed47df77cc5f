/* "外出 3天", "王秀英外出到12月1日", "回来了": texts of those who serve a resident. */
#ifndef APP_TRIPS_H
#define APP_TRIPS_H

#include "gateway.h"

struct yj_trip {
	bool away;	/* else: back */
	char who[61];	/* a name or id, "" if it is not said */
	int days;	/* of away; 0: not said */
	char date[11];	/* of away, "2026-12-01"; "" if it is not said */
	int month, day; /* of away, without a year; 0: not said */
};
/* Is a text this, and nothing else? */
bool yj_trip_read(const char *text, struct yj_trip *trip);

/* Carries out what a telephone number says, within the caller's transaction. asked: it belongs to
 * somebody who is asked to go somewhere, so that only what can mean nothing else is taken.
 * *handled: it was understood; then `caregiver` is to be told `tell`. */
int yj_trip_take(struct yj_gateway *g, const char *from, const char *channel,
    const struct yj_trip *trip, bool asked, bool *handled, char caregiver[YJ_NAME_MAX + 1],
    char *tell, size_t cap) YJ_MUST_CHECK;

#endif
