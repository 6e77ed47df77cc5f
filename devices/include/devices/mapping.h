/* A device that no family knows, described by its integrator: where in a message its name, its
 * readings and what happened are found. A mapping is filled by whoever reads the description (the
 * functions here compile its texts) and is then a family of its own (yj_family of it). */
#ifndef DEVICES_MAPPING_H
#define DEVICES_MAPPING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "devices/registry.h"
#include "proto/limits.h"

#define YJ_MAP_TOPICS_MAX 8
#define YJ_MAP_CAPTURES_MAX 8
#define YJ_MAP_POINTERS_MAX 64 /* different ones of one mapping */
#define YJ_MAP_PARTS_MAX 8     /* of one text */
#define YJ_MAP_NAMES_MAX 4     /* ways to find the device's name */
#define YJ_MAP_UNPACK_MAX 8
#define YJ_MAP_RULES_MAX 64
#define YJ_MAP_CONDITIONS_MAX 4 /* of one rule */
#define YJ_MAP_VALUES_MAX 16	/* that one condition may compare with */

/* Where an HTTP push stands among topics: this and the inlet's name. */
#define YJ_INLET_TOPIC "api/v1/in/"

enum yj_map_code { YJ_CODE_PLAIN, YJ_CODE_BASE64, YJ_CODE_HEX };
enum yj_map_shape {
	YJ_SHAPE_JSON,
	YJ_SHAPE_TEXT,	/* becomes a JSON string */
	YJ_SHAPE_BYTES, /* becomes an array of numbers, a byte each */
};
struct yj_map_as {
	enum yj_map_code code;
	enum yj_map_shape shape;
};

enum yj_map_from { YJ_FROM_NOWHERE, YJ_FROM_POINTER, YJ_FROM_CAPTURE, YJ_FROM_LITERAL };
struct yj_map_source { /* one value of a message */
	enum yj_map_from from;
	unsigned index; /* of the pointer or capture */
};
struct yj_map_text { /* a text made of values and literals */
	size_t n;
	struct {
		struct yj_map_source at;
		char *literal; /* of a LITERAL */
	} parts[YJ_MAP_PARTS_MAX];
};

enum yj_map_type { YJ_MAP_TEXT, YJ_MAP_NUMBER, YJ_MAP_BOOL };
struct yj_map_value {
	enum yj_map_type type;
	char *text;
	double number;
	bool yes;
};
struct yj_map_values {
	size_t n;
	struct yj_map_value v[YJ_MAP_VALUES_MAX];
};
struct yj_map_condition { /* all that is said of the value must be so */
	struct yj_map_source at;
	struct yj_map_values is; /* one of these, if there are any */
	struct yj_map_values not ;
	bool absent; /* it is not there; nothing else is said then */
	bool has_over, has_under;
	double over, under;
	int64_t bits; /* one of these bits is set; 0: any */
};

enum yj_map_does {
	YJ_DOES_CALL,
	YJ_DOES_ALARM,
	YJ_DOES_CANCEL,
	YJ_DOES_LIFE,
	YJ_DOES_ONLINE,
	YJ_DOES_OFFLINE,
	YJ_DOES_HEARTBEAT,
	YJ_DOES_TELEMETRY,
	YJ_DOES_FAULT,
	YJ_DOES_IGNORE,
};
struct yj_map_rule {
	enum yj_map_does does;
	enum yj_kind kind;	      /* of an ALARM; of a CALL with `state`: sos */
	unsigned fault;		      /* of a FAULT: enum yj_fault */
	bool emergency;		      /* of a CALL: it is sos whatever devices.csv says of keys */
	bool state;		      /* it is so or no longer: counts when it becomes so */
	bool changes;		      /* of LIFE: when the first condition's value is another one */
	char field[YJ_FIELD_MAX + 1]; /* under which a state or value is remembered */
	struct yj_map_text key;	      /* of a CALL: which key */
	size_t n;
	struct yj_map_condition conditions[YJ_MAP_CONDITIONS_MAX]; /* all of them */
};

struct yj_map_number {
	struct yj_map_source at;
	double factor, plus;
};
struct yj_map_flag { /* what a value says by itself, or whether it is as the condition has it */
	bool plain;
	struct yj_map_condition when;
};

enum yj_map_time { YJ_TIME_AUTO, YJ_TIME_S, YJ_TIME_MS, YJ_TIME_ISO };

#define YJ_MAP_NUMBERS 5 /* battery, rssi, hr, rr, spo2 */
#define YJ_MAP_FLAGS 3	 /* battery_low, mains, in_bed */

struct yj_mapping {
	struct yj_family family; /* name and heartbeat; the rest by yj_family_* */
	char name[33];
	char *topics[YJ_MAP_TOPICS_MAX];
	size_t n_topics;
	char *captures[YJ_MAP_CAPTURES_MAX];
	size_t n_captures;
	struct yj_map_pointer *pointers[YJ_MAP_POINTERS_MAX];
	size_t n_pointers;

	struct yj_map_as payload;
	struct {
		struct yj_map_source at; /* a pointer */
		struct yj_map_as as;
		bool each; /* within each element */
	} unpack[YJ_MAP_UNPACK_MAX];
	size_t n_unpack;
	struct yj_map_source each; /* an array: each element is a message; NOWHERE: there is one */

	struct yj_map_text names[YJ_MAP_NAMES_MAX]; /* of the device: the first that is there */
	size_t n_names;
	struct yj_map_text route; /* n 0: none */
	struct yj_map_source time;
	enum yj_map_time time_as;
	struct yj_map_text dedup; /* n 0: none, or */
	bool dedup_body;	  /* the whole message, beside dedup */
	char dedup_field[YJ_FIELD_MAX + 1];
	enum yj_repeat repeat;
	int64_t window_ms;
	struct yj_map_number numbers[YJ_MAP_NUMBERS];
	struct yj_map_flag flags[YJ_MAP_FLAGS];
	struct yj_map_source fw;
	enum yj_base otherwise;
	struct yj_map_rule rules[YJ_MAP_RULES_MAX];
	size_t n_rules;

	char *tell_topic; /* with {device}, {route}, {state}, {incident}; NULL: nothing is told */
	char *tell[YJ_HOME_CLOSED + 1]; /* payloads, the same in double braces; NULL: not told */
	int tell_qos;
};

struct yj_mapping *yj_mapping_new(void);	  /* NULL when memory is short */
void yj_mapping_free(struct yj_mapping *mapping); /* NULL is fine */

/* Each gives NULL, or what was expected instead (static). Captures are known from topics, which
 * therefore come first. */
const char *yj_mapping_set_name(struct yj_mapping *m, const char *name);
const char *yj_mapping_add_topic(struct yj_mapping *m, const char *pattern);
/* "/a/0/b" or "#/a/0/b" (RFC 6901), "#" for the whole, "{capture}". */
const char *yj_mapping_source(struct yj_mapping *m, const char *text, struct yj_map_source *out);
/* The same, or a text with values in braces: "{site}-{/id}". */
const char *yj_mapping_text(struct yj_mapping *m, const char *text, struct yj_map_text *out);
/* "json", "text", "bytes", "base64", "hex", "base64-json", "hex-text" … */
bool yj_mapping_as(const char *text, struct yj_map_as *out);
/* plain: not quoted, so that a number or true is one. YJ_ERR_NOMEM, or 0. */
int yj_mapping_value(const char *text, bool plain, struct yj_map_values *out) YJ_MUST_CHECK;
/* What a finished mapping still lacks, or NULL. */
const char *yj_mapping_check(const struct yj_mapping *m);

/* Is there a topic of it that begins with + or # or a capture? */
bool yj_mapping_begins_with_any(const struct yj_mapping *m);
bool yj_mapping_owns(const struct yj_mapping *m, const char *topic);
/* As a family's read; of a message of many devices at most YJ_REPORTS_MAX at once, from element
 * *next on, which goes behind them. true: there is more. */
bool yj_mapping_read(const struct yj_mapping *m, struct yj_decoder *d, const char *topic,
    const char *payload, size_t len, size_t *next, struct yj_reports *out);
void yj_mapping_filters(
    const struct yj_mapping *m, void (*add)(void *ctx, const char *filter), void *ctx);
int yj_mapping_tell(const struct yj_mapping *m, const struct yj_to *to,
    const struct yj_msg_down_call *down, struct yj_wire *out) YJ_MUST_CHECK;

#endif
