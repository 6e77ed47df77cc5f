#include "ways.h"

bool yj_ways_night(const struct yj_gateway *g)
{
	return g->now.utc_known && yj_ways_is_night(g->config, g->now.utc_ms);
}

static struct yj_ways_person person_of(const struct yj_caregiver *who)
{
	return (struct yj_ways_person){
	    .channels = who->channels,
	    .night_channels = who->night_channels,
	    .phone = who->phone,
	    .email = who->email,
	};
}

void yj_ways_get(struct yj_gateway *g, const struct yj_caregiver *who, struct yj_ways *out)
{
	struct yj_ways_person person = person_of(who);
	yj_ways_list(g->config, &person, yj_ways_night(g), out);
}

void yj_ways_all(struct yj_gateway *g, const struct yj_caregiver *who, struct yj_ways *out)
{
	struct yj_ways_person person = person_of(who);
	yj_ways_every(g->config, &person, out);
}
