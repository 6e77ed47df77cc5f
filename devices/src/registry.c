/* The table of device families, and the one door through which their messages come in. */
#include "devices/registry.h"

#include <string.h>

#include "native.h"

static const struct yj_family *const families[] = {
    &yj_native_family,
};

#define FAMILY_COUNT (sizeof(families) / sizeof(families[0]))

const struct yj_family *yj_family_at(size_t i)
{
	return i < FAMILY_COUNT ? families[i] : NULL;
}

const struct yj_family *yj_family_find(const char *name)
{
	for (size_t i = 0; i < FAMILY_COUNT; i++) {
		if (strcmp(families[i]->name, name) == 0)
			return families[i];
	}
	return NULL;
}

const struct yj_family *yj_family_of_topic(const char *topic)
{
	for (size_t i = 0; i < FAMILY_COUNT; i++) {
		if (families[i]->owns(topic))
			return families[i];
	}
	return NULL;
}

int yj_event_decode(
    const char *topic, const void *payload, size_t len, bool retained, struct yj_event *out)
{
	const struct yj_family *family = yj_family_of_topic(topic);

	if (family != NULL)
		return family->decode(topic, payload, len, retained, out);
	*out = (struct yj_event){
	    .verdict = YJ_EVENT_REFUSED,
	    .why = {.reason = YJ_REASON_TOPIC},
	};
	return 0;
}

void yj_event_done(struct yj_event *event)
{
	yj_message_done(&event->msg);
	memset(event, 0, sizeof(*event));
}
