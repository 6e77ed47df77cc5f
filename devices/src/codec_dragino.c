/* Dragino: fixed places per port. Facts from TheThingsNetwork/lorawan-devices, vendor/dragino, and
 * the manuals at https://wiki.dragino.com */
#include <stdio.h>

#include "lorawan.h"

static const struct row {
	unsigned kind;
	int port;
	size_t len; /* at least */
	size_t at;
	unsigned char bit;
	enum yj_lora_what what;
	const char *field;
} rows[] = {
    {YJ_DRAGINO_PB01, 2, 8, 3, 0x01, YJ_LORA_PRESS, "Alarm"},
    {YJ_DRAGINO_TRACKERD, 2, 11, 8, 0x40, YJ_LORA_SOS, "ALARM_status"},
    {YJ_DRAGINO_TRACKERD, 3, 11, 8, 0x40, YJ_LORA_SOS, "ALARM_status"},
    {YJ_DRAGINO_TRACKERD, 6, 27, 24, 0x40, YJ_LORA_SOS, "ALARM_status"},
    {YJ_DRAGINO_TRACKERD, 7, 3, 0, 0x40, YJ_LORA_SOS, "ALARM_status"},
    {YJ_DRAGINO_TRACKERD, 8, 10, 7, 0x40, YJ_LORA_SOS, "ALARM_status"},
    {YJ_DRAGINO_MOD, 10, 3, 0, 0x80, YJ_LORA_DOOR, "DOOR_OPEN_STATUS"},
    {YJ_DRAGINO_MOD, 10, 3, 0, 0x40, YJ_LORA_LEAK, "WATER_LEAK_STATUS"},
    {YJ_DRAGINO_DOOR3, 2, 1, 0, 0x01, YJ_LORA_DOOR, "DOOR_OPEN_STATUS"},
    {YJ_DRAGINO_LEAK3, 2, 1, 0, 0x01, YJ_LORA_LEAK, "WATER_LEAK_STATUS"},
};

/* Answer to a status request, after joining too; the same place in all of them. */
static void about_itself(struct yj_lora *u)
{
	struct yj_readings *r = &u->report->readings;
	if (u->n < 7)
		return;
	snprintf(r->fw, sizeof r->fw, "v%u.%u.%u", u->bytes[1] & 0x0fU, u->bytes[2] >> 4U,
	    u->bytes[2] & 0x0fU);
}

/* LDS02 and the like are either, or both, and say which. */
static bool is_meant(const struct yj_lora *u, const struct row *row)
{
	enum { MOD_DOOR = 1, MOD_LEAK, MOD_BOTH };
	unsigned mod = u->bytes[2];
	return row->kind != YJ_DRAGINO_MOD || mod == MOD_BOTH ||
	       mod == (row->what == YJ_LORA_DOOR ? MOD_DOOR : MOD_LEAK);
}

void yj_codec_dragino(struct yj_lora *u)
{
	enum { PORT_ABOUT = 5 };
	if (u->port == PORT_ABOUT) {
		about_itself(u);
		return;
	}
	u->measures = true; /* of what was logged, or set, at least */
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		const struct row *row = &rows[i];
		if (row->kind != u->model->kind || row->port != u->port)
			continue;
		bool whole = u->n >= row->len;
		bool set = u->n > row->at && (u->bytes[row->at] & row->bit) != 0;
		u->broken = u->broken || !whole;
		/* a call is read from a short one too */
		bool calls = row->what == YJ_LORA_SOS || row->what == YJ_LORA_PRESS;
		if (whole ? is_meant(u, row) : calls && set)
			yj_lora_flag(u, row->what, row->field, set);
	}
}
