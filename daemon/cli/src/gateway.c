#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"
#include "config.h"
#include "ctl/client.h"
#include "store/read.h"
#include "store/roster.h"
#include "store/store.h"
#include "table.h"
#include "term.h"

/* Reads what the configuration says of the socket and the database. */
static int read_config(struct yj_cli *cli)
{
	struct yj_config *config = NULL;
	char *errors = NULL;
	if (yj_config_load(cli->config, YJ_CONFIG_NO_FILES, &config, &errors) < 0) {
		yj_term_put(stderr, errors ? errors : "out of memory", true);
		fputc('\n', stderr);
		free(errors);
		return YJ_EXIT_CONFIG;
	}
	free(errors);
	int rc = 0;
	int n = snprintf(cli->socket_path, sizeof cli->socket_path, "%s", config->ctl.socket);
	int m =
	    snprintf(cli->database, sizeof cli->database, "%s/yijian.db", config->gateway.data_dir);
	if (n >= (int)sizeof cli->socket_path || m >= (int)sizeof cli->database)
		rc = yj_fail(YJ_EXIT_CONFIG, "%s: a path is too long", cli->config);
	yj_config_free(cli->settings);
	cli->settings = config;
	return rc;
}

static int find_socket(struct yj_cli *cli)
{
	if (cli->socket) {
		snprintf(cli->socket_path, sizeof cli->socket_path, "%s", cli->socket);
		return 0;
	}
	return cli->socket_path[0] ? 0 : read_config(cli);
}

static int not_asked(struct yj_cli *cli, int err)
{
	const char *path = cli->socket_path;
	switch (err) {
	case YJ_ERR_BUSY:
		return yj_fail(YJ_EXIT_UNREACHABLE, "the gateway is not reachable at %s", path);
	case YJ_ERR_DENIED:
		return yj_fail(YJ_EXIT_REFUSED, "no permission on %s", path);
	case YJ_ERR_INVAL:
		return yj_fail(YJ_EXIT_USAGE, "too long for the gateway");
	case YJ_ERR_IO:
		return yj_fail(YJ_EXIT_UNREACHABLE,
		    "the gateway at %s %s; whether it did what was asked is not known", path,
		    errno == ETIMEDOUT ? "does not answer" : "broke off");
	case YJ_ERR_BADMSG:
		return yj_fail(YJ_EXIT_UNREACHABLE, "what answers at %s is not a gateway", path);
	default:
		return yj_fail(YJ_EXIT_REFUSED, "%s", yj_err_name(err));
	}
}

/* Says why; a reason that is no more than its code is read as words. */
static void put_refusal(const json_t *answer)
{
	const char *error = json_string_value(json_object_get(answer, "error"));
	const char *code = json_string_value(json_object_get(answer, "code"));
	char text[256];
	snprintf(text, sizeof text, "%s", error && *error ? error : code ? code : "refused");
	size_t n = code ? strlen(code) : 0;
	bool bare = n && n < sizeof text && strncmp(text, code, n) == 0;
	for (size_t i = 0; bare && i < n; i++) {
		if (text[i] == '_')
			text[i] = ' ';
	}
	fflush(stdout);
	fputs("yijianctl: ", stderr);
	yj_term_put(stderr, bare ? text : error && *error ? error : text, true);
	fputc('\n', stderr);
}

int yj_gateway_ask(struct yj_cli *cli, const char *cmd, json_t *args, const void *body, size_t len,
    int timeout_ms, json_t **data)
{
	json_t *answer = NULL;
	int rc = find_socket(cli);
	if (rc)
		goto out;
	rc = yj_ctl_ask(cli->socket_path, cmd, args, body, len, timeout_ms, &answer);
	if (rc < 0) {
		rc = not_asked(cli, rc);
		goto out;
	}
	if (!json_is_true(json_object_get(answer, "ok"))) {
		put_refusal(answer);
		rc = YJ_EXIT_REFUSED;
		goto out;
	}
	if (data)
		*data = json_incref(json_object_get(answer, "data"));
out:
	json_decref(args);
	json_decref(answer);
	return rc;
}

void yj_gateway_ask_if_up(struct yj_cli *cli, const char *cmd, json_t *args, json_t **data)
{
	json_t *answer = NULL;
	if ((cli->socket || cli->socket_path[0]) && find_socket(cli) == 0 &&
	    yj_ctl_ask(cli->socket_path, cmd, args, NULL, 0, YJ_ASK_MS, &answer) == 0 &&
	    json_is_true(json_object_get(answer, "ok")))
		*data = json_incref(json_object_get(answer, "data"));
	json_decref(args);
	json_decref(answer);
}

int yj_gateway_database(struct yj_cli *cli)
{
	if (cli->database[0])
		return 0;
	if (!cli->socket || cli->config_given)
		return read_config(cli);
	json_t *status = NULL;
	int rc = yj_gateway_ask(cli, "status", NULL, NULL, 0, YJ_ASK_MS, &status);
	if (rc)
		return rc;
	const char *path = json_string_value(json_object_get(status, "database"));
	if (!path || strlen(path) >= sizeof cli->database)
		rc = yj_fail(YJ_EXIT_UNREACHABLE, "the gateway does not say where its database is");
	else
		snprintf(cli->database, sizeof cli->database, "%s", path);
	json_decref(status);
	return rc;
}

/* Times of people are in the gateway's zone, whatever this terminal's is. */
static int use_zone(struct yj_cli *cli)
{
	char zone[128];
	int rc = yj_read_zone(cli->store, zone, sizeof zone);
	if (rc == 0 && zone[0])
		rc = yj_zone_use(zone);
	return rc < 0 ? yj_gateway_store_failed(cli, rc) : 0;
}

int yj_gateway_open(struct yj_cli *cli)
{
	if (cli->store)
		return 0;
	int rc = yj_gateway_database(cli);
	if (rc)
		return rc;
	char why[YJ_WHY_MAX];
	rc = yj_store_open_readonly(cli->database, &cli->store, why);
	if (rc == YJ_ERR_NOTFOUND)
		return yj_fail(YJ_EXIT_UNREACHABLE, "no database of a gateway: %s", why);
	return rc < 0 ? yj_fail(YJ_EXIT_REFUSED, "%s", why) : use_zone(cli);
}

void yj_gateway_close(struct yj_cli *cli)
{
	yj_store_close(cli->store);
	cli->store = NULL;
	yj_config_free(cli->settings);
	cli->settings = NULL;
}

int yj_gateway_store_failed(struct yj_cli *cli, int err)
{
	const char *words = cli->store ? yj_store_error(cli->store) : "";
	return yj_fail(YJ_EXIT_REFUSED, "%s: %s%s%s", cli->database, yj_err_name(err),
	    *words ? ": " : "", words);
}

void yj_done_put(const struct yj_cli *cli, const json_t *data, const char *what, const char *done)
{
	if (cli->json) {
		json_t *empty = json_object();
		yj_json_put(stdout, json_is_object(data) || json_is_array(data) ? data : empty);
		json_decref(empty);
		return;
	}
	yj_term_put(stdout, what, false);
	printf(": %s\n", done);
	json_t *rest = json_is_object(data) ? json_copy((json_t *)data) : NULL;
	json_object_del(rest, "ok"); /* said already */
	if (rest)
		yj_record_put(stdout, rest, cli->color);
	json_decref(rest);
}
