/* One incident under test, moved by hand: people are letters, "ab" is two of them, y and z are the
 * desk; times are milliseconds since the incident opened. */
#ifndef CORE_RIG_H
#define CORE_RIG_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../property/core_model.h"

#define S 1000L
#define MIN (60 * S)
#define H (60 * MIN)

/* Waits are 60 s, 120 s, 180 s …; repeat_every 5 min, verify_within 2 min, arrive_within 30 min,
 * arrive_max 90 min, resolve_within 4 h. */
extern struct model rig;

/* Opens it at 0 with these levels, up to an empty string "" for an empty level; ends with NULL. */
void rig_open(enum yj_kind kind, const char *const *levels);
#define OPEN_KIND(kind, ...) rig_open(kind, (const char *const[]){__VA_ARGS__, NULL})
#define OPEN(...) OPEN_KIND(YJ_KIND_SOS, __VA_ARGS__)

/* Lets time pass: all deadlines up to and with `ms` fire, each at its own time. What the newest
 * of them did is seen by the checks below. */
void rig_at(int64_t ms);
/* One tick at `ms`, as after an outage. */
void rig_late(int64_t ms);

/* What people do, now. */
void rig_going(const char *who);
void rig_going_eta(const char *who, int minutes);
void rig_remote(const char *who);
void rig_decline(const char *who);
void rig_arrive(const char *who);
void rig_resolve(const char *who, enum yj_outcome outcome);
void rig_cancel(const char *who);
void rig_note(const char *who, enum yj_note_code code);
void rig_summon(const char *who);
void rig_lost(const char *who);
void rig_gone(const char *who);
void rig_join(void);
void rig_withdraw(bool own_calls);

/* Exactly these people were paged in the last turn (by `open` pages). */
void rig_paged(const char *people);
/* This is among what the last turn did, see MODEL_TRACE: "acked:a", "page(a,b)", "home:searching"
 */
void rig_did(const char *what);
void rig_did_not(const char *what);
/* The last turn did nothing. */
void rig_quiet(void);
void rig_is(enum yj_inc_state state, uint32_t level, const char *by);

#endif
