#include "feedback.h"

#include <stdlib.h>
#include <string.h>

#include "store/foreign.h"

static int foreign(const struct yj_family *family, const struct yj_foreign_device *d,
    const struct yj_msg_down_call *down, char *topic, char **payload, size_t *len)
{
	struct yj_to to = {.address = d->address, .route = d->route, .feedback = d->feedback};
	struct yj_wire wire = {.len = 0};
	int rc = yj_family_tell(family, &to, down, &wire);
	if (rc < 0)
		return rc;
	*payload = malloc(wire.len + 1);
	if (!*payload)
		return YJ_ERR_NOMEM;
	memcpy(*payload, wire.payload, wire.len);
	(*payload)[wire.len] = '\0';
	*len = wire.len;
	memcpy(topic, wire.topic, sizeof wire.topic);
	return 0;
}

int yj_feedback_make(struct yj_gateway *g, const char *device, const char *family,
    const struct yj_msg_down_call *down, char *topic, char **payload, size_t *len)
{
	struct yj_foreign_device d = {.family = ""};
	if (!family || (family[0] && strcmp(family, "native") != 0)) {
		int rc = yj_foreign_get(g->store, device, &d);
		if (rc < 0 && rc != YJ_ERR_NOTFOUND)
			return rc;
	}
	if (d.family[0] == '\0' || strcmp(d.family, "native") == 0)
		return yj_native_tell(device, down, topic, YJ_TOPIC_MAX, payload, len);
	const struct yj_family *f = yj_family_find(d.family);
	return f ? foreign(f, &d, down, topic, payload, len) : YJ_ERR_NOTFOUND;
}
