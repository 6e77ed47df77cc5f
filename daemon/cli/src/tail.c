/* tail: the newest events, and with -f what comes. The place reached is a number of the log, so
 * that neither a restart of the gateway nor a missing file makes an event appear twice or never. */
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli.h"
#include "events.h"
#include "proto/time.h"
#include "term.h"
#include "watch.h"

#define POLL_MS 1000 /* when no notice comes, for whatever reason */

struct tail {
	struct yj_cli *cli;
	struct yj_events events;
	int64_t lines;	 /* -n */
	int64_t reached; /* all up to here has been looked at */
	bool begun;	 /* the first lines have been shown */
	struct stat file;
	struct yj_watch watch;
};

static int first_lines(struct tail *t)
{
	struct yj_store *s = t->cli->store;
	int64_t head;
	int rc = yj_log_head(s, &head);
	if (rc < 0)
		return rc;
	if (t->lines > 0) {
		t->events.filter.newest = true;
		t->events.filter.limit = t->lines;
		rc = yj_events_write(s, &t->events, stdout);
		if (rc < 0)
			return rc;
	}
	/* With all its lines shown, something newer may have come that they no longer included. */
	bool full = t->lines > 0 && t->events.filter.limit == 0;
	t->reached = t->events.filter.after_seq;
	if (!full && t->reached < head)
		t->reached = head;
	t->events.filter.limit = 0;
	t->begun = true;
	return 0;
}

static int next_lines(struct tail *t)
{
	struct yj_store *s = t->cli->store;
	int64_t head;
	int rc = yj_log_head(s, &head);
	if (rc < 0 || head == t->reached)
		return rc;
	if (head < t->reached) {
		fprintf(stderr, "yijianctl: the log is shorter than before: another database?\n");
		t->reached = head;
		return 0;
	}
	t->events.filter.after_seq = t->reached;
	rc = yj_events_write(s, &t->events, stdout);
	if (rc < 0)
		return rc;
	t->reached = t->events.filter.after_seq > head ? t->events.filter.after_seq : head;
	return 0;
}

/* Opens the database, also again when another file has taken its place. 0, or YJ_ERR_NOTFOUND. */
static int reopen(struct tail *t, char why[YJ_WHY_MAX])
{
	struct stat now;
	if (stat(t->cli->database, &now) < 0) {
		int err = errno;
		yj_gateway_close(t->cli);
		snprintf(why, YJ_WHY_MAX, "%s: %s", t->cli->database, strerror(err));
		return err == EACCES ? YJ_ERR_DENIED : YJ_ERR_NOTFOUND;
	}
	if (t->cli->store && now.st_ino == t->file.st_ino && now.st_dev == t->file.st_dev)
		return 0;
	yj_gateway_close(t->cli);
	t->file = now;
	return yj_store_open_readonly(t->cli->database, &t->cli->store, why);
}

static int follow(struct tail *t)
{
	bool told = false;
	char why[YJ_WHY_MAX] = "";
	yj_watch_init(&t->watch, t->cli->database);
	for (;;) {
		int rc = reopen(t, why);
		if (rc == YJ_ERR_NEWER || (rc == YJ_ERR_DENIED && !t->begun))
			return yj_fail(YJ_EXIT_REFUSED, "%s", why);
		if (rc < 0 && !told)
			yj_fail(0, "waiting for the database: %s", why);
		told = rc < 0;
		if (rc == 0)
			rc = t->begun ? next_lines(t) : first_lines(t);
		/* Without its reader this has nothing left to do. */
		if (ferror(stdout))
			return YJ_EXIT_REFUSED;
		if (rc < 0)
			yj_gateway_close(t->cli);
		if (!yj_watch_wait(&t->watch, POLL_MS, STDOUT_FILENO))
			return YJ_EXIT_OK;
	}
}

static int run_tail(struct yj_cli *cli, const struct yj_args *args)
{
	struct tail t = {.cli = cli, .lines = 20};
	t.events.json = cli->json;
	t.events.color = cli->color;
	t.events.filter.type_glob = yj_arg(args, "type");
	t.events.filter.resident = yj_arg(args, "resident");
	int rc = yj_arg_number(args, "lines", 0, &t.lines);
	if (rc == 0)
		rc = yj_arg_time(args, "since", &t.events.filter.since_utc_ms);
	if (rc == 0)
		rc = yj_gateway_database(cli);
	if (rc)
		return rc;
	if (yj_arg(args, "follow"))
		return follow(&t);
	rc = yj_gateway_open(cli);
	if (rc)
		return rc;
	rc = first_lines(&t);
	return rc < 0 ? yj_gateway_store_failed(cli, rc) : 0;
}

static const struct yj_opt tail_opts[] = {
    {"follow", 'f', NULL, "goes on with what comes, also over a restart of the gateway", false},
    {"lines", 'n', "N", "begins with the newest N (20)", false},
    {"type", 0, "GLOB", "only these types, without the prefix: 'incident.*'", false},
    {"resident", 0, "ID", "only of this resident", false},
    {"since", 0, "TIME", "only since then: RFC 3339, or 2h for two hours ago", false},
    {0},
};

const struct yj_command yj_tail_commands[] = {
    {.name = "tail",
	.help = "The newest events, oldest first: TIME  TYPE  SUBJECT  SUMMARY.\n"
		"With --json one CloudEvent per line.",
	.opts = tail_opts,
	.json = true,
	.run = run_tail},
    {0},
};
