/* One family of devices (FAMILY): a topic in the first line, a payload behind it, twice: what it
 * finds has to keep its bounds, and the second time a repeat must not be an error. */
#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "devices/registry.h"
#include "devices/sieve.h"
#include "proto/utf8.h"

static struct yj_decoder *decoder;
static struct yj_reports reports;

static bool ends(const char *text, size_t cap)
{
	return memchr(text, '\0', cap) != NULL;
}

static void check(const struct yj_report *r)
{
	const struct yj_readings *m = &r->readings;
	assert(ends(r->address, sizeof r->address) && ends(r->route, sizeof r->route));
	assert(ends(r->dedup, sizeof r->dedup) && ends(r->dedup_field, sizeof r->dedup_field));
	assert(ends(r->id, sizeof r->id));
	assert(ends(m->fw, sizeof m->fw));
	assert(r->n_signs <= YJ_SIGNS_MAX);
	assert(m->battery_pct >= -1 && m->battery_pct <= 100);
	assert(m->hr >= -1 && m->rr >= -1 && m->spo2_pct >= -1 && m->spo2_pct <= 100);
	assert(r->base == YJ_BASE_ERROR ? r->n_signs == 0 && r->why != YJ_REASON_NONE : true);
	assert(r->repeat == YJ_REPEAT_NONE || r->repeat == YJ_REPEAT_ID ||
	       r->repeat == YJ_REPEAT_PACKET);
	for (size_t i = 0; i < r->n_signs; i++) {
		const struct yj_sign *s = &r->signs[i];
		assert(ends(s->key, sizeof s->key) && ends(s->field, sizeof s->field));
		assert(s->repeat == YJ_REPEAT_NONE || s->repeat == YJ_REPEAT_ID ||
		       s->repeat == YJ_REPEAT_COUNTER || s->repeat == YJ_REPEAT_WINDOW);
		assert(s->repeat != YJ_REPEAT_WINDOW || s->window_ms > 0);
		assert(
		    (s->repeat != YJ_REPEAT_COUNTER && s->repeat != YJ_REPEAT_ID) || s->field[0]);
		if (s->type == YJ_SIGN_STATE || s->type == YJ_SIGN_CHANGE)
			assert(s->field[0]);
	}
}

static void all_reports(const struct yj_memory *memory, int64_t t)
{
	assert(reports.n <= YJ_REPORTS_MAX);
	for (size_t i = 0; i < reports.n; i++) {
		struct yj_sifted sifted;
		check(&reports.v[i]);
		int rc =
		    yj_sieve(memory, reports.v[i].address, &reports.v[i], false, t * 1000, &sifted);
		assert(rc == 0 && sifted.n <= reports.v[i].n_signs);
		assert(yj_sifted_name(&sifted)[0]);
	}
}

#ifdef MAPPING /* a family that this file describes */
#include "config_mapping.h"

static const struct yj_family *family_of(void)
{
	static struct yj_mapping *m;
	struct yj_yaml y;
	const char *why;
	if (m)
		return &m->family;
	if (yj_mapping_load(MAPPING, &y, &m, &why) < 0)
		abort();
	yj_yaml_done(&y);
	return &m->family;
}
#else
static const struct yj_family *family_of(void)
{
	return yj_family_find(FAMILY);
}
#endif

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct yj_family *family = family_of();
	const uint8_t *end = size ? memchr(data, '\n', size) : NULL;
	size_t topic_len = end ? (size_t)(end - data) : size;
	char topic[YJ_TOPIC_MAX];
	assert(family && yj_family_reads(family));
	if (topic_len >= sizeof topic || memchr(data, '\0', topic_len) ||
	    !yj_utf8_valid((const char *)data, topic_len))
		return 0; /* the broker lets nothing like that through */
	memcpy(topic, data, topic_len);
	topic[topic_len] = '\0';
	(void)yj_family_owns(family, topic);
	if (!decoder)
		decoder = yj_decoder_new();
	/* a copy of its own, so that a byte read behind it is found */
	size_t len = end ? size - topic_len - 1 : 0;
	char *payload = malloc(len ? len : 1);
	struct yj_ram *ram = yj_ram_new();
	if (!decoder || !payload || !ram)
		abort();
	if (len)
		memcpy(payload, end + 1, len);
	struct yj_memory memory = yj_ram_memory(ram);
	for (int64_t t = 1; t <= 2; t++) {
		bool more = true;
		for (size_t next = 0; more;) {
			more =
			    yj_family_read(family, decoder, topic, payload, len, &next, &reports);
			all_reports(&memory, t);
		}
	}
	yj_ram_free(ram);
	free(payload);
	return 0;
}
