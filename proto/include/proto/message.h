/* The native messages as records, and their JSON codec.
 *
 * Strings are borrowed: after a decode they live in `doc`, which yj_message_done releases; for an
 * encode the caller owns them and leaves doc NULL. An optional string that is absent is NULL.
 * Decoding follows the contract: unknown fields are ignored, an ill-typed optional field counts
 * as absent, a missing or ill-typed required one is an error. Integers have 64 bits. A number
 * with a fraction is not an integer (1e3 and 1000.0 have none); an integer is good where a real
 * number is asked for. A number too large for its type spoils its own field alone. */
#ifndef PROTO_MESSAGE_H
#define PROTO_MESSAGE_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "proto/err.h"
#include "proto/limits.h"
#include "proto/topic.h"
#include "proto/words.h"

struct yj_pos { /* WGS-84 */
	bool set;
	double lat;    /* degrees, -90 to 90 */
	double lon;    /* degrees, -180 to 180 */
	double acc_m;  /* -1: not given */
	int64_t ts_ms; /* 0: not given */
};

struct yj_msg_call { /* up/call */
	const char *id;
	int64_t ts_ms;
	enum yj_kind button;
	const char *text;
	struct yj_pos pos;
};
struct yj_msg_alarm { /* up/alarm */
	const char *id;
	int64_t ts_ms;
	enum yj_kind kind;
	bool has_value;
	double value;
	const char *text;
	struct yj_pos pos;
};
struct yj_msg_well { /* up/well */
	const char *id;
	int64_t ts_ms;
};
struct yj_msg_cancel { /* up/cancel */
	const char *id;
	int64_t ts_ms;
	const char *ref;
};
struct yj_msg_heartbeat { /* up/heartbeat */
	int64_t ts_ms;
	int battery_pct; /* 0 to 100, -1: not given */
	bool has_rssi;
	int rssi_dbm; /* -200 to 50 */
	int mains;    /* 1, 0, -1: not given */
	const char *fw;
};
struct yj_msg_vital { /* up/vital; a value that is not given is -1; hr and rr are up to 1000 */
	const char *id;
	int64_t ts_ms;
	double hr;
	double rr;
	double spo2_pct;
	int in_bed;
};
struct yj_msg_checkin { /* up/checkin */
	const char *id;
	int64_t ts_ms;
	const char *caregiver;
	enum yj_checkin_method method;
	enum yj_checkin_type type;
};
struct yj_msg_visit { /* up/visit */
	const char *session;
	enum yj_visit_state state;
	json_t *signal; /* borrowed, NULL if not given */
};
struct yj_msg_dev_state { /* state */
	bool online;
	int64_t ts_ms;	 /* 0: not given */
	int64_t session; /* larger at each connect, the same in its will; 0: not given */
};
struct yj_msg_down_call { /* down/call */
	const char *id;
	const char *incident;
	enum yj_home_state state;
	const char *by;
	const char *text;
};
struct yj_msg_down_visit { /* down/visit */
	const char *session;
	enum yj_visit_action action;
	const char *from;
	int auto_answer; /* 1, 0, -1: not given */
	json_t *signal;
};
struct yj_msg_inbox {	/* inbox */
	const char *id; /* of the delivery */
	const char *incident;
	int level;
	enum yj_kind kind;
	enum yj_page_state state;
	struct {
		const char *id, *name, *address, *phone; /* "" where unknown */
		const char *access, *health;		 /* NULL: not for this receiver */
	} resident;
	const char *text;
	int64_t opened_at_ms;
	int64_t answer_by_ms; /* 0: not given */
	const char *url;
};
struct yj_msg_reply { /* reply */
	const char *id;
	const char *incident;
	enum yj_reply_action action;
	int64_t ts_ms;
	enum yj_how how;
	int eta_min; /* at most INT_MAX, -1: not given */
	enum yj_outcome outcome;
	enum yj_note_code code;
	const char *note;
};
struct yj_msg_result { /* result */
	const char *id;
	bool ok;
	const char *reason;
	const char *by;
};
struct yj_msg_gw_state { /* gateway's state */
	bool online;
	const char *version;
	const char *degraded;
	int64_t ts_ms;
};

struct yj_message {
	enum yj_topic_type type; /* any but YJ_TOPIC_LOG */
	json_t *doc;		 /* owner of the strings after a decode */
	union {
		struct yj_msg_call call;
		struct yj_msg_alarm alarm;
		struct yj_msg_well well;
		struct yj_msg_cancel cancel;
		struct yj_msg_heartbeat heartbeat;
		struct yj_msg_vital vital;
		struct yj_msg_checkin checkin;
		struct yj_msg_visit visit;
		struct yj_msg_dev_state dev_state;
		struct yj_msg_down_call down_call;
		struct yj_msg_down_visit down_visit;
		struct yj_msg_inbox inbox;
		struct yj_msg_reply reply;
		struct yj_msg_result result;
		struct yj_msg_gw_state gw_state;
	} u;
};

/* Why a decode failed. */
struct yj_refusal {
	enum yj_reason reason;	   /* SIZE, UTF8, JSON or FIELD */
	char field[32];		   /* the field, for FIELD, else "" */
	char id[YJ_MSGID_MAX + 1]; /* the message's id if it could be read all the same, else "" */
};

/* Decodes a payload of the given type. 0: *out is filled and must be released with
 * yj_message_done. YJ_ERR_INVAL: *why is filled, *out untouched. YJ_ERR_NOMEM.
 * `id` is read even from a broken payload (cut off, one bad field, bytes that are not UTF-8
 * elsewhere) as long as it stands there as a complete JSON string of 1 to 128 bytes.
 * "id" is 1 to 128 bytes of UTF-8, "session", "incident", "ref" likewise; "caregiver" is a
 * valid name. JSON may stand between white space; a second value after it is an error, and so is
 * a NUL in a string. A repeated key is not an error: the last one counts. */
int yj_message_decode(enum yj_topic_type type, const void *payload, size_t len,
    struct yj_message *out, struct yj_refusal *why) YJ_MUST_CHECK;

/* Releases what a decode allocated and zeroes *m. Safe on a zeroed record. */
void yj_message_done(struct yj_message *m);

/* Encodes as compact JSON with the keys in the order of the contract's table. Returns a malloc'd
 * string with a terminator, to be freed by the caller, and its length in *len (may be NULL);
 * NULL when memory is short or a required string is missing. */
char *yj_message_encode(const struct yj_message *m, size_t *len) YJ_MUST_CHECK;

#endif
