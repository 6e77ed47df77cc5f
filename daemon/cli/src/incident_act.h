/* The subcommands that change an incident, and how a change is reported. */
#ifndef CLI_INCIDENT_ACT_H
#define CLI_INCIDENT_ACT_H

#include "cli.h"

/* Asks the gateway for "incident.VERB" of the command. An enum yj_exit. */
int yj_incident_act(struct yj_cli *cli, const struct yj_args *args);

extern const struct yj_opt yj_incident_ack_opts[], yj_incident_arrive_opts[],
    yj_incident_resolve_opts[], yj_incident_cancel_opts[], yj_incident_page_opts[],
    yj_incident_note_opts[];

#endif
