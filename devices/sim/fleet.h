/* Thousands of homes in one process, over a few connections that they share. */
#ifndef SIM_FLEET_H
#define SIM_FLEET_H

#include <event2/event.h>

#include "latency.h"
#include "proto/topic.h"
#include "run.h"

#define SIM_FLEET_CONNECTIONS_MAX 1000
#define SIM_FLEET_HOMES_MAX 10000000
#define SIM_FLEET_OPEN_MAX 1000000 /* presses not confirmed; more are not made */

struct sim_press;

struct sim_fleet {
	struct sim_run run;
	uint32_t homes;
	int connections;
	struct sim_conn **conns;
	char (*client_ids)[128];
	int conns_up;
	bool began, draining;
	uint64_t random; /* state of the generator */

	struct sim_press **open; /* per home: its presses that are not confirmed */
	size_t open_count;
	uint32_t next_home, stride;
	double rate, bounce_pct, stuck_pct;
	int64_t next_press_us;
	struct event *press_timer;

	struct event *beat_timer;
	int64_t began_us;
	uint64_t beats_due, beats;

	uint64_t presses, received, repeats, bounced, stuck;
	struct sim_latency latency;
};

/* The next number of a generator (splitmix64) that needs no good seed. */
uint64_t sim_fleet_random(struct sim_fleet *fleet);
/* [0, 1) */
double sim_fleet_fraction(struct sim_fleet *fleet);

/* The device id of a home (from 0 on): PREFIX-000001 is home 0. */
void sim_fleet_name(const struct sim_fleet *fleet, uint32_t home, char name[YJ_NAME_MAX + 1]);
/* 0 or YJ_ERR_NOTFOUND for a device that is not of this fleet. */
int sim_fleet_home(const struct sim_fleet *fleet, const char *name, uint32_t *home) YJ_MUST_CHECK;
/* The connection that a home uses. */
struct sim_conn *sim_fleet_conn(const struct sim_fleet *fleet, uint32_t home);

/* fleet_press.c: makes presses at the fleet's rate from now on. 0 or YJ_ERR_NOMEM. */
int sim_fleet_presses_begin(struct sim_fleet *fleet) YJ_MUST_CHECK;
void sim_fleet_presses_stop(struct sim_fleet *fleet); /* no new ones; those made are repeated */
void sim_fleet_received(struct sim_fleet *fleet, uint32_t home, const char *id);
void sim_fleet_presses_done(struct sim_fleet *fleet); /* forgets them all */
/* Every press is confirmed, or no longer worth waiting for. */
void sim_fleet_drained(struct sim_fleet *fleet);

/* fleet_csv.c: residents or devices of the fleet as a CSV file for yijianctl import. */
int sim_fleet_csv(const struct sim_fleet *fleet, const char *kind);

#endif
