/* The LoRaWAN models whose bytes are known, and how a text names one. Longer names first. */
#include <ctype.h>
#include <string.h>

#include "lorawan.h"

#define MILESIGHT(n, k)                                                                            \
	{                                                                                          \
		.name = (n), .decode = yj_codec_milesight, .kind = (k)                             \
	}
#define DRAGINO(n, k, a)                                                                           \
	{                                                                                          \
		.name = (n), .decode = yj_codec_dragino, .kind = (k), .alarm = (a)                 \
	}
#define BROWAN(n)                                                                                  \
	{                                                                                          \
		.name = (n), .decode = yj_codec_browan                                             \
	}
#define NETVOX(n, a)                                                                               \
	{                                                                                          \
		.name = (n), .decode = yj_codec_netvox, .alarm = (a)                               \
	}
#define ELSYS(n)                                                                                   \
	{                                                                                          \
		.name = (n), .whole = true, .decode = yj_codec_elsys                               \
	}

static const struct yj_lora_model models[] = {
    {.name = "ws101",
	.decode = yj_codec_milesight,
	.kind = YJ_MS_BUTTON,
	.feedback = "received=85:FF3E01"},
    MILESIGHT("ws136", YJ_MS_KEYS),
    MILESIGHT("ws156", YJ_MS_KEYS),
    {.name = "vs373",
	.decode = yj_codec_milesight,
	.kind = YJ_MS_RADAR,
	.feedback = "closed=85:F9B4@@02"},
    MILESIGHT("em300zld", YJ_MS_LEAK),
    MILESIGHT("em300sld", YJ_MS_LEAK),
    MILESIGHT("em300mld", YJ_MS_LEAK),
    MILESIGHT("em300mcs", YJ_MS_MAGNET),
    MILESIGHT("em300th", YJ_MS_TH),
    MILESIGHT("em320th", YJ_MS_TH),
    MILESIGHT("ws202", YJ_MS_PIR),
    MILESIGHT("ws203", YJ_MS_WS203),
    MILESIGHT("ws301", YJ_MS_DOOR),
    MILESIGHT("vs340", YJ_MS_SEAT),
    MILESIGHT("vs341", YJ_MS_SEAT),
    MILESIGHT("vs370", YJ_MS_SEAT),
    MILESIGHT("gs101", YJ_MS_GAS),
    {.name = "gs524n", .decode = yj_codec_gs524n},
    DRAGINO("pb01l", YJ_DRAGINO_PB01, YJ_LORA_PRESS),
    DRAGINO("pb01", YJ_DRAGINO_PB01, YJ_LORA_PRESS),
    DRAGINO("trackerd", YJ_DRAGINO_TRACKERD, YJ_LORA_SOS),
    DRAGINO("lds01", YJ_DRAGINO_MOD, YJ_LORA_SKIP),
    DRAGINO("lds02", YJ_DRAGINO_MOD, YJ_LORA_SKIP),
    DRAGINO("lwl01", YJ_DRAGINO_MOD, YJ_LORA_SKIP),
    DRAGINO("lwl02", YJ_DRAGINO_MOD, YJ_LORA_SKIP),
    DRAGINO("lds03a", YJ_DRAGINO_DOOR3, YJ_LORA_SKIP),
    DRAGINO("lwl03a", YJ_DRAGINO_LEAK3, YJ_LORA_SKIP),
    BROWAN("tbpb100"),
    BROWAN("tbwl100"),
    BROWAN("tbms100"),
    BROWAN("tbdw100"),
    BROWAN("tbol100"),
    BROWAN("tbhh100"),
    BROWAN("tbhv110"),
    NETVOX("rb02i", YJ_LORA_PRESS),
    NETVOX("r718t", YJ_LORA_PRESS),
    NETVOX("r312a", YJ_LORA_PRESS),
    NETVOX("r312", YJ_LORA_PRESS),
    NETVOX("r311w", YJ_LORA_SKIP),
    NETVOX("r718wa", YJ_LORA_SKIP),
    NETVOX("r718wb", YJ_LORA_SKIP),
    NETVOX("ra02a", YJ_LORA_SKIP),
    NETVOX("ra02c", YJ_LORA_SKIP),
    {.name = "mcbutton", .decode = yj_codec_mclimate, .kind = YJ_MCLIMATE_BUTTON},
    {.name = "mclimate", .and = "button", .decode = yj_codec_mclimate, .kind = YJ_MCLIMATE_BUTTON},
    {.name = "mclimate", .and = "flood", .decode = yj_codec_mclimate, .kind = YJ_MCLIMATE_FLOOD},
    ELSYS("ers"),
    ELSYS("ersco2"),
    ELSYS("erseye"),
    ELSYS("erslite"),
    ELSYS("erssound"),
    ELSYS("ersdesk"),
    ELSYS("ems"),
    ELSYS("emsdoor"),
    ELSYS("emsdesk"),
    ELSYS("eltlite"),
    ELSYS("elt1"),
    ELSYS("elt2"),
    /* by the maker alone, where the bytes say themselves what they are */
    {.name = "elsys", .decode = yj_codec_elsys},
    BROWAN("browan"),
    NETVOX("netvox", YJ_LORA_SKIP),
    MILESIGHT("milesight", YJ_MS_ANY),
};

#define TEXT_MAX 128
#define WORDS_MAX 24

struct text { /* its letters and digits in lower case, where words begin and where they end */
	char letters[TEXT_MAX];
	size_t n, n_words;
	unsigned char begins[WORDS_MAX];
	bool ends[TEXT_MAX + 1];
};

/* What is longer than a name may be is not looked at. */
static void read_text(const char *p, struct text *t)
{
	bool inside = false;
	t->n = t->n_words = 0;
	t->ends[0] = false;
	for (; *p && t->n < TEXT_MAX; p++) {
		bool letter = isalnum((unsigned char)*p) != 0;
		if (letter && !inside && t->n_words < WORDS_MAX)
			t->begins[t->n_words++] = (unsigned char)t->n;
		if (letter) {
			t->letters[t->n++] = (char)tolower((unsigned char)*p);
			t->ends[t->n] = false;
		}
		inside = letter;
		if (!letter)
			t->ends[t->n] = true;
	}
	t->ends[t->n] = true;
}

/* It begins and ends where words do, whatever stands between its letters: "EM300-ZLD" is em300zld,
 * "R312A" is not r312. */
static bool names(const struct text *t, const char *name, bool whole)
{
	for (size_t i = 0; i < (whole && t->n_words ? 1 : t->n_words); i++) {
		const char *at = t->letters + t->begins[i];
		if (*at != *name)
			continue;
		size_t len = strlen(name), left = t->n - t->begins[i];
		if (len <= left && memcmp(at, name, len) == 0 && t->ends[t->begins[i] + len] &&
		    (!whole || left == len))
			return true;
	}
	return false;
}

const struct yj_lora_model *yj_lora_model(const char *text)
{
	struct text t;
	read_text(text, &t);
	for (size_t i = 0; i < sizeof models / sizeof models[0]; i++) {
		const struct yj_lora_model *m = &models[i];
		if (names(&t, m->name, m->whole) && (!m->and || names(&t, m->and, false)))
			return m;
	}
	return NULL;
}
