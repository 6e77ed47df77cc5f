/* Inside of commands: one command of an operator, and the tables of those there are. A file
 * commands_SUBJECT.c has a subject's commands and ends with their table. */
#ifndef APP_COMMAND_H
#define APP_COMMAND_H

#include "gateway.h"

/* One command under way; within a transaction for those that change something. */
struct yj_command {
	struct yj_gateway *g;
	const char *user;    /* the account that asks */
	json_t *args;	     /* an object */
	json_t *data;	     /* what is answered, owned */
	const char *refused; /* code, or NULL */
	char why[YJ_WHY_MAX];
};

struct yj_command_entry {
	const char *name; /* NULL ends a table */
	/* 0 with data set; refused (0 or an error, which undoes the transaction); or a yj_err */
	int (*run)(struct yj_command *c);
	bool reads; /* needs no transaction */
};

extern const struct yj_command_entry yj_commands_incident[], yj_commands_directory[];
extern const struct yj_command_entry yj_commands_roster[], yj_commands_people[];
extern const struct yj_command_entry yj_commands_away[];
extern const struct yj_command_entry yj_commands_silence[], yj_commands_divert[];
extern const struct yj_command_entry yj_commands_visit[];
extern const struct yj_command_entry yj_commands_work[];
extern const struct yj_command_entry yj_commands_round[];
extern const struct yj_command_entry yj_commands_consent[];
extern const struct yj_command_entry yj_commands_turn[];
extern const struct yj_command_entry yj_commands_terminal[];
extern const struct yj_command_entry yj_commands_visits[];

/* A text argument; "" if it is absent. */
const char *yj_command_text(const struct yj_command *c, const char *key);
/* Refuses with a code for programs and a reason for people (c->why is fine). */
int yj_command_refuse(struct yj_command *c, const char *code, const char *why);
/* The answer {"ok": true}. */
int yj_command_done(struct yj_command *c) YJ_MUST_CHECK;
/* 0, or refused: there is no such caregiver. */
int yj_command_caregiver(struct yj_command *c, const char *id) YJ_MUST_CHECK;

#endif
