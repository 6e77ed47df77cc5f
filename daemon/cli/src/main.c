/* yijianctl, the operators' tool: finds the subcommand in the table and runs it. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli.h"

static const struct yj_command *find(const char *name, const char *verb, bool *name_known)
{
	*name_known = false;
	for (const struct yj_command *const *list = yj_command_lists; *list; list++) {
		for (const struct yj_command *c = *list; c->name; c++) {
			if (strcmp(c->name, name) != 0)
				continue;
			*name_known = true;
			if (!c->verb || (verb && strcmp(c->verb, verb) == 0))
				return c;
		}
	}
	return NULL;
}

static int run(struct yj_cli *cli, const struct yj_command *command, int argc, char **argv)
{
	struct yj_args args;
	bool help = false;
	int rc = yj_args_parse(cli, command, argc, argv, &args, &help);
	if (rc == 0 && help)
		yj_command_usage(stdout, command);
	else if (rc == 0)
		rc = command->run(cli, &args);
	yj_args_done(&args);
	yj_gateway_close(cli);
	return rc;
}

/* No subcommand of that name, or not with that verb. */
static int unknown(struct yj_cli *cli, bool name_known, const char *name, const char *verb)
{
	if (!name_known)
		return yj_wrong(NULL, "unknown subcommand %s", name);
	if (cli->help) {
		yj_group_usage(stdout, name);
		return YJ_EXIT_OK;
	}
	if (verb)
		fprintf(stderr, "yijianctl %s: unknown: %s\n", name, verb);
	yj_group_usage(stderr, name);
	return YJ_EXIT_USAGE;
}

/* The options of every command from argv[*i] on. 0 or YJ_EXIT_USAGE. */
static int take_common(struct yj_cli *cli, int argc, char **argv, int *i)
{
	while (*i < argc && argv[*i][0] == '-') {
		int took = yj_args_common(cli, argc, argv, *i);
		if (took < 0)
			return yj_wrong(NULL, "%s needs a value", argv[*i]);
		if (took == 0)
			break;
		*i += took;
	}
	return 0;
}

static int start(struct yj_cli *cli, int argc, char **argv)
{
	int i = 1;
	if (take_common(cli, argc, argv, &i))
		return YJ_EXIT_USAGE;
	if (i < argc && strcmp(argv[i], "--version") == 0) {
		puts("yijianctl " YJ_VERSION);
		return YJ_EXIT_OK;
	}
	if (i < argc && argv[i][0] == '-')
		return yj_wrong(NULL, "unknown option %s", argv[i]);
	if (i == argc) {
		yj_usage(cli->help ? stdout : stderr);
		return cli->help ? YJ_EXIT_OK : YJ_EXIT_USAGE;
	}
	const char *name = argv[i++];
	if (take_common(cli, argc, argv, &i))
		return YJ_EXIT_USAGE;
	const char *verb = i < argc ? argv[i] : NULL;
	bool name_known;
	const struct yj_command *command = find(name, verb, &name_known);
	if (!command)
		return unknown(cli, name_known, name, verb);
	if (command->verb)
		i++;
	return run(cli, command, argc - i, argv + i);
}

int main(int argc, char **argv)
{
	const char *no_color = getenv("NO_COLOR"), *term = getenv("TERM");
	struct yj_cli cli = {.config = YJ_CONFIG_DEFAULT};
	cli.color =
	    isatty(STDOUT_FILENO) && !(no_color && *no_color) && term && strcmp(term, "dumb") != 0;
	int rc = start(&cli, argc, argv);
	if (fflush(stdout) != 0 || ferror(stdout)) {
		fputs("yijianctl: the output could not be written\n", stderr);
		if (rc == YJ_EXIT_OK)
			rc = YJ_EXIT_REFUSED;
	}
	return rc;
}
