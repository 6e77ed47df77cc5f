#include <stdarg.h>
#include <string.h>

#include "cli.h"
#include "term.h"

const struct yj_command *const yj_command_lists[] = {
    yj_status_commands,
    yj_tail_commands,
    yj_incident_commands,
    yj_directory_commands,
    yj_device_commands,
    yj_device_seen_commands,
    yj_device_try_commands,
    yj_device_work_commands,
    yj_import_commands,
    yj_policy_commands,
    yj_ready_commands,
    yj_roster_commands,
    yj_round_commands,
    yj_silence_commands,
    yj_visit_commands,
    yj_visit_link_commands,
    yj_device_terminal_commands,
    yj_consent_commands,
    yj_turn_commands,
    yj_rejected_commands,
    yj_log_commands,
    yj_completion_commands,
    NULL,
};

static void put_name(FILE *out, const struct yj_command *c)
{
	fputs(c->name, out);
	if (c->verb)
		fprintf(out, " %s", c->verb);
}

__attribute__((format(printf, 1, 0))) static void say(const char *format, va_list ap)
{
	char text[1024];
	vsnprintf(text, sizeof text, format, ap);
	fflush(stdout);
	fputs("yijianctl: ", stderr);
	yj_term_put(stderr, text, true);
	fputc('\n', stderr);
}

int yj_wrong(const struct yj_command *command, const char *format, ...)
{
	va_list ap;
	va_start(ap, format);
	char text[900];
	vsnprintf(text, sizeof text, format, ap);
	va_end(ap);
	fputs("yijianctl", stderr);
	if (command) {
		fputc(' ', stderr);
		put_name(stderr, command);
	}
	fputs(": ", stderr);
	yj_term_put(stderr, text, true);
	fputs("\nsee: yijianctl ", stderr);
	if (command) {
		put_name(stderr, command);
		fputc(' ', stderr);
	}
	fputs("--help\n", stderr);
	return YJ_EXIT_USAGE;
}

int yj_fail(int code, const char *format, ...)
{
	va_list ap;
	va_start(ap, format);
	say(format, ap);
	va_end(ap);
	return code;
}

#define LINE_COLUMNS 80
#define HELP_COLUMN 28

/* One more word of a line that began with `indent` columns and has come to column *at. */
static void put_word(FILE *out, const char *word, size_t indent, size_t *at)
{
	size_t width = strlen(word);
	if (*at + 1 + width > LINE_COLUMNS) {
		fprintf(out, "\n%*s", (int)indent, "");
		*at = indent;
	}
	fprintf(out, " %s", word);
	*at += 1 + width;
}

/* The usage of one command behind `lead`: name, words, options. */
static void put_synopsis(FILE *out, const char *lead, const struct yj_command *c)
{
	size_t indent = strlen(lead) + strlen(c->name) + (c->verb ? 1 + strlen(c->verb) : 0);
	size_t at = indent;
	fputs(lead, out);
	put_name(out, c);
	if (c->words)
		put_word(out, c->words, indent, &at);
	for (const struct yj_opt *o = c->opts; o && o->name; o++) {
		char name[40], word[80];
		if (o->letter)
			snprintf(name, sizeof name, "-%c", o->letter);
		else
			snprintf(name, sizeof name, "--%s", o->name);
		snprintf(word, sizeof word, "%s%s%s%s%s", o->required ? "" : "[", name,
		    o->arg ? " " : "", o->arg ? o->arg : "", o->required ? "" : "]");
		put_word(out, word, indent, &at);
	}
	if (c->json)
		put_word(out, "[--json]", indent, &at);
}

void yj_command_usage(FILE *out, const struct yj_command *c)
{
	put_synopsis(out, "usage: yijianctl ", c);
	fprintf(out, "\n\n%s\n\n", c->help);
	for (const struct yj_opt *o = c->opts; o && o->name; o++) {
		char left[64];
		snprintf(left, sizeof left, "%c%c%s--%s%s%s", o->letter ? '-' : ' ',
		    o->letter ? o->letter : ' ', o->letter ? ", " : "  ", o->name,
		    o->arg ? " " : "", o->arg ? o->arg : "");
		if (strlen(left) > HELP_COLUMN) { /* has a line of its own */
			fprintf(out, "  %s\n", left);
			left[0] = '\0';
		}
		fprintf(out, "  %-*s %s\n", HELP_COLUMN, left, o->help);
	}
	if (c->json)
		fprintf(out, "  %-*s %s\n", HELP_COLUMN, "    --json", "for programs");
	fprintf(
	    out, "  %-*s %s\n", HELP_COLUMN, "-c, --config FILE", "the gateway's configuration");
	fprintf(out, "  %-*s %s\n", HELP_COLUMN, "    --socket PATH",
	    "its control socket, instead of -c");
	fprintf(out, "  %-*s %s\n", HELP_COLUMN, "-h, --help", "this text");
}

void yj_group_usage(FILE *out, const char *name)
{
	fputs("usage:\n", out);
	for (const struct yj_command *const *list = yj_command_lists; *list; list++) {
		for (const struct yj_command *c = *list; c->name; c++) {
			if (strcmp(c->name, name) != 0)
				continue;
			put_synopsis(out, "  yijianctl ", c);
			fputc('\n', out);
		}
	}
	fprintf(out, "\nyijianctl %s VERB --help says more.\n", name);
}

bool yj_command_is_first(const struct yj_command *c)
{
	for (const struct yj_command *const *list = yj_command_lists; *list; list++) {
		for (const struct yj_command *d = *list; d->name; d++) {
			if (strcmp(c->name, d->name) == 0)
				return c == d;
		}
	}
	return false;
}

/* One line for all commands of a name, in whichever lists they are. */
static void put_group(FILE *out, const struct yj_command *first)
{
	fprintf(out, "  %s", first->name);
	if (!first->verb && first->words)
		fprintf(out, " %s", first->words);
	char between = ' ';
	for (const struct yj_command *const *list = yj_command_lists; *list; list++) {
		for (const struct yj_command *c = *list; c->name; c++) {
			if (!c->verb || strcmp(c->name, first->name) != 0)
				continue;
			fprintf(out, "%c%s", between, c->verb);
			between = '|';
		}
	}
	fputc('\n', out);
}

void yj_usage(FILE *out)
{
	fputs("usage: yijianctl [-c FILE | --socket PATH] SUBCOMMAND ...\n\n", out);
	for (const struct yj_command *const *list = yj_command_lists; *list; list++) {
		for (const struct yj_command *c = *list; c->name; c++) {
			if (yj_command_is_first(c))
				put_group(out, c);
		}
	}
	fprintf(out,
	    "\nEvery subcommand has --help, and --json where it prints data. What changes "
	    "something\n"
	    "goes through the gateway; tail, log, list, show and export also work while it is "
	    "down.\n"
	    "FILE is %s unless -c says otherwise.\n"
	    "Exit: 0 done, 1 refused or a check failed, 2 wrong usage, 69 gateway not reachable,\n"
	    "78 configuration.\n",
	    YJ_CONFIG_DEFAULT);
}
