/* Single values of a roster in JSON, each a string. Private to the room. A reader that fails has
 * said why in the reading, with the line where "#line" knows it, and returns YJ_ERR_INVAL. */
#ifndef STORE_ROSTER_VALUES_H
#define STORE_ROSTER_VALUES_H

#include "roster_doc.h"

struct yj_roster_reading {
	struct yj_store *s; /* whose caregivers must be there, or NULL */
	struct yj_roster_doc *d;
	char *why; /* YJ_WHY_MAX bytes */
};

/* Says what is wrong with a member ("" for the whole) of an object; YJ_ERR_INVAL. */
int yj_roster_wrong(struct yj_roster_reading *r, const json_t *object, const char *key,
    const char *format, ...) __attribute__((format(printf, 4, 5)));
/* Has it members beside these (NULL ends them)? */
int yj_roster_keys(
    struct yj_roster_reading *r, const json_t *object, const char *const *known) YJ_MUST_CHECK;
/* A member that is set; NULL: it is not. */
const json_t *yj_roster_member(const json_t *object, const char *key);
int yj_roster_text(struct yj_roster_reading *r, const json_t *object, const char *key,
    const char *expected, const char **out) YJ_MUST_CHECK;
/* A list, absent as NULL. */
int yj_roster_list(struct yj_roster_reading *r, const json_t *object, const char *key, size_t max,
    const json_t **out) YJ_MUST_CHECK;
/* HH:MM, 00:00 to 23:59; as an end also 24:00, which 00:00 means there too. */
int yj_roster_minute(struct yj_roster_reading *r, const json_t *object, const char *key, bool end,
    const char *absent, int *out) YJ_MUST_CHECK;
bool yj_roster_date_parse(const char *s, int32_t *out);
int yj_roster_date(
    struct yj_roster_reading *r, const json_t *object, const char *key, int32_t *out) YJ_MUST_CHECK;
/* `date`, and `last` if it is more than one day. */
int yj_roster_dates(
    struct yj_roster_reading *r, const json_t *object, int32_t *first, int32_t *last) YJ_MUST_CHECK;
/* `days` as bits; all of them if they are absent. */
int yj_roster_days(struct yj_roster_reading *r, const json_t *object, unsigned *days) YJ_MUST_CHECK;

#endif
