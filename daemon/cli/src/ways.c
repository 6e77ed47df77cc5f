#include "ways.h"

#include "config_ways.h"
#include "store/incident.h"

static struct yj_ways_person person_of(const struct yj_caregiver *who)
{
	return (struct yj_ways_person){
	    .channels = who->channels,
	    .night_channels = who->night_channels,
	    .phone = who->phone,
	    .email = who->email,
	};
}

static json_t *names_of(const struct yj_ways *ways)
{
	json_t *list = json_array();
	for (size_t i = 0; i < ways->n; i++)
		json_array_append_new(list, json_string(ways->v[i]));
	return list;
}

/* Without a configuration whoever names no channel has none that is known. */
static const struct yj_config *settings_of(const struct yj_cli *cli, const struct yj_caregiver *who)
{
	static const struct yj_config none;
	return cli->settings ? cli->settings : who->channels[0] ? &none : NULL;
}

static json_t *all(void *ctx, const struct yj_caregiver *who)
{
	const struct yj_config *config = settings_of(ctx, who);
	struct yj_ways_person person = person_of(who);
	struct yj_ways ways = {.n = 0};
	if (config)
		yj_ways_every(config, &person, &ways);
	return names_of(&ways);
}

static json_t *at(void *ctx, const struct yj_caregiver *who)
{
	const struct yj_moment *moment = ctx;
	const struct yj_config *config = settings_of(moment->cli, who);
	struct yj_ways_person person = person_of(who);
	struct yj_ways ways = {.n = 0};
	if (config)
		yj_ways_list(config, &person, yj_ways_is_night(config, moment->utc_ms), &ways);
	return names_of(&ways);
}

struct yj_reaching yj_ways_all(struct yj_cli *cli)
{
	return (struct yj_reaching){.channels = all, .ctx = cli};
}

static bool exists(void *ctx, const char *channel)
{
	const struct yj_moment *moment = ctx;
	return !moment->cli->settings || yj_config_has_channel(moment->cli->settings, channel);
}

struct yj_reaching yj_ways_at(struct yj_moment *moment)
{
	return (struct yj_reaching){.channels = at, .exists = exists, .ctx = moment};
}
