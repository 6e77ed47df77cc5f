#include "bthome.h"

#include <stdio.h>

#include "radio.h"

enum means {
	NOTHING, /* measured, and of no use here */
	TEXT,	 /* a byte of length before it */
	PACKET,
	BATTERY,
	BATTERY_LOW,
	MAINS,
	FIRMWARE,
	BUTTON,
	OPENING, /* of two values, both a sign of life when they change */
	PRESENT, /* a sign of life while it is so */
	SMOKE,
	GAS,
	LEAK,
	TAMPER,
	PROBLEM,
};

struct object {
	uint8_t len, means;
};

/* clang-format off */
/* What is not here has no known length: nothing behind it can be read. */
static const struct object objects[256] = {
    [0x00] = {1, PACKET},   [0x01] = {1, BATTERY},  [0x02] = {2, NOTHING}, [0x03] = {2, NOTHING},
    [0x04] = {3, NOTHING},  [0x05] = {3, NOTHING},  [0x06] = {2, NOTHING}, [0x07] = {2, NOTHING},
    [0x08] = {2, NOTHING},  [0x09] = {1, NOTHING},  [0x0a] = {3, NOTHING}, [0x0b] = {3, NOTHING},
    [0x0c] = {2, NOTHING},  [0x0d] = {2, NOTHING},  [0x0e] = {2, NOTHING}, [0x0f] = {1, NOTHING},
    [0x10] = {1, NOTHING},  [0x11] = {1, OPENING},  [0x12] = {2, NOTHING}, [0x13] = {2, NOTHING},
    [0x14] = {2, NOTHING},  [0x15] = {1, BATTERY_LOW}, [0x16] = {1, MAINS}, [0x17] = {1, GAS},
    [0x18] = {1, NOTHING},  [0x19] = {1, NOTHING},  [0x1a] = {1, OPENING}, [0x1b] = {1, OPENING},
    [0x1c] = {1, GAS},      [0x1d] = {1, NOTHING},  [0x1e] = {1, NOTHING}, [0x1f] = {1, OPENING},
    [0x20] = {1, LEAK},     [0x21] = {1, PRESENT},  [0x22] = {1, PRESENT}, [0x23] = {1, PRESENT},
    [0x24] = {1, NOTHING},  [0x25] = {1, PRESENT},  [0x26] = {1, PROBLEM}, [0x27] = {1, NOTHING},
    [0x28] = {1, NOTHING},  [0x29] = {1, SMOKE},    [0x2a] = {1, NOTHING}, [0x2b] = {1, TAMPER},
    [0x2c] = {1, NOTHING},  [0x2d] = {1, OPENING},  [0x2e] = {1, NOTHING}, [0x2f] = {1, NOTHING},
    [0x3a] = {1, BUTTON},   [0x3c] = {2, NOTHING},  [0x3d] = {2, NOTHING}, [0x3e] = {4, NOTHING},
    [0x3f] = {2, NOTHING},  [0x40] = {2, NOTHING},  [0x41] = {2, NOTHING}, [0x42] = {3, NOTHING},
    [0x43] = {2, NOTHING},  [0x44] = {2, NOTHING},  [0x45] = {2, NOTHING}, [0x46] = {1, NOTHING},
    [0x47] = {2, NOTHING},  [0x48] = {2, NOTHING},  [0x49] = {2, NOTHING}, [0x4a] = {2, NOTHING},
    [0x4b] = {3, NOTHING},  [0x4c] = {4, NOTHING},  [0x4d] = {4, NOTHING}, [0x4e] = {4, NOTHING},
    [0x4f] = {4, NOTHING},  [0x50] = {4, NOTHING},  [0x51] = {2, NOTHING}, [0x52] = {2, NOTHING},
    [0x53] = {0, TEXT},     [0x54] = {0, TEXT},     [0x55] = {4, NOTHING}, [0x56] = {2, NOTHING},
    [0x57] = {1, NOTHING},  [0x58] = {1, NOTHING},  [0x59] = {1, NOTHING}, [0x5a] = {2, NOTHING},
    [0x5b] = {4, NOTHING},  [0x5c] = {4, NOTHING},  [0x5d] = {2, NOTHING}, [0x5e] = {2, NOTHING},
    [0x5f] = {2, NOTHING},  [0x60] = {1, NOTHING},
    [0xf0] = {2, FIRMWARE}, [0xf1] = {4, FIRMWARE}, [0xf2] = {3, FIRMWARE},
};
/* clang-format on */

const char *yj_bthome_press(unsigned event)
{
	switch (event) {
	case 0x01:
		return "single";
	case 0x02:
		return "double";
	case 0x03:
		return "triple";
	case 0x04:
		return "long";
	case 0x05:
		return "long_double";
	case 0x06:
		return "long_triple";
	case 0x80: /* the newer number of the same */
	case 0xfe:
		return "hold";
	default: /* 0: none; a number of a newer format is a press, whichever */
		return event ? "other" : NULL;
	}
}

struct reader {
	struct yj_report *r;
	const unsigned char *p, *end;
	unsigned buttons, button; /* in the packet; the one at p */
	bool numbered;		  /* the packet has a number */
};

/* The length of the object at p, its id with it; 0: it cannot be read. */
static size_t object_len(const struct reader *b)
{
	const struct object *o = &objects[*b->p];
	size_t rest = (size_t)(b->end - b->p);
	size_t len = 1 + (size_t)o->len;
	if (o->means == TEXT)
		len = rest > 1 ? 2 + (size_t)b->p[1] : SIZE_MAX;
	return len > 1 && len <= rest ? len : 0;
}

static void take_button(struct reader *b, unsigned event)
{
	const char *how = yj_bthome_press(event);
	char key[YJ_KEY_MAX + 1];
	b->button++;
	if (!how)
		return;
	if (b->buttons > 1)
		snprintf(key, sizeof key, "%u:%s", b->button, how);
	else
		snprintf(key, sizeof key, "%s", how);
	if (b->numbered)
		yj_report_press(b->r, key);
	else
		yj_radio_press(b->r, key);
}

static void take_firmware(struct yj_report *r, unsigned id, const unsigned char *v)
{
	char *fw = r->readings.fw;
	if (id == 0xf1)
		snprintf(fw, sizeof r->readings.fw, "%u.%u.%u.%u", v[3], v[2], v[1], v[0]);
	else if (id == 0xf2)
		snprintf(fw, sizeof r->readings.fw, "%u.%u.%u", v[2], v[1], v[0]);
}

static void take(struct reader *b, unsigned id, const unsigned char *v)
{
	struct yj_report *r = b->r;
	char number[16];
	bool on = v[0] != 0;
	if (id != 0x00 && id != 0x01 && id != 0x15 && id != 0x3a && id < 0xf0)
		r->base = YJ_BASE_TELEMETRY;
	switch ((enum means)objects[id].means) {
	case PACKET:
		snprintf(number, sizeof number, "%u", v[0]);
		yj_report_dedup(r, YJ_REPEAT_PACKET, "pid", number, SIZE_MAX);
		b->numbered = true;
		break;
	case BATTERY:
		yj_readings_battery(&r->readings, v[0]);
		break;
	case BATTERY_LOW:
		r->readings.battery_low = on;
		break;
	case MAINS:
		r->readings.mains = on;
		break;
	case FIRMWARE:
		take_firmware(r, id, v);
		break;
	case BUTTON:
		take_button(b, v[0]);
		break;
	case OPENING:
		snprintf(number, sizeof number, "bthome:%02x", id);
		yj_report_change(r, number, SIZE_MAX, on);
		break;
	case PRESENT:
		r->readings.life = r->readings.life || on;
		break;
	case SMOKE:
		yj_report_state(r, YJ_KIND_SMOKE, "smoke", on);
		break;
	case GAS:
		yj_report_state(r, YJ_KIND_GAS, id == 0x17 ? "carbon_monoxide" : "gas", on);
		break;
	case LEAK:
		yj_report_state(r, YJ_KIND_LEAK, "moisture", on);
		break;
	case TAMPER:
		yj_readings_fault(&r->readings, YJ_FAULT_TAMPER, on);
		break;
	case PROBLEM:
		yj_readings_fault(&r->readings, YJ_FAULT_TROUBLE, on);
		break;
	case NOTHING:
	case TEXT:
		break;
	}
}

/* Buttons are numbered only where there are several, so they are counted first. */
static void count_buttons(struct reader b, unsigned *buttons)
{
	for (size_t len; b.p < b.end && (len = object_len(&b)) > 0; b.p += len)
		*buttons += *b.p == 0x3a;
}

void yj_bthome_read(struct yj_report *r, const unsigned char *bytes, size_t len)
{
	if (len == 0 || bytes[0] >> 5 != 2) {
		yj_report_error(r, YJ_REASON_FIELD);
		return;
	}
	if (bytes[0] & 1) {
		yj_report_error(r, YJ_REASON_FIELD);
		yj_readings_fault(&r->readings, YJ_FAULT_SEALED, true);
		return;
	}
	struct reader b = {.r = r, .p = bytes + 1, .end = bytes + len};
	r->base = YJ_BASE_HEARTBEAT;
	count_buttons(b, &b.buttons);
	size_t n;
	for (; b.p < b.end && (n = object_len(&b)) > 0; b.p += n)
		take(&b, *b.p, b.p + 1);
	if (b.p == bytes + 1 && b.p < b.end) /* nothing of it can be read */
		yj_report_error(r, YJ_REASON_FIELD);
}
