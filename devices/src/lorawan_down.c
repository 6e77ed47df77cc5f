/* Downlinks of LoRaWAN devices: which bytes show what became of a call. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lorawan.h"

#define BYTES_MAX 242

void yj_lora_route(const struct yj_lora *u, const char *server, size_t len)
{
	struct yj_report *r = u->report;
	const char *model = u->model ? u->model->name : "-";
	bool numbered = u->model && u->model->feedback && strchr(u->model->feedback, '@');
	bool raised = false;
	for (size_t i = 0; i < r->n_signs; i++)
		raised = raised || r->signs[i].type == YJ_SIGN_ALARM;
	/* else a later report would take the number of the alarm that is to be dismissed */
	if (numbered && !raised)
		return;
	int n = numbered && u->alarm_id >= 0
		    ? snprintf(r->route, sizeof r->route, "%.*s %s %d", (int)len, server, model,
			  u->alarm_id)
		    : snprintf(r->route, sizeof r->route, "%.*s %s", (int)len, server, model);
	if (n < 0 || (size_t)n >= sizeof r->route)
		r->route[0] = '\0';
}

/* The part of a feedback that is for this state: behind "STATE=", or all of it for `received` if
 * it names no states. */
static bool part_for(const char *feedback, enum yj_home_state state, char *part, size_t cap)
{
	const char *name = yj_home_state_name(state);
	size_t name_len = strlen(name);
	for (const char *p = feedback; *p;) {
		size_t len = strcspn(p, ";");
		const char *equals = memchr(p, '=', len);
		const char *value = equals ? equals + 1 : p;
		bool is = equals
			      ? (size_t)(equals - p) == name_len && memcmp(p, name, name_len) == 0
			      : state == YJ_HOME_RECEIVED;
		if (is) {
			int n =
			    snprintf(part, cap, "%.*s", (int)(len - (size_t)(value - p)), value);
			return n > 0 && (size_t)n < cap;
		}
		p += len;
		p += *p == ';';
	}
	return false;
}

static int hex(char c)
{
	return c >= '0' && c <= '9'   ? c - '0'
	       : c >= 'a' && c <= 'f' ? c - 'a' + 10
	       : c >= 'A' && c <= 'F' ? c - 'A' + 10
				      : -1;
}

/* "PORT:HEX"; "@@" in it is the number of the alarm, its low byte first. How many bytes, or -1. */
static int bytes_of(const char *part, long alarm, int *port, unsigned char out[BYTES_MAX])
{
	char *end;
	long number = strtol(part, &end, 10);
	if (end == part || *end != ':' || number < 1 || number > 223)
		return -1;
	*port = (int)number;
	int n = 0;
	for (const char *p = end + 1; *p; p += 2) {
		if (n + 2 > BYTES_MAX)
			return -1;
		if (p[0] == '@' && p[1] == '@' && alarm >= 0) {
			out[n++] = (unsigned char)(alarm & 0xff);
			out[n++] = (unsigned char)(alarm >> 8);
			continue;
		}
		if (hex(p[0]) < 0 || hex(p[1]) < 0)
			return -1;
		out[n++] = (unsigned char)(hex(p[0]) << 4 | hex(p[1]));
	}
	return n > 0 ? n : -1;
}

static void encode(const unsigned char *bytes, size_t n, char *out)
{
	static const char digits[] =
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	for (size_t i = 0; i < n; i += 3) {
		unsigned v = (unsigned)bytes[i] << 16;
		if (i + 1 < n)
			v |= (unsigned)bytes[i + 1] << 8;
		if (i + 2 < n)
			v |= bytes[i + 2];
		*out++ = digits[v >> 18];
		*out++ = digits[v >> 12 & 63];
		*out++ = i + 1 < n ? digits[v >> 6 & 63] : '=';
		*out++ = i + 2 < n ? digits[v & 63] : '=';
	}
	*out = '\0';
}

int yj_lora_tell(const struct yj_to *to, enum yj_home_state state, char *server, size_t cap,
    struct yj_lora_down *out)
{
	char route[YJ_ROUTE_MAX + 1], part[2 * BYTES_MAX + 8];
	unsigned char bytes[BYTES_MAX];
	char *rest = route;
	snprintf(route, sizeof route, "%s", to->route);
	const char *first = strsep(&rest, " "), *second = strsep(&rest, " ");
	const struct yj_lora_model *model = second ? yj_lora_model(second) : NULL;
	const char *feedback = to->feedback;
	if (!feedback[0] && model && model->feedback)
		feedback = model->feedback;
	if (!first[0] || !part_for(feedback, state, part, sizeof part))
		return YJ_ERR_NOTFOUND;
	int n = bytes_of(part, rest ? strtol(rest, NULL, 10) : -1, &out->port, bytes);
	if (n < 0 || strlen(first) >= cap)
		return YJ_ERR_NOTFOUND;
	encode(bytes, (size_t)n, out->base64);
	snprintf(server, cap, "%s", first);
	return 0;
}
