/* Netvox: version, device type, report type, voltage (its highest bit: low), values. Facts from
 * TheThingsNetwork/lorawan-devices, vendor/netvox. */
#include <stdio.h>

#include "lorawan.h"

static const struct device {
	unsigned char type;
	enum yj_lora_what what;
	const char *key, *field;
} devices[] = {
    {0x06, YJ_LORA_LEAK, NULL, "WaterLeak_1"},	   /* R311W, a second one in the next byte */
    {0x0a, YJ_LORA_SMOKE, NULL, "FireAlarm"},	   /* RA02A */
    {0x10, YJ_LORA_PRESS, "single", "Alarm"},	   /* RB02I */
    {0x11, YJ_LORA_GAS, NULL, "COAlarm"},	   /* RA02C */
    {0x12, YJ_LORA_LEAK, NULL, "WaterLeak"},	   /* R718WB */
    {0x31, YJ_LORA_PRESS, "single", "Alarm"},	   /* R718T */
    {0x32, YJ_LORA_LEAK, NULL, "WaterLeak"},	   /* R718WA */
    {0x4d, YJ_LORA_PRESS, "single", "Alarm"},	   /* R312A */
    {0x55, YJ_LORA_PRESS, "doorbell", "Doorbell"}, /* R312 */
};

static const struct device button = {0, YJ_LORA_PRESS, "single", "Alarm"};

static void take(struct yj_lora *u, const struct device *d)
{
	enum { TYPE_R311W = 0x06 };
	bool on = u->bytes[4] != 0;
	u->report->readings.battery_low = (u->bytes[3] & 0x80) != 0;
	u->measures = u->told = true;
	if (d->what == YJ_LORA_PRESS && on)
		yj_lora_press(u, d->key, false);
	else if (d->what != YJ_LORA_PRESS)
		yj_lora_flag(u, d->what, d->field, on);
	if (d->type == TYPE_R311W && u->n > 5)
		yj_lora_flag(u, d->what, "WaterLeak_2", u->bytes[5] != 0);
}

void yj_codec_netvox(struct yj_lora *u)
{
	enum { PORT_REPORT = 6, REPORT_VERSION = 0, REPORT_STATUS = 1 };
	struct yj_readings *r = &u->report->readings;
	if (u->port != PORT_REPORT)
		return; /* a setting */
	if (u->n < 5) {
		u->broken = true;
		return;
	}
	if (u->bytes[2] == REPORT_VERSION) {
		snprintf(r->fw, sizeof r->fw, "v%u.%u", u->bytes[3] / 10U, u->bytes[3] % 10U);
		return;
	}
	u->measures = true;
	for (size_t i = 0; i < sizeof devices / sizeof devices[0]; i++) {
		if (devices[i].type == u->bytes[1]) {
			take(u, &devices[i]);
			return;
		}
	}
	/* the profile says that it is a button, of a type that came later */
	if (u->model->alarm == YJ_LORA_PRESS && u->bytes[2] == REPORT_STATUS)
		take(u, &button);
}
