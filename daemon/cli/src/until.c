#include "until.h"

#include "proto/time.h"

int yj_until_put(const struct yj_args *args, json_t *request)
{
	const char *until = yj_arg(args, "until"), *during = yj_arg(args, "for");
	int64_t ms;
	if (!until == !during)
		return yj_wrong(args->command, "takes one of --until and --for");
	if (until && yj_rfc3339_parse(until, &ms) < 0)
		return yj_wrong(args->command,
		    "--until takes a time like 2026-11-23T08:00:00Z, not \"%s\"", until);
	if (during && (yj_duration_parse(during, &ms) < 0 || ms == 0))
		return yj_wrong(
		    args->command, "--for takes a duration like 30m or 2h, not \"%s\"", during);
	json_object_set_new(request, until ? "until" : "for", json_string(until ? until : during));
	return 0;
}
