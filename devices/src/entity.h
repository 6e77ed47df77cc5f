/* Entities as Home Assistant has them, and ESPHome too: a domain ("binary_sensor"), a name that an
 * installer chose, and a state. */
#ifndef DEVICES_ENTITY_H
#define DEVICES_ENTITY_H

#include "decoder.h"
#include "names.h"

bool yj_entity_domain(struct yj_text domain); /* is it one? */
/* The state of an entity as a report; base, readings and signs only. Of an event, the payload is
 * ESPHome's {"event_type": …}. */
void yj_entity_take(struct yj_decoder *d, struct yj_report *r, struct yj_text domain,
    struct yj_text name, struct yj_text state);

#endif
