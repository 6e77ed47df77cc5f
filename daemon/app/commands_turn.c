/* What `yijianctl turn check` asks for: the relays, with a user name and a password as for a visit.
 */
#include "command.h"
#include "relay.h"

static int do_turn(struct yj_command *c)
{
	int64_t until;
	return yj_relay_servers(c->g, "check", &c->data, &until);
}

const struct yj_command_entry yj_commands_turn[] = {
    {"turn", do_turn, true},
    {NULL, NULL, false},
};
