/* Spellings of the words: one table per enum, in the enum's order. */
#include "proto/words.h"

#include <stddef.h>
#include <string.h>

#include "proto/err.h"

#define LENGTH(a) (sizeof(a) / sizeof((a)[0]))

static const char *word_name(const char *const *words, size_t count, size_t value)
{
	return value < count ? words[value] : "?";
}

/* The index of s in words, or -1. */
static int word_find(const char *const *words, size_t count, const char *s)
{
	for (size_t i = 0; i < count; i++) {
		if (strcmp(words[i], s) == 0)
			return (int)i;
	}
	return -1;
}

/* Defines yj_<noun>_name and yj_<noun>_parse over the table <noun>_words. */
#define DEFINE_WORDS(noun, type)                                                                   \
	DEFINE_WORDS_AS(noun##_words, yj_##noun##_name, yj_##noun##_parse, type)
#define DEFINE_WORDS_AS(words, name_function, parse_function, type)                                \
	const char *name_function(type value)                                                      \
	{                                                                                          \
		return word_name(words, LENGTH(words), (size_t)value);                             \
	}                                                                                          \
	/* NOLINTNEXTLINE(bugprone-macro-parentheses): a type */                                   \
	int parse_function(const char *s, type *value)                                             \
	{                                                                                          \
		int found = word_find(words, LENGTH(words), s);                                    \
		if (found < 0)                                                                     \
			return YJ_ERR_NOTFOUND;                                                    \
		*value = (type)found;                                                              \
		return 0;                                                                          \
	}

static const char *const kind_words[] = {
    [YJ_KIND_SOS] = "sos",
    [YJ_KIND_SERVICE] = "service",
    [YJ_KIND_FAMILY] = "family",
    [YJ_KIND_FALL] = "fall",
    [YJ_KIND_SMOKE] = "smoke",
    [YJ_KIND_GAS] = "gas",
    [YJ_KIND_LEAK] = "leak",
    [YJ_KIND_BED_EXIT] = "bed_exit",
    [YJ_KIND_INACTIVITY] = "inactivity",
    [YJ_KIND_VITAL] = "vital",
    [YJ_KIND_WANDER] = "wander",
    [YJ_KIND_UNREADABLE] = "unreadable",
    [YJ_KIND_UNASSIGNED] = "unassigned",
    [YJ_KIND_VISIT_UNANSWERED] = "visit_unanswered",
    [YJ_KIND_OUTAGE] = "outage",
};
_Static_assert(LENGTH(kind_words) == YJ_KIND_COUNT, "a kind has no word");
DEFINE_WORDS(kind, enum yj_kind)

bool yj_kind_is_help(enum yj_kind kind)
{
	switch (kind) {
	case YJ_KIND_SOS:
	case YJ_KIND_FALL:
	case YJ_KIND_SMOKE:
	case YJ_KIND_GAS:
	case YJ_KIND_WANDER:
	case YJ_KIND_UNREADABLE:
	case YJ_KIND_UNASSIGNED:
	case YJ_KIND_INACTIVITY:
	case YJ_KIND_VISIT_UNANSWERED:
		return true;
	case YJ_KIND_SERVICE:
	case YJ_KIND_FAMILY:
	case YJ_KIND_LEAK:
	case YJ_KIND_BED_EXIT:
	case YJ_KIND_VITAL:
	case YJ_KIND_OUTAGE:
	case YJ_KIND_COUNT:
		break;
	}
	return false;
}

bool yj_kind_is_button(enum yj_kind kind)
{
	return kind == YJ_KIND_SOS || kind == YJ_KIND_SERVICE || kind == YJ_KIND_FAMILY;
}

bool yj_kind_is_alarm(enum yj_kind kind)
{
	return kind >= YJ_KIND_FALL && kind <= YJ_KIND_WANDER;
}

static const char *const inc_state_words[] = {
    [YJ_INC_OPEN] = "open",
    [YJ_INC_ACKED] = "acked",
    [YJ_INC_ARRIVED] = "arrived",
    [YJ_INC_RESOLVED] = "resolved",
    [YJ_INC_CANCELLED] = "cancelled",
};
DEFINE_WORDS(inc_state, enum yj_inc_state)

static const char *const role_words[] = {
    [YJ_ROLE_FAMILY] = "family",
    [YJ_ROLE_NEIGHBOR] = "neighbor",
    [YJ_ROLE_VOLUNTEER] = "volunteer",
    [YJ_ROLE_GRID] = "grid",
    [YJ_ROLE_VILLAGE] = "village",
    [YJ_ROLE_DOCTOR] = "doctor",
    [YJ_ROLE_CARE_WORKER] = "care_worker",
    [YJ_ROLE_NURSE] = "nurse",
    [YJ_ROLE_PROVIDER] = "provider",
    [YJ_ROLE_DUTY] = "duty",
    [YJ_ROLE_OPERATOR] = "operator",
    [YJ_ROLE_MAINTENANCE] = "maintenance",
};
_Static_assert(LENGTH(role_words) == YJ_ROLE_COUNT, "a role has no word");
DEFINE_WORDS(role, enum yj_role)

static const char *const outcome_words[] = {
    [YJ_OUTCOME_NONE] = "",
    [YJ_OUTCOME_HELPED] = "helped",
    [YJ_OUTCOME_HOSPITAL] = "hospital",
    [YJ_OUTCOME_FALSE_ALARM] = "false_alarm",
    [YJ_OUTCOME_TEST] = "test",
    [YJ_OUTCOME_DEVICE_FAULT] = "device_fault",
    [YJ_OUTCOME_DECEASED] = "deceased",
    [YJ_OUTCOME_OTHER] = "other",
};
DEFINE_WORDS(outcome, enum yj_outcome)

static const char *const note_code_words[] = {
    [YJ_NOTE_NONE] = "",
    [YJ_NOTE_CALLED_120] = "called_120",
    [YJ_NOTE_CALLED_119] = "called_119",
    [YJ_NOTE_CALLED_110] = "called_110",
    [YJ_NOTE_SPOKE_RESIDENT] = "spoke_resident",
    [YJ_NOTE_NO_REPLY] = "no_reply",
    [YJ_NOTE_CALLED_FAMILY] = "called_family",
    [YJ_NOTE_NEED_HELP] = "need_help",
    [YJ_NOTE_OTHER] = "other",
};
DEFINE_WORDS(note_code, enum yj_note_code)

static const char *const reply_action_words[] = {
    [YJ_REPLY_SEEN] = "seen",
    [YJ_REPLY_ACK] = "ack",
    [YJ_REPLY_DECLINE] = "decline",
    [YJ_REPLY_ARRIVE] = "arrive",
    [YJ_REPLY_RESOLVE] = "resolve",
    [YJ_REPLY_NOTE] = "note",
};
DEFINE_WORDS(reply_action, enum yj_reply_action)

static const char *const how_words[] = {
    [YJ_HOW_NONE] = "",
    [YJ_HOW_GOING] = "going",
    [YJ_HOW_REMOTE] = "remote",
};
DEFINE_WORDS(how, enum yj_how)

static const char *const home_state_words[] = {
    [YJ_HOME_RECEIVED] = "received",
    [YJ_HOME_ANSWERED] = "answered",
    [YJ_HOME_SEARCHING] = "searching",
    [YJ_HOME_ARRIVED] = "arrived",
    [YJ_HOME_CLOSED] = "closed",
};
DEFINE_WORDS(home_state, enum yj_home_state)

static const char *const page_state_words[] = {
    [YJ_PAGE_OPEN] = "open",
    [YJ_PAGE_JOINED] = "joined",
    [YJ_PAGE_REMIND] = "remind",
    [YJ_PAGE_CONTACTED] = "contacted",
    [YJ_PAGE_ANSWERED] = "answered",
    [YJ_PAGE_ARRIVED] = "arrived",
    [YJ_PAGE_WITHDRAWN] = "withdrawn",
    [YJ_PAGE_CLOSED] = "closed",
    [YJ_PAGE_NOTICE] = "notice",
};
DEFINE_WORDS(page_state, enum yj_page_state)

static const char *const checkin_method_words[] = {
    [YJ_CHECKIN_NFC] = "nfc",
    [YJ_CHECKIN_QR_STATIC] = "qr_static",
    [YJ_CHECKIN_QR_ROTATING] = "qr_rotating",
    [YJ_CHECKIN_KEY] = "key",
};
DEFINE_WORDS(checkin_method, enum yj_checkin_method)

static const char *const checkin_type_words[] = {
    [YJ_CHECKIN_VISIT] = "visit",
    [YJ_CHECKIN_ON] = "on",
    [YJ_CHECKIN_OFF] = "off",
};
DEFINE_WORDS(checkin_type, enum yj_checkin_type)

static const char *const visit_state_words[] = {
    [YJ_VISIT_RINGING] = "ringing",
    [YJ_VISIT_ACCEPTED] = "accepted",
    [YJ_VISIT_DECLINED] = "declined",
    [YJ_VISIT_ENDED] = "ended",
};
DEFINE_WORDS(visit_state, enum yj_visit_state)

static const char *const visit_action_words[] = {
    [YJ_VISIT_RING] = "ring",
    [YJ_VISIT_SIGNAL] = "signal",
    [YJ_VISIT_END] = "end",
};
DEFINE_WORDS(visit_action, enum yj_visit_action)

static const char *const visit_mode_words[] = {
    [YJ_MODE_VIDEO] = "video",
    [YJ_MODE_VOICE] = "voice",
    [YJ_MODE_CHECK_IN] = "check-in",
};
DEFINE_WORDS(visit_mode, enum yj_visit_mode)

static const char *const visit_method_words[] = {
    [YJ_METHOD_ON_SITE] = "on_site",
    [YJ_METHOD_VIDEO] = "video",
    [YJ_METHOD_PHONE] = "phone",
    [YJ_METHOD_DEVICE] = "device",
};
DEFINE_WORDS(visit_method, enum yj_visit_method)

static const char *const visit_result_words[] = {
    [YJ_FOUND_UNSAID] = "",
    [YJ_FOUND_WELL] = "well",
    [YJ_FOUND_NEEDS] = "needs",
    [YJ_FOUND_NOT_HOME] = "not_home",
    [YJ_FOUND_REFUSED] = "refused",
    [YJ_FOUND_HOSPITAL] = "hospital",
};
DEFINE_WORDS(visit_result, enum yj_visit_result)

bool yj_visit_result_counts(enum yj_visit_result r)
{
	return r != YJ_FOUND_NOT_HOME && r != YJ_FOUND_REFUSED;
}

static const char *const seen_as_words[] = {
    [YJ_AS_VISIT] = "visit",
    [YJ_AS_CHECKIN] = "check-in",
    [YJ_AS_ON_SITE] = "on_site",
    [YJ_AS_WELL] = "well",
};
DEFINE_WORDS(seen_as, enum yj_seen_as)

static const char *const device_kind_words[] = {
    [YJ_DEVICE_BUTTON] = "button",
    [YJ_DEVICE_TERMINAL] = "terminal",
    [YJ_DEVICE_BED] = "bed",
    [YJ_DEVICE_SENSOR] = "sensor",
};
DEFINE_WORDS(device_kind, enum yj_device_kind)

static const char *const bed_kind_words[] = {
    [YJ_BED_HOME] = "home",
    [YJ_BED_INSTITUTION] = "institution",
    [YJ_BED_HOSPITAL] = "hospital",
};
DEFINE_WORDS(bed_kind, enum yj_bed_kind)

static const char *const consent_words[] = {
    [YJ_CONSENT_VISIT] = "visit",
    [YJ_CONSENT_AUTO_ANSWER] = "auto_answer",
    [YJ_CONSENT_ALERT] = "alert",
    [YJ_CONSENT_NIGHT] = "night",
    [YJ_CONSENT_SHARED_ROOM] = "shared_room",
};
_Static_assert(LENGTH(consent_words) == YJ_CONSENT_COUNT, "a consent has no word");
DEFINE_WORDS(consent, enum yj_consent)

static const char *const consent_by_words[] = {
    [YJ_CONSENT_BY_RESIDENT] = "resident",
    [YJ_CONSENT_BY_GUARDIAN] = "guardian",
    [YJ_CONSENT_BY_FAMILY] = "family",
    [YJ_CONSENT_BY_CLERK] = "clerk",
};
DEFINE_WORDS(consent_by, enum yj_consent_by)

static const char *const event_words[] = {
    [YJ_EV_ALERT_RECEIVED] = "alert.received",
    [YJ_EV_ALERT_DUPLICATE] = "alert.duplicate",
    [YJ_EV_ALERT_REJECTED] = "alert.rejected",
    [YJ_EV_ALERT_FLOOD] = "alert.flood",
    [YJ_EV_INCIDENT_OPENED] = "incident.opened",
    [YJ_EV_INCIDENT_JOINED] = "incident.joined",
    [YJ_EV_INCIDENT_NOTIFIED] = "incident.notified",
    [YJ_EV_INCIDENT_ESCALATED] = "incident.escalated",
    [YJ_EV_INCIDENT_UNREACHABLE] = "incident.unreachable",
    [YJ_EV_INCIDENT_CONTACTED] = "incident.contacted",
    [YJ_EV_INCIDENT_NOTED] = "incident.noted",
    [YJ_EV_INCIDENT_PAGED] = "incident.paged",
    [YJ_EV_INCIDENT_ACKED] = "incident.acked",
    [YJ_EV_INCIDENT_DECLINED] = "incident.declined",
    [YJ_EV_INCIDENT_ARRIVED] = "incident.arrived",
    [YJ_EV_INCIDENT_REOPENED] = "incident.reopened",
    [YJ_EV_INCIDENT_WITHDRAWN] = "incident.withdrawn",
    [YJ_EV_INCIDENT_RESOLVED] = "incident.resolved",
    [YJ_EV_INCIDENT_CANCELLED] = "incident.cancelled",
    [YJ_EV_DELIVERY_SENT] = "delivery.sent",
    [YJ_EV_DELIVERY_DELIVERED] = "delivery.delivered",
    [YJ_EV_DELIVERY_FAILED] = "delivery.failed",
    [YJ_EV_DEVICE_ONLINE] = "device.online",
    [YJ_EV_DEVICE_OFFLINE] = "device.offline",
    [YJ_EV_DEVICE_LOW_BATTERY] = "device.low_battery",
    [YJ_EV_DEVICE_ENROLLED] = "device.enrolled",
    [YJ_EV_DEVICE_REVOKED] = "device.revoked",
    [YJ_EV_OUTAGE_BEGAN] = "outage.began",
    [YJ_EV_OUTAGE_ENDED] = "outage.ended",
    [YJ_EV_VISIT_REQUESTED] = "visit.requested",
    [YJ_EV_VISIT_RINGING] = "visit.ringing",
    [YJ_EV_VISIT_ANSWERED] = "visit.answered",
    [YJ_EV_VISIT_DECLINED] = "visit.declined",
    [YJ_EV_VISIT_MISSED] = "visit.missed",
    [YJ_EV_VISIT_ENDED] = "visit.ended",
    [YJ_EV_ROUND_DUE] = "round.due",
    [YJ_EV_ROUND_MISSED] = "round.missed",
    [YJ_EV_RESIDENT_WELL] = "resident.well",
    [YJ_EV_CHECKIN] = "checkin",
    [YJ_EV_BED_ASSIGNED] = "bed.assigned",
    [YJ_EV_BED_RELEASED] = "bed.released",
    [YJ_EV_BED_IN] = "bed.in",
    [YJ_EV_BED_OUT] = "bed.out",
    [YJ_EV_GATEWAY_STARTED] = "gateway.started",
    [YJ_EV_GATEWAY_STOPPED] = "gateway.stopped",
    [YJ_EV_GATEWAY_DEGRADED] = "gateway.degraded",
    [YJ_EV_GATEWAY_RECOVERED] = "gateway.recovered",
    [YJ_EV_GATEWAY_POISON] = "gateway.poison",
    [YJ_EV_CLOCK_STEPPED] = "clock.stepped",
    [YJ_EV_CONFIG_LOADED] = "config.loaded",
    [YJ_EV_DIRECTORY_CHANGED] = "directory.changed",
    [YJ_EV_USER_LOGIN] = "user.login",
    [YJ_EV_USER_DENIED] = "user.denied",
};
_Static_assert(LENGTH(event_words) == YJ_EV_COUNT, "an event type has no word");
DEFINE_WORDS_AS(event_words, yj_event_name, yj_event_parse, enum yj_event_type)

static const char *const reason_words[] = {
    [YJ_REASON_NONE] = "",
    [YJ_REASON_TOPIC] = "topic",
    [YJ_REASON_SIZE] = "size",
    [YJ_REASON_UTF8] = "utf8",
    [YJ_REASON_JSON] = "json",
    [YJ_REASON_FIELD] = "field",
    [YJ_REASON_UNKNOWN_DEVICE] = "unknown_device",
    [YJ_REASON_REVOKED_DEVICE] = "revoked_device",
    [YJ_REASON_UNBOUND_DEVICE] = "unbound_device",
    [YJ_REASON_NO_CALL] = "no_call",
    [YJ_REASON_CAREGIVER] = "caregiver",
    [YJ_REASON_POISON] = "poison",
};
_Static_assert(LENGTH(reason_words) == YJ_REASON_COUNT, "a reason has no word");

const char *yj_reason_name(enum yj_reason reason)
{
	return word_name(reason_words, LENGTH(reason_words), (size_t)reason);
}

static const char *const err_words[] = {
    [-YJ_OK] = "ok",
    [-YJ_ERR_INVAL] = "invalid",
    [-YJ_ERR_NOMEM] = "no memory",
    [-YJ_ERR_IO] = "input/output error",
    [-YJ_ERR_FULL] = "full",
    [-YJ_ERR_NOTFOUND] = "not found",
    [-YJ_ERR_EXISTS] = "exists",
    [-YJ_ERR_CONFLICT] = "conflict",
    [-YJ_ERR_DENIED] = "denied",
    [-YJ_ERR_BUSY] = "busy",
    [-YJ_ERR_NEWER] = "newer",
    [-YJ_ERR_BADMSG] = "damaged",
};

const char *yj_err_name(int err)
{
	/* A positive err becomes a huge index, which is "?" like any other unknown one. */
	return word_name(err_words, LENGTH(err_words), (size_t)0 - (size_t)err);
}
