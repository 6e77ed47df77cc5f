/* What devices of other makers say, in one form: a message becomes reports, each about one device,
 * each with readings and with signs (things that may have happened). Decoding is a function of the
 * bytes alone; what needs a memory (duplicates, conditions that are only reported again) is the
 * sieve's (devices/sieve.h). */
#ifndef DEVICES_FOREIGN_H
#define DEVICES_FOREIGN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "proto/err.h"
#include "proto/limits.h"
#include "proto/message.h"

#define YJ_ADDRESS_MAX 128 /* bytes of a device's name in its family (devices.csv, address) */
#define YJ_ROUTE_MAX 128   /* what a family needs to know to answer, beside the address */
#define YJ_KEY_MAX 32	   /* which key was pressed, and how */
#define YJ_FIELD_MAX 48	   /* the source's name of a field */
#define YJ_DEDUP_MAX 80
#define YJ_REPORTS_MAX 8 /* devices that one message can speak of */
#define YJ_SIGNS_MAX 12	 /* signs of one report */

enum yj_sign_type {
	YJ_SIGN_PRESS,	/* somebody pressed: a call */
	YJ_SIGN_ALARM,	/* it happened now */
	YJ_SIGN_STATE,	/* it is so, or no longer: an alarm when it becomes so */
	YJ_SIGN_CANCEL, /* the resident takes the call back; with the kind of an alarm that ended,
			 * which only for a fall takes anything back */
	YJ_SIGN_CHANGE, /* a value that only counts when it is another one: a sign of life */
	YJ_SIGN_RESET,	/* nothing: the counter of this field stands at dedup now (a boot) */
};

/* How a repeat of a sign is known. */
enum yj_repeat {
	YJ_REPEAT_NONE,	   /* it is not: the sender does not repeat */
	YJ_REPEAT_ID,	   /* of a report, or of a sign by its field: dedup is unique for good */
	YJ_REPEAT_PACKET,  /* of a report: one of the last few dedups within 60 s (one packet,
			    * several listeners) */
	YJ_REPEAT_COUNTER, /* of a sign: the dedup is the last one of this device and field */
	YJ_REPEAT_WINDOW,  /* of a sign: the same key within window_ms */
};

struct yj_sign {
	enum yj_sign_type type;
	enum yj_kind kind; /* of an ALARM or STATE: fall, smoke, gas, leak, bed_exit, …; of a
			    * PRESS with emergency: the button */
	bool on;	   /* of a STATE: it is so; of a CHANGE: one of its two values */
	bool emergency;	   /* of a PRESS: the payload itself says that it is for help */
	bool doubtful;	   /* known to be sent without a press too: an alarm all the same */
	char key[YJ_KEY_MAX + 1]; /* of a PRESS: "single", "double", "long", "1", "2:long", …; of a
				   * CHANGE: the value, if it may be more than two */
	/* Of a STATE or CHANGE, and of a COUNTER or ID: who is meant. */
	char field[YJ_FIELD_MAX + 1];
	enum yj_repeat repeat; /* NONE, COUNTER or WINDOW */
	int64_t window_ms;     /* of a WINDOW */
};

enum yj_says { YJ_SAYS_NOTHING, YJ_SAYS_ONLINE, YJ_SAYS_OFFLINE };

enum yj_fault { /* of the device itself: work for maintenance, never a call for help */
	YJ_FAULT_TAMPER = 1,
	YJ_FAULT_TROUBLE = 2, /* it says that it is broken */
	YJ_FAULT_SEALED = 4,  /* cannot be read: encrypted without a key, bytes without a codec */
};

struct yj_readings {	    /* what is known is set; see yj_readings_none */
	double battery_pct; /* 0 to 100; -1: not said */
	int8_t battery_low; /* a flag of the device: 1, 0, -1: not said */
	int8_t mains;	    /* 1, 0, -1 */
	int8_t in_bed;	    /* 1, 0, -1 */
	bool life;	    /* somebody lives there: moved, opened, pressed, lay down, breathes */
	int16_t rssi_dbm;   /* 0: not said */
	double hr, rr, spo2_pct; /* 1/min, 1/min, percent; -1: not said */
	unsigned faults; /* enum yj_fault, those that are; faults_known says which are known */
	unsigned faults_known;
	char fw[YJ_KEY_MAX + 1]; /* "" : not said */
};

enum yj_base { /* what a report is when nothing has happened, the least first */
	YJ_BASE_IGNORE,
	YJ_BASE_HEARTBEAT, /* it lives */
	YJ_BASE_TELEMETRY, /* it measures */
	YJ_BASE_ERROR,	   /* it cannot be read: to be counted and logged */
};

struct yj_report {
	char address[YJ_ADDRESS_MAX + 1]; /* "" : of nobody */
	char route[YJ_ROUTE_MAX + 1];	  /* "" : nothing new */
	/* NULL, or the family in which somebody else has announced that there is such a device: it
	 * can be registered, and has said nothing itself. */
	const char *announced;
	enum yj_base base;
	enum yj_reason why; /* of an ERROR */
	enum yj_says says;
	bool hearsay;  /* its server tells of it: no sign that it lives */
	int64_t ts_ms; /* the device's time, for people; INT64_MAX: none that can be believed */
	char dedup_field[YJ_FIELD_MAX + 1]; /* "" or the source's name of what tells repeats */
	char dedup[YJ_DEDUP_MAX + 1];
	char id[YJ_DEDUP_MAX + 1]; /* what is really unique where dedup is a part of it; else "" */
	enum yj_repeat repeat;	   /* NONE, ID or PACKET */
	struct yj_readings readings;
	size_t n_signs;
	struct yj_sign signs[YJ_SIGNS_MAX]; /* only the first n_signs are set */
};

struct yj_reports {
	size_t n;
	struct yj_report v[YJ_REPORTS_MAX]; /* only the first n are set */
};

/* For families. The next report of a message, with nothing known, or NULL behind the last place.
 * A message of more devices loses those behind. */
struct yj_report *yj_report_add(struct yj_reports *reports);
/* address is cut at YJ_ADDRESS_MAX: such a device cannot be registered. len may be SIZE_MAX for a
 * terminated string. */
void yj_report_name(struct yj_report *report, const char *address, size_t len);
/* The next sign, zeroed but for what is given, or NULL behind the last place. */
struct yj_sign *yj_report_sign(struct yj_report *report, enum yj_sign_type type);
struct yj_sign *yj_report_press(struct yj_report *report, const char *key);
/* A condition by the name of its field. */
void yj_report_state(struct yj_report *report, enum yj_kind kind, const char *field, bool on);
/* A value of two by the name of its field: a sign of life when it is the other one. */
void yj_report_change(struct yj_report *report, const char *field, size_t len, bool on);
void yj_report_dedup(struct yj_report *report, enum yj_repeat repeat, const char *field,
    const char *value, size_t len);
/* The dedup alone is not unique: it is within this (a session). */
void yj_report_within(struct yj_report *report, const char *session);
/* It cannot be read. Whatever was found so far is dropped. */
void yj_report_error(struct yj_report *report, enum yj_reason why);
void yj_readings_none(struct yj_readings *readings);
/* A fault that the device says it has, or has not (any more). */
void yj_readings_fault(struct yj_readings *readings, enum yj_fault fault, bool on);
/* -150 to -1 is taken. */
void yj_readings_rssi(struct yj_readings *readings, double dbm);
/* 0 to 100 is taken (a fraction too); anything else is not said. */
void yj_readings_battery(struct yj_readings *readings, double pct);

/* Scratch memory for decoding, so that it needs no allocation. One per thread. */
struct yj_decoder;
struct yj_decoder *yj_decoder_new(void); /* NULL when memory is short */
void yj_decoder_free(struct yj_decoder *decoder);

/* What a device shall show, for its family to put into its own words. */
struct yj_wire { /* a message to a device */
	char topic[YJ_TOPIC_MAX];
	char payload[1024];
	size_t len;
	int qos;
};
struct yj_to { /* the device, as the directory has it */
	const char *address;
	const char *route; /* as the last report gave it, "" if none did */
	/* devices.csv, feedback: what shows it, "" for the family's own way. */
	const char *feedback;
};

#endif
