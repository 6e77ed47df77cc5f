/* Beds, as the directory's commands show them: problems, sensors, history. */
#ifndef CLI_BEDS_H
#define CLI_BEDS_H

#include "cli.h"
#include "store/directory.h"
#include "table.h"

extern const struct yj_column yj_bed_incident_columns[];
extern const struct yj_opt yj_bed_history_opts[];

/* Adds "problem" to each bed of a list. 0 or a yj_err. */
int yj_beds_add_problems(struct yj_cli *cli, json_t *beds) YJ_MUST_CHECK;
/* Adds "incidents" to a resident or bed, and "sensor" and "problem" to a bed. 0 or a yj_err. */
int yj_beds_add_to(
    struct yj_cli *cli, enum yj_dir kind, const char *id, json_t *record) YJ_MUST_CHECK;
/* `bed history`. */
int yj_bed_history_run(struct yj_cli *cli, const struct yj_args *args);

#endif
