/* What a step asks for: its actions, added one by one. Of the core alone. */
#ifndef CORE_ACTS_H
#define CORE_ACTS_H

#include "core/incident.h"

/* A step under way. */
struct turn {
	const struct yj_rules *rules;
	struct yj_step *out;
	struct yj_state *s; /* &out->state */
	const struct yj_in *in;
	int64_t now;
};

/* A fresh action; there is room for all that one step may ask for. Valid within the step. */
struct yj_act *act_add(struct turn *t, enum yj_act_type type);
struct yj_act *act_log(struct turn *t, enum yj_event_type event, const char *who);
void act_tell(struct turn *t, enum yj_page_state say, const char *who);
struct yj_act *act_home(struct turn *t, enum yj_home_state state, const char *who);
/* An action that says something about one person only. */
void act_mark(struct turn *t, enum yj_act_type type, const char *who);
/* Pages a set in a round of its own; the desk joins the round that could not be reached. */
void act_page(struct turn *t, enum yj_set set, const char *who);
void act_page_one(struct turn *t, enum yj_page_state say, const char *who);

/* Copies an id, cut off at YJ_NAME_MAX; NULL is "". */
void set_who(char *to, const char *who);

#endif
