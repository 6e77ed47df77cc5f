/* Signs of life: when each resident was last heard of, and what the directory says that decides
 * whether they are missed. */
#ifndef STORE_LIFE_H
#define STORE_LIFE_H

#include <stdbool.h>

#include "proto/limits.h"
#include "proto/words.h"
#include "store/incident.h"

struct yj_life_row {
	char resident[YJ_NAME_MAX + 1];
	int64_t heard_ms; /* on the clock that stands still while nobody can be heard */
	int64_t utc_ms;
	unsigned flags;
	int64_t rest_t; /* INT64_MAX: does not rest */
};
int yj_life_put(struct yj_store *s, const struct yj_life_row *row) YJ_MUST_CHECK;
/* 0 or YJ_ERR_NOTFOUND. */
int yj_life_get(struct yj_store *s, const char *resident, struct yj_life_row *out) YJ_MUST_CHECK;
/* Calls with each row; a yj_err of `each` ends it. */
int yj_life_each(struct yj_store *s, int (*each)(void *ctx, const struct yj_life_row *row),
    void *ctx) YJ_MUST_CHECK;

/* Whose sign of life one of this device is: everybody whom it is bound to, and who lies in the home
 * bed that it belongs to. Nobody for a device that is gone, revoked, an institution's bed's, or
 * several people's in an institution. */
int yj_life_residents(struct yj_store *s, const char *device, struct yj_names *out) YJ_MUST_CHECK;

struct yj_life_facts {
	bool there;	 /* in the directory */
	char status[16]; /* "" as "active" */
	char status_until[64];
	bool high;	  /* risk */
	int64_t limit_ms; /* their own; 0: never missed; INT64_MAX: none of their own */
	bool open;	  /* an incident `inactivity` of theirs is not closed */
	bool elsewhere;	  /* lies in a bed that is not a home's */
	int devices;	  /* in use, bound to them or of their home bed */
	int sensors;	  /* of these others than buttons */
	int online; /* of the sensors (of the devices, if there is none) those that are heard */
};
int yj_life_facts(
    struct yj_store *s, const char *resident, struct yj_life_facts *out) YJ_MUST_CHECK;
/* Is a home in the dark of an outage that people are working on, or was it until that moment? */
int yj_life_dark(
    struct yj_store *s, const char *resident, int64_t since_utc_ms, bool *dark) YJ_MUST_CHECK;

/* Sets a resident's status and until when ("": not said). YJ_ERR_NOTFOUND. */
int yj_life_status_set(
    struct yj_store *s, const char *resident, const char *status, const char *until) YJ_MUST_CHECK;
/* Residents behind `after` who are away or have moved until some time: at most cap, in order. */
struct yj_life_until {
	char resident[YJ_NAME_MAX + 1];
	char until[64];
};
int yj_life_untils(struct yj_store *s, const char *after, struct yj_life_until *v, size_t cap,
    size_t *n) YJ_MUST_CHECK;

/* Residents who are named by a caregiver: of this name or id ("": all). */
int yj_life_listed(struct yj_store *s, const char *caregiver, const char *called,
    struct yj_names *out) YJ_MUST_CHECK;
/* Residents of this name or id, wherever they are; at most cap. */
int yj_life_called(
    struct yj_store *s, const char *called, size_t cap, struct yj_names *out) YJ_MUST_CHECK;
int yj_resident_name(struct yj_store *s, const char *resident, char *buf, size_t cap) YJ_MUST_CHECK;

#endif
