/* Device families: the table of them, and what each does. The native one gives a message as it is
 * (struct yj_event); all others give reports (devices/foreign.h). */
#ifndef DEVICES_REGISTRY_H
#define DEVICES_REGISTRY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "devices/foreign.h"
#include "proto/message.h"

enum yj_event_verdict {
	YJ_EVENT_MESSAGE, /* msg is filled */
	YJ_EVENT_REFUSED, /* why is filled; speaker and topic_type too where known */
	YJ_EVENT_IGNORED, /* a message of the family that means nothing to us */
};

struct yj_event {
	const struct yj_family *family;
	enum yj_event_verdict verdict;
	/* The name it has in its family; for native ones the device's or caregiver's own id. */
	char speaker[YJ_NAME_MAX * 2 + 1];
	bool has_type;
	/* Native form of what was said (also of a refused message). */
	enum yj_topic_type topic_type;
	struct yj_message msg; /* for YJ_EVENT_MESSAGE; released by yj_event_done */
	struct yj_refusal why; /* for YJ_EVENT_REFUSED */
};

struct yj_mapping;

struct yj_family {
	const char *name; /* as in devices.csv */
	/* How often its devices are heard of at least, unless devices.csv says otherwise; 0: they
	 * only speak when something happens, so their silence means nothing. Of the native family
	 * the configuration's devices.heartbeat. */
	int64_t heartbeat_ms;
	/* Is this topic one of the family's? Where two could have it, the earlier in the table. */
	bool (*owns)(const char *topic);
	/* Reads one message into *out, which comes with n 0. Nothing is added for a message that
	 * means nothing and is of no device. The payload has no terminator. NULL: native. */
	void (*read)(struct yj_decoder *d, const char *topic, const char *payload, size_t len,
	    struct yj_reports *out);
	/* Calls add for each topic filter by which a device of this address is heard; address NULL:
	 * what finds devices that nobody has registered. Filters of many devices should be the same
	 * one: a connection has YJ_SUBSCRIPTIONS_MAX. */
	void (*filters)(const char *address, void (*add)(void *ctx, const char *filter), void *ctx);
	/* Is this an address of the air (of a 433 MHz code, a BLE packet) rather than of a bridge?
	 * Such a device is registered with one family and is the same one to every other that says
	 * yes too. NULL: none is. */
	bool (*shares)(const char *address);
	/* Puts what became of a call into the device's own words. 0; YJ_ERR_NOTFOUND when it cannot
	 * show this. NULL: no device of the family can show anything. */
	int (*tell)(
	    const struct yj_to *to, const struct yj_msg_down_call *down, struct yj_wire *out);
	/* Of one that the configuration describes (devices/mapping.h); the functions above are then
	 * NULL. NULL for all others. */
	const struct yj_mapping *mapping;
};

/* What a family does, whether it is one of ours or described: callers outside of devices/ use
 * these. reads: it gives reports, so it is not the native one. */
bool yj_family_reads(const struct yj_family *family);
bool yj_family_owns(const struct yj_family *family, const char *topic);
/* As read. A message of more than YJ_REPORTS_MAX devices is read in turns: *next is 0 at first, and
 * out->n is set to 0 by each turn. true: there is more. */
bool yj_family_read(const struct yj_family *family, struct yj_decoder *d, const char *topic,
    const char *payload, size_t len, size_t *next, struct yj_reports *out);
void yj_family_filters(const struct yj_family *family, const char *address,
    void (*add)(void *ctx, const char *filter), void *ctx);
int yj_family_tell(const struct yj_family *family, const struct yj_to *to,
    const struct yj_msg_down_call *down, struct yj_wire *out) YJ_MUST_CHECK;

/* The families that the configuration describes, borrowed until the next call: they are found by
 * all functions here. Their topics are looked at before those of ours, but for patterns that begin
 * with + or #. */
void yj_families_use(struct yj_mapping *const *mappings, size_t n);
/* One of ours, without those of the configuration, or NULL. */
const struct yj_family *yj_family_builtin(const char *name);

/* The family by its name, or NULL. */
const struct yj_family *yj_family_find(const char *name);
/* The family that owns a topic; native for every topic under yj/, NULL if none does. */
const struct yj_family *yj_family_of_topic(const char *topic);
/* The i-th family, or NULL behind the last. */
const struct yj_family *yj_family_at(size_t i);

/* Decodes a native message; a topic of another family or of nobody becomes REFUSED with
 * YJ_REASON_TOPIC. 0 or YJ_ERR_NOMEM. */
int yj_event_decode(const char *topic, const void *payload, size_t len, bool retained,
    struct yj_event *out) YJ_MUST_CHECK;
void yj_event_done(struct yj_event *event); /* safe on a zeroed event */

/* Tells a native device: its topic and a malloc'd payload, which the caller frees. 0;
 * YJ_ERR_INVAL for a bad name; YJ_ERR_FULL when cap is too small (YJ_TOPIC_MAX always suffices);
 * YJ_ERR_NOMEM. */
int yj_native_tell(const char *device, const struct yj_msg_down_call *down, char *topic, size_t cap,
    char **payload, size_t *len) YJ_MUST_CHECK;

/* The native family's subscriptions. help: what must not be lost (QoS 1); chatter: the rest.
 *
 * No two filters of one list can match the same topic, so a connection never gets a message
 * twice. help names its topics one by one, which keeps heartbeats and vitals out. chatter takes
 * everything under up/, so that a suffix nobody knows is seen and refused instead of vanishing; it
 * therefore also sees a second copy (QoS 0) of what help gets, and its owner drops every topic
 * for which yj_native_is_help is true, before decoding, or one bad message would be counted twice.
 */
extern const char *const yj_native_help_filters[];    /* NULL-terminated */
extern const char *const yj_native_chatter_filters[]; /* NULL-terminated */

/* Does one of yj_native_help_filters match this topic (valid name or not)? */
bool yj_native_is_help(const char *topic);

#endif
