/* What the subcommands of yijianctl share: the command table, options, the way to the gateway and
 * to its database, exit codes. */
#ifndef CLI_CLI_H
#define CLI_CLI_H

#include <jansson.h>
#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "proto/err.h"

struct yj_config;
struct yj_store;

enum yj_exit {
	YJ_EXIT_OK = 0,
	YJ_EXIT_REFUSED = 1, /* by the gateway, or a check that failed */
	YJ_EXIT_USAGE = 2,
	YJ_EXIT_UNREACHABLE = 69,
	YJ_EXIT_CONFIG = 78,
};

#define YJ_CONFIG_DEFAULT "/etc/yijian/yijian.yaml"
#define YJ_ASK_MS 30000	      /* how long the gateway may take for an answer */
#define YJ_ASK_LONG_MS 600000 /* and for an import */
#define YJ_CLI_GIVEN_MAX 64   /* options of one command line */

/* ── options and commands (args.c, commands.c) ── */

struct yj_opt {
	const char *name; /* without "--"; NULL ends a list */
	char letter;	  /* 0: none */
	const char *arg;  /* what its value is called; NULL: a switch */
	const char *help;
	bool required;
};

struct yj_args;
struct yj_cli;

struct yj_command {
	const char *name;  /* "incident"; NULL ends a list */
	const char *verb;  /* "ack", or NULL for a command of one word */
	const char *words; /* what its words are called, for --help */
	const char *help;
	const struct yj_opt *opts;				    /* may be NULL */
	int min_words, max_words;				    /* max_words < 0: any number */
	bool json;						    /* has --json */
	int (*run)(struct yj_cli *cli, const struct yj_args *args); /* enum yj_exit */
	int which; /* for functions that serve several commands */
};

struct yj_args {
	const struct yj_command *command;
	const char **words; /* owned, NULL-terminated; the strings are borrowed from argv */
	int n_words;
	struct {
		const struct yj_opt *opt;
		const char *value; /* "" for a switch */
	} given[YJ_CLI_GIVEN_MAX];
	int n_given;
};

/* The value of an option (the last one given; "" for a switch), or NULL. */
const char *yj_arg(const struct yj_args *args, const char *name);
/* The value as a whole number of at least min; *out is untouched without the option. Says what is
 * wrong on stderr and answers YJ_EXIT_USAGE. */
int yj_arg_number(
    const struct yj_args *args, const char *name, int64_t min, int64_t *out) YJ_MUST_CHECK;
/* The value as a time: RFC 3339, or a duration that means so long ago. Likewise. */
int yj_arg_time(const struct yj_args *args, const char *name, int64_t *utc_ms) YJ_MUST_CHECK;
/* Word i as a column=value of a directory record; without '=' it is the value of `key`, which may
 * be NULL: then that is wrong. 0, or YJ_EXIT_USAGE with the reason on stderr. */
int yj_record_word(
    json_t *record, const struct yj_args *args, int i, const char *key) YJ_MUST_CHECK;

/* Splits the words after the command's name into options and words. Also takes what belongs to
 * every command (-c,
 * --socket, --json, --help). 0, or YJ_EXIT_USAGE with the reason on stderr. *help: --help was asked
 * for. */
int yj_args_parse(struct yj_cli *cli, const struct yj_command *command, int argc, char **argv,
    struct yj_args *out, bool *help) YJ_MUST_CHECK;
void yj_args_done(struct yj_args *args);

/* One option of every command at argv[i]. Returns how many words it took, 0: it is none, or -1: its
 * value is missing. */
int yj_args_common(struct yj_cli *cli, int argc, char **argv, int i);

/* Says what is wrong and which command's --help to read; returns YJ_EXIT_USAGE. */
int yj_wrong(const struct yj_command *command, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* Says why something did not work; returns code. */
int yj_fail(int code, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* All commands, in the order of the help. */
extern const struct yj_command *const yj_command_lists[];
/* Is it the first of its name? Verbs of one name may stand in several lists. */
bool yj_command_is_first(const struct yj_command *command);
void yj_usage(FILE *out);
void yj_command_usage(FILE *out, const struct yj_command *command);
/* Prints the verbs of a command. */
void yj_group_usage(FILE *out, const char *name);

/* ── the gateway and its database (gateway.c) ── */

struct yj_cli {
	const char *config; /* -c */
	bool config_given;
	const char *socket; /* --socket, or NULL */
	bool json;
	bool help;
	bool color; /* stdout is a terminal that wants it */
	/* found when first asked for */
	char socket_path[PATH_MAX];
	char database[PATH_MAX];
	struct yj_config *settings; /* NULL when no configuration was read */
	struct yj_store *store;
};

/* Asks it what is nice to know: *data stays NULL where it is not there to say. args is taken. */
void yj_gateway_ask_if_up(struct yj_cli *cli, const char *cmd, json_t *args, json_t **data);

/* Asks the running gateway. args is taken, body borrowed; both may be NULL. 0: *data (may be NULL;
 * new reference) is what it answered. Else the exit code, with the reason on stderr. */
int yj_gateway_ask(struct yj_cli *cli, const char *cmd, json_t *args, const void *body, size_t len,
    int timeout_ms, json_t **data) YJ_MUST_CHECK;
/* The path of the database: from the configuration, or, with --socket alone, from the gateway. 0 or
 * an exit code. */
int yj_gateway_database(struct yj_cli *cli) YJ_MUST_CHECK;
/* Opens cli->store for reading. 0 or an exit code with the reason on stderr. */
int yj_gateway_open(struct yj_cli *cli) YJ_MUST_CHECK;
void yj_gateway_close(struct yj_cli *cli); /* and forgets the configuration */
/* The exit code for an error of the store, said on stderr. */
int yj_gateway_store_failed(struct yj_cli *cli, int err);

/* Reports a change: as JSON the gateway's data (an empty object if it had none), else "WHAT: DONE"
 * and the data. */
void yj_done_put(const struct yj_cli *cli, const json_t *data, const char *what, const char *done);

/* ── commands, a list per subject ── */
extern const struct yj_command yj_status_commands[];
extern const struct yj_command yj_tail_commands[];
extern const struct yj_command yj_incident_commands[];
extern const struct yj_command yj_directory_commands[];
extern const struct yj_command yj_import_commands[];
extern const struct yj_command yj_policy_commands[];
extern const struct yj_command yj_roster_commands[];
extern const struct yj_command yj_rejected_commands[];
extern const struct yj_command yj_log_commands[];
extern const struct yj_command yj_ready_commands[];
extern const struct yj_command yj_device_commands[];
extern const struct yj_command yj_device_work_commands[];
extern const struct yj_command yj_device_seen_commands[];
extern const struct yj_command yj_device_try_commands[];
extern const struct yj_command yj_round_commands[];
extern const struct yj_command yj_silence_commands[];
extern const struct yj_command yj_visit_commands[];
extern const struct yj_command yj_visit_link_commands[];
extern const struct yj_command yj_device_terminal_commands[];
extern const struct yj_command yj_consent_commands[];
extern const struct yj_command yj_turn_commands[];
extern const struct yj_command yj_completion_commands[];

#endif
