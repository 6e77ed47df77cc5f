/* A single simulated device: a sender that listens to down/ and knows its own messages. */
#ifndef SIM_DEVICE_H
#define SIM_DEVICE_H

#include "run.h"
#include "sender.h"

struct sim_device_ops { /* each may be NULL */
	void (*up)(void *ctx);
	void (*call)(void *ctx, const struct yj_msg_down_call *down);
	void (*visit)(void *ctx, const struct yj_msg_down_visit *down);
	void (*published)(void *ctx, int mid, int code);
};

struct sim_device {
	struct sim_sender sender;
	const struct sim_options *opts;
	const struct sim_device_ops *ops;
	void *ctx;
	bool living;
	int64_t session; /* of the newest connect */
	char call_filter[YJ_TOPIC_MAX], visit_filter[YJ_TOPIC_MAX];
};

/* Prepares the device of --device and starts connecting. living: it shows its state (retained
 * `online`, with the opposite as its will) and hears visits. 0, or a negative error with a line
 * on stderr. Release with sim_device_done, also after a failure. */
int sim_device_init(struct sim_device *dev, struct sim_run *run, bool living,
    const struct sim_device_ops *ops, void *ctx) YJ_MUST_CHECK;
void sim_device_done(struct sim_device *dev); /* a living one says `offline` first */

/* Says the message that the options describe: a call, alarm, well, cancel or check-in, to be
 * repeated until confirmed. The id goes to *id. 0 or a negative error with a line on stderr. */
int sim_device_press(struct sim_device *dev, enum yj_topic_type type, const char *button,
    char id[YJ_MSGID_MAX + 1]) YJ_MUST_CHECK;

/* Says a heartbeat once. 0 or YJ_ERR_BUSY. */
int sim_device_beat(struct sim_device *dev, int *mid) YJ_MUST_CHECK;

/* Checks the words in the options before anything is connected; a line on stderr if wrong. */
bool sim_device_options_ok(const struct sim_options *opts);

#endif
