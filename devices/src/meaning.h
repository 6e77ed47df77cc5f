/* What the fields of devices mean, whichever family they come from: a field has a meaning (by a
 * family's own table, or by the words of a name that an installer chose), and its value says the
 * rest. */
#ifndef DEVICES_MEANING_H
#define DEVICES_MEANING_H

#include "devices/foreign.h"

enum yj_means {
	YJ_MEANS_NOTHING,   /* of the device itself: a message of these alone is a heartbeat */
	YJ_MEANS_TELEMETRY, /* measured or set, without a meaning for us */
	YJ_MEANS_ALARM,	    /* a condition of .kind */
	YJ_MEANS_ACTION,    /* a word says what was done: see yj_take_action */
	YJ_MEANS_PRESSED,   /* true while a button is held down */
	YJ_MEANS_BED,	    /* somebody lies in the bed */
	YJ_MEANS_BED_LEFT,  /* nobody lies in the bed */
	YJ_MEANS_POSTURE,   /* of a radar: falling, on_the_bed, occupied, … */
	YJ_MEANS_LIFE,	    /* somebody is there, or moved */
	YJ_MEANS_CHANGE,    /* open or closed */
	YJ_MEANS_HEART,
	YJ_MEANS_BREATH,
	YJ_MEANS_OXYGEN,
	YJ_MEANS_BATTERY,     /* percent */
	YJ_MEANS_BATTERY_LOW, /* true, or a word: low, medium, high */
	YJ_MEANS_MAINS,	      /* true: it has mains power */
	YJ_MEANS_MAINS_LOST,  /* true: it has lost it */
	YJ_MEANS_TAMPER,
	YJ_MEANS_TROUBLE, /* true, a number over 0, or a word for a fault */
	YJ_MEANS_SIGNAL,  /* dBm */
	YJ_MEANS_FIRMWARE,
	YJ_MEANS_TIME, /* when it was said: RFC 3339 or ms since 1970 */
};

struct yj_meaning {
	enum yj_means means;
	enum yj_kind kind; /* of an ALARM; sos: it calls for help */
};

struct yj_text { /* a value: borrowed, without quotes and without a terminator */
	const char *at;
	size_t len;
};

void yj_text_cut(struct yj_text text, char *buf, size_t cap); /* to what fits */
bool yj_text_is(struct yj_text text, const char *word);	      /* without regard to ASCII case */
bool yj_text_number(struct yj_text text, double *out);	      /* nothing but a number */
/* true, on, yes, 1, alarm, detected … 1; false, off, normal, none … 0; anything else -1. */
int yj_text_truth(struct yj_text text);
/* The next word of a name ("button_2_hold", "smoke-kitchen"), from *at on; false behind the last.
 */
bool yj_text_word(struct yj_text text, size_t *at, struct yj_text *word);

/* One field of a report, and what it does to the report's base (raised only). */
void yj_take_field(
    struct yj_report *r, struct yj_meaning meaning, const char *field, struct yj_text value);

/* What somebody did with a button, a remote, a keypad or a thing that feels how it is moved.
 * button: where a device has several, its name, which then stands before the key ("2:hold"); ""
 * where not. */
void yj_take_action(struct yj_report *r, const char *button, struct yj_text action);

/* A button that is held down, or is not any more; pressed is known only by its edge, and may be
 * told again at any time. One of these at most in a report. */
void yj_take_pressed(struct yj_report *r, const char *button, bool pressed);

#endif
