/* What the fields of Zigbee2MQTT's messages mean. */
#ifndef DEVICES_ZIGBEE2MQTT_FIELDS_H
#define DEVICES_ZIGBEE2MQTT_FIELDS_H

#include "meaning.h"

/* The meaning of a field; TELEMETRY, and *known false, for one that is in no table. */
struct yj_meaning yj_zigbee2mqtt_field(struct yj_text name, bool *known);

#endif
