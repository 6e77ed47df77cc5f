/* The command line of yijian-sim. */
#ifndef SIM_OPTIONS_H
#define SIM_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "conn.h"

enum sim_command {
	SIM_CALL,
	SIM_CANCEL,
	SIM_ALARM,
	SIM_WELL,
	SIM_CHECKIN,
	SIM_HEARTBEAT,
	SIM_RESUME,
	SIM_TERMINAL,
	SIM_BED,
	SIM_CAREGIVER,
	SIM_FLEET,
	SIM_COMMAND_COUNT
};

enum { SIM_EXIT_DONE = 0, SIM_EXIT_UNCONFIRMED = 1, SIM_EXIT_USAGE = 2 };

#define SIM_NO_RSSI INT64_MIN

struct sim_options { /* strings are borrowed from argv; NULL or -1: not given */
	enum sim_command command;
	/* connection */
	const char *host;
	int64_t port;
	const char *username, *password, *password_file;
	const char *ca_file, *cert_file, *key_file;
	const char *client_id;
	int64_t mqtt;
	bool clean;
	/* speaking */
	const char *device;
	const char *caregiver; /* checkin */
	const char *id;	       /* caregiver */
	const char *state_dir;
	const char *msg_id;
	int64_t ts_ms;
	int64_t retry_first_ms, retry_max_ms, timeout_ms;
	bool json;
	/* messages */
	const char *button, *kind, *text, *pos, *ref, *method, *type, *fw, *wait;
	const char *value;
	int64_t battery, rssi, mains;
	/* long-lived devices */
	int64_t every_ms, duration_ms, heartbeat_ms;
	int64_t accept_after_ms, decline_after_ms, end_after_ms;
	bool no_answer, commands;
	int64_t exit_after_ms, return_after_ms;
	int64_t hr, rr; /* 1/min; -1: as it comes */
	bool no_alarm;
	/* caregivers */
	int64_t answer_after_ms, arrive_after_ms, resolve_after_ms;
	bool decline, silent, no_seen, insist;
	const char *how, *outcome, *until;
	int64_t eta;
	/* fleet */
	int64_t homes, connections, drain_ms, seed;
	const char *rate, *bounce, *stuck, *prefix, *csv;
};

/* Reads the command line. -1: go on; else the exit code, and what there is to say was printed
 * (help on stdout, mistakes on stderr). */
int sim_options_parse(int argc, char **argv, struct sim_options *out);

/* The connection of a single speaker whose id (and user name and client id, unless they were
 * given) is who. The password read from a file lives until the next call. 0 or YJ_ERR_IO with a
 * line on stderr. */
int sim_options_conn(const struct sim_options *opts, const char *who, struct sim_conn_conf *out);

/* A finite number of at least 0. 0 or YJ_ERR_INVAL. */
int sim_number_parse(const char *s, double *out) YJ_MUST_CHECK;

#endif
