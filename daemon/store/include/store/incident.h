/* Incidents, whose they are, and the people of an incident: the sets of which the core's actions
 * speak are expanded here, by query, in the transaction that steps the incident. */
#ifndef STORE_INCIDENT_H
#define STORE_INCIDENT_H

#include <stdbool.h>

#include "proto/limits.h"
#include "proto/policy.h"
#include "proto/words.h"
#include "store/store.h"

struct yj_state; /* core/incident.h is not seen here: app/ copies between the two */

/* A device as the alert path needs it. */
struct yj_device {
	char id[YJ_NAME_MAX + 1];
	char family[33];
	char institution[YJ_NAME_MAX + 1];
	char region[13];
	int64_t heartbeat_ms; /* 0: the configured default */
	int64_t test_until_t; /* INT64_MAX: no test is expected */
	bool revoked;
	bool gone;
	int n_residents;
	char resident[YJ_NAME_MAX + 1]; /* the first, "" if none */
};
/* 0, YJ_ERR_NOTFOUND, or a yj_err. A tombstone is found, with `gone` set. */
int yj_device_find(struct yj_store *s, const char *id, struct yj_device *out) YJ_MUST_CHECK;
/* The device of a foreign family by its name there. */
int yj_device_find_address(struct yj_store *s, const char *family, const char *address,
    struct yj_device *out) YJ_MUST_CHECK;
int yj_device_test_set(struct yj_store *s, const char *id, int64_t until_t) YJ_MUST_CHECK;
/* The press that was announced has come, in this resident's home ("": in nobody's); no other one is
 * expected. */
int yj_device_test_done(
    struct yj_store *s, const char *id, const char *resident, int64_t now_utc_ms) YJ_MUST_CHECK;

/* Whose alert it is, and whose policy. */
struct yj_whose {
	/* r:RESIDENT, i:INSTITUTION/DEVICE or d:DEVICE: incidents of one join by kind;
	 * g:REGION/INCIDENT of an outage */
	char subject[2 * YJ_NAME_MAX + 4];
	char resident[YJ_NAME_MAX + 1];
	char institution[YJ_NAME_MAX + 1]; /* of the bed, or of the device */
	char bed[YJ_NAME_MAX + 1];
	char
	    region[13]; /* where the bed is, else the resident's, the institution's, the device's */
	char policy[YJ_NAME_MAX + 1]; /* name; "default" if nobody names one */
	bool assigned;		      /* false: nobody's and nothing's */
};
/* For a device that is known (or of which only the id is: gone and revoked ones, unknown ones are
 * assigned to nobody). 0 or a yj_err. */
int yj_whose_find(
    struct yj_store *s, const struct yj_device *device, struct yj_whose *out) YJ_MUST_CHECK;
/* Where the resident of an open incident is now: bed and institution follow them when they are
 * moved, their region also when it is corrected; all else stays, also their policy. device opened
 * it. 0 or a yj_err. */
int yj_whose_renew(struct yj_store *s, const char *device, struct yj_whose *whose) YJ_MUST_CHECK;
/* For a resident without a device. 0 or YJ_ERR_NOTFOUND. */
int yj_whose_resident(struct yj_store *s, const char *resident, struct yj_whose *out) YJ_MUST_CHECK;

/* Policies by hash. put is idempotent. */
int yj_policy_put(struct yj_store *s, const char *hash, const char *body) YJ_MUST_CHECK;
int yj_policy_body(struct yj_store *s, const char *hash, char **body /* malloc'd */) YJ_MUST_CHECK;
/* Replaces the names that are configured now (in the caller's transaction). */
int yj_policy_names_set(struct yj_store *s, const char *const *names, const char *const *hashes,
    size_t n) YJ_MUST_CHECK;
int yj_policy_by_name(struct yj_store *s, const char *name, char hash[65]) YJ_MUST_CHECK;

/* One incident as it stands in the database: the core's state field by field, and the rest. */
struct yj_incident {
	int64_t n; /* of yj_incident_reserve for a fresh one */
	/* the core's state */
	enum yj_inc_state state;
	enum yj_kind kind;
	uint32_t level, round, outstanding, flags;
	int64_t due, level_due, arrive_due, remind_due, resolve_due, rejoin_due, joined_due;
	int64_t acked_at, arrived_at, joined_at;
	char by[YJ_NAME_MAX + 1];
	/* what it is about */
	struct yj_whose whose;
	char policy_hash[65];
	char device[YJ_NAME_MAX + 1];
	int64_t alerts;
	bool late, drill, poisoned;
	bool diverted; /* operators alone are asked */
	int64_t opened_utc_ms, opened_t;
	int64_t paged_t;       /* INT64_MAX: never */
	int64_t closed_utc_ms; /* INT64_MAX: not closed */
	enum yj_outcome outcome;
	bool stored; /* it is in the database, as: */
	uint32_t stored_level;
	enum yj_inc_state stored_state;
};

/* The id for people and the wire: {gateway}-{n}. parse: YJ_ERR_NOTFOUND if it is not one of this
 * gateway's form. */
void yj_incident_id(const struct yj_store *s, int64_t n, char *buf, size_t cap);
int yj_incident_parse(const struct yj_store *s, const char *id, int64_t *n) YJ_MUST_CHECK;

/* The incident of a subject and kind that is not closed. 0 or YJ_ERR_NOTFOUND. */
int yj_incident_find_open(struct yj_store *s, const char *subject, enum yj_kind kind,
    struct yj_incident *out) YJ_MUST_CHECK;
int yj_incident_load(struct yj_store *s, int64_t n, struct yj_incident *out) YJ_MUST_CHECK;
/* The number that the next insert will get, so that rows of it can be written first. */
int yj_incident_reserve(struct yj_store *s, int64_t *n) YJ_MUST_CHECK;
/* Inserts (fresh: state as it is, under its number) or updates. text may be NULL (keeps what
 * stands). Insert: YJ_ERR_CONFLICT when another one of the same subject and kind is open. */
int yj_incident_save(struct yj_store *s, struct yj_incident *inc, const char *text) YJ_MUST_CHECK;

/* Incidents of a resident that are not closed; calls each with its number. */
int yj_incident_open_of(
    struct yj_store *s, const char *resident, int64_t *ns, size_t cap, size_t *n) YJ_MUST_CHECK;

/* Of a check-in on this device: those of its residents and, of those that are nobody's, the ones it
 * has a call in (not the ones of an institution where it no longer is); not closed. */
int yj_incident_open_at(struct yj_store *s, const struct yj_whose *whose, const char *device,
    int64_t *ns, size_t cap, size_t *n) YJ_MUST_CHECK;
/* The incident of a device's newest call, closed or not. YJ_ERR_NOTFOUND. */
int yj_incident_newest_call(struct yj_store *s, const char *device, int64_t *n) YJ_MUST_CHECK;

/* Those not closed for which a person was asked or whose answer stands. */
int yj_incident_of_person(
    struct yj_store *s, const char *caregiver, int64_t *ns, size_t cap, size_t *n) YJ_MUST_CHECK;

/* Those not closed of which a person has heard, whatever became of that. */
int yj_incident_told_of(
    struct yj_store *s, const char *caregiver, int64_t *ns, size_t cap, size_t *n) YJ_MUST_CHECK;
/* The last one to be closed since then, of the newest 5000, of which a person had heard.
 * YJ_ERR_NOTFOUND. */
int yj_incident_ended_of(
    struct yj_store *s, const char *caregiver, int64_t since_utc_ms, int64_t *n) YJ_MUST_CHECK;

/* The earliest deadline of all; INT64_MAX if none. And those due by now, oldest first. */
int yj_incident_next_due(struct yj_store *s, int64_t *due_t) YJ_MUST_CHECK;
int yj_incident_due(
    struct yj_store *s, int64_t now_t, int64_t *ns, size_t cap, size_t *n) YJ_MUST_CHECK;

/* How many are open, by level. */
int yj_incident_counts(struct yj_store *s, int64_t counts[YJ_LEVELS_MAX]) YJ_MUST_CHECK;

/* A growing list of names (owned; yj_names_done frees). */
struct yj_names {
	char (*v)[YJ_NAME_MAX + 17]; /* a channel's name is the longest */
	size_t n, cap;
};
void yj_names_done(struct yj_names *names);
int yj_names_add(struct yj_names *names, const char *name) YJ_MUST_CHECK; /* once */
bool yj_names_have(const struct yj_names *names, const char *name);

/* ── devices of an incident ── */
/* All its devices; notes for each that it is told `told`. */
int yj_incident_devices(
    struct yj_store *s, int64_t n, int told, struct yj_names *out) YJ_MUST_CHECK;
int yj_incident_device_note(
    struct yj_store *s, int64_t n, const char *device, const char *id, bool call) YJ_MUST_CHECK;
/* Are all its alerts calls of this one device, which is still with the one who called? whose: the
 * device's, now. */
int yj_incident_own_calls(struct yj_store *s, int64_t n, const char *device,
    const struct yj_whose *whose, bool *own) YJ_MUST_CHECK;
struct yj_incident_device {
	char device[YJ_NAME_MAX + 1];
	char last_id[YJ_MSGID_MAX + 1];
	enum yj_home_state told;
};
int yj_incident_device_get(struct yj_store *s, int64_t n, const char *device,
    struct yj_incident_device *out) YJ_MUST_CHECK;
int yj_incident_device_told(
    struct yj_store *s, int64_t n, const char *device, enum yj_home_state told) YJ_MUST_CHECK;
/* Incidents in which a device has a call: those not closed, and those closed since then (ms, UTC)
 * of whose end it was told last, unless it has called anew. The newest come first. */
int yj_incident_of_device(struct yj_store *s, const char *device, int64_t since_utc_ms, int64_t *ns,
    size_t cap, size_t *n) YJ_MUST_CHECK;

/* ── people ── */
enum yj_person_status {
	YJ_PERSON_INFORMED, /* told, never asked */
	YJ_PERSON_ASKED,    /* paged, and neither of the next two */
	YJ_PERSON_DECLINED,
	YJ_PERSON_LOST, /* cannot be reached */
};
#define YJ_PERSON_SUMMONED 1U /* paged by hand */
#define YJ_PERSON_BROKE 2U    /* did not keep an answer */
#define YJ_PERSON_INFORM 4U   /* named in `inform` */

struct yj_person { /* of an incident */
	char caregiver[YJ_NAME_MAX + 1];
	enum yj_person_status status;
	unsigned flags;
	uint32_t level, round;
};
int yj_person_get(
    struct yj_store *s, int64_t n, const char *caregiver, struct yj_person *out) YJ_MUST_CHECK;
int yj_person_put(struct yj_store *s, int64_t n, const struct yj_person *person) YJ_MUST_CHECK;
/* Forgets all declines and failures; whoever was never paged is not asked for having declined. */
int yj_person_forget(struct yj_store *s, int64_t n) YJ_MUST_CHECK;

/* Who belongs to these targets for this resident or institution at the moment of yj_duty_at
 * (roster.h), each once: of roles and groups those on duty. */
int yj_people_expand(struct yj_store *s, const struct yj_whose *whose, const struct yj_target *to,
    size_t n_to, struct yj_names *out) YJ_MUST_CHECK;
/* Everybody of these roles (1 << enum yj_role), wherever they are and whatever their roster says.
 */
int yj_people_of_roles(struct yj_store *s, unsigned roles, struct yj_names *out) YJ_MUST_CHECK;
/* Every duty and operator. */
int yj_people_desk(struct yj_store *s, struct yj_names *out) YJ_MUST_CHECK;
/* Every operator; without one, every duty. */
int yj_people_seats(struct yj_store *s, struct yj_names *out) YJ_MUST_CHECK;
/* Everybody of an incident: paged, or (if informed too) informed. */
int yj_people_of(struct yj_store *s, int64_t n, bool informed, struct yj_names *out) YJ_MUST_CHECK;

/* Keeps what somebody wrote about an incident. caregiver "" for an operator's account. */
int yj_incident_note_add(struct yj_store *s, int64_t n, const char *caregiver, const char *text,
    int64_t utc_ms) YJ_MUST_CHECK;
/* What the resident or device said, newest; "" if nothing. */
int yj_incident_text(struct yj_store *s, int64_t n, char *buf, size_t cap) YJ_MUST_CHECK;

/* A caregiver as the alert path needs it. */
struct yj_caregiver {
	char id[YJ_NAME_MAX + 1];
	char name[YJ_CALLED_MAX + 1];
	enum yj_role role;
	char channels[512]; /* ';' between them; "" if none were named */
	char night_channels[512];
	char phone[33];
	char email[129];
	int on_site; /* 1, 0, -1: never decided */
	bool gone;
};
int yj_caregiver_find(struct yj_store *s, const char *id, struct yj_caregiver *out) YJ_MUST_CHECK;
/* Those with this telephone number, by its last digits (digits only, at least 7). */
int yj_caregiver_by_phone(
    struct yj_store *s, const char *digits, struct yj_names *out) YJ_MUST_CHECK;
/* Does this caregiver serve whose resident (or institution), or anybody who shares with them the
 * device, or (incident not 0) one that has called in the incident? */
int yj_caregiver_serves(struct yj_store *s, const char *caregiver, const struct yj_whose *whose,
    const char *device, int64_t incident, bool *serves) YJ_MUST_CHECK;

/* What a page of an incident says of the resident (or institution), of the device that opened it,
 * and of those who share devices with the resident; malloc'd strings, freed by yj_about_done. */
struct yj_about {
	char *id, *name, *address, *phone, *access, *health, *place, *others;
	char *status, *status_until;
};
int yj_about_get(struct yj_store *s, const struct yj_whose *whose, const char *device,
    int64_t incident, struct yj_about *out) YJ_MUST_CHECK;
void yj_about_done(struct yj_about *about);
/* The name of a region, else of the smallest one around it that has a name; "" if none has. */
int yj_region_called(struct yj_store *s, const char *region, char *buf, size_t cap) YJ_MUST_CHECK;

/* Where the resident's home is (WGS-84, degrees); *known is false if the directory does not say, or
 * if they are in a bed elsewhere. */
int yj_about_where(struct yj_store *s, const struct yj_whose *whose, bool *known, double *lat,
    double *lon) YJ_MUST_CHECK;

#endif
