/* The families, one file each. */
#ifndef DEVICES_FAMILIES_H
#define DEVICES_FAMILIES_H

#include "devices/registry.h"

extern const struct yj_family yj_native_family;
extern const struct yj_family yj_esphome_family;
extern const struct yj_family yj_homeassistant_family;
extern const struct yj_family yj_homie_family;
extern const struct yj_family yj_openmqttgateway_family;
extern const struct yj_family yj_rtl_433_family;
extern const struct yj_family yj_shelly_family;
extern const struct yj_family yj_tasmota_family;
extern const struct yj_family yj_zigbee2mqtt_family;
extern const struct yj_family yj_chirpstack_family;
extern const struct yj_family yj_tts_family;

#endif
