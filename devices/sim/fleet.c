#include "fleet.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "clock.h"
#include "out.h"
#include "proto/message.h"

#define BEAT_TICK_MS 50
#define BEAT_BURST 5000 /* per tick; what is over is left out, as by devices that were off */

uint64_t sim_fleet_random(struct sim_fleet *fleet)
{
	uint64_t z = fleet->random += 0x9e3779b97f4a7c15;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
	z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
	return z ^ (z >> 31);
}

double sim_fleet_fraction(struct sim_fleet *fleet)
{
	return (double)(sim_fleet_random(fleet) >> 11) / 9007199254740992.0;
}

void sim_fleet_name(const struct sim_fleet *fleet, uint32_t home, char name[YJ_NAME_MAX + 1])
{
	snprintf(name, YJ_NAME_MAX + 1, "%s-%06u", fleet->run.opts->prefix, home + 1);
}

int sim_fleet_home(const struct sim_fleet *fleet, const char *name, uint32_t *home)
{
	const size_t prefix = strlen(fleet->run.opts->prefix);
	char *end;
	unsigned long number;

	if (strncmp(name, fleet->run.opts->prefix, prefix) != 0 || name[prefix] != '-')
		return YJ_ERR_NOTFOUND;
	number = strtoul(name + prefix + 1, &end, 10);
	if (*end != '\0' || number < 1 || number > fleet->homes)
		return YJ_ERR_NOTFOUND;
	*home = (uint32_t)number - 1;
	return 0;
}

struct sim_conn *sim_fleet_conn(const struct sim_fleet *fleet, uint32_t home)
{
	return fleet->conns[home % (uint32_t)fleet->connections];
}

/* Steady properties of a home: most batteries are well, one in a hundred is low. */
static void beat(struct sim_fleet *fleet, uint32_t home)
{
	const uint32_t hash = (home + 1) * 2654435761u;
	struct yj_message msg = {.type = YJ_TOPIC_HEARTBEAT};
	char name[YJ_NAME_MAX + 1], topic[YJ_TOPIC_MAX];
	char *payload;
	size_t len = 0;

	msg.u.heartbeat = (struct yj_msg_heartbeat){.ts_ms = sim_utc_ms(),
	    .battery_pct = hash % 100 == 7 ? 15 : 40 + (int)(hash / 100 % 61),
	    .has_rssi = true,
	    .rssi_dbm = -60 - (int)(hash / 7 % 45),
	    .mains = -1,
	    .fw = "1.4.2"};
	sim_fleet_name(fleet, home, name);
	payload = yj_message_encode(&msg, &len);
	if (payload != NULL &&
	    yj_topic_format(YJ_TOPIC_HEARTBEAT, name, topic, sizeof(topic)) > 0 &&
	    sim_conn_publish(sim_fleet_conn(fleet, home), topic, payload, len, false, NULL) == 0)
		fleet->beats++;
	free(payload);
}

static void on_beat_timer(evutil_socket_t fd, short what, void *arg)
{
	struct sim_fleet *fleet = arg;
	const double elapsed_ms = (double)(sim_mono_us() - fleet->began_us) / 1000;
	const uint64_t due =
	    (uint64_t)(elapsed_ms * fleet->homes / (double)fleet->run.opts->heartbeat_ms);

	(void)fd;
	(void)what;
	if (due - fleet->beats_due > BEAT_BURST)
		fleet->beats_due = due - BEAT_BURST;
	for (; fleet->beats_due < due; fleet->beats_due++)
		beat(fleet, (uint32_t)(fleet->beats_due % fleet->homes));
}

void sim_fleet_drained(struct sim_fleet *fleet)
{
	sim_run_end(&fleet->run, fleet->open_count == 0 ? SIM_EXIT_DONE : SIM_EXIT_UNCONFIRMED);
}

static void on_drain_end(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	sim_fleet_drained(arg);
}

static void begin(struct sim_fleet *fleet)
{
	struct timeval tick = sim_timeval_ms(BEAT_TICK_MS);

	fleet->began = true;
	fleet->began_us = sim_mono_us();
	sim_err("%u homes over %d connections, seed %llu", fleet->homes, fleet->connections,
	    (unsigned long long)fleet->random);
	if (fleet->run.opts->heartbeat_ms > 0)
		event_add(fleet->beat_timer, &tick);
	if (fleet->run.opts->duration_ms >= 0) {
		struct timeval wait = sim_timeval_ms(fleet->run.opts->duration_ms);

		evtimer_add(fleet->run.duration, &wait);
	}
	if (sim_fleet_presses_begin(fleet) < 0)
		sim_run_end(&fleet->run, SIM_EXIT_UNCONFIRMED);
}

static void on_up(void *ctx)
{
	struct sim_fleet *fleet = ctx;

	fleet->conns_up++;
	if (fleet->conns_up == fleet->connections && !fleet->began)
		begin(fleet);
}

static void on_down(void *ctx)
{
	struct sim_fleet *fleet = ctx;

	fleet->conns_up--;
}

static void on_message(void *ctx, const char *topic, const void *payload, size_t len)
{
	struct sim_fleet *fleet = ctx;
	struct yj_topic parsed;
	struct yj_message msg;
	struct yj_refusal why;
	uint32_t home;

	if (yj_topic_parse(topic, strlen(topic), &parsed) < 0 ||
	    parsed.type != YJ_TOPIC_DOWN_CALL || sim_fleet_home(fleet, parsed.who, &home) < 0)
		return;
	if (yj_message_decode(parsed.type, payload, len, &msg, &why) < 0) {
		sim_err("%s: cannot read a message on %s", parsed.who, topic);
		return;
	}
	if (msg.u.down_call.state == YJ_HOME_RECEIVED)
		sim_fleet_received(fleet, home, msg.u.down_call.id);
	yj_message_done(&msg);
}

static const struct sim_conn_ops ops = {.up = on_up, .down = on_down, .message = on_message};

/* The first connection also hears for all homes: tens of thousands of single subscriptions would
 * only measure the broker. */
static int connect_all(struct sim_fleet *fleet)
{
	const struct sim_options *opts = fleet->run.opts;
	struct sim_conn_conf conf;
	int rc = sim_options_conn(opts, NULL, &conf);

	for (int i = 0; rc == 0 && i < fleet->connections; i++) {
		/* with a '.', which no device id can have */
		snprintf(fleet->client_ids[i], sizeof(fleet->client_ids[i]), "%s.fleet.%d",
		    opts->client_id != NULL ? opts->client_id : opts->prefix, i);
		conf.client_id = fleet->client_ids[i];
		conf.persistent = false;
		conf.filters[0] = i == 0 ? "yj/v1/dev/+/down/call" : NULL;
		rc = sim_conn_new(fleet->run.base, &conf, &ops, fleet, &fleet->conns[i]);
		if (rc == 0)
			sim_conn_start(fleet->conns[i]);
	}
	return rc;
}

static int prepare(struct sim_fleet *fleet)
{
	fleet->conns = calloc((size_t)fleet->connections, sizeof(struct sim_conn *));
	fleet->open = calloc(fleet->homes, sizeof(struct sim_press *));
	fleet->client_ids = calloc((size_t)fleet->connections, sizeof(*fleet->client_ids));
	fleet->beat_timer = event_new(fleet->run.base, -1, EV_PERSIST, on_beat_timer, fleet);
	if (fleet->conns == NULL || fleet->open == NULL || fleet->client_ids == NULL ||
	    fleet->beat_timer == NULL)
		return YJ_ERR_NOMEM;
	event_del(fleet->run.duration); /* counts from the moment when all are connected */
	return connect_all(fleet);
}

/* The end of --duration or an interruption: no new presses, the last ones get their time. */
static void drain(struct sim_fleet *fleet)
{
	struct event *end = evtimer_new(fleet->run.base, on_drain_end, fleet);
	struct timeval wait = sim_timeval_ms(fleet->run.opts->drain_ms);

	event_del(fleet->beat_timer);
	sim_fleet_presses_stop(fleet);
	fleet->draining = true;
	fleet->run.exit_code = -1;
	fleet->run.on_signal = SIM_EXIT_UNCONFIRMED; /* a second one is in a hurry */
	if (end == NULL || fleet->open_count == 0) {
		sim_fleet_drained(fleet);
	} else {
		evtimer_add(end, &wait);
		sim_run_loop(&fleet->run);
	}
	if (end != NULL)
		event_free(end);
}

static void print_summary(struct sim_fleet *fleet, uint64_t seed, int64_t elapsed_us)
{
	json_t *sum =
	    json_pack("{s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:f}", "homes", (json_int_t)fleet->homes,
		"presses", (json_int_t)fleet->presses, "received", (json_int_t)fleet->received,
		"unconfirmed", (json_int_t)(fleet->presses - fleet->received), "repeats",
		(json_int_t)fleet->repeats, "heartbeats", (json_int_t)fleet->beats, "seed",
		(json_int_t)seed, "seconds", (double)elapsed_us / 1e6);
	static const double percents[] = {50, 99, 100};
	static const char *const names[] = {"latency_p50_ms", "latency_p99_ms", "latency_max_ms"};

	for (size_t i = 0; i < 3; i++) {
		const int64_t us = sim_latency_percentile(&fleet->latency, percents[i]);

		json_object_set_new(
		    sum, names[i], us < 0 ? json_null() : json_real((double)us / 1000));
	}
	json_dumpf(sum, stdout, JSON_REAL_PRECISION(8));
	putchar('\n');
	json_decref(sum);
}

static void done(struct sim_fleet *fleet)
{
	sim_fleet_presses_done(fleet);
	for (int i = 0; fleet->conns != NULL && i < fleet->connections; i++) {
		if (fleet->conns[i] != NULL)
			sim_conn_stop(fleet->conns[i]);
		sim_conn_free(fleet->conns[i]);
	}
	free(fleet->conns);
	free(fleet->client_ids);
	if (fleet->beat_timer != NULL)
		event_free(fleet->beat_timer);
	sim_latency_done(&fleet->latency);
	sim_run_done(&fleet->run);
}

static bool options_ok(struct sim_fleet *fleet, const struct sim_options *opts)
{
	enum yj_kind kind;

	if (opts->homes < 1 || opts->homes > SIM_FLEET_HOMES_MAX)
		sim_err("--homes is required: 1 to %d", SIM_FLEET_HOMES_MAX);
	else if (opts->connections < 1 || opts->connections > SIM_FLEET_CONNECTIONS_MAX)
		sim_err("--connections: 1 to %d", SIM_FLEET_CONNECTIONS_MAX);
	else if (!yj_name_valid(opts->prefix) || strlen(opts->prefix) > 40)
		sim_err("--prefix: 1 to 40 characters of A-Z a-z 0-9 _ -");
	else if (sim_number_parse(opts->rate, &fleet->rate) < 0)
		sim_err("--rate: a number of presses per second");
	else if (sim_number_parse(opts->bounce, &fleet->bounce_pct) < 0 ||
		 sim_number_parse(opts->stuck, &fleet->stuck_pct) < 0)
		sim_err("--bounce and --stuck: percent of the presses");
	else if (yj_kind_parse(opts->button, &kind) < 0 || !yj_kind_is_button(kind))
		sim_err("--button: sos, service or family");
	else
		return true;
	return false;
}

int sim_fleet_main(const struct sim_options *opts)
{
	struct sim_fleet fleet = {.run.opts = opts};
	uint64_t seed = (uint64_t)opts->seed;
	int code = SIM_EXIT_UNCONFIRMED;

	if (!options_ok(&fleet, opts))
		return SIM_EXIT_USAGE;
	fleet.homes = (uint32_t)opts->homes;
	fleet.connections = (int)opts->connections;
	if (opts->csv != NULL)
		return sim_fleet_csv(&fleet, opts->csv);
	if (opts->seed < 0) {
		if (getrandom(&seed, sizeof(seed), 0) != (ssize_t)sizeof(seed))
			abort();
		seed >>= 1; /* so that it can be printed and given again */
	}
	fleet.random = seed;
	if (sim_run_init(&fleet.run, opts, SIM_EXIT_DONE) == 0 && prepare(&fleet) == 0) {
		sim_run_loop(&fleet.run);
		if (fleet.began) {
			const int64_t elapsed_us = sim_mono_us() - fleet.began_us;

			drain(&fleet);
			print_summary(&fleet, seed, elapsed_us);
		}
		code = fleet.began ? fleet.run.exit_code : SIM_EXIT_UNCONFIRMED;
	}
	done(&fleet);
	return code;
}
