/* The presses of a fleet.
 *
 *   waiting --first sending--> open --`received`--> gone
 *                               | ^ pause over: sent again, same bytes
 *
 * A bouncing or stuck button makes its further presses at once, as waiting ones. Homes take turns
 * in a scattered order, so a home is not pressed again before all the others have been. */
#include "clock.h"
#include "fleet.h"
#include "out.h"
#include "pending.h"
#include "proto/message.h"
#include "uuid7.h"

#include <event2/event_struct.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define BOUNCE_US 2000000
#define STUCK_PRESSES 20
#define STUCK_PACE_US 1000000
#define OFFLINE_PAUSE_MS 200

struct sim_press {
	struct sim_press *next; /* of the same home */
	struct sim_fleet *fleet;
	struct event timer;
	uint32_t home;
	int sent;
	int64_t first_us;
	char *payload; /* NULL: waiting */
	size_t len;
	char id[SIM_UUID7_LEN];
};

static void forget(struct sim_press *press)
{
	struct sim_press **at = &press->fleet->open[press->home];

	while (*at != press)
		at = &(*at)->next;
	*at = press->next;
	press->fleet->open_count--;
	event_del(&press->timer);
	free(press->payload);
	free(press);
}

static void arm_us(struct event *timer, int64_t wait_us)
{
	struct timeval wait = {
	    .tv_sec = (time_t)(wait_us / 1000000), .tv_usec = (suseconds_t)(wait_us % 1000000)};

	event_add(timer, &wait);
}

static int write_payload(struct sim_press *press)
{
	struct yj_message msg = {.type = YJ_TOPIC_CALL};

	msg.u.call = (struct yj_msg_call){.id = sim_uuid7_next(press->id), .ts_ms = sim_utc_ms()};
	if (yj_kind_parse(press->fleet->run.opts->button, &msg.u.call.button) < 0)
		return YJ_ERR_INVAL;
	press->payload = yj_message_encode(&msg, &press->len);
	return press->payload == NULL ? YJ_ERR_NOMEM : 0;
}

static void on_press(evutil_socket_t fd, short what, void *arg)
{
	struct sim_press *press = arg;
	struct sim_fleet *fleet = press->fleet;
	const struct sim_options *opts = fleet->run.opts;
	char name[YJ_NAME_MAX + 1], topic[YJ_TOPIC_MAX];

	(void)fd;
	(void)what;
	if (press->payload == NULL) {
		if (write_payload(press) < 0) {
			forget(press);
			return;
		}
		fleet->presses++;
		press->first_us = sim_mono_us();
	}
	sim_fleet_name(fleet, press->home, name);
	if (yj_topic_format(YJ_TOPIC_CALL, name, topic, sizeof(topic)) < 0 ||
	    sim_conn_publish(sim_fleet_conn(fleet, press->home), topic, press->payload, press->len,
		false, NULL) < 0) {
		arm_us(&press->timer, OFFLINE_PAUSE_MS * 1000LL);
		return;
	}
	if (press->sent++ > 0)
		fleet->repeats++;
	arm_us(&press->timer,
	    sim_retry_delay_ms(press->sent, opts->retry_first_ms, opts->retry_max_ms) * 1000);
}

static void make_press(struct sim_fleet *fleet, uint32_t home, int64_t wait_us)
{
	struct sim_press *press;

	if (fleet->open_count >= SIM_FLEET_OPEN_MAX)
		return;
	press = calloc(1, sizeof(*press));
	if (press == NULL)
		return;
	press->fleet = fleet;
	press->home = home;
	press->next = fleet->open[home];
	fleet->open[home] = press;
	fleet->open_count++;
	evtimer_assign(&press->timer, fleet->run.base, on_press, press);
	if (wait_us == 0)
		on_press(-1, 0, press);
	else
		arm_us(&press->timer, wait_us);
}

static void press_a_button(struct sim_fleet *fleet)
{
	const uint32_t home = fleet->next_home;
	const double luck = sim_fleet_fraction(fleet) * 100;

	fleet->next_home = (uint32_t)(((uint64_t)home + fleet->stride) % fleet->homes);
	make_press(fleet, home, 0);
	if (luck < fleet->stuck_pct) {
		fleet->stuck++;
		for (int i = 1; i < STUCK_PRESSES; i++)
			make_press(fleet, home, (int64_t)i * STUCK_PACE_US);
	} else if (luck < fleet->stuck_pct + fleet->bounce_pct) {
		const uint64_t more = 1 + sim_fleet_random(fleet) % 3;

		fleet->bounced++;
		for (uint64_t i = 0; i < more; i++)
			make_press(
			    fleet, home, 1 + (int64_t)(sim_fleet_random(fleet) % (BOUNCE_US - 1)));
	}
}

/* People press independently of each other: the gaps are exponential. */
static int64_t gap_us(struct sim_fleet *fleet)
{
	return (int64_t)(-log(1 - sim_fleet_fraction(fleet)) / fleet->rate * 1e6);
}

static void on_press_timer(evutil_socket_t fd, short what, void *arg)
{
	struct sim_fleet *fleet = arg;
	const int64_t now_us = sim_mono_us();

	(void)fd;
	(void)what;
	while (fleet->next_press_us <= now_us) {
		press_a_button(fleet);
		fleet->next_press_us += gap_us(fleet);
	}
	arm_us(fleet->press_timer, fleet->next_press_us - now_us);
}

static uint32_t greatest_divisor(uint32_t a, uint32_t b)
{
	while (b != 0) {
		uint32_t rest = a % b;

		a = b;
		b = rest;
	}
	return a;
}

int sim_fleet_presses_begin(struct sim_fleet *fleet)
{
	fleet->next_home = (uint32_t)(sim_fleet_random(fleet) % fleet->homes);
	fleet->stride = (uint32_t)((double)fleet->homes * 0.618) | 1;
	while (greatest_divisor(fleet->homes, fleet->stride) != 1)
		fleet->stride++;
	if (fleet->rate <= 0)
		return 0;
	fleet->press_timer = evtimer_new(fleet->run.base, on_press_timer, fleet);
	if (fleet->press_timer == NULL)
		return YJ_ERR_NOMEM;
	fleet->next_press_us = sim_mono_us();
	on_press_timer(-1, 0, fleet);
	return 0;
}

static struct sim_press *first_waiting(struct sim_press *press)
{
	while (press != NULL && press->payload != NULL)
		press = press->next;
	return press;
}

void sim_fleet_presses_stop(struct sim_fleet *fleet)
{
	struct sim_press *press;

	if (fleet->press_timer != NULL)
		event_del(fleet->press_timer);
	for (uint32_t home = 0; home < fleet->homes; home++) {
		while ((press = first_waiting(fleet->open[home])) != NULL)
			forget(press);
	}
}

void sim_fleet_received(struct sim_fleet *fleet, uint32_t home, const char *id)
{
	struct sim_press *press = fleet->open[home];

	while (press != NULL && (press->payload == NULL || strcmp(press->id, id) != 0))
		press = press->next;
	if (press == NULL)
		return; /* confirmed before, or another process's */
	fleet->received++;
	if (sim_latency_add(&fleet->latency, sim_mono_us() - press->first_us) < 0)
		sim_err("no memory for latencies");
	forget(press);
	if (fleet->draining && fleet->open_count == 0)
		sim_fleet_drained(fleet);
}

void sim_fleet_presses_done(struct sim_fleet *fleet)
{
	for (uint32_t home = 0; fleet->open != NULL && home < fleet->homes; home++) {
		for (struct sim_press *press = fleet->open[home], *next; press != NULL;
		     press = next) {
			next = press->next;
			forget(press);
		}
	}
	free(fleet->open);
	if (fleet->press_timer != NULL)
		event_free(fleet->press_timer);
}
