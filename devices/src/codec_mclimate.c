/* MClimate's button and its flood sensor. Facts from TheThingsNetwork/lorawan-devices,
 * vendor/mclimate. */
#include "lorawan.h"

/* Five bytes, the last ones if there are answers to settings before them. */
static void button(struct yj_lora *u)
{
	enum { KEEPALIVE = 1, LEN = 5 };
	if (u->n < LEN || u->bytes[u->n - LEN] != KEEPALIVE) {
		u->broken = u->n < LEN;
		return;
	}
	u->measures = u->told = true;
	if (u->bytes[u->n - 1])
		yj_lora_press_code(u, u->bytes[u->n - 1], "sdt");
}

static void flood(struct yj_lora *u)
{
	enum { TAMPER = 0x08, FLOOD = 0x02 };
	if (u->n < 2) {
		u->broken = true;
		return;
	}
	yj_lora_flag(u, YJ_LORA_LEAK, "flood", u->bytes[0] & FLOOD);
	yj_lora_flag(u, YJ_LORA_TAMPER, "boxTamper", u->bytes[0] & TAMPER);
}

void yj_codec_mclimate(struct yj_lora *u)
{
	if (u->model->kind == YJ_MCLIMATE_FLOOD)
		flood(u);
	else
		button(u);
}
