/* The table of device families. Those whose topics begin with a word of their own come first. */
#include "devices/registry.h"

#include <string.h>

#include "families.h"
#include "mapping.h"

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

static struct yj_mapping *const *described;
static size_t n_described;

void yj_families_use(struct yj_mapping *const *mappings, size_t n)
{
	described = mappings;
	n_described = n;
}

const struct yj_family *yj_family_at(size_t i)
{
	if (i < FAMILY_COUNT)
		return families[i];
	return i - FAMILY_COUNT < n_described ? &described[i - FAMILY_COUNT]->family : NULL;
}

const struct yj_family *yj_family_builtin(const char *name)
{
	for (size_t i = 0; i < FAMILY_COUNT; i++) {
		if (strcmp(families[i]->name, name) == 0)
			return families[i];
	}
	return NULL;
}

const struct yj_family *yj_family_find(const char *name)
{
	for (size_t i = 0; i < n_described; i++) {
		if (strcmp(described[i]->name, name) == 0)
			return &described[i]->family;
	}
	return yj_family_builtin(name);
}

/* A described one, by patterns that begin with a word, or by those that may begin with any. */
static const struct yj_family *described_of(const char *topic, bool any)
{
	for (size_t i = 0; i < n_described; i++) {
		if (yj_mapping_begins_with_any(described[i]) == any &&
		    yj_mapping_owns(described[i], topic))
			return &described[i]->family;
	}
	return NULL;
}

const struct yj_family *yj_family_of_topic(const char *topic)
{
	const struct yj_family *f =
	    yj_native_family.owns(topic) ? &yj_native_family : described_of(topic, false);
	for (size_t i = 0; !f && i < FAMILY_COUNT; i++) {
		if (families[i]->owns(topic))
			f = families[i];
	}
	return f ? f : described_of(topic, true);
}

bool yj_family_reads(const struct yj_family *family)
{
	return family->read || family->mapping;
}

bool yj_family_owns(const struct yj_family *family, const char *topic)
{
	return family->mapping ? yj_mapping_owns(family->mapping, topic) : family->owns(topic);
}

bool yj_family_read(const struct yj_family *family, struct yj_decoder *d, const char *topic,
    const char *payload, size_t len, size_t *next, struct yj_reports *out)
{
	out->n = 0;
	if (family->mapping)
		return yj_mapping_read(family->mapping, d, topic, payload, len, next, out);
	family->read(d, topic, payload, len, out);
	return false;
}

void yj_family_filters(const struct yj_family *family, const char *address,
    void (*add)(void *ctx, const char *filter), void *ctx)
{
	if (family->mapping)
		yj_mapping_filters(family->mapping, add, ctx);
	else if (family->filters)
		family->filters(address, add, ctx);
}

int yj_family_tell(const struct yj_family *family, const struct yj_to *to,
    const struct yj_msg_down_call *down, struct yj_wire *out)
{
	if (family->mapping)
		return yj_mapping_tell(family->mapping, to, down, out);
	return family->tell ? family->tell(to, down, out) : YJ_ERR_NOTFOUND;
}
