/* Ends that lie ahead: --until T or --for D. */
#ifndef CLI_UNTIL_H
#define CLI_UNTIL_H

#include "cli.h"

/* Takes exactly one of both into the request, as text under its own name: it is the gateway's clock
 * that counts. 0, or YJ_EXIT_USAGE with the reason on stderr. */
int yj_until_put(const struct yj_args *args, json_t *request) YJ_MUST_CHECK;

#endif
