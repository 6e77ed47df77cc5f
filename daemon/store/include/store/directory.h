/* The directory: regions, residents, caregivers, devices, beds, institutions, rounds. Records go in
 * and out as JSON objects of strings with the column names of the contract ("" or null: not set),
 * which is what the control socket, the CLI and CSV share; the alert path has typed look-ups of its
 * own. */
#ifndef STORE_DIRECTORY_H
#define STORE_DIRECTORY_H

#include <jansson.h>
#include <stdbool.h>

#include "proto/limits.h"
#include "proto/words.h"
#include "store/store.h"

enum yj_dir { /* kinds of directory records, as in `import KIND` */
	YJ_DIR_REGIONS,
	YJ_DIR_INSTITUTIONS,
	YJ_DIR_RESIDENTS,
	YJ_DIR_CAREGIVERS,
	YJ_DIR_DEVICES,
	YJ_DIR_BEDS,
	YJ_DIR_CONSENTS, /* its key is RESIDENT/KIND/WHO */
	YJ_DIR_ROUNDS,
	YJ_DIR_COUNT
};
const char *yj_dir_name(enum yj_dir kind);			  /* "regions" … */
int yj_dir_parse(const char *s, enum yj_dir *kind) YJ_MUST_CHECK; /* also the singular */

#define YJ_DIR_KEY_MAX 191 /* bytes of the longest key */
/* The key of a record of this kind: its `id` or `code`, or what is made of its columns; "" if they
 * do not stand in it. Returns buf. */
char *yj_dir_key(enum yj_dir kind, json_t *record, char buf[YJ_DIR_KEY_MAX + 1]);

/* One record or all, without tombstones. New references in *out. get: YJ_ERR_NOTFOUND. Devices
 * carry beside their columns what is known of their state ("revoked", "online", "last_seen",
 * "battery", … see dir_read.c). */
int yj_dir_get(struct yj_store *s, enum yj_dir kind, const char *id, json_t **out) YJ_MUST_CHECK;
int yj_dir_list(struct yj_store *s, enum yj_dir kind, json_t **out) YJ_MUST_CHECK;

/* Checks and writes one record (in the caller's transaction). Columns that are absent keep their
 * value, "" clears. must_be_new: YJ_ERR_EXISTS if it is there; must_exist: YJ_ERR_NOTFOUND if not.
 * YJ_ERR_INVAL with `why` "COLUMN: what is wrong" when it breaks a rule (the same rules as an
 * import's, references included). A tombstone is revived by a put, without its old values. Policy
 * names are those of table policy_names, webhooks those of meta "webhooks" (a JSON array; not
 * checked while it is absent). */
int yj_dir_put(struct yj_store *s, enum yj_dir kind, json_t *record, bool must_be_new,
    bool must_exist, char why[YJ_WHY_MAX]) YJ_MUST_CHECK;

/* Sets the tombstone. YJ_ERR_NOTFOUND; YJ_ERR_DENIED with `why`: a resident with an open incident,
 * a bound device or a bed; an institution or device that others still name, or with an open
 * incident; a caregiver whom a policy names; a bed that is taken. Caregivers' lists lose a resident
 * who is removed. */
int yj_dir_remove(struct yj_store *s, enum yj_dir kind, const char *id, int64_t now_utc_ms,
    char why[YJ_WHY_MAX]) YJ_MUST_CHECK;

/* Moves a resident into a bed (from any other bed); bed "" takes them out of theirs. from receives
 * the bed left ("" if none). YJ_ERR_NOTFOUND, YJ_ERR_EXISTS when somebody else lies there. */
int yj_dir_bed_move(struct yj_store *s, const char *resident, const char *bed,
    char from[YJ_NAME_MAX + 1], char why[YJ_WHY_MAX]) YJ_MUST_CHECK;

/* Notes such a move, with who asked for it and why, for yj_read_moves. "" for no bed. */
int yj_dir_bed_moved(struct yj_store *s, int64_t utc_ms, const char *resident, const char *from,
    const char *to, const char *actor, const char *reason) YJ_MUST_CHECK;

/* Withdraws a device's right to speak (or gives it back). YJ_ERR_NOTFOUND. */
int yj_dir_revoke(
    struct yj_store *s, const char *device, bool revoked, int64_t now_utc_ms) YJ_MUST_CHECK;

/* Names (policies, webhooks) that the directory uses, as a JSON object
 * {"policies": {NAME: "resident r1"}, "webhooks": {NAME: "caregiver c1"}} with one user each, to
 * refuse a reload that drops one. */
int yj_dir_names_used(struct yj_store *s, json_t **out) YJ_MUST_CHECK;

/* "511781000000" and "511781" -> "511781": the prefix without the official form's zeros, of 2, 4,
 * 6, 9 or 12 digits. YJ_ERR_INVAL if it is not a code. */
int yj_region_prefix(const char *code, char prefix[13]) YJ_MUST_CHECK;

#endif
