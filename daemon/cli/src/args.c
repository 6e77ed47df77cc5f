#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cli.h"
#include "proto/time.h"
#include "term.h"

const char *yj_arg(const struct yj_args *args, const char *name)
{
	for (int i = args->n_given - 1; i >= 0; i--) {
		if (strcmp(args->given[i].opt->name, name) == 0)
			return args->given[i].value;
	}
	return NULL;
}

int yj_arg_number(const struct yj_args *args, const char *name, int64_t min, int64_t *out)
{
	const char *value = yj_arg(args, name);
	if (!value)
		return 0;
	char *end = NULL;
	long long n = strtoll(value, &end, 10); /* more than it can hold is its most */
	if (*value < '0' || *value > '9' || *end || n < min)
		return yj_wrong(args->command,
		    "--%s takes a whole number of at least %lld, not \"%s\"", name, (long long)min,
		    value);
	*out = n;
	return 0;
}

int yj_arg_time(const struct yj_args *args, const char *name, int64_t *utc_ms)
{
	const char *value = yj_arg(args, name);
	if (!value)
		return 0;
	int64_t t, ago;
	if (yj_rfc3339_parse(value, &t) == 0) {
		*utc_ms = t;
		return 0;
	}
	if (yj_duration_parse(value, &ago) == 0) {
		struct timespec now;
		clock_gettime(CLOCK_REALTIME, &now);
		*utc_ms = (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000 - ago;
		return 0;
	}
	return yj_wrong(args->command,
	    "--%s takes a time like 2026-11-23T08:00:00Z, or so long ago, like 2h, not \"%s\"",
	    name, value);
}

/* Is word the option --name or --name=VALUE? Then *value is the part after '=', or NULL. */
static bool is_long(const char *word, const char *name, const char **value)
{
	size_t len = strlen(name);
	if (strncmp(word, "--", 2) != 0 || strncmp(word + 2, name, len) != 0)
		return false;
	if (word[2 + len] && word[2 + len] != '=')
		return false;
	*value = word[2 + len] ? word + 3 + len : NULL;
	return true;
}

int yj_args_common(struct yj_cli *cli, int argc, char **argv, int i)
{
	const char *value = NULL;
	if (strcmp(argv[i], "--json") == 0) {
		cli->json = true;
		return 1;
	}
	if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0) {
		cli->help = true;
		return 1;
	}
	bool config = strcmp(argv[i], "-c") == 0 || is_long(argv[i], "config", &value);
	if (!config && !is_long(argv[i], "socket", &value))
		return 0;
	int took = value ? 1 : 2;
	if (!value && i + 1 < argc)
		value = argv[i + 1];
	if (!value || !*value)
		return -1;
	if (config) {
		cli->config = value;
		cli->config_given = true;
	} else {
		cli->socket = value;
	}
	return took;
}

static const struct yj_opt *find_opt(
    const struct yj_command *command, const char *word, const char **value)
{
	for (const struct yj_opt *o = command->opts; o && o->name; o++) {
		*value = NULL;
		if (is_long(word, o->name, value))
			return o;
		if (o->letter && word[0] == '-' && word[1] == o->letter) {
			if (word[2] && !o->arg)
				continue;
			*value = word[2] ? word + 2 : NULL;
			return o;
		}
	}
	return NULL;
}

/* Takes the option at argv[*i] of the command itself. */
static int take_option(
    const struct yj_command *command, int argc, char **argv, int *i, struct yj_args *out)
{
	const char *word = argv[*i], *value = NULL;
	const struct yj_opt *o = find_opt(command, word, &value);
	if (!o)
		return yj_wrong(command, "unknown option %s", word);
	if (!o->arg && value)
		return yj_wrong(command, "--%s takes no value", o->name);
	if (o->arg && !value) {
		if (*i + 1 >= argc)
			return yj_wrong(command, "%s needs %s", word, o->arg);
		value = argv[++*i];
	}
	if (o->arg && !*value && o->required)
		return yj_wrong(command, "--%s needs %s", o->name, o->arg);
	if (out->n_given == YJ_CLI_GIVEN_MAX)
		return yj_wrong(command, "too many options");
	out->given[out->n_given].opt = o;
	out->given[out->n_given].value = value ? value : "";
	out->n_given++;
	return 0;
}

static bool is_utf8(const char *s)
{
	int32_t cp;
	for (size_t n; (n = yj_term_next(s, &cp)); s += n) {
		if (cp < 0)
			return false;
	}
	return true;
}

/* What is told the gateway or looked for must be text; names of files may be anything. */
static int check_text(const struct yj_command *command, const struct yj_args *args)
{
	bool file = strcmp(command->name, "import") == 0;
	for (int i = 0; i < args->n_words; i++) {
		if (!file && !is_utf8(args->words[i]))
			return yj_wrong(command, "\"%s\" is not UTF-8", args->words[i]);
	}
	for (int i = 0; i < args->n_given; i++) {
		const char *name = args->given[i].opt->name;
		if (strcmp(name, "out") != 0 && strcmp(name, "csr") != 0 &&
		    !is_utf8(args->given[i].value))
			return yj_wrong(command, "the value of --%s is not UTF-8", name);
	}
	return 0;
}

static int check(const struct yj_command *command, const struct yj_args *args, bool json)
{
	if (args->n_words < command->min_words)
		return yj_wrong(command, "needs %s", command->words);
	if (command->max_words >= 0 && args->n_words > command->max_words)
		return yj_wrong(command, "does not take \"%s\"", args->words[command->max_words]);
	for (const char **w = args->words; *w; w++) { /* behind the last stands NULL */
		if (!**w)
			return yj_wrong(command, "an empty word");
	}
	for (const struct yj_opt *o = command->opts; o && o->name; o++) {
		if (o->required && !yj_arg(args, o->name))
			return yj_wrong(command, "needs --%s %s", o->name, o->arg);
	}
	if (json && !command->json)
		return yj_wrong(command, "has no --json");
	return check_text(command, args);
}

int yj_args_parse(struct yj_cli *cli, const struct yj_command *command, int argc, char **argv,
    struct yj_args *out, bool *help)
{
	*out = (struct yj_args){.command = command};
	out->words = calloc((size_t)argc + 1, sizeof *out->words);
	if (!out->words)
		return yj_fail(YJ_EXIT_REFUSED, "out of memory");
	bool options = true;
	for (int i = 0; i < argc; i++) {
		if (!options || argv[i][0] != '-' || !argv[i][1]) {
			out->words[out->n_words++] = argv[i];
			continue;
		}
		if (strcmp(argv[i], "--") == 0) {
			options = false;
			continue;
		}
		int took = yj_args_common(cli, argc, argv, i);
		if (took < 0)
			return yj_wrong(command, "%s needs a value", argv[i]);
		if (took > 0) {
			i += took - 1;
			continue;
		}
		int rc = take_option(command, argc, argv, &i, out);
		if (rc)
			return rc;
	}
	*help = cli->help;
	return *help ? 0 : check(command, out, cli->json);
}

void yj_args_done(struct yj_args *args)
{
	free(args->words);
	args->words = NULL;
}
