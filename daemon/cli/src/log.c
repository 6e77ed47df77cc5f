/* log verify, export and checkpoint: the chain of events, read without the gateway. */
#include "store/log.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli.h"
#include "events.h"
#include "store/read.h"
#include "term.h"

/* "SEQ:HASH" as `log checkpoint` prints it. */
static int parse_checkpoint(const struct yj_args *args, int64_t *seq, char hash[65])
{
	const char *text = yj_arg(args, "checkpoint");
	if (!text)
		return 0;
	char *end = NULL;
	errno = 0;
	long long n = strtoll(text, &end, 10);
	bool good = !errno && n > 0 && *end == ':' && strlen(end + 1) == 64 &&
		    strspn(end + 1, "0123456789abcdefABCDEF") == 64;
	if (!good)
		return yj_wrong(
		    args->command, "--checkpoint is SEQ:HASH as `log checkpoint` prints it");
	*seq = n;
	for (int i = 0; i < 64; i++) {
		char c = end[1 + i];
		hash[i] = c >= 'A' && c <= 'F' ? (char)(c - 'A' + 'a') : c;
	}
	hash[64] = '\0';
	return 0;
}

static int put_verdict(const struct yj_cli *cli, const struct yj_log_verdict *v)
{
	if (cli->json) {
		json_t *out = json_pack("{s:b, s:I, s:s}", "ok", !v->bad, "events",
		    (json_int_t)v->events, "head", v->head);
		if (v->bad) {
			json_object_set_new(out, "bad_seq", json_integer(v->bad_seq));
			json_object_set_new(out, "what", json_string(v->what));
		}
		yj_json_put(stdout, out);
		json_decref(out);
	}
	if (v->bad)
		return yj_fail(
		    YJ_EXIT_REFUSED, "the log is bad: record %" PRId64 ": %s", v->bad_seq, v->what);
	if (!cli->json)
		printf("the log is good: %" PRId64 " events, head %" PRId64 ":%s\n", v->events,
		    v->events, v->head);
	return 0;
}

static int run_verify(struct yj_cli *cli, const struct yj_args *args)
{
	int64_t seq = 0;
	char hash[65] = "";
	int rc = parse_checkpoint(args, &seq, hash);
	if (rc == 0)
		rc = yj_gateway_open(cli);
	if (rc)
		return rc;
	struct yj_log_verdict verdict;
	rc = yj_log_verify(cli->store, seq, seq ? hash : NULL, &verdict);
	if (rc < 0)
		return yj_gateway_store_failed(cli, rc);
	return put_verdict(cli, &verdict);
}

/* The file is readable by its owner alone, and only there when it is complete. */
static int export_to(struct yj_cli *cli, struct yj_events *events, const char *path)
{
	char temp[PATH_MAX];
	if (snprintf(temp, sizeof temp, "%s.XXXXXX", path) >= (int)sizeof temp)
		return yj_fail(YJ_EXIT_REFUSED, "%s: %s", path, strerror(ENAMETOOLONG));
	int fd = mkostemp(temp, O_CLOEXEC);
	FILE *out = fd < 0 ? NULL : fdopen(fd, "w");
	if (!out) {
		yj_fail(0, "%s: %s", path, strerror(errno));
		if (fd >= 0)
			close(fd);
		return YJ_EXIT_REFUSED;
	}
	int rc = yj_events_write(cli->store, events, out);
	bool written = !ferror(out) && fflush(out) == 0 && fsync(fd) == 0;
	written = fclose(out) == 0 && written;
	if (rc == 0 && written && rename(temp, path) == 0)
		return 0;
	if (rc < 0 && rc != YJ_ERR_IO)
		yj_gateway_store_failed(cli, rc);
	else
		yj_fail(0, "%s: %s", path, strerror(errno));
	unlink(temp);
	return YJ_EXIT_REFUSED;
}

static int run_export(struct yj_cli *cli, const struct yj_args *args)
{
	struct yj_events events = {.json = true};
	int rc = yj_arg_time(args, "since", &events.filter.since_utc_ms);
	if (rc == 0)
		rc = yj_arg_time(args, "until", &events.until_utc_ms);
	if (rc == 0)
		rc = yj_gateway_open(cli);
	if (rc)
		return rc;
	const char *path = yj_arg(args, "out");
	if (path && strcmp(path, "-") != 0) {
		rc = export_to(cli, &events, path);
		if (rc)
			return rc;
	} else {
		rc = yj_events_write(cli->store, &events, stdout);
		if (rc < 0 && ferror(stdout))
			return YJ_EXIT_REFUSED;
		if (rc < 0)
			return yj_gateway_store_failed(cli, rc);
	}
	int64_t seq;
	char hash[65];
	rc = yj_read_checkpoint(cli->store, events.filter.after_seq, &seq, hash);
	if (rc == YJ_ERR_NOTFOUND)
		return 0; /* an empty log has no checkpoint */
	if (rc < 0)
		return yj_gateway_store_failed(cli, rc);
	fprintf(stderr, "%" PRId64 ":%s\n", seq, hash);
	return 0;
}

static int run_checkpoint(struct yj_cli *cli, const struct yj_args *args)
{
	(void)args;
	int rc = yj_gateway_open(cli);
	if (rc)
		return rc;
	int64_t seq;
	char hash[65];
	rc = yj_read_checkpoint(cli->store, 0, &seq, hash);
	if (rc == YJ_ERR_NOTFOUND)
		return yj_fail(YJ_EXIT_REFUSED, "the log is empty");
	if (rc < 0)
		return yj_gateway_store_failed(cli, rc);
	if (cli->json) {
		json_t *out = json_pack("{s:I, s:s}", "seq", (json_int_t)seq, "hash", hash);
		yj_json_put(stdout, out);
		json_decref(out);
	} else {
		printf("%" PRId64 ":%s\n", seq, hash);
	}
	return 0;
}

static const struct yj_opt verify_opts[] = {
    {"checkpoint", 0, "SEQ:HASH", "must be in the log; noted elsewhere by `log checkpoint`", false},
    {0},
};
static const struct yj_opt export_opts[] = {
    {"since", 0, "TIME", "RFC 3339, or 2h for two hours ago", false},
    {"until", 0, "TIME", "likewise", false},
    {"out", 0, "FILE", "instead of the standard output", false},
    {0},
};

const struct yj_command yj_log_commands[] = {
    {.name = "log",
	.verb = "verify",
	.help = "Checks the whole chain of events; exits 1 and names the first bad record.",
	.opts = verify_opts,
	.json = true,
	.run = run_verify},
    {.name = "log",
	.verb = "export",
	.help =
	    "Writes events as CloudEvents, one a line, and at the end, on stderr, a checkpoint\n"
	    "SEQ:HASH that belongs somewhere else.",
	.opts = export_opts,
	.json = true, /* it is nothing else */
	.run = run_export},
    {.name = "log",
	.verb = "checkpoint",
	.help = "Prints SEQ:HASH of the newest event, for `log verify --checkpoint` later.",
	.json = true,
	.run = run_checkpoint},
    {0},
};
