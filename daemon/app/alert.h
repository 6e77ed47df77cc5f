/* One message of a home under way: what alerts.c has found out when it hands the message to calls.c
 * or checkins.c. All functions run within the caller's transaction, and give 0 or a yj_err, after
 * which the caller undoes what they wrote. */
#ifndef APP_ALERT_H
#define APP_ALERT_H

#include "alerts.h"

#define YJ_ALERT_SUBJECT_MAX (YJ_NAME_MAX + 16)

/* One message under way. Strings are borrowed from the event, or static. */
struct yj_alert {
	struct yj_gateway *g;
	const struct yj_event *event;
	const struct yj_raw *raw;
	struct yj_device device; /* id is set even if the directory does not know it */
	bool known;		 /* to the directory */
	bool stranger;		 /* not known, or no longer allowed */
	struct yj_whose whose;
	enum yj_kind kind;
	const char *id;
	const char *text;
	int64_t ts_ms;
	bool is_call;
	bool reused, flood, unplausible;
	bool found;	 /* by the gateway itself: there is no message */
	int64_t silence; /* by which it is muted, 0: by none */
	unsigned char hash[YJ_HASH_LEN];
};

/* To be confirmed to the device once the commit stands; nothing for a message without an id. */
int yj_alert_received(struct yj_alert *a, int64_t incident, bool test) YJ_MUST_CHECK;

/* How it came, for the log: "mqtt", "http" (a push), or "" for what the gateway itself found. */
const char *yj_alert_via(const struct yj_alert *a);

/* What an event of this message says of its device, and of whose it is; borrows `subject`. */
struct yj_log_event yj_alert_event(
    const struct yj_alert *a, enum yj_event_type type, char subject[YJ_ALERT_SUBJECT_MAX]);

/* Keeps the message as one that was refused, and counts and logs it. */
int yj_alert_reject(struct yj_alert *a, enum yj_reason reason) YJ_MUST_CHECK;

/* calls.c: a call or an alarm; *incident is the one that it opened or joined. */
int yj_calls_alert(struct yj_alert *a, int64_t *incident) YJ_MUST_CHECK;
/* Opens an incident of a->kind, or joins the one that is open. */
int yj_calls_open_or_join(struct yj_alert *a, int64_t *incident) YJ_MUST_CHECK;
/* The same for what the gateway itself has found: a has g, device, whose, kind and text. A silence
 * mutes it (*incident is 0). */
int yj_calls_found(struct yj_alert *a, int64_t *incident) YJ_MUST_CHECK;
/* The resident takes a call back. */
int yj_calls_cancel(struct yj_alert *a, int64_t *incident) YJ_MUST_CHECK;

/* checkins.c: "I am well", and a caregiver who is in the home. */
int yj_checkins_well(struct yj_alert *a) YJ_MUST_CHECK;
int yj_checkins_checkin(struct yj_alert *a) YJ_MUST_CHECK;

#endif
