/* Home Assistant's discovery: who announces a button or a sensor there is a device of the family
 * that has the announced topic, and may be registered. Nothing has happened.
 * https://www.home-assistant.io/integrations/mqtt/#mqtt-discovery */
#ifndef DEVICES_DISCOVERY_H
#define DEVICES_DISCOVERY_H

#include "decoder.h"
#include "topics.h"

/* A component that can be a device of a home: a button, a sensor, or all of a device at once. */
bool yj_discovery_component(const struct yj_level *level);
/* One announcement as at most one report, `announced` and with its family. */
void yj_discovery_read(
    struct yj_decoder *d, const char *payload, size_t len, struct yj_reports *out);

#endif
