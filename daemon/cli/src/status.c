/* status and reload: what the running gateway says of itself. */
#include <inttypes.h>
#include <stdlib.h>

#include "cli.h"
#include "table.h"
#include "term.h"

static void put_duration(FILE *out, int64_t s)
{
	if (s >= 86400)
		fprintf(out, "%" PRId64 " d ", s / 86400);
	if (s >= 3600)
		fprintf(out, "%" PRId64 " h ", s / 3600 % 24);
	fprintf(out, "%" PRId64 " min %" PRId64 " s", s / 60 % 60, s % 60);
}

static void put_line(const struct yj_cli *cli, const char *name, const json_t *value)
{
	char *text = yj_value_text(value);
	if (text && *text) {
		printf(
		    "%s%-10s%s  ", cli->color ? "\033[1m" : "", name, cli->color ? "\033[0m" : "");
		yj_term_put(stdout, text, false);
		putchar('\n');
	}
	free(text);
}

static int64_t number(const json_t *object, const char *group, const char *name)
{
	return json_integer_value(json_object_get(json_object_get(object, group), name));
}

static void put_levels(const json_t *counts)
{
	size_t i;
	const json_t *n;
	json_array_foreach(counts, i, n)
	{
		if (json_integer_value(n))
			printf(", %" PRId64 " at level %zu", (int64_t)json_integer_value(n), i);
	}
	putchar('\n');
}

static void put_deadman(const json_t *deadman)
{
	size_t i;
	const json_t *w;
	const char *at = json_string_value(json_object_get(deadman, "pinged_at"));
	const char *failed = json_string_value(json_object_get(deadman, "failed"));
	printf("deadman     %s, last ping %s",
	    json_is_true(json_object_get(deadman, "clean")) ? "clean" : "held back",
	    at ? at : "never");
	if (failed) {
		printf(", failed: ");
		yj_term_put(stdout, failed, false);
	}
	putchar('\n');
	json_array_foreach(json_object_get(deadman, "watch"), i, w)
	{
		at = json_string_value(json_object_get(w, "heard_at"));
		printf("watched     %s %s, last heard %s\n",
		    json_string_value(json_object_get(w, "gateway")),
		    json_is_true(json_object_get(w, "silent")) ? "is silent" : "is well",
		    at ? at : "never");
	}
}

static void put_status(const struct yj_cli *cli, const json_t *s)
{
	const json_t *degraded = json_object_get(s, "degraded");
	const json_t *broker = json_object_get(s, "broker");
	put_line(cli, "gateway", json_object_get(s, "gateway"));
	if (json_is_string(degraded))
		put_line(cli, "degraded", degraded);
	put_line(cli, "version", json_object_get(s, "version"));
	put_line(cli, "pid", json_object_get(s, "pid"));
	put_line(cli, "started", json_object_get(s, "started_at"));
	printf("%s%-10s%s  ", cli->color ? "\033[1m" : "", "uptime", cli->color ? "\033[0m" : "");
	put_duration(stdout, json_integer_value(json_object_get(s, "uptime_s")));
	putchar('\n');
	put_line(cli, "database", json_object_get(s, "database"));
	printf("broker      help %s, chatter %s\n",
	    json_string_value(json_object_get(broker, "help")),
	    json_string_value(json_object_get(broker, "chatter")));
	printf("incidents   %" PRId64 " open", number(s, "incidents", "open"));
	put_levels(json_object_get(json_object_get(s, "incidents"), "by_level"));
	printf("outbox      %" PRId64 " pending\n", number(s, "outbox", "pending"));
	printf("devices     %" PRId64 " known, %" PRId64 " online\n", number(s, "devices", "known"),
	    number(s, "devices", "online"));
	if (number(s, "beds", "wrong"))
		printf("beds        %" PRId64 " in which somebody lies who should not\n",
		    number(s, "beds", "wrong"));
	size_t i;
	const json_t *d;
	json_array_foreach(json_object_get(s, "diverted"), i, d)
	{
		printf("diverted    ");
		yj_term_put(stdout, json_string_value(json_object_get(d, "device")), false);
		printf(" to operators alone, until %s\n",
		    json_string_value(json_object_get(d, "until")));
	}
	if (json_is_object(json_object_get(s, "deadman")))
		put_deadman(json_object_get(s, "deadman"));
	if (json_is_false(json_object_get(s, "utc_known")))
		printf("clock       the time of day is not known yet\n");
}

static int run_status(struct yj_cli *cli, const struct yj_args *args)
{
	(void)args;
	json_t *status = NULL;
	int rc = yj_gateway_ask(cli, "status", NULL, NULL, 0, YJ_ASK_MS, &status);
	if (rc)
		return rc;
	if (cli->json)
		yj_json_put(stdout, status);
	else
		put_status(cli, status);
	json_decref(status);
	return 0;
}

static int run_reload(struct yj_cli *cli, const struct yj_args *args)
{
	(void)args;
	json_t *data = NULL;
	int rc = yj_gateway_ask(cli, "reload", NULL, NULL, 0, YJ_ASK_MS, &data);
	if (rc)
		return rc;
	yj_done_put(cli, data, "configuration", "reloaded");
	json_decref(data);
	return 0;
}

const struct yj_command yj_status_commands[] = {
    {.name = "status",
	.help = "How the running gateway is: broker, open incidents, deliveries, devices.",
	.json = true,
	.run = run_status},
    {.name = "reload",
	.help = "Has the gateway read its configuration again: all of it is applied, or nothing.",
	.json = true,
	.run = run_reload},
    {0},
};
