/* caregiver: somebody with the app. Says `seen` to every page, and then, per incident:
 *
 *   page --answer-after--> ack (or decline) --ok, arrive-after--> arrive --resolve-after--> resolve
 *
 * Replies but `seen` are repeated until their result comes, like a device's messages. News that
 * somebody else answered stops an answer that has not been given; the end of an incident stops
 * everything. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "out.h"
#include "run.h"
#include "sender.h"
#include "uuid7.h"

#define INCIDENTS_MAX 10000

struct incident {
	struct incident *next;
	struct caregiver *owner;
	struct event *timer;
	enum yj_reply_action due; /* what the timer will do */
	char id[YJ_MSGID_MAX + 1];
	char reply_id[SIM_UUID7_LEN]; /* the last reply that has to be confirmed */
	enum yj_reply_action reply;
	bool closed; /* only waits for the result of its last reply */
};

struct caregiver {
	struct sim_run run;
	struct sim_sender sender;
	char inbox[YJ_TOPIC_MAX], result[YJ_TOPIC_MAX];
	struct incident *incidents;
	size_t count;
	enum yj_how how;
	enum yj_outcome outcome;
	bool has_until;
	enum yj_reply_action until;
};

static struct incident *find_incident(struct caregiver *cg, const char *id)
{
	struct incident *inc = cg->incidents;

	while (inc != NULL && strcmp(inc->id, id) != 0)
		inc = inc->next;
	return inc;
}

static void reply(struct caregiver *cg, struct incident *inc, enum yj_reply_action action)
{
	const struct sim_options *opts = cg->run.opts;
	struct yj_message msg = {.type = YJ_TOPIC_REPLY};

	sim_uuid7_next(inc->reply_id);
	inc->reply = action;
	msg.u.reply = (struct yj_msg_reply){.id = inc->reply_id,
	    .incident = inc->id,
	    .action = action,
	    .ts_ms = sim_utc_ms(),
	    .eta_min = -1};
	if (action == YJ_REPLY_ACK) {
		msg.u.reply.how = cg->how;
		msg.u.reply.eta_min = (int)opts->eta;
	} else if (action == YJ_REPLY_RESOLVE) {
		msg.u.reply.outcome = cg->outcome;
	}
	if (sim_sender_say(&cg->sender, &msg, inc->reply_id) < 0)
		sim_run_end(&cg->run, SIM_EXIT_UNCONFIRMED);
}

static void on_due(evutil_socket_t fd, short what, void *arg)
{
	struct incident *inc = arg;

	(void)fd;
	(void)what;
	reply(inc->owner, inc, inc->due);
}

static struct incident *add_incident(struct caregiver *cg, const char *id)
{
	struct incident *inc;

	if (cg->count >= INCIDENTS_MAX || (inc = calloc(1, sizeof(*inc))) == NULL) {
		sim_err("%s: too many incidents", cg->run.opts->id);
		return NULL;
	}
	inc->timer = evtimer_new(cg->run.base, on_due, inc);
	if (inc->timer == NULL) {
		free(inc);
		return NULL;
	}
	snprintf(inc->id, sizeof(inc->id), "%s", id);
	inc->owner = cg;
	inc->next = cg->incidents;
	cg->incidents = inc;
	cg->count++;
	return inc;
}

static void remove_incident(struct caregiver *cg, const char *id)
{
	struct incident **at = &cg->incidents, *gone;

	while (*at != NULL && strcmp((*at)->id, id) != 0)
		at = &(*at)->next;
	if (*at == NULL)
		return;
	gone = *at;
	*at = gone->next;
	cg->count--;
	event_free(gone->timer);
	free(gone);
}

static void on_closed(struct caregiver *cg, const char *incident)
{
	struct incident *inc = find_incident(cg, incident);

	if (inc == NULL)
		return;
	evtimer_del(inc->timer);
	inc->closed = true;
	if (sim_pending_find(&cg->sender.pending, inc->reply_id) == NULL)
		remove_incident(cg, incident);
}

static void schedule(struct incident *inc, enum yj_reply_action action, int64_t wait_ms)
{
	struct timeval wait = sim_timeval_ms(wait_ms);

	inc->due = action;
	evtimer_add(inc->timer, &wait);
}

static void say_seen(struct caregiver *cg, const char *incident)
{
	char id[SIM_UUID7_LEN];
	const struct yj_message msg = {.type = YJ_TOPIC_REPLY,
	    .u.reply = {.id = sim_uuid7_next(id),
		.incident = incident,
		.action = YJ_REPLY_SEEN,
		.ts_ms = sim_utc_ms(),
		.eta_min = -1}};

	if (sim_sender_tell(&cg->sender, &msg, false, NULL) < 0)
		sim_err("%s: cannot say that it was seen", cg->run.opts->id);
}

static void on_page(struct caregiver *cg, const char *incident)
{
	const struct sim_options *opts = cg->run.opts;
	struct incident *inc = find_incident(cg, incident);

	if (!opts->no_seen)
		say_seen(cg, incident);
	if (opts->silent)
		return;
	if (inc == NULL)
		inc = add_incident(cg, incident);
	/* somebody who is about to do something is not made slower by another page */
	if (inc != NULL && !evtimer_pending(inc->timer, NULL))
		schedule(
		    inc, opts->decline ? YJ_REPLY_DECLINE : YJ_REPLY_ACK, opts->answer_after_ms);
}

static void on_answered(struct caregiver *cg, const char *incident)
{
	struct incident *inc = find_incident(cg, incident);

	if (inc != NULL && !cg->run.opts->insist && inc->due == YJ_REPLY_ACK)
		evtimer_del(inc->timer);
}

static void on_inbox(struct caregiver *cg, const struct yj_msg_inbox *inbox)
{
	switch (inbox->state) {
	case YJ_PAGE_OPEN:
	case YJ_PAGE_JOINED:
	case YJ_PAGE_REMIND:
		on_page(cg, inbox->incident);
		break;
	case YJ_PAGE_ANSWERED:
	case YJ_PAGE_ARRIVED:
		on_answered(cg, inbox->incident);
		break;
	case YJ_PAGE_NOTICE:
	case YJ_PAGE_CONTACTED:
	case YJ_PAGE_WITHDRAWN:
		break;
	case YJ_PAGE_CLOSED:
		on_closed(cg, inbox->incident);
		break;
	}
}

static void go_on(struct caregiver *cg, struct incident *inc)
{
	const struct sim_options *opts = cg->run.opts;

	if (inc->reply == YJ_REPLY_ACK && opts->arrive_after_ms >= 0)
		schedule(inc, YJ_REPLY_ARRIVE, opts->arrive_after_ms);
	else if ((inc->reply == YJ_REPLY_ACK || inc->reply == YJ_REPLY_ARRIVE) &&
		 opts->resolve_after_ms >= 0)
		schedule(inc, YJ_REPLY_RESOLVE, opts->resolve_after_ms);
}

static void on_result(struct caregiver *cg, const struct yj_msg_result *result)
{
	struct incident *inc = cg->incidents;
	const struct sim_pending_item *item = sim_pending_find(&cg->sender.pending, result->id);

	if (item == NULL)
		return; /* of a `seen`, or the second result of a repeated reply */
	sim_sender_confirm(&cg->sender, result->id);
	while (inc != NULL && strcmp(inc->reply_id, result->id) != 0)
		inc = inc->next;
	if (inc == NULL)
		return;
	if (result->ok && cg->has_until && inc->reply == cg->until)
		sim_run_end(&cg->run, SIM_EXIT_DONE);
	if (inc->closed)
		remove_incident(cg, inc->id);
	else if (result->ok)
		go_on(cg, inc);
}

static void on_message(void *ctx, const struct yj_topic *topic, const struct yj_message *msg)
{
	if (topic->type == YJ_TOPIC_INBOX)
		on_inbox(ctx, &msg->u.inbox);
	else if (topic->type == YJ_TOPIC_RESULT)
		on_result(ctx, &msg->u.result);
}

static const struct sim_sender_ops ops = {.message = on_message};

static bool options_ok(struct caregiver *cg, const struct sim_options *opts)
{
	cg->has_until = opts->until != NULL;
	if (yj_how_parse(opts->how, &cg->how) < 0)
		sim_err("--how: going or remote");
	else if (yj_outcome_parse(opts->outcome, &cg->outcome) < 0)
		sim_err("--outcome: helped, hospital, false_alarm, test, device_fault, deceased, "
			"other");
	else if (cg->has_until && yj_reply_action_parse(opts->until, &cg->until) < 0)
		sim_err("--until: ack, decline, arrive or resolve");
	else if (opts->eta < -1 || opts->eta > 1440)
		sim_err("--eta: 0 to 1440 minutes");
	else if (opts->decline && opts->silent)
		sim_err("--decline or --silent, not both");
	else
		return true;
	return false;
}

static int begin(struct caregiver *cg)
{
	const struct sim_options *opts = cg->run.opts;
	struct sim_conn_conf conf;
	int rc = sim_options_conn(opts, opts->id, &conf);

	if (rc < 0)
		return rc;
	if (yj_topic_format(YJ_TOPIC_INBOX, opts->id, cg->inbox, sizeof(cg->inbox)) < 0 ||
	    yj_topic_format(YJ_TOPIC_RESULT, opts->id, cg->result, sizeof(cg->result)) < 0)
		return YJ_ERR_INVAL;
	conf.filters[0] = cg->inbox;
	conf.filters[1] = cg->result;
	rc = sim_sender_init(&cg->sender, cg->run.base, opts, opts->id, &conf, &ops, cg);
	if (rc == 0)
		sim_conn_start(cg->sender.conn);
	return rc;
}

int sim_caregiver_main(const struct sim_options *opts)
{
	struct caregiver cg = {0};
	int code = SIM_EXIT_UNCONFIRMED;

	if (!options_ok(&cg, opts))
		return SIM_EXIT_USAGE;
	/* with --until there is something to confirm, so an interruption is no success */
	if (sim_run_init(&cg.run, opts, cg.has_until ? SIM_EXIT_UNCONFIRMED : SIM_EXIT_DONE) == 0 &&
	    begin(&cg) == 0) {
		sim_run_loop(&cg.run);
		code = cg.run.exit_code;
	}
	sim_sender_done(&cg.sender);
	while (cg.incidents != NULL)
		remove_incident(&cg, cg.incidents->id);
	sim_run_done(&cg.run);
	return code;
}
