#include "acts.h"

#include <assert.h>
#include <string.h>

struct yj_act *act_add(struct turn *t, enum yj_act_type type)
{
	assert(t->out->n_acts < YJ_ACTS_MAX);
	struct yj_act *a = &t->out->acts[t->out->n_acts++];
	*a = (struct yj_act){
	    .type = type,
	    .level = t->s->level,
	    .people = -1,
	    .eta_min = -1,
	};
	return a;
}

void set_who(char *to, const char *who)
{
	size_t len = who ? strlen(who) : 0;
	if (len > YJ_NAME_MAX)
		len = YJ_NAME_MAX;
	if (len)
		memcpy(to, who, len);
	to[len] = '\0';
}

struct yj_act *act_log(struct turn *t, enum yj_event_type event, const char *who)
{
	struct yj_act *a = act_add(t, YJ_ACT_LOG);
	a->event = event;
	set_who(a->who, who);
	return a;
}

void act_tell(struct turn *t, enum yj_page_state say, const char *who)
{
	struct yj_act *a = act_add(t, YJ_ACT_TELL);
	a->say = say;
	set_who(a->who, who);
}

struct yj_act *act_home(struct turn *t, enum yj_home_state state, const char *who)
{
	struct yj_act *a = act_add(t, YJ_ACT_HOME);
	a->home = state;
	set_who(a->who, who);
	return a;
}

void act_mark(struct turn *t, enum yj_act_type type, const char *who)
{
	set_who(act_add(t, type)->who, who);
}

void act_page(struct turn *t, enum yj_set set, const char *who)
{
	if (set != YJ_SET_DESK && set != YJ_SET_ONE) {
		t->s->round++;
		t->s->flags &= ~(uint32_t)YJ_FLAG_DESK;
	}
	t->s->flags &= ~(uint32_t)YJ_FLAG_TOLD;
	struct yj_act *a = act_add(t, YJ_ACT_PAGE);
	a->set = set;
	a->say = YJ_PAGE_OPEN;
	set_who(a->who, who);
}

void act_page_one(struct turn *t, enum yj_page_state say, const char *who)
{
	t->s->flags &= ~(uint32_t)YJ_FLAG_TOLD;
	struct yj_act *a = act_add(t, YJ_ACT_PAGE);
	a->set = YJ_SET_ONE;
	a->say = say;
	set_who(a->who, who);
}
