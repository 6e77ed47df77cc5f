/* Parts of the roster commands. */
#ifndef CLI_ROSTER_H
#define CLI_ROSTER_H

#include <jansson.h>

#include "cli.h"

/* Reads a file of rosters ("-": standard input), YAML or JSON: one group or a list of them. *out is
 * an array as the gateway takes it, each value with its line. 0, or an exit code with the reason on
 * stderr. */
int yj_roster_file_read(const char *path, json_t **out) YJ_MUST_CHECK;

/* Draws the week of one roster, as store/read.h has it: a line per day, two columns an hour, 80
 * columns at the most; then who the letters are, and the gaps ahead. */
void yj_roster_week_put(FILE *out, const json_t *roster, bool color);

/* A time of an object as people read it, Mon 2026-11-23 18:00, in the zone of this process. */
void yj_roster_time_put(const json_t *object, const char *key, char buf[32]);

#endif
