#include "feedback.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

int yj_shown_put(const struct yj_shown *shown, struct yj_wire *out, const char *topic, ...)
{
	va_list args;
	if (!shown->payload)
		return YJ_ERR_NOTFOUND;
	va_start(args, topic);
	int len = vsnprintf(out->topic, sizeof out->topic, topic, args);
	va_end(args);
	if (len <= 0 || (size_t)len >= sizeof out->topic || strpbrk(out->topic, "+#"))
		return YJ_ERR_NOTFOUND;
	out->len = strlen(shown->payload);
	memcpy(out->payload, shown->payload, out->len);
	out->qos = 1;
	return 0;
}
