/* What an installer's names mean ("bathroom_pull_cord", "in-bed"): by their words, for ESPHome,
 * Home Assistant and Homie leave names to whoever installs them. */
#ifndef DEVICES_NAMES_H
#define DEVICES_NAMES_H

#include "meaning.h"

enum yj_named {		 /* what kind of thing has the name */
	YJ_NAMED_BINARY, /* it is so or it is not */
	YJ_NAMED_NUMBER,
	YJ_NAMED_WORD,
	YJ_NAMED_EVENT, /* it happens */
};

/* TELEMETRY where no word is known. */
struct yj_meaning yj_name_means(struct yj_text name, enum yj_named thing);

/* Does it call for help by its name ("sos", "panic")? */
bool yj_name_helps(struct yj_text name);

#endif
