/* What of a report is news: repeats, replays and conditions that are only told again are taken out.
 * What is remembered for that belongs to the caller, who keeps it as durably as what follows from
 * it: were the memory kept and the alarm lost, the alarm would be lost for good. */
#ifndef DEVICES_SIEVE_H
#define DEVICES_SIEVE_H

#include "devices/foreign.h"

#define YJ_MEMORY_MAX 400 /* bytes of a remembered value */

/* One small text per device and field. */
struct yj_memory {
	void *ctx;
	/* *value is "" and *t 0 where nothing is remembered. 0 or a yj_err. */
	int (*get)(void *ctx, const char *device, const char *field, char value[YJ_MEMORY_MAX + 1],
	    int64_t *t);
	/* idle: nothing has happened, so that it may also be forgotten (a repeat of it does no
	 * harm). 0 or a yj_err. */
	int (*put)(void *ctx, const char *device, const char *field, const char *value, int64_t t,
	    bool idle);
};

/* The most serious fact of a report, in this order (shared words with `yijianctl device try`). */
enum yj_fact {
	YJ_FACT_ERROR,
	YJ_FACT_IGNORE,
	YJ_FACT_HEARTBEAT,
	YJ_FACT_TELEMETRY,
	YJ_FACT_ONLINE,
	YJ_FACT_OFFLINE,
	YJ_FACT_LOW_BATTERY,
	YJ_FACT_CANCEL,
	YJ_FACT_VITAL,
	YJ_FACT_ALARM, /* of the kind in sifted.kind */
	YJ_FACT_CALL,
};

struct yj_sifted {
	enum yj_fact fact;
	enum yj_kind kind; /* of an ALARM: the most serious one */
	bool repeated;	   /* the whole report was heard before */
	bool changed;	   /* a CHANGE sign found the other value */
	size_t n;
	size_t signs[YJ_SIGNS_MAX]; /* those that count: indexes of report->signs, in order */
};

/* device: by which name it is remembered. t: the gateway's timeline, ms. retained: the broker's
 * replay: what happened then does not happen now, though what is so now is remembered. 0 or an
 * error of the memory, after which *out is of no use. */
int yj_sieve(const struct yj_memory *memory, const char *device, const struct yj_report *report,
    bool retained, int64_t t, struct yj_sifted *out) YJ_MUST_CHECK;

/* "call", "fall", "smoke" …, "low_battery", "ignore", "error". */
const char *yj_sifted_name(const struct yj_sifted *sifted);

/* A battery that says so itself, or has at most so many percent left. */
#define YJ_BATTERY_LOW_PCT 15

/* A memory of this process alone, for `yijianctl device try` and tests. */
struct yj_ram;
struct yj_ram *yj_ram_new(void); /* NULL when memory is short */
void yj_ram_free(struct yj_ram *ram);
struct yj_memory yj_ram_memory(struct yj_ram *ram); /* borrows ram */

#endif
