/* Which homes would not be served well, before anything happens: `yijianctl ready`, and when a
 * person's channels were last proved. For a read-only handle. */
#ifndef STORE_READY_H
#define STORE_READY_H

#include <jansson.h>

#include "store/read.h"

#define YJ_READY_CONTACTS 3		      /* verified people that a home should have */
#define YJ_READY_MS (31LL * 24 * 3600 * 1000) /* how long a test or a proof holds */

struct yj_ready_conf {
	const char *region; /* prefix of a code (yj_region_prefix); "" for all */
	struct yj_reaching reaching;
	int64_t now_utc_ms;
	size_t *homes; /* counts those looked at; NULL: nobody asks */
};

/* Goes through all homes, residents who have neither moved away nor died, and hands over what is
 * amiss, each a new object that is borrowed until `each` returns; a non-zero answer ends it and is
 * returned. Members of all: "resident", "resident_name", "region" (null for a caregiver's row),
 * "what", "detail" (for people). By `what`:
 *   few_contacts       "verified" of "contacts": people whom the policy calls, of whom a channel
 *                      was proved
 *   uncovered          "policy", "kind", "at": when nobody of any level would be called (null:
 *                      never is anybody)
 *
 *   not_tested         "devices", "tested_at": no test press
 *
 *   not_proved         "caregivers": [{"caregiver", "channels"}], those not proved
 *
 *   on_site_undecided  "caregiver", "role"
 *
 * No read is open while `each` runs. Memory does not grow with the number of homes. 0 or a yj_err.
 */
int yj_read_ready(struct yj_store *s, const struct yj_ready_conf *conf,
    int (*each)(void *ctx, json_t *finding), void *ctx) YJ_MUST_CHECK;

/* A caregiver's channels in their order, an array of {"channel", "proved_at", "tested_at", "test",
 * "words"}: when an answer last came over it, and what became of the newest test (null if there was
 * none). YJ_ERR_NOTFOUND. */
int yj_read_reach(struct yj_store *s, const char *caregiver, const struct yj_reaching *reaching,
    json_t **out) YJ_MUST_CHECK;

/* When a device's announced test press last came, RFC 3339, or null. */
int yj_read_device_test(struct yj_store *s, const char *device, json_t **out) YJ_MUST_CHECK;

#endif
