/* What became of a call, as the mapping has it put. */
#include <stdio.h>
#include <string.h>

#include "mapping.h"

static const char *find(
    const struct yj_to *to, const struct yj_msg_down_call *down, const char *name, size_t len)
{
	const struct {
		const char *name, *value;
	} all[] = {{"device", to->address}, {"route", to->route}, {"feedback", to->feedback},
	    {"state", yj_home_state_name(down->state)}, {"incident", down->incident}};
	for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
		if (strlen(all[i].name) == len && memcmp(all[i].name, name, len) == 0)
			return all[i].value ? all[i].value : "";
	return NULL;
}

/* Fills in what stands between open and close; false: it is too long, or nothing is known of it. */
static bool fill(const char *from, const char *open, const char *close, const struct yj_to *to,
    const struct yj_msg_down_call *down, char *out, size_t cap)
{
	size_t used = 0, marks = strlen(open);
	while (*from) {
		const char *end = strncmp(from, open, marks) == 0 ? strstr(from, close) : NULL;
		const char *text = from;
		size_t len = 1;
		if (end) {
			text = find(to, down, from + marks, (size_t)(end - from) - marks);
			if (!text)
				return false;
			len = strlen(text);
			from = end + marks;
		} else {
			from++;
		}
		if (len >= cap - used)
			return false;
		memcpy(out + used, text, len);
		used += len;
	}
	out[used] = '\0';
	return true;
}

int yj_mapping_tell(const struct yj_mapping *m, const struct yj_to *to,
    const struct yj_msg_down_call *down, struct yj_wire *out)
{
	const char *payload = down->state <= YJ_HOME_CLOSED ? m->tell[down->state] : NULL;
	if (!m->tell_topic || !payload)
		return YJ_ERR_NOTFOUND;
	if (!fill(m->tell_topic, "{", "}", to, down, out->topic, sizeof out->topic) ||
	    !out->topic[0] || strpbrk(out->topic, "+#") ||
	    !fill(payload, "{{", "}}", to, down, out->payload, sizeof out->payload))
		return YJ_ERR_NOTFOUND;
	out->len = strlen(out->payload);
	out->qos = m->tell_qos;
	return 0;
}
