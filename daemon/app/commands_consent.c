/* What clerks write down of residents' consents, and take back for them. */
#include <stdio.h>
#include <string.h>

#include "command.h"
#include "commands.h"
#include "consents.h"
#include "proto/time.h"
#include "store/directory.h"

/* What is not said: yes, as of now. */
static int fill_in(struct yj_command *c, json_t *record)
{
	char now[YJ_RFC3339_LEN];
	int bad = 0;
	if (!json_object_get(record, "granted"))
		bad |= json_object_set_new(record, "granted", json_string("yes"));
	if (!json_object_get(record, "at") && c->g->now.utc_known)
		bad |= json_object_set_new(
		    record, "at", json_string(yj_rfc3339_format(c->g->now.utc_ms, now)));
	return bad ? YJ_ERR_NOMEM : 0;
}

static int do_set(struct yj_command *c)
{
	char key[YJ_DIR_KEY_MAX + 1];
	json_t *record = json_object_get(c->args, "record");
	if (!json_is_object(record))
		return yj_command_refuse(c, "invalid", "record: is missing");
	int rc = fill_in(c, record);
	if (rc == 0)
		rc = yj_dir_put(c->g->store, YJ_DIR_CONSENTS, record, false, false, c->why);
	if (rc == YJ_ERR_INVAL)
		return yj_command_refuse(c, "invalid", c->why);
	if (rc == 0)
		rc = yj_commands_directory_changed(c->g, c->user, yj_dir_name(YJ_DIR_CONSENTS),
		    yj_dir_key(YJ_DIR_CONSENTS, record, key), "set", 1);
	return rc < 0 ? rc : yj_command_done(c);
}

static int do_withdraw(struct yj_command *c)
{
	const char *kind = yj_command_text(c, "kind");
	struct yj_consents_withdrawal w = {
	    .resident = yj_command_text(c, "resident"),
	    .who = yj_command_text(c, "who"),
	    .by = YJ_CONSENT_BY_CLERK,
	};
	if (yj_consent_parse(kind, &w.kind) < 0)
		return yj_command_refuse(
		    c, "invalid", "kind: visit, auto_answer, alert, night or shared_room");
	if (strlen(w.resident) > YJ_NAME_MAX || strlen(w.who) > YJ_NAME_MAX)
		return yj_command_refuse(c, "invalid", "longer than any id");
	int rc = yj_consents_withdraw(c->g, &w, &(struct yj_actor){c->user, "ctl"});
	if (rc == YJ_ERR_NOTFOUND)
		return yj_command_refuse(c, "unknown", "no such resident, or nobody of that name");
	return rc < 0 ? rc : yj_command_done(c);
}

const struct yj_command_entry yj_commands_consent[] = {
    {"consent.set", do_set, false},
    {"consent.withdraw", do_withdraw, false},
    {NULL, NULL, false},
};
