/* Elsys: a list of (type, value). Facts from TheThingsNetwork/lorawan-devices, vendor/elsys. */
#include "lorawan.h"

static const struct type {
	unsigned char len;
	enum yj_lora_what what;
	const char *field;
} types[] = {
    [0x01] = {2, YJ_LORA_DATA, ""}, /* temperature */
    [0x02] = {1, YJ_LORA_DATA, ""},
    [0x03] = {3, YJ_LORA_DATA, ""},
    [0x04] = {2, YJ_LORA_DATA, ""},
    [0x05] = {1, YJ_LORA_MOTION, "motion"},
    [0x06] = {2, YJ_LORA_DATA, ""},
    [0x07] = {2, YJ_LORA_INFO, ""}, /* millivolts of the battery */
    [0x08] = {2, YJ_LORA_DATA, ""},
    [0x09] = {6, YJ_LORA_DATA, ""},
    [0x0a] = {2, YJ_LORA_DATA, ""},
    [0x0b] = {4, YJ_LORA_DATA, ""},
    [0x0c] = {2, YJ_LORA_DATA, ""},
    [0x0d] = {1, YJ_LORA_DOOR, "digital"},
    [0x0e] = {2, YJ_LORA_DATA, ""},
    [0x0f] = {1, YJ_LORA_MOTION, "accMotion"},
    [0x10] = {4, YJ_LORA_DATA, ""},
    [0x11] = {1, YJ_LORA_MOTION, "occupancy"},
    [0x12] = {1, YJ_LORA_LEAK, "waterleak"},
    [0x13] = {65, YJ_LORA_DATA, ""},
    [0x14] = {4, YJ_LORA_DATA, ""},
    [0x15] = {2, YJ_LORA_DATA, ""},
    [0x16] = {2, YJ_LORA_DATA, ""},
    [0x17] = {4, YJ_LORA_DATA, ""},
    [0x18] = {2, YJ_LORA_DATA, ""},
    [0x19] = {2, YJ_LORA_DATA, ""},
    [0x1a] = {1, YJ_LORA_DOOR, "digital2"},
    [0x1b] = {4, YJ_LORA_DATA, ""},
    [0x1c] = {2, YJ_LORA_DATA, ""},
};

void yj_codec_elsys(struct yj_lora *u)
{
	for (size_t i = 0; i < u->n;) {
		unsigned type = u->bytes[i++];
		if (type >= sizeof types / sizeof types[0] || types[type].len == 0) {
			u->measures = true; /* settings: how long they are nobody can say */
			return;
		}
		if (u->n - i < types[type].len) {
			u->broken = true;
			return;
		}
		if (types[type].what != YJ_LORA_INFO)
			yj_lora_flag(u, types[type].what, types[type].field, u->bytes[i] != 0);
		i += types[type].len;
	}
}
