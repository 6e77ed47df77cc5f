/* incident list and show: read from the database, with or without the gateway. */
#include <stdlib.h>
#include <string.h>

#include "cli.h"
#include "events.h"
#include "incident_act.h"
#include "proto/time.h"
#include "store/read.h"
#include "table.h"
#include "term.h"

static const struct yj_column list_columns[] = {
    {"id", NULL, false},
    {"kind", NULL, false},
    {"state", NULL, false},
    {"level", NULL, true},
    {"resident", NULL, false},
    {"resident_name", "name", false},
    {"region", NULL, false},
    {"opened_at", "opened", false},
    {"answered_by", "answered by", false},
    {"next_at", "next step", false},
    {"alerts", NULL, true},
    {"outcome", NULL, false},
    {"closed_at", "closed", false},
    {0},
};

static const struct yj_column people_columns[] = {
    {"caregiver", NULL, false},
    {"name", NULL, false},
    {"role", NULL, false},
    {"status", NULL, false},
    {"level", NULL, true},
    {0},
};

static const struct yj_column note_columns[] = {
    {"at", NULL, false},
    {"caregiver", NULL, false},
    {"text", NULL, false},
    {0},
};

static const struct yj_column home_columns[] = {
    {"name", NULL, false},
    {"risk", NULL, false},
    {"address", NULL, false},
    {"phone", NULL, false},
    {"region_name", "region", false},
    {"resident", NULL, false},
    {"device", NULL, false},
    {"back_at", "back", false},
    {0},
};

static const struct yj_column device_columns[] = {
    {"device", NULL, false},
    {"calls", NULL, true},
    {"alarms", NULL, true},
    {"told", NULL, false},
    {0},
};

static const struct yj_column delivery_columns[] = {
    {"id", NULL, false},
    {"caregiver", NULL, false},
    {"device", NULL, false},
    {"channel", NULL, false},
    {"state", NULL, false},
    {"status", NULL, false},
    {"attempts", NULL, true},
    {"words", NULL, false},
    {"at", NULL, false},
    {0},
};

static int put_one(void *ctx, json_t *incident)
{
	struct yj_json_list *list = ctx;
	yj_json_list_put(list, incident);
	return ferror(list->out) ? YJ_ERR_IO : 0;
}

static int run_list(struct yj_cli *cli, const struct yj_args *args)
{
	bool all = yj_arg(args, "all") != NULL;
	int64_t limit = 0;
	int rc = yj_arg_number(args, "lines", 1, &limit);
	if (rc == 0)
		rc = yj_gateway_open(cli);
	if (rc)
		return rc;
	if (cli->json) { /* there may be a million of them */
		struct yj_json_list list = {.out = stdout};
		rc = yj_read_incidents_each(cli->store, all, limit, put_one, &list);
		yj_json_list_end(&list);
		return rc < 0 && !ferror(stdout) ? yj_gateway_store_failed(cli, rc) : 0;
	}
	json_t *list = NULL;
	rc = yj_read_incidents(cli->store, all, limit, &list);
	if (rc < 0)
		return yj_gateway_store_failed(cli, rc);
	yj_table_put(
	    stdout, list, list_columns, all ? "no incidents" : "no open incidents", cli->color);
	json_decref(list);
	return 0;
}

/* As `tail` shows them. */
static void put_events(const struct yj_cli *cli, const json_t *events)
{
	static const char prefix[] = "yijian.";
	size_t i;
	const json_t *event;
	if (json_array_size(events))
		puts("\nevents:");
	json_array_foreach(events, i, event)
	{
		struct yj_log_row row = {
		    .subject = json_string_value(json_object_get(event, "subject"))};
		const char *time = json_string_value(json_object_get(event, "time"));
		const char *type = json_string_value(json_object_get(event, "type"));
		char *data = json_dumps(json_object_get(event, "data"), JSON_COMPACT);
		if (data && time && type && strncmp(type, prefix, sizeof prefix - 1) == 0 &&
		    yj_rfc3339_parse(time, &row.utc_ms) == 0 &&
		    yj_event_parse(type + sizeof prefix - 1, &row.type) == 0) {
			row.data = data;
			yj_event_line(stdout, &row, cli->color);
		}
		free(data);
	}
}

static int run_show(struct yj_cli *cli, const struct yj_args *args)
{
	int rc = yj_gateway_open(cli);
	if (rc)
		return rc;
	json_t *incident = NULL;
	rc = yj_read_incident(cli->store, args->words[0], &incident);
	if (rc == YJ_ERR_NOTFOUND)
		return yj_fail(YJ_EXIT_REFUSED, "no incident %s", args->words[0]);
	if (rc < 0)
		return yj_gateway_store_failed(cli, rc);
	if (cli->json) {
		yj_json_put(stdout, incident);
	} else {
		yj_record_put(stdout, incident, cli->color);
		yj_part_put(stdout, incident, "homes", home_columns, cli->color);
		yj_part_put(stdout, incident, "people", people_columns, cli->color);
		yj_part_put(stdout, incident, "notes", note_columns, cli->color);
		yj_part_put(stdout, incident, "devices", device_columns, cli->color);
		yj_part_put(stdout, incident, "deliveries", delivery_columns, cli->color);
		put_events(cli, json_object_get(incident, "events"));
	}
	json_decref(incident);
	return 0;
}

static const struct yj_opt list_opts[] = {
    {"all", 0, NULL, "also those that are closed", false},
    {"lines", 'n', "N", "the newest N; without it all", false},
    {0},
};

const struct yj_command yj_incident_commands[] = {
    {.name = "incident",
	.verb = "list",
	.help = "Incidents, newest first: those not closed, or with --all every one.",
	.opts = list_opts,
	.json = true,
	.run = run_list},
    {.name = "incident",
	.verb = "show",
	.words = "ID",
	.help = "One incident with its people, devices, deliveries and events.",
	.min_words = 1,
	.max_words = 1,
	.json = true,
	.run = run_show},
    {.name = "incident",
	.verb = "ack",
	.words = "ID",
	.help = "A caregiver answers. Only an answer that is `going` ends the search for others.",
	.opts = yj_incident_ack_opts,
	.min_words = 1,
	.max_words = 1,
	.json = true,
	.run = yj_incident_act},
    {.name = "incident",
	.verb = "arrive",
	.words = "ID",
	.help = "A caregiver is with the resident.",
	.opts = yj_incident_arrive_opts,
	.min_words = 1,
	.max_words = 1,
	.json = true,
	.run = yj_incident_act},
    {.name = "incident",
	.verb = "resolve",
	.words = "ID",
	.help = "It is over, and how it ended.",
	.opts = yj_incident_resolve_opts,
	.min_words = 1,
	.max_words = 1,
	.json = true,
	.run = yj_incident_act},
    {.name = "incident",
	.verb = "cancel",
	.words = "ID",
	.help = "Closes an incident that nobody has arrived at.",
	.opts = yj_incident_cancel_opts,
	.min_words = 1,
	.max_words = 1,
	.json = true,
	.run = yj_incident_act},
    {.name = "incident",
	.verb = "page",
	.words = "ID",
	.help = "Pages a chosen person now, whatever the policy says.",
	.opts = yj_incident_page_opts,
	.min_words = 1,
	.max_words = 1,
	.json = true,
	.run = yj_incident_act},
    {.name = "incident",
	.verb = "note",
	.words = "ID",
	.help = "Notes something; need_help also pages the next level.",
	.opts = yj_incident_note_opts,
	.min_words = 1,
	.max_words = 1,
	.json = true,
	.run = yj_incident_act},
    {0},
};
