/* What operators do with people: a test of their channels. */
#include "command.h"
#include "commands.h"
#include "notices.h"
#include "texts.h"

static int do_verify(struct yj_command *c)
{
	struct yj_gateway *g = c->g;
	const char *id = yj_command_text(c, "id");
	char notice[YJ_NAME_MAX + 24];
	int64_t n = 0;
	int rc = yj_command_caregiver(c, id);
	if (rc == 0)
		rc = yj_notices_tell(
		    g, YJ_NOTICE_VERIFY, id, yj_text_verify(g->config->gateway.language), true, &n);
	if (rc == 0)
		rc = yj_commands_directory_changed(g, c->user, "caregivers", id, "test_sent", 1);
	if (rc < 0)
		return rc;
	yj_notice_id(g->store, n, notice, sizeof notice);
	c->data = json_pack("{s:b, s:s}", "ok", 1, "notice", notice);
	return c->data ? 0 : YJ_ERR_NOMEM;
}

const struct yj_command_entry yj_commands_people[] = {
    {"caregiver.verify", do_verify, false},
    {NULL, NULL, false},
};
