/* What LoRaWAN devices say, whichever server passes it on: the fields of a decoded object, or raw
 * bytes, for which the model has to be known. The servers' own wrapping is chirpstack.c and tts.c.
 */
#ifndef DEVICES_LORAWAN_H
#define DEVICES_LORAWAN_H

#include "decoder.h"
#include "devices/foreign.h"

struct yj_lora;

enum yj_lora_what {   /* what a value of raw bytes, or a field of an object, tells */
	YJ_LORA_SKIP, /* nothing */
	YJ_LORA_INFO, /* of the device itself: it lives, no more */
	YJ_LORA_DATA, /* it measures something that is no sign */
	YJ_LORA_BATTERY,
	YJ_LORA_FW,
	YJ_LORA_PRESS,
	YJ_LORA_SOS, /* it is in the state of calling */
	YJ_LORA_FALL,
	YJ_LORA_SMOKE,
	YJ_LORA_GAS,
	YJ_LORA_LEAK,
	YJ_LORA_DOOR, /* one of two: a sign of life when it is the other one */
	YJ_LORA_MOTION,
	YJ_LORA_TAMPER,
	YJ_LORA_MAINS,
};

struct yj_lora_model {
	const char *name; /* lower-case letters and digits: how it is found and kept in routes */
	const char *and;  /* another word that has to be in the text too; NULL: none */
	bool whole;	  /* only if it is all of the text */
	void (*decode)(struct yj_lora *u); /* u->bytes; what it cannot read it leaves */
	unsigned kind;			   /* the maker's own distinction of its models */
	enum yj_lora_what alarm; /* a field "Alarm" of a decoded object: PRESS, SOS or SKIP */
	const char *feedback;	 /* as in devices.csv; NULL: shows nothing by itself */
};

struct yj_lora { /* one uplink on its way to a report */
	struct yj_report *report;
	const struct yj_lora_model *model; /* NULL: not known */
	int port;
	const unsigned char *bytes;
	size_t n;
	bool measures; /* there is more than its own state */
	bool told;     /* something that could be a sign was understood, also that it is not */
	bool broken;   /* the bytes end within a value */
	int alarm_id;  /* by which a radar's alarm is dismissed; -1: none was raised */
};

/* The model that a text names, among those whose bytes are known: a profile's name, a tag, a
 * catalogue's brand and model. NULL if none. */
const struct yj_lora_model *yj_lora_model(const char *text);

/* Reads an uplink into u->report: the object (may be NULL), or, where that is empty or tells
 * nothing that could be a sign, the bytes of `data` (base64; may be NULL) if the model is known.
 * u comes with report, model and port; d->js holds both. */
void yj_lora_read(struct yj_decoder *d, yj_js_at object, yj_js_at data, struct yj_lora *u);
/* lorawan_object.c: the part of that which is the object. */
void yj_lora_object(const struct yj_js *js, yj_js_at object, struct yj_lora *u);

/* ── for the makers' codecs ── */
/* A flag of bytes; field is what it is remembered by. */
void yj_lora_flag(struct yj_lora *u, enum yj_lora_what what, const char *field, bool on);
/* Once per key and uplink: codecs tell one press under several names. emergency: in its own words.
 */
void yj_lora_press(struct yj_lora *u, const char *key, bool emergency);
void yj_lora_alarm(struct yj_lora *u, enum yj_kind kind); /* it happened now */
void yj_lora_in_bed(struct yj_lora *u, bool in);
void yj_lora_breathing(struct yj_lora *u, double per_min);
/* Of a radar: what its alarm of this type (a VS373's number) and status become. */
void yj_lora_radar(struct yj_lora *u, int type, int status, int id);
void yj_lora_radar_sees(struct yj_lora *u, int status);
/* "1" is a short press, "2" a long one, …: the maker's order, e.g. "sld". */
void yj_lora_press_code(struct yj_lora *u, unsigned code, const char *order);

/* codec_*.c: one per maker. */
void yj_codec_milesight(struct yj_lora *u);
void yj_codec_gs524n(struct yj_lora *u);
void yj_codec_dragino(struct yj_lora *u);
void yj_codec_elsys(struct yj_lora *u);
void yj_codec_browan(struct yj_lora *u);
void yj_codec_netvox(struct yj_lora *u);
void yj_codec_mclimate(struct yj_lora *u);
/* What Browan's field "status" means on this port. */
enum yj_lora_what yj_browan_status(int port);

enum {		       /* yj_lora_model.kind */
	YJ_MS_ANY = 0, /* by its maker alone */
	YJ_MS_BUTTON = 1,
	YJ_MS_LEAK = 2,
	YJ_MS_PIR = 4,
	YJ_MS_DOOR = 8,	   /* WS301 */
	YJ_MS_MAGNET = 16, /* EM300-MCS */
	YJ_MS_SEAT = 32,   /* VS340, VS341, VS370 */
	YJ_MS_WS203 = 64,
	YJ_MS_GAS = 128,
	YJ_MS_RADAR = 256,
	YJ_MS_TH = 512,
	YJ_MS_KEYS = 1024, /* several buttons, which are numbered */

	YJ_DRAGINO_PB01 = 1,
	YJ_DRAGINO_TRACKERD,
	YJ_DRAGINO_MOD,	  /* LDS01, LDS02, LWL01, LWL02: the third byte says door or leak */
	YJ_DRAGINO_DOOR3, /* LDS03A */
	YJ_DRAGINO_LEAK3, /* LWL03A */

	YJ_MCLIMATE_BUTTON = 1,
	YJ_MCLIMATE_FLOOD,
};

/* ── talking back ── */
struct yj_lora_down {
	int port;
	char base64[344]; /* of at most 256 bytes */
};
/* What shall be sent so that the device shows this, by devices.csv's feedback ("PORT:HEX" for
 * `received`, or "received=PORT:HEX;closed=PORT:HEX") or by its model's own; route is "SERVER'S
 * MODEL ALARM", of which server (cap bytes) gets the first word. 0; YJ_ERR_NOTFOUND: nothing. */
int yj_lora_tell(const struct yj_to *to, enum yj_home_state state, char *server, size_t cap,
    struct yj_lora_down *out);
/* The route for that; none where it would only lose an alarm's number. */
void yj_lora_route(const struct yj_lora *u, const char *server, size_t len);

/* The time of a server, with up to nanoseconds. */
void yj_lora_time(const struct yj_js *js, yj_js_at at, struct yj_report *report);
/* The strongest of the gateways that heard it: the member `rssi` of each. */
void yj_lora_rssi(const struct yj_js *js, yj_js_at gateways, struct yj_report *report);

#endif
