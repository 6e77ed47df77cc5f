/* What the simulator prints: one line per thing that happened, for people or as JSON. */
#ifndef SIM_OUT_H
#define SIM_OUT_H

#include <jansson.h>
#include <stdbool.h>

void sim_out_json(bool on);

/* One line on stdout: time, who, what, and the fields of an object, which is taken (NULL: none).
 * Flushed at once, so that a reader of a pipe sees it. */
void sim_out(const char *who, const char *what, json_t *fields);

/* One line on stderr, "yijian-sim: ...". */
void sim_err(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
