#include "radio.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

/* As the directory has them: in either case. */
bool yj_radio_is_rf(const char *address)
{
	return strncasecmp(address, "rf:", 3) == 0;
}

bool yj_radio_is_ble(const char *address)
{
	return strncasecmp(address, "ble:", 4) == 0;
}

/* Models begin with a capital or a digit, topics of bridges seldom do. */
bool yj_radio_is_model(const char *address)
{
	char c = address[0];
	return ((c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9')) && strchr(address, '/') != NULL;
}

void yj_radio_code(struct yj_reports *out, uint64_t code)
{
	char address[24];
	struct yj_report *r = code ? yj_report_add(out) : NULL;
	if (!r)
		return;
	snprintf(address, sizeof address, "rf:%06llX", (unsigned long long)code);
	yj_report_name(r, address, SIZE_MAX);
	r->base = YJ_BASE_HEARTBEAT;
	yj_radio_press(r, "press");
}

static int digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = (char)(c | 0x20);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool yj_radio_name_ble(struct yj_report *r, const char *mac, size_t len)
{
	char address[4 + 12 + 1] = "ble:";
	size_t n = 4;
	for (size_t i = 0; i < len; i++) {
		int v = digit(mac[i]);
		if (v < 0 && (mac[i] == ':' || mac[i] == '-') && n > 4)
			continue;
		if (v < 0 || n == sizeof address - 1)
			return false;
		address[n++] = "0123456789abcdef"[v];
	}
	if (n != sizeof address - 1)
		return false;
	yj_report_name(r, address, n);
	return true;
}

struct yj_sign *yj_radio_press(struct yj_report *r, const char *key)
{
	struct yj_sign *s = yj_report_press(r, key);
	if (s) {
		s->repeat = YJ_REPEAT_WINDOW;
		s->window_ms = YJ_RADIO_AGAIN_MS;
	}
	return s;
}

void yj_radio_alarm(struct yj_report *r, enum yj_kind kind, const char *field)
{
	struct yj_sign *s = yj_report_sign(r, YJ_SIGN_ALARM);
	if (!s)
		return;
	s->kind = kind;
	s->repeat = YJ_REPEAT_WINDOW;
	s->window_ms = YJ_RADIO_ALARM_MS;
	snprintf(s->key, sizeof s->key, "%s", field);
}

size_t yj_radio_hex(const char *text, size_t len, unsigned char *out, size_t cap)
{
	if (len % 2 || len / 2 > cap)
		return SIZE_MAX;
	for (size_t i = 0; i < len; i += 2) {
		int high = digit(text[i]), low = digit(text[i + 1]);
		if (high < 0 || low < 0)
			return SIZE_MAX;
		out[i / 2] = (unsigned char)(high << 4 | low);
	}
	return len / 2;
}
