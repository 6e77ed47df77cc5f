/* Milesight: a list of (channel, type, value); the smoke alarm GS524N: six bytes. Facts from
 * https://github.com/Milesight-IoT/SensorDecoders */
#include <stdio.h>
#include <string.h>

#include "lorawan.h"

#define ALL (~0U)

enum take {
	TAKE_WHAT, /* as `what`, on if the value is not 0 */
	TAKE_BATTERY,
	TAKE_FW,
	TAKE_PRESS,
	TAKE_KEY,
	TAKE_SEES,  /* a radar's status */
	TAKE_ALARM, /* a radar's alarm */
	TAKE_BREATH,
	TAKE_PAST, /* what was, and has been told */
	TAKE_MAINS,
};

static const struct channel {
	unsigned char id, type, len;
	enum take take;
	enum yj_lora_what what;
	unsigned models;
	const char *field;
} channels[] = {
    {0xff, 0x01, 1, TAKE_WHAT, YJ_LORA_INFO, ALL, NULL},
    {0xff, 0x08, 6, TAKE_WHAT, YJ_LORA_INFO, ALL, NULL},
    {0xff, 0x09, 2, TAKE_WHAT, YJ_LORA_INFO, ALL, NULL},
    {0xff, 0x0a, 2, TAKE_FW, YJ_LORA_FW, ALL, NULL},
    {0xff, 0x0b, 1, TAKE_WHAT, YJ_LORA_INFO, ALL, NULL},
    {0xff, 0x0f, 1, TAKE_WHAT, YJ_LORA_INFO, ALL, NULL},
    {0xff, 0x16, 8, TAKE_WHAT, YJ_LORA_INFO, ALL, NULL},
    {0xff, 0xfe, 1, TAKE_WHAT, YJ_LORA_INFO, ALL, NULL},
    {0xff, 0xff, 2, TAKE_WHAT, YJ_LORA_INFO, ALL, NULL},
    {0xff, 0x2e, 1, TAKE_PRESS, YJ_LORA_PRESS, ALL, NULL},
    {0xff, 0x34, 3, TAKE_KEY, YJ_LORA_PRESS, ALL, NULL},
    {0xff, 0x3f, 1, TAKE_MAINS, YJ_LORA_MAINS, YJ_MS_GAS, NULL},
    {0x01, 0x75, 1, TAKE_BATTERY, YJ_LORA_BATTERY, ALL, NULL},
    {0x03, 0x67, 2, TAKE_WHAT, YJ_LORA_DATA, ALL, NULL},
    {0x04, 0x68, 1, TAKE_WHAT, YJ_LORA_DATA, ALL, NULL},
    {0x83, 0x67, 3, TAKE_WHAT, YJ_LORA_DATA, ALL, NULL},
    {0x05, 0x00, 1, TAKE_WHAT, YJ_LORA_LEAK, YJ_MS_LEAK, "leakage_status"},
    {0x20, 0xce, 8, TAKE_PAST, YJ_LORA_DATA, YJ_MS_LEAK | YJ_MS_MAGNET, NULL},
    {0x20, 0xce, 7, TAKE_PAST, YJ_LORA_DATA, YJ_MS_TH, NULL},
    {0x03, 0x00, 1, TAKE_WHAT, YJ_LORA_MOTION, YJ_MS_PIR, "pir"},
    {0x04, 0x00, 1, TAKE_WHAT, YJ_LORA_DATA, YJ_MS_PIR | YJ_MS_SEAT, NULL},
    {0x05, 0x00, 1, TAKE_WHAT, YJ_LORA_MOTION, YJ_MS_WS203, "occupancy"},
    {0x20, 0xce, 9, TAKE_PAST, YJ_LORA_DATA, YJ_MS_WS203 | YJ_MS_RADAR, NULL},
    {0x03, 0x00, 1, TAKE_WHAT, YJ_LORA_DOOR, YJ_MS_DOOR, "magnet_status"},
    {0x04, 0x00, 1, TAKE_WHAT, YJ_LORA_TAMPER, YJ_MS_DOOR, "tamper_status"},
    {0x06, 0x00, 1, TAKE_WHAT, YJ_LORA_DOOR, YJ_MS_MAGNET, "magnet_status"},
    {0x03, 0x00, 1, TAKE_WHAT, YJ_LORA_DOOR, YJ_MS_SEAT, "occupancy"},
    {0x05, 0x8e, 1, TAKE_WHAT, YJ_LORA_GAS, YJ_MS_GAS, "gas_status"},
    {0x06, 0x01, 1, TAKE_WHAT, YJ_LORA_DATA, YJ_MS_GAS, NULL},
    {0x07, 0x01, 1, TAKE_WHAT, YJ_LORA_DATA, YJ_MS_GAS, NULL},
    {0x08, 0x90, 4, TAKE_WHAT, YJ_LORA_INFO, YJ_MS_GAS, NULL},
    {0x03, 0xf8, 6, TAKE_SEES, YJ_LORA_FALL, YJ_MS_RADAR, NULL},
    {0x07, 0xb0, 8, TAKE_SEES, YJ_LORA_FALL, YJ_MS_RADAR, NULL},
    {0x04, 0xf9, 4, TAKE_WHAT, YJ_LORA_DATA, YJ_MS_RADAR, NULL},
    {0x09, 0xb2, 6, TAKE_WHAT, YJ_LORA_INFO, YJ_MS_RADAR, NULL},
    {0x0a, 0xb3, 5, TAKE_WHAT, YJ_LORA_DATA, YJ_MS_RADAR, NULL},
    {0x05, 0xfa, 8, TAKE_WHAT, YJ_LORA_DATA, YJ_MS_RADAR, NULL},
    {0x0b, 0xb4, 9, TAKE_WHAT, YJ_LORA_DATA, YJ_MS_RADAR, NULL},
    {0x0c, 0xb4, 9, TAKE_WHAT, YJ_LORA_DATA, YJ_MS_RADAR, NULL},
    {0x06, 0xfb, 5, TAKE_ALARM, YJ_LORA_FALL, YJ_MS_RADAR, NULL},
    {0x08, 0xb1, 3, TAKE_BREATH, YJ_LORA_DATA, YJ_MS_RADAR, NULL},
    /* answers to settings, which may stand before a value */
    {0xff, 0x02, 2, TAKE_WHAT, YJ_LORA_INFO, ALL, NULL},
    {0xff, 0x03, 2, TAKE_WHAT, YJ_LORA_INFO, ALL, NULL},
    {0xff, 0x04, 1, TAKE_WHAT, YJ_LORA_INFO, ALL, NULL},
    {0xff, 0x06, 9, TAKE_WHAT, YJ_LORA_INFO, ALL, NULL},
    {0xff, 0x10, 1, TAKE_WHAT, YJ_LORA_INFO, ALL, NULL},
    {0xff, 0x11, 4, TAKE_WHAT, YJ_LORA_INFO, ALL, NULL},
    {0xff, 0x12, 2, TAKE_WHAT, YJ_LORA_INFO, ALL, NULL},
    {0xff, 0x17, 2, TAKE_WHAT, YJ_LORA_INFO, ALL, NULL},
    {0xff, 0x27, 1, TAKE_WHAT, YJ_LORA_INFO, ALL, NULL},
    {0xff, 0x28, 1, TAKE_WHAT, YJ_LORA_INFO, ALL, NULL},
    {0xff, 0x2f, 1, TAKE_WHAT, YJ_LORA_INFO, ALL, NULL},
    {0xff, 0x35, 8, TAKE_WHAT, YJ_LORA_INFO, ALL, NULL},
    {0xff, 0x3b, 1, TAKE_WHAT, YJ_LORA_INFO, ALL, NULL},
    {0xff, 0x3e, 1, TAKE_WHAT, YJ_LORA_INFO, ALL, NULL},
    {0xff, 0x40, 1, TAKE_WHAT, YJ_LORA_INFO, ALL, NULL},
    {0xff, 0x42, 1, TAKE_WHAT, YJ_LORA_INFO, ALL, NULL},
    {0xff, 0x61, 2, TAKE_WHAT, YJ_LORA_INFO, ALL, NULL},
    {0xff, 0x64, 1, TAKE_WHAT, YJ_LORA_INFO, ALL, NULL},
    {0xff, 0x68, 1, TAKE_WHAT, YJ_LORA_INFO, ALL, NULL},
    {0xff, 0x69, 1, TAKE_WHAT, YJ_LORA_INFO, ALL, NULL},
    {0xff, 0x6a, 3, TAKE_WHAT, YJ_LORA_INFO, ALL, NULL},
    {0xff, 0x6d, 1, TAKE_WHAT, YJ_LORA_INFO, ALL, NULL},
    {0xff, 0x74, 1, TAKE_WHAT, YJ_LORA_INFO, ALL, NULL},
    {0xff, 0x84, 1, TAKE_WHAT, YJ_LORA_INFO, ALL, NULL},
    {0xff, 0x8e, 3, TAKE_WHAT, YJ_LORA_INFO, ALL, NULL},
    {0xff, 0x96, 8, TAKE_WHAT, YJ_LORA_INFO, ALL, NULL},
    {0xf9, 0xb3, 1, TAKE_WHAT, YJ_LORA_INFO, YJ_MS_RADAR, NULL},
    {0xf9, 0xb4, 3, TAKE_WHAT, YJ_LORA_INFO, YJ_MS_RADAR, NULL},
    {0xf8, 0xb3, 2, TAKE_WHAT, YJ_LORA_INFO, YJ_MS_RADAR, NULL},
    {0xf8, 0xb4, 4, TAKE_WHAT, YJ_LORA_INFO, YJ_MS_RADAR, NULL},
};

static const struct channel *find(unsigned id, unsigned type, unsigned models)
{
	if (id == 0xfe) /* a setting's answer too */
		id = 0xff;
	for (size_t i = 0; i < sizeof channels / sizeof channels[0]; i++) {
		const struct channel *c = &channels[i];
		if (c->id == id && c->type == type && (c->models == ALL || (c->models & models)))
			return c;
	}
	return NULL;
}

static void take(struct yj_lora *u, const struct channel *c, const unsigned char *v)
{
	struct yj_readings *r = &u->report->readings;
	enum { BREATH_NORMAL = 2, BREATH_SLOW = 4 };
	switch (c->take) {
	case TAKE_WHAT:
		if (c->what != YJ_LORA_INFO)
			yj_lora_flag(u, c->what, c->field ? c->field : "", v[0] != 0);
		break;
	case TAKE_BATTERY:
		yj_readings_battery(r, v[0]);
		break;
	case TAKE_FW:
		snprintf(r->fw, sizeof r->fw, "v%x.%x", (unsigned)v[0], (unsigned)v[1]);
		break;
	case TAKE_PRESS:
		yj_lora_press_code(u, v[0], "sld");
		break;
	case TAKE_KEY:
		yj_lora_press_code(u, v[0], "");
		break;
	case TAKE_SEES:
		yj_lora_radar_sees(u, v[0]);
		break;
	case TAKE_ALARM:
		yj_lora_radar(u, v[2], v[3], v[0] | v[1] << 8);
		break;
	case TAKE_BREATH:
		yj_lora_breathing(u,
		    v[0] >= BREATH_NORMAL && v[0] <= BREATH_SLOW ? (v[1] | v[2] << 8) / 100.0 : -1);
		break;
	case TAKE_PAST:
		u->measures = u->told = true;
		break;
	case TAKE_MAINS:
		r->mains = v[0] != 0;
		break;
	}
}

void yj_codec_milesight(struct yj_lora *u)
{
	for (size_t i = 0; i < u->n;) {
		const struct channel *c =
		    u->n - i >= 2 ? find(u->bytes[i], u->bytes[i + 1], u->model->kind) : NULL;
		if (!c) { /* how long it is nobody can say */
			u->measures = true;
			return;
		}
		i += 2;
		if (u->n - i < c->len) {
			u->broken = true;
			return;
		}
		take(u, c, u->bytes + i);
		i += c->len;
	}
}

void yj_codec_gs524n(struct yj_lora *u)
{
	enum { ALARM = 1, LOW = 4, FAILED = 5, NORMAL = 7, REMOVED = 10, INSTALLED, TEST_LOW = 15 };
	if (u->n != 6) {
		u->broken = true;
		return;
	}
	unsigned event = u->bytes[1] & 0x0f;
	struct yj_readings *r = &u->report->readings;
	u->measures = u->told = true;
	yj_readings_battery(r, u->bytes[2]);
	r->battery_low = event == LOW || event == TEST_LOW;
	if (event == ALARM || event == NORMAL)
		yj_lora_flag(u, YJ_LORA_SMOKE, "event", event == ALARM);
	if (event == FAILED || event == NORMAL)
		yj_readings_fault(r, YJ_FAULT_TROUBLE, event == FAILED);
	if (event == REMOVED || event == INSTALLED)
		yj_readings_fault(r, YJ_FAULT_TAMPER, event == REMOVED);
}
