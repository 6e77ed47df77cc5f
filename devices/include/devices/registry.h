/* Device families: topic and bytes in, one normalised event out; feedback back the other way. */
#ifndef DEVICES_REGISTRY_H
#define DEVICES_REGISTRY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

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
	enum yj_topic_type
	    topic_type;	       /* native form of what was said (also of a refused message) */
	struct yj_message msg; /* for YJ_EVENT_MESSAGE; released by yj_event_done */
	struct yj_refusal why; /* for YJ_EVENT_REFUSED */
};

struct yj_family {
	const char *name; /* as in devices.csv */
	/* Reads one message. retained is the broker's flag. 0 or YJ_ERR_NOMEM; what is wrong with
	 * the message is said in *out. */
	int (*decode)(const char *topic, const void *payload, size_t len, bool retained,
	    struct yj_event *out);
	/* Is this topic one of the family's? */
	bool (*owns)(const char *topic);
	/* Writes the topic and payload that tell a device what became of its call. Returns 0 and a
	 * malloc'd payload, which the caller frees; YJ_ERR_NOTFOUND when the family cannot show it;
	 * YJ_ERR_INVAL for a bad speaker; YJ_ERR_FULL when cap is too small (YJ_TOPIC_MAX always
	 * suffices); YJ_ERR_NOMEM. */
	int (*feedback)(const char *speaker, const struct yj_msg_down_call *down, char *topic,
	    size_t cap, char **payload, size_t *len);
};

/* The family by its name, or NULL. */
const struct yj_family *yj_family_find(const char *name);
/* The family that owns a topic; native for every topic under yj/, NULL if none does. */
const struct yj_family *yj_family_of_topic(const char *topic);
/* The i-th family, or NULL behind the last. */
const struct yj_family *yj_family_at(size_t i);

/* Decodes with the family that owns the topic; a topic of nobody becomes REFUSED with
 * YJ_REASON_TOPIC. 0 or YJ_ERR_NOMEM. */
int yj_event_decode(const char *topic, const void *payload, size_t len, bool retained,
    struct yj_event *out) YJ_MUST_CHECK;
void yj_event_done(struct yj_event *event); /* safe on a zeroed event */

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
