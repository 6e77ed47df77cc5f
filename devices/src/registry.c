/* The table of device families. Those whose topics begin with a word of their own come first. */
#include "devices/registry.h"

#include <string.h>

#include "families.h"

static const struct yj_family *const families[] = {
    &yj_native_family,
    &yj_zigbee2mqtt_family,
    &yj_chirpstack_family,
    &yj_tts_family,
    &yj_homie_family,
    &yj_homeassistant_family,
    &yj_rtl_433_family,
    &yj_tasmota_family,
    &yj_openmqttgateway_family,
    &yj_shelly_family,
    &yj_esphome_family,
};

#define FAMILY_COUNT (sizeof(families) / sizeof(families[0]))

const struct yj_family *yj_family_at(size_t i)
{
	return i < FAMILY_COUNT ? families[i] : NULL;
}

const struct yj_family *yj_family_find(const char *name)
{
	for (size_t i = 0; i < FAMILY_COUNT; i++) {
		if (strcmp(families[i]->name, name) == 0)
			return families[i];
	}
	return NULL;
}

const struct yj_family *yj_family_of_topic(const char *topic)
{
	for (size_t i = 0; i < FAMILY_COUNT; i++) {
		if (families[i]->owns(topic))
			return families[i];
	}
	return NULL;
}
