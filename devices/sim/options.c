#include "options.h"

#include <errno.h>
#include <getopt.h>
#include <math.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "options_table.h"
#include "out.h"
#include "proto/time.h"
#include "proto/topic.h"

static void print_commands(FILE *to)
{
	fputs("usage: yijian-sim COMMAND [OPTIONS]; COMMAND --help lists the options\n", to);
	for (int i = 0; i < SIM_COMMAND_COUNT; i++)
		fprintf(to, "  %-10s  %s\n", sim_command_defs[i].name, sim_command_defs[i].help);
	fputs("exit codes: 0 done, 1 not confirmed, 2 wrong usage\n", to);
}

static void print_help(enum sim_command command)
{
	char left[64];

	printf("usage: yijian-sim %s [OPTIONS]\n%s\n", sim_command_defs[command].name,
	    sim_command_defs[command].help);
	for (size_t i = 0; sim_option_defs[i].name != NULL; i++) {
		if ((sim_option_defs[i].commands & SIM_BIT(command)) == 0)
			continue;
		snprintf(left, sizeof(left), "--%s%s%s", sim_option_defs[i].name,
		    sim_option_defs[i].arg == NULL ? "" : " ",
		    sim_option_defs[i].arg == NULL ? "" : sim_option_defs[i].arg);
		printf("  %-24s  %s\n", left, sim_option_defs[i].help);
	}
	puts("durations carry a unit: 500ms, 60s, 5m, 24h");
}

static int parse_integer(const char *text, int64_t *out)
{
	char *end;
	long long value;

	errno = 0;
	value = strtoll(text, &end, 10);
	if (errno != 0 || end == text || *end != '\0')
		return YJ_ERR_INVAL;
	*out = value;
	return 0;
}

int sim_number_parse(const char *s, double *out)
{
	char *end;
	double value = strtod(s, &end);

	if (end == s || *end != '\0' || !isfinite(value) || value < 0)
		return YJ_ERR_INVAL;
	*out = value;
	return 0;
}

static int take(const struct sim_option_def *def, char *text, struct sim_options *opts)
{
	void *field = (char *)opts + def->offset;
	int rc = 0;

	switch (def->kind) {
	case SIM_STRING:
		*(const char **)field = text;
		break;
	case SIM_FLAG:
		*(bool *)field = true;
		break;
	case SIM_INTEGER:
		rc = parse_integer(text, field);
		break;
	case SIM_DURATION:
		rc = yj_duration_parse(text, field);
		break;
	}
	if (rc < 0)
		sim_err("--%s: %s is no %s", def->name, text,
		    def->kind == SIM_INTEGER ? "integer" : "duration such as 500ms, 60s or 5m");
	return rc;
}

static void set_defaults(struct sim_options *opts, enum sim_command command)
{
	*opts = (struct sim_options){
	    .command = command,
	    .host = "127.0.0.1",
	    .port = -1,
	    .mqtt = 5,
	    .ts_ms = -1,
	    .retry_first_ms = 5000,
	    .retry_max_ms = 60000,
	    .timeout_ms = -1,
	    .button = "sos",
	    .method = "nfc",
	    .type = "visit",
	    .wait = "received",
	    .battery = -1,
	    .rssi = SIM_NO_RSSI,
	    .mains = -1,
	    .every_ms = -1,
	    .duration_ms = -1,
	    .heartbeat_ms = 5LL * 60 * 1000,
	    .accept_after_ms = 2000,
	    .decline_after_ms = -1,
	    .end_after_ms = -1,
	    .hr = -1,
	    .rr = -1,
	    .exit_after_ms = -1,
	    .return_after_ms = -1,
	    .arrive_after_ms = -1,
	    .resolve_after_ms = -1,
	    .how = "going",
	    .outcome = "helped",
	    .eta = -1,
	    .connections = 8,
	    .drain_ms = 30000,
	    .seed = -1,
	    .rate = "1",
	    .bounce = "5",
	    .stuck = "0.1",
	    .prefix = "home",
	};
}

static bool required(const char *name, const char *value)
{
	if (value == NULL)
		sim_err("--%s is required", name);
	else if (!yj_name_valid(value))
		sim_err("--%s: an id has 1 to 64 characters of A-Z a-z 0-9 _ -", name);
	else
		return true;
	return false;
}

static bool check(struct sim_options *opts)
{
	const unsigned bit = SIM_BIT(opts->command);

	if ((bit & SIM_DEVICE) != 0 && !required("device", opts->device))
		return false;
	if (opts->command == SIM_CAREGIVER && !required("id", opts->id))
		return false;
	if (opts->command == SIM_CHECKIN && !required("caregiver", opts->caregiver))
		return false;
	if (opts->port == -1)
		opts->port = opts->ca_file != NULL || opts->cert_file != NULL ? 8883 : 1883;
	if (opts->port < 1 || opts->port > 65535) {
		sim_err("--port: 1 to 65535");
		return false;
	}
	if (opts->mqtt != 3 && opts->mqtt != 5) {
		sim_err("--mqtt: 3 or 5");
		return false;
	}
	if (opts->retry_first_ms < 1 || opts->retry_max_ms < opts->retry_first_ms) {
		sim_err("--retry-first must be more than nothing and at most --retry-max");
		return false;
	}
	if ((opts->cert_file == NULL) != (opts->key_file == NULL)) {
		sim_err("--cert and --key go together");
		return false;
	}
	return true;
}

static const struct sim_option_def *find_def(const char *name, enum sim_command command)
{
	for (size_t i = 0; sim_option_defs[i].name != NULL; i++) {
		if ((sim_option_defs[i].commands & SIM_BIT(command)) != 0 &&
		    strcmp(sim_option_defs[i].name, name) == 0)
			return &sim_option_defs[i];
	}
	return NULL;
}

static int parse_options(int argc, char **argv, struct sim_options *opts)
{
	struct option table[SIM_OPTIONS_MAX + 1] = {0};
	size_t count = 0;
	int c, index;

	for (size_t i = 0; sim_option_defs[i].name != NULL; i++) {
		if ((sim_option_defs[i].commands & SIM_BIT(opts->command)) != 0)
			table[count++] = (struct option){sim_option_defs[i].name,
			    sim_option_defs[i].kind == SIM_FLAG ? no_argument : required_argument,
			    NULL, 1};
	}
	table[count] = (struct option){"help", no_argument, NULL, 'h'};
	while ((c = getopt_long(argc, argv, "h", table, &index)) != -1) {
		if (c == 'h') {
			print_help(opts->command);
			return SIM_EXIT_DONE;
		}
		if (c != 1 || take(find_def(table[index].name, opts->command), optarg, opts) < 0)
			return SIM_EXIT_USAGE;
	}
	if (optind < argc) {
		sim_err("what is %s?", argv[optind]);
		return SIM_EXIT_USAGE;
	}
	return check(opts) ? -1 : SIM_EXIT_USAGE;
}

int sim_options_parse(int argc, char **argv, struct sim_options *out)
{
	if (argc < 2) {
		print_commands(stderr);
		return SIM_EXIT_USAGE;
	}
	if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0) {
		print_commands(stdout);
		return SIM_EXIT_DONE;
	}
	if (strcmp(argv[1], "--version") == 0) {
		puts("yijian-sim " YJ_VERSION);
		return SIM_EXIT_DONE;
	}
	for (int i = 0; i < SIM_COMMAND_COUNT; i++) {
		if (strcmp(argv[1], sim_command_defs[i].name) == 0) {
			set_defaults(out, (enum sim_command)i);
			return parse_options(argc - 1, argv + 1, out);
		}
	}
	sim_err("no command %s; see yijian-sim --help", argv[1]);
	return SIM_EXIT_USAGE;
}

static int read_password(const char *path, char *buf, int cap)
{
	FILE *file = fopen(path, "re");
	bool ok;

	if (file == NULL) {
		sim_err("%s: %s", path, strerror(errno));
		return YJ_ERR_IO;
	}
	ok = fgets(buf, cap, file) != NULL;
	fclose(file);
	if (!ok) {
		sim_err("%s: empty", path);
		return YJ_ERR_IO;
	}
	buf[strcspn(buf, "\r\n")] = '\0';
	return 0;
}

int sim_options_conn(const struct sim_options *opts, const char *who, struct sim_conn_conf *out)
{
	static char password[1024];

	*out = (struct sim_conn_conf){
	    .host = opts->host,
	    .port = (int)opts->port,
	    .client_id = opts->client_id != NULL ? opts->client_id : who,
	    .username = opts->username != NULL ? opts->username : who,
	    .password = opts->password,
	    .ca_file = opts->ca_file,
	    .cert_file = opts->cert_file,
	    .key_file = opts->key_file,
	    .mqtt = (int)opts->mqtt,
	    .persistent = !opts->clean,
	    .keepalive_s = 30,
	};
	if (opts->password_file != NULL) {
		if (read_password(opts->password_file, password, sizeof(password)) < 0)
			return YJ_ERR_IO;
		out->password = password;
	}
	return 0;
}
