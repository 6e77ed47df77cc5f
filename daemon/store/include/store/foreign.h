/* Devices of other makers as their families need them: how they are answered, what the sieve
 * remembers, and those that nobody has registered. */
#ifndef STORE_FOREIGN_H
#define STORE_FOREIGN_H

#include <jansson.h>

#include "proto/limits.h"
#include "store/store.h"

#define YJ_SEEN_MAX 1000	 /* unregistered devices that are kept, the newest */
#define YJ_REMEMBERED_MAX 256	 /* fields of one device, the newest */
#define YJ_SEEN_PAYLOAD_MAX 1024 /* bytes of what one of them said last */

struct yj_foreign_device {
	char family[33];
	char address[129];
	char route[129];
	char keys[257];	    /* devices.csv, keys */
	char feedback[257]; /* devices.csv, feedback */
};
/* 0, YJ_ERR_NOTFOUND, or a yj_err. */
int yj_foreign_get(
    struct yj_store *s, const char *device, struct yj_foreign_device *out) YJ_MUST_CHECK;
int yj_foreign_route(struct yj_store *s, const char *device, const char *route) YJ_MUST_CHECK;

/* One text per device and field; value is "" and t 0 where there is none. cap bytes with the
 * terminator; YJ_ERR_FULL if it is longer. 0 or a yj_err. */
int yj_foreign_recall(struct yj_store *s, const char *device, const char *field, char *value,
    size_t cap, int64_t *t) YJ_MUST_CHECK;
int yj_foreign_remember(struct yj_store *s, const char *device, const char *field,
    const char *value, int64_t t) YJ_MUST_CHECK;

/* Notes what an unregistered device said; drops the oldest over YJ_SEEN_MAX. said replaces what is
 * there only if serious. */
int yj_foreign_seen(struct yj_store *s, const char *family, const char *address, int64_t utc_ms,
    const char *said, bool serious, const char *topic, const void *payload,
    size_t len) YJ_MUST_CHECK;
/* Those that are not registered by now, the newest first, as JSON objects: family, address, first,
 * last (RFC 3339), times, said, topic, payload (text, what is no UTF-8 in it as '?'). A new
 * reference. */
int yj_foreign_seen_list(struct yj_store *s, json_t **out) YJ_MUST_CHECK;

/* Calls fn for each family that a device in use names, and then for each address of such a family
 * that has several levels ('/'), which may need a subscription of its own, and for each beginning
 * of addresses that names a kind of them ("rf:", "ble:"). Not the native one. */
int yj_foreign_in_use(struct yj_store *s,
    int (*fn)(void *ctx, const char *family, const char *address), void *ctx) YJ_MUST_CHECK;

#endif
