/* A roster as it is read from its JSON. Private to the room. */
#ifndef STORE_ROSTER_DOC_H
#define STORE_ROSTER_DOC_H

#include <jansson.h>

#include "core/roster.h"
#include "store/incident.h"

struct yj_roster_doc { /* owns all of it */
	char name[YJ_NAME_MAX + 1];
	struct yj_names people;	  /* whom a bit of a crew means */
	struct yj_crew everybody; /* of them */
	struct yj_crew bound;	  /* whom shifts name, so that they can be off duty */
	struct yj_roster roster;  /* points into the following */
	struct yj_crew *crews;
	size_t n_crews, cap_crews;
	struct yj_shift *shifts, *holiday_shifts;
	struct yj_override *overrides;
	struct yj_holiday *holidays;
};

/* Reads one group. s: whose caregivers must be there; NULL: not looked at. 0; YJ_ERR_INVAL with
 * `why`; YJ_ERR_NOMEM or an error of the store. After a failure *out is empty. */
int yj_roster_doc_read(struct yj_store *s, const json_t *group, struct yj_roster_doc *out,
    char why[YJ_WHY_MAX]) YJ_MUST_CHECK;
void yj_roster_doc_done(struct yj_roster_doc *doc);

#endif
