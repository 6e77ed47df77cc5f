#include "outages_text.h"

#include <stdio.h>
#include <string.h>

#include "store/outage.h"

static const char *text_of(const json_t *home, const char *key)
{
	const char *s = json_string_value(json_object_get(home, key));
	return s ? s : "";
}

/* " word" unless it is empty. */
static int write_home(const json_t *home, char *buf, size_t cap)
{
	const char *address = text_of(home, "address"), *phone = text_of(home, "phone");
	return snprintf(buf, cap, "%s%s%s%s%s", text_of(home, "name"), address[0] ? " " : "",
	    address, phone[0] ? " " : "", phone);
}

int yj_outages_text(struct yj_gateway *g, int64_t incident, char *buf, size_t cap)
{
	bool en = strcmp(g->config->gateway.language, "en") == 0;
	json_t *homes = NULL;
	size_t i;
	const json_t *home;
	int rc = yj_outage_homes(g->store, incident, &homes);
	if (rc < 0)
		return rc;
	size_t total = json_array_size(homes), away = 0;
	json_array_foreach(homes, i, home)
	{
		away += !json_is_string(json_object_get(home, "back_at"));
	}
	snprintf(buf, cap, en ? "%zu homes: " : "共%zu户：", away ? away : total);
	json_array_foreach(homes, i, home)
	{
		char one[256];
		int len = write_home(home, one, sizeof one);
		size_t at = strlen(buf);
		bool fits = len > 0 && (size_t)len < sizeof one && at + (size_t)len + 16 < cap;
		if (json_is_string(json_object_get(home, "back_at")))
			break; /* those who are back come last */
		if (!fits) {
			snprintf(buf + at, cap - at, "%s", en ? "; and more" : "；等");
			break;
		}
		snprintf(buf + at, cap - at, "%s%s", i == 0 ? "" : en ? "; " : "；", one);
	}
	json_decref(homes);
	return 0;
}
