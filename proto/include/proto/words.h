/* The words of the contract as enums, with their spellings on the wire.
 * Every yj_X_name(v) returns a static string, never NULL for a value of the enum; every
 * yj_X_parse(s, &v) returns 0, or YJ_ERR_NOTFOUND and leaves *v alone. */
#ifndef PROTO_WORDS_H
#define PROTO_WORDS_H

#include <stdbool.h>

#include "proto/err.h"

enum yj_kind { /* of an alert or incident */
	YJ_KIND_SOS,
	YJ_KIND_SERVICE,
	YJ_KIND_FAMILY,
	YJ_KIND_FALL,
	YJ_KIND_SMOKE,
	YJ_KIND_GAS,
	YJ_KIND_LEAK,
	YJ_KIND_BED_EXIT,
	YJ_KIND_INACTIVITY,
	YJ_KIND_VITAL,
	YJ_KIND_WANDER,
	YJ_KIND_UNREADABLE, /* from here on: the gateway's own, never on the wire to the gateway */
	YJ_KIND_UNASSIGNED,
	YJ_KIND_VISIT_UNANSWERED,
	YJ_KIND_OUTAGE, /* the devices of a region went offline together */
	YJ_KIND_COUNT
};
const char *yj_kind_name(enum yj_kind kind);
int yj_kind_parse(const char *s, enum yj_kind *kind) YJ_MUST_CHECK;
/* A call for help: never throttled, bundled, muted or dropped. */
bool yj_kind_is_help(enum yj_kind kind);
/* May a device say it: a call's button (sos, service, family), an alarm's kind. */
bool yj_kind_is_button(enum yj_kind kind);
bool yj_kind_is_alarm(enum yj_kind kind);

enum yj_inc_state {
	YJ_INC_OPEN,
	YJ_INC_ACKED,
	YJ_INC_ARRIVED,
	YJ_INC_RESOLVED, /* this and the next are ends */
	YJ_INC_CANCELLED,
};
const char *yj_inc_state_name(enum yj_inc_state state);
int yj_inc_state_parse(const char *s, enum yj_inc_state *state) YJ_MUST_CHECK;

enum yj_role {
	YJ_ROLE_FAMILY,
	YJ_ROLE_NEIGHBOR,
	YJ_ROLE_VOLUNTEER,
	YJ_ROLE_GRID,
	YJ_ROLE_VILLAGE,
	YJ_ROLE_DOCTOR,
	YJ_ROLE_CARE_WORKER,
	YJ_ROLE_NURSE,
	YJ_ROLE_PROVIDER,
	YJ_ROLE_DUTY,
	YJ_ROLE_OPERATOR,
	YJ_ROLE_MAINTENANCE,
	YJ_ROLE_COUNT
};
const char *yj_role_name(enum yj_role role);
int yj_role_parse(const char *s, enum yj_role *role) YJ_MUST_CHECK;

enum yj_outcome {
	YJ_OUTCOME_NONE, /* name "": not given */
	YJ_OUTCOME_HELPED,
	YJ_OUTCOME_HOSPITAL,
	YJ_OUTCOME_FALSE_ALARM,
	YJ_OUTCOME_TEST,
	YJ_OUTCOME_DEVICE_FAULT,
	YJ_OUTCOME_DECEASED,
	YJ_OUTCOME_OTHER,
};
const char *yj_outcome_name(enum yj_outcome outcome);
int yj_outcome_parse(const char *s, enum yj_outcome *outcome) YJ_MUST_CHECK;

enum yj_note_code {
	YJ_NOTE_NONE, /* name "" */
	YJ_NOTE_CALLED_120,
	YJ_NOTE_CALLED_119,
	YJ_NOTE_CALLED_110,
	YJ_NOTE_SPOKE_RESIDENT,
	YJ_NOTE_NO_REPLY,
	YJ_NOTE_CALLED_FAMILY,
	YJ_NOTE_NEED_HELP,
	YJ_NOTE_OTHER,
};
const char *yj_note_code_name(enum yj_note_code code);
int yj_note_code_parse(const char *s, enum yj_note_code *code) YJ_MUST_CHECK;

enum yj_reply_action {
	YJ_REPLY_SEEN,
	YJ_REPLY_ACK,
	YJ_REPLY_DECLINE,
	YJ_REPLY_ARRIVE,
	YJ_REPLY_RESOLVE,
	YJ_REPLY_NOTE,
};
const char *yj_reply_action_name(enum yj_reply_action action);
int yj_reply_action_parse(const char *s, enum yj_reply_action *action) YJ_MUST_CHECK;

enum yj_how { YJ_HOW_NONE /* name "" */, YJ_HOW_GOING, YJ_HOW_REMOTE };
const char *yj_how_name(enum yj_how how);
int yj_how_parse(const char *s, enum yj_how *how) YJ_MUST_CHECK;

enum yj_home_state { /* what a home's device is told on down/call */
	YJ_HOME_RECEIVED,
	YJ_HOME_ANSWERED,
	YJ_HOME_SEARCHING,
	YJ_HOME_ARRIVED,
	YJ_HOME_CLOSED,
};
const char *yj_home_state_name(enum yj_home_state state);
int yj_home_state_parse(const char *s, enum yj_home_state *state) YJ_MUST_CHECK;

enum yj_page_state { /* what a caregiver's inbox says; the first three are pages, the rest news */
	YJ_PAGE_OPEN,
	YJ_PAGE_JOINED,
	YJ_PAGE_REMIND,
	YJ_PAGE_CONTACTED,
	YJ_PAGE_ANSWERED,
	YJ_PAGE_ARRIVED,
	YJ_PAGE_WITHDRAWN,
	YJ_PAGE_CLOSED,
	YJ_PAGE_NOTICE, /* no incident: something to know or to confirm */
};
const char *yj_page_state_name(enum yj_page_state state);
int yj_page_state_parse(const char *s, enum yj_page_state *state) YJ_MUST_CHECK;

enum yj_checkin_method {
	YJ_CHECKIN_NFC,
	YJ_CHECKIN_QR_STATIC,
	YJ_CHECKIN_QR_ROTATING,
	YJ_CHECKIN_KEY
};
const char *yj_checkin_method_name(enum yj_checkin_method m);
int yj_checkin_method_parse(const char *s, enum yj_checkin_method *m) YJ_MUST_CHECK;

enum yj_checkin_type { YJ_CHECKIN_VISIT, YJ_CHECKIN_ON, YJ_CHECKIN_OFF };
const char *yj_checkin_type_name(enum yj_checkin_type t);
int yj_checkin_type_parse(const char *s, enum yj_checkin_type *t) YJ_MUST_CHECK;

enum yj_visit_state { YJ_VISIT_RINGING, YJ_VISIT_ACCEPTED, YJ_VISIT_DECLINED, YJ_VISIT_ENDED };
const char *yj_visit_state_name(enum yj_visit_state s);
int yj_visit_state_parse(const char *s, enum yj_visit_state *v) YJ_MUST_CHECK;

enum yj_visit_action { YJ_VISIT_RING, YJ_VISIT_SIGNAL, YJ_VISIT_END };
const char *yj_visit_action_name(enum yj_visit_action a);
int yj_visit_action_parse(const char *s, enum yj_visit_action *a) YJ_MUST_CHECK;

enum yj_visit_mode { YJ_MODE_VIDEO, YJ_MODE_VOICE, YJ_MODE_CHECK_IN };
const char *yj_visit_mode_name(enum yj_visit_mode m); /* "video", "voice", "check-in" */
int yj_visit_mode_parse(const char *s, enum yj_visit_mode *m) YJ_MUST_CHECK;

/* How somebody looked in on a resident, how they were found, and what that counts as. */
enum yj_visit_method { YJ_METHOD_ON_SITE, YJ_METHOD_VIDEO, YJ_METHOD_PHONE, YJ_METHOD_DEVICE };
const char *yj_visit_method_name(enum yj_visit_method m);
int yj_visit_method_parse(const char *s, enum yj_visit_method *m) YJ_MUST_CHECK;

enum yj_visit_result {	 /* as stored */
	YJ_FOUND_UNSAID, /* "": seen, and nothing more was said */
	YJ_FOUND_WELL,
	YJ_FOUND_NEEDS,
	YJ_FOUND_NOT_HOME,
	YJ_FOUND_REFUSED,
	YJ_FOUND_HOSPITAL
};
const char *yj_visit_result_name(enum yj_visit_result r);
int yj_visit_result_parse(const char *s, enum yj_visit_result *r) YJ_MUST_CHECK;
/* Was the resident seen or heard of, or did somebody only try? */
bool yj_visit_result_counts(enum yj_visit_result r);

enum yj_seen_as { /* as stored, in masks of 1 << these */
	YJ_AS_VISIT,
	YJ_AS_CHECKIN, /* "check-in": a call, by telephone or through the terminal */
	YJ_AS_ON_SITE,
	YJ_AS_WELL, /* the resident's own "I am well" */
	YJ_AS_COUNT
};
const char *yj_seen_as_name(enum yj_seen_as c);
int yj_seen_as_parse(const char *s, enum yj_seen_as *c) YJ_MUST_CHECK;

enum yj_device_kind { YJ_DEVICE_BUTTON, YJ_DEVICE_TERMINAL, YJ_DEVICE_BED, YJ_DEVICE_SENSOR };
const char *yj_device_kind_name(enum yj_device_kind k);
int yj_device_kind_parse(const char *s, enum yj_device_kind *k) YJ_MUST_CHECK;

enum yj_bed_kind { YJ_BED_HOME, YJ_BED_INSTITUTION, YJ_BED_HOSPITAL };
const char *yj_bed_kind_name(enum yj_bed_kind k);
int yj_bed_kind_parse(const char *s, enum yj_bed_kind *k) YJ_MUST_CHECK;

enum yj_consent { /* what a resident agrees to, or not (docs/consents.md) */
	YJ_CONSENT_VISIT,
	YJ_CONSENT_AUTO_ANSWER,
	YJ_CONSENT_ALERT,
	YJ_CONSENT_NIGHT,
	YJ_CONSENT_SHARED_ROOM,
	YJ_CONSENT_COUNT
};
const char *yj_consent_name(enum yj_consent c);
int yj_consent_parse(const char *s, enum yj_consent *c) YJ_MUST_CHECK;

enum yj_consent_by { /* who said so; the last two can only refuse */
	YJ_CONSENT_BY_RESIDENT,
	YJ_CONSENT_BY_GUARDIAN,
	YJ_CONSENT_BY_FAMILY,
	YJ_CONSENT_BY_CLERK,
};
const char *yj_consent_by_name(enum yj_consent_by by);
int yj_consent_by_parse(const char *s, enum yj_consent_by *by) YJ_MUST_CHECK;

/* Types of the event log; yj_event_name gives them without the prefix "yijian.". */
enum yj_event_type {
	YJ_EV_ALERT_RECEIVED,
	YJ_EV_ALERT_DUPLICATE,
	YJ_EV_ALERT_REJECTED,
	YJ_EV_ALERT_FLOOD,
	YJ_EV_INCIDENT_OPENED,
	YJ_EV_INCIDENT_JOINED,
	YJ_EV_INCIDENT_NOTIFIED,
	YJ_EV_INCIDENT_ESCALATED,
	YJ_EV_INCIDENT_UNREACHABLE,
	YJ_EV_INCIDENT_CONTACTED,
	YJ_EV_INCIDENT_NOTED,
	YJ_EV_INCIDENT_PAGED,
	YJ_EV_INCIDENT_ACKED,
	YJ_EV_INCIDENT_DECLINED,
	YJ_EV_INCIDENT_ARRIVED,
	YJ_EV_INCIDENT_REOPENED,
	YJ_EV_INCIDENT_WITHDRAWN,
	YJ_EV_INCIDENT_RESOLVED,
	YJ_EV_INCIDENT_CANCELLED,
	YJ_EV_DELIVERY_SENT,
	YJ_EV_DELIVERY_DELIVERED,
	YJ_EV_DELIVERY_FAILED,
	YJ_EV_DEVICE_ONLINE,
	YJ_EV_DEVICE_OFFLINE,
	YJ_EV_DEVICE_LOW_BATTERY,
	YJ_EV_DEVICE_ENROLLED,
	YJ_EV_DEVICE_REVOKED,
	YJ_EV_OUTAGE_BEGAN,
	YJ_EV_OUTAGE_ENDED,
	YJ_EV_VISIT_REQUESTED,
	YJ_EV_VISIT_RINGING,
	YJ_EV_VISIT_ANSWERED,
	YJ_EV_VISIT_DECLINED,
	YJ_EV_VISIT_MISSED,
	YJ_EV_VISIT_ENDED,
	YJ_EV_ROUND_DUE,
	YJ_EV_ROUND_MISSED,
	YJ_EV_RESIDENT_WELL,
	YJ_EV_CHECKIN,
	YJ_EV_BED_ASSIGNED,
	YJ_EV_BED_RELEASED,
	YJ_EV_BED_IN,
	YJ_EV_BED_OUT,
	YJ_EV_GATEWAY_STARTED,
	YJ_EV_GATEWAY_STOPPED,
	YJ_EV_GATEWAY_DEGRADED,
	YJ_EV_GATEWAY_RECOVERED,
	YJ_EV_GATEWAY_POISON,
	YJ_EV_CLOCK_STEPPED,
	YJ_EV_CONFIG_LOADED,
	YJ_EV_DIRECTORY_CHANGED,
	YJ_EV_USER_LOGIN,
	YJ_EV_USER_DENIED,
	YJ_EV_COUNT
};
const char *yj_event_name(enum yj_event_type type);
int yj_event_parse(const char *s, enum yj_event_type *type) YJ_MUST_CHECK;

/* Why a message was refused (`reason` of alert.rejected). */
enum yj_reason {
	YJ_REASON_NONE,		  /* "" */
	YJ_REASON_TOPIC,	  /* "topic": not a topic of ours */
	YJ_REASON_SIZE,		  /* "size": over YJ_PAYLOAD_MAX */
	YJ_REASON_UTF8,		  /* "utf8": not UTF-8 */
	YJ_REASON_JSON,		  /* "json": not a JSON object */
	YJ_REASON_FIELD,	  /* "field": a required field is missing or ill-typed */
	YJ_REASON_UNKNOWN_DEVICE, /* "unknown_device" */
	YJ_REASON_REVOKED_DEVICE, /* "revoked_device" */
	YJ_REASON_UNBOUND_DEVICE, /* "unbound_device": known, but of nobody and nothing */
	YJ_REASON_NO_CALL,	  /* "no_call": a cancel that fits no call */
	YJ_REASON_CAREGIVER,	  /* "caregiver": a check-in by somebody unknown or not allowed */
	YJ_REASON_POISON,	  /* "poison": set aside after it crashed the daemon */
	YJ_REASON_COUNT
};
const char *yj_reason_name(enum yj_reason reason);

#endif
