/* Who is on duty, as people.c asks; private to the room. The rosters are read once and kept until
 * they are changed; what holds is worked out once per minute. */
#ifndef STORE_DUTY_H
#define STORE_DUTY_H

#include "roster_doc.h"
#include "store/roster.h"

/* Has what the next calls need. 0 or a yj_err. */
int yj_duty_ready(struct yj_store *s) YJ_MUST_CHECK;
/* Is this person kept from a role by the rosters? */
bool yj_duty_is_off(struct yj_store *s, const char *caregiver);
/* Adds the ids of those of a group who are on duty, also of such as are gone. */
int yj_duty_group(struct yj_store *s, const char *name, struct yj_names *out) YJ_MUST_CHECK;
/* The roster of a name; NULL: there is none. */
const struct yj_roster_doc *yj_duty_doc(struct yj_store *s, const char *name);

/* All rosters, after yj_duty_ready; borrowed until the next change. */
const struct yj_roster_doc *yj_duty_docs(struct yj_store *s, size_t *n);
/* Adds the ids of a crew. */
int yj_duty_crew(const struct yj_roster_doc *doc, const struct yj_crew *crew,
    struct yj_names *out) YJ_MUST_CHECK;

/* The first minute after `utc_ms` at which who is on duty can change, by this roster or (NULL) by
 * any; `until_ms` if none before. */
int64_t yj_duty_change(
    struct yj_store *s, const struct yj_roster_doc *doc, int64_t utc_ms, int64_t until_ms);
struct yj_wall yj_wall_of(int64_t utc_ms);

/* The rosters are to be read again: they were changed, or a change was undone. */
void yj_duty_forget(struct yj_store *s);
void yj_duty_free(struct yj_store *s);

#endif
