/* device enroll, revoke and test. Certificates are the CA tool's; the directory and the log are the
 * gateway's. A device is enrolled by the tool first, so that nothing is logged that was not done,
 * and revoked by the gateway first, which refuses it from then on, certificate or not. */
#include <errno.h>
#include <limits.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cli.h"
#include "proto/topic.h"
#include "store/directory.h"
#include "until.h"

#define CA_TOOL "yijian-ca"
#define CA_TOOL_INSTALLED "/usr/libexec/yijian/" CA_TOOL

extern char **environ;

/* The CA tool: named by the environment, beside this program, or installed. NULL: there is none. */
static const char *find_tool(char buf[PATH_MAX])
{
	const char *named = getenv("YIJIAN_CA_TOOL");
	if (named && *named)
		return access(named, X_OK) == 0 ? named : NULL;
	ssize_t n = readlink("/proc/self/exe", buf, PATH_MAX - sizeof CA_TOOL - 1);
	if (n > 0) {
		buf[n] = '\0';
		char *slash = strrchr(buf, '/');
		memcpy(slash + 1, CA_TOOL, sizeof CA_TOOL);
		if (access(buf, X_OK) == 0)
			return buf;
	}
	return access(CA_TOOL_INSTALLED, X_OK) == 0 ? CA_TOOL_INSTALLED : NULL;
}

/* Runs the tool on our own standard streams. 0, or the exit code with the reason said. */
static int run_tool(const char *tool, const char *const *argv)
{
	pid_t pid;
	fflush(stdout);
	int rc = posix_spawn(&pid, tool, NULL, NULL, (char *const *)argv, environ);
	if (rc)
		return yj_fail(YJ_EXIT_REFUSED, "%s: %s", tool, strerror(rc));
	int status;
	while (waitpid(pid, &status, 0) < 0) {
		if (errno != EINTR)
			return yj_fail(YJ_EXIT_REFUSED, "%s: %s", tool, strerror(errno));
	}
	if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
		return 0;
	return yj_fail(YJ_EXIT_REFUSED, "%s %s did not succeed", tool, argv[1]);
}

static int check_id(const struct yj_args *args)
{
	if (yj_name_valid(args->words[0]))
		return 0;
	return yj_wrong(args->command, "an id has 1 to 64 letters, digits, _ and -, not \"%s\"",
	    args->words[0]);
}

static int tell(struct yj_cli *cli, const struct yj_args *args, const char *cmd, json_t **data)
{
	return yj_gateway_ask(
	    cli, cmd, json_pack("{s:s}", "id", args->words[0]), NULL, 0, YJ_ASK_MS, data);
}

static int check_known(struct yj_cli *cli, const char *id)
{
	int rc = yj_gateway_open(cli);
	if (rc)
		return rc;
	json_t *device = NULL;
	rc = yj_dir_get(cli->store, YJ_DIR_DEVICES, id, &device);
	json_decref(device);
	if (rc == YJ_ERR_NOTFOUND)
		return yj_fail(
		    YJ_EXIT_REFUSED, "no device %s: yijianctl device add %s ...", id, id);
	return rc < 0 ? yj_gateway_store_failed(cli, rc) : 0;
}

static int run_enroll(struct yj_cli *cli, const struct yj_args *args)
{
	static const char *const passed[] = {"days", "out", "csr"};
	const char *argv[16] = {NULL, "enroll", args->words[0]};
	int n = 3;
	int64_t days;
	int rc = check_id(args);
	if (rc == 0)
		rc = yj_arg_number(args, "days", 1, &days);
	if (rc)
		return rc;
	static const char *const options[] = {"--days", "--out", "--csr"};
	for (size_t i = 0; i < sizeof passed / sizeof passed[0]; i++) {
		if (!yj_arg(args, passed[i]))
			continue;
		argv[n++] = options[i];
		argv[n++] = yj_arg(args, passed[i]);
	}
	if (yj_arg(args, "renew"))
		argv[n++] = "--renew";
	if (cli->json)
		argv[n++] = "--json";
	char path[PATH_MAX];
	const char *tool = find_tool(path);
	if (!tool)
		return yj_fail(YJ_EXIT_REFUSED, "there is no " CA_TOOL " (see YIJIAN_CA_TOOL)");
	/* Nothing is issued for a gateway that cannot be told of it or would refuse. */
	rc = yj_gateway_ask(cli, "status", NULL, NULL, 0, YJ_ASK_MS, NULL);
	if (rc == 0)
		rc = check_known(cli, args->words[0]);
	if (rc)
		return rc;
	argv[0] = tool;
	rc = run_tool(tool, argv);
	if (rc)
		return rc;
	rc = tell(cli, args, "device.enroll", NULL);
	if (rc == 0 && !cli->json)
		printf("%s: enrolled\n", args->words[0]);
	return rc;
}

static int run_revoke(struct yj_cli *cli, const struct yj_args *args)
{
	int rc = check_id(args);
	if (rc)
		return rc;
	json_t *data = NULL;
	rc = tell(cli, args, "device.revoke", &data);
	if (rc)
		return rc;
	yj_done_put(cli, data, args->words[0], "revoked: the gateway no longer hears it");
	json_decref(data);
	char path[PATH_MAX];
	const char *tool = find_tool(path);
	if (!tool) {
		fputs(
		    "yijianctl: there is no " CA_TOOL ": certificates were not touched\n", stderr);
		return 0;
	}
	const char *const argv[] = {tool, "revoke", args->words[0], NULL};
	if (run_tool(tool, argv))
		fprintf(stderr, "yijianctl: the gateway refuses %s all the same\n", args->words[0]);
	return 0;
}

static int run_test(struct yj_cli *cli, const struct yj_args *args)
{
	json_t *data = NULL;
	int rc = check_id(args);
	if (rc == 0)
		rc = tell(cli, args, "device.test", &data);
	if (rc)
		return rc;
	yj_done_put(cli, data, args->words[0], "its next press within 5 minutes is a test");
	json_decref(data);
	return 0;
}

static int run_divert(struct yj_cli *cli, const struct yj_args *args)
{
	json_t *request = json_pack("{s:s}", "id", args->words[0]), *data = NULL;
	const char *reason = yj_arg(args, "reason");
	bool ends = yj_arg(args, "end") != NULL;
	int rc = check_id(args);
	if (rc == 0 && ends && (yj_arg(args, "until") || yj_arg(args, "for")))
		rc = yj_wrong(args->command, "--end is now, without --until and --for");
	if (rc == 0 && !ends)
		rc = yj_until_put(args, request);
	if (rc) {
		json_decref(request);
		return rc;
	}
	json_object_set_new(request, "end", json_boolean(ends));
	json_object_set_new(request, "reason", json_string(reason ? reason : ""));
	rc = yj_gateway_ask(cli, "device.divert", request, NULL, 0, YJ_ASK_MS, &data);
	if (rc)
		return rc;
	yj_done_put(cli, data, args->words[0],
	    ends ? "pages people again as ever" : "its new calls go to operators alone");
	json_decref(data);
	return 0;
}

static const struct yj_opt divert_opts[] = {
    {"until", 0, "TIME", "the end, within 24 hours", false},
    {"for", 0, "DURATION", "the end, from now", false},
    {"end", 0, NULL, "end it now", false},
    {"reason", 0, "TEXT", "why", false},
    {0},
};

static const struct yj_opt enroll_opts[] = {
    {"days", 0, "N", "how long the certificate is good", false},
    {"out", 0, "DIR", "where certificate and key go", false},
    {"csr", 0, "FILE", "the device made its own key: sign this request", false},
    {"renew", 0, NULL, "although it has a certificate", false},
    {0},
};

const struct yj_command yj_device_commands[] = {
    {.name = "device",
	.verb = "enroll",
	.words = "ID",
	.help = "Issues a certificate for a device, and lets the gateway hear it (again).",
	.opts = enroll_opts,
	.min_words = 1,
	.max_words = 1,
	.json = true,
	.run = run_enroll},
    {.name = "device",
	.verb = "revoke",
	.words = "ID",
	.help = "The gateway hears a device no more, at once; then its certificates are withdrawn.",
	.min_words = 1,
	.max_words = 1,
	.json = true,
	.run = run_revoke},
    {.name = "device",
	.verb = "divert",
	.words = "ID",
	.help = "For a button that is stuck: for 24 hours at the most its new calls page operators "
		"alone,\nwho are told so every hour.",
	.opts = divert_opts,
	.min_words = 1,
	.max_words = 1,
	.json = true,
	.run = run_divert},
    {.name = "device",
	.verb = "test",
	.words = "ID",
	.help = "For an installer: the device's next press within 5 minutes is a test and pages "
		"nobody.",
	.min_words = 1,
	.max_words = 1,
	.json = true,
	.run = run_test},
    {0},
};
