/* Topic grammar of the native MQTT protocol, version 1 (docs/contract.md, "Native MQTT topics"). */
#ifndef PROTO_TOPIC_H
#define PROTO_TOPIC_H

#include <stdbool.h>
#include <stddef.h>

#include "proto/err.h"
#include "proto/limits.h"

enum yj_topic_type {
	YJ_TOPIC_CALL,	     /* yj/v1/dev/{who}/up/call */
	YJ_TOPIC_ALARM,	     /* yj/v1/dev/{who}/up/alarm */
	YJ_TOPIC_WELL,	     /* yj/v1/dev/{who}/up/well */
	YJ_TOPIC_CANCEL,     /* yj/v1/dev/{who}/up/cancel */
	YJ_TOPIC_HEARTBEAT,  /* yj/v1/dev/{who}/up/heartbeat */
	YJ_TOPIC_VITAL,	     /* yj/v1/dev/{who}/up/vital */
	YJ_TOPIC_CHECKIN,    /* yj/v1/dev/{who}/up/checkin */
	YJ_TOPIC_VISIT,	     /* yj/v1/dev/{who}/up/visit */
	YJ_TOPIC_DEV_STATE,  /* yj/v1/dev/{who}/state */
	YJ_TOPIC_DOWN_CALL,  /* yj/v1/dev/{who}/down/call */
	YJ_TOPIC_DOWN_VISIT, /* yj/v1/dev/{who}/down/visit */
	YJ_TOPIC_INBOX,	     /* yj/v1/cg/{who}/inbox */
	YJ_TOPIC_REPLY,	     /* yj/v1/cg/{who}/reply */
	YJ_TOPIC_RESULT,     /* yj/v1/cg/{who}/result */
	YJ_TOPIC_GW_STATE,   /* yj/v1/gw/{who}/state */
	YJ_TOPIC_LOG,	     /* yj/v1/log/{who}; who is an event type without prefix */
};

struct yj_topic {
	enum yj_topic_type type;
	char who[YJ_NAME_MAX + 1];
};

/* [A-Za-z0-9_-]{1,64} */
bool yj_name_valid(const char *s);

/* Reads a topic of len bytes (no terminator needed). 0, or YJ_ERR_INVAL for anything that is not
 * exactly one of the forms above with a valid name; *out is then untouched. */
int yj_topic_parse(const char *topic, size_t len, struct yj_topic *out) YJ_MUST_CHECK;

/* Like yj_topic_parse, for a message that will be rejected: who spoke, if the topic begins
 * yj/v1/dev/{who}/ or yj/v1/cg/{who}/ with a valid name. 0 or YJ_ERR_NOTFOUND. */
int yj_topic_speaker(const char *topic, size_t len, char who[YJ_NAME_MAX + 1]) YJ_MUST_CHECK;

/* Writes the topic with a terminator. Returns its length, or YJ_ERR_INVAL for an invalid name,
 * or YJ_ERR_FULL when cap is too small (YJ_TOPIC_MAX always suffices). */
int yj_topic_format(enum yj_topic_type type, const char *who, char *buf, size_t cap) YJ_MUST_CHECK;

#endif
