/* Decodes and sifts each capture of the files given (JSON lines as in tests/fixtures) again and
 * again, and native messages too. Prints a JSON object a family: how many a second of the slowest
 * and of all, and how many a second jansson only parses of those that are JSON. */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "config_mapping.h"
#include "devices/registry.h"
#include "devices/sieve.h"

#define ROUNDS 5
#define TIMES 4000

struct result { /* of a family */
	const char *family;
	size_t captures, json;
	double slowest, seconds, json_seconds;
	char which[128];
};

static struct yj_decoder *decoder;
static struct yj_reports reports;

/* A memory that costs nothing: what it takes to remember is the owner's affair. */
static int get(
    void *ctx, const char *device, const char *field, char value[YJ_MEMORY_MAX + 1], int64_t *t)
{
	(void)ctx;
	(void)device;
	(void)field;
	value[0] = '\0';
	*t = 0;
	return 0;
}

static int put(
    void *ctx, const char *device, const char *field, const char *value, int64_t t, bool idle)
{
	(void)ctx;
	(void)device;
	(void)field;
	(void)value;
	(void)t;
	(void)idle;
	return 0;
}

static void foreign(const struct yj_family *family, const char *topic, const char *payload,
    size_t len, bool retained)
{
	static const struct yj_memory memory = {.get = get, .put = put};
	struct yj_sifted sifted;
	size_t next = 0;
	(void)yj_family_read(family, decoder, topic, payload, len, &next, &reports);
	for (size_t i = 0; i < reports.n; i++)
		if (yj_sieve(&memory, reports.v[i].address, &reports.v[i], retained, 1, &sifted) <
		    0)
			abort();
}

static void native(const char *topic, const char *payload, size_t len, bool retained)
{
	struct yj_event event;
	if (yj_event_decode(topic, payload, len, retained, &event) < 0)
		abort();
	yj_event_done(&event);
}

static double now_s(void)
{
	struct timespec t;
	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* Seconds that one takes, in the best round: others use the machine too. */
static double one(const struct yj_family *family, const char *topic, const char *payload,
    size_t len, bool retained)
{
	double best = 1e9;
	for (int round = 0; round < ROUNDS; round++) {
		double from = now_s();
		for (int i = 0; i < TIMES; i++) {
			if (yj_family_reads(family))
				foreign(family, topic, payload, len, retained);
			else
				native(topic, payload, len, retained);
		}
		double took = (now_s() - from) / TIMES;
		best = took < best ? took : best;
	}
	return best;
}

static double parse_only(const char *payload, size_t len)
{
	double best = 1e9;
	for (int round = 0; round < ROUNDS; round++) {
		double from = now_s();
		for (int i = 0; i < TIMES / 10; i++)
			json_decref(json_loadb(payload, len, 0, NULL));
		double took = (now_s() - from) / (TIMES / 10);
		best = took < best ? took : best;
	}
	return best;
}

static struct result results[64];
static size_t n_results;

static struct result *result_of(const char *family)
{
	for (size_t i = 0; i < n_results; i++)
		if (strcmp(results[i].family, family) == 0)
			return &results[i];
	if (n_results == sizeof results / sizeof results[0])
		abort();
	results[n_results].family = family;
	return &results[n_results++];
}

static void measure(const struct yj_family *family, const char *name, const char *topic,
    const char *payload, size_t len, bool retained)
{
	struct result *r = result_of(family->name);
	double s = one(family, topic, payload, len, retained);
	json_t *parsed = json_loadb(payload, len, 0, NULL);
	r->captures++;
	r->seconds += s;
	if (s > r->slowest) {
		r->slowest = s;
		snprintf(r->which, sizeof r->which, "%s", name);
	}
	if (parsed) {
		r->json++;
		r->json_seconds += parse_only(payload, len);
	}
	json_decref(parsed);
}

static int captures(const char *path)
{
	char *line = NULL;
	size_t cap = 0;
	FILE *in = fopen(path, "r");
	if (!in) {
		perror(path);
		return 1;
	}
	while (getline(&line, &cap, in) > 0) {
		json_t *c = json_loads(line, 0, NULL);
		const char *payload = json_string_value(json_object_get(c, "payload"));
		const char *topic = json_string_value(json_object_get(c, "topic"));
		const char *name = json_string_value(json_object_get(c, "family"));
		const char *which = json_string_value(json_object_get(c, "case"));
		const struct yj_family *family = name ? yj_family_find(name) : NULL;
		if (family && yj_family_reads(family) && topic && payload)
			measure(family, which ? which : "", topic, payload, strlen(payload),
			    json_is_true(json_object_get(c, "retain")));
		json_decref(c);
	}
	free(line);
	fclose(in);
	return 0;
}

static void natives(void)
{
	static const struct {
		const char *topic, *payload;
	} said[] = {
	    {"yj/v1/dev/b-000123/up/call", "{\"id\":\"0198a1b2-0000-7000-8000-000000000001\","
					   "\"ts\":1795138095020,\"button\":\"sos\"}"},
	    {"yj/v1/dev/b-000123/up/alarm", "{\"id\":\"0198a1b2-0000-7000-8000-000000000002\","
					    "\"ts\":1795138095020,\"kind\":\"fall\",\"value\":1.5,"
					    "\"pos\":{\"lat\":30.1,\"lon\":107.2,\"acc\":12}}"},
	    {"yj/v1/dev/b-000123/up/heartbeat", "{\"ts\":1795138095020,\"battery\":87,"
						"\"rssi\":-71,\"mains\":true,\"fw\":\"1.2.3\"}"},
	    {"yj/v1/dev/b-000123/up/vital", "{\"id\":\"v1\",\"ts\":1795138095020,\"hr\":72,"
					    "\"rr\":15,\"spo2\":97,\"in_bed\":true}"},
	    {"yj/v1/dev/b-000123/state", "{\"online\":true,\"ts\":1795138095020}"},
	};
	for (size_t i = 0; i < sizeof said / sizeof said[0]; i++)
		measure(yj_family_find("native"), strrchr(said[i].topic, '/') + 1, said[i].topic,
		    said[i].payload, strlen(said[i].payload), false);
}

/* Devices that the .yaml files among the arguments describe. */
static int described(int argc, char **argv)
{
	static struct yj_mapping *mappings[16];
	size_t n = 0;
	for (int i = 1; i < argc && n < 16; i++) {
		struct yj_yaml y;
		const char *why = "it is no mapping";
		size_t len = strlen(argv[i]);
		if (len < 5 || strcmp(argv[i] + len - 5, ".yaml") != 0)
			continue;
		if (yj_mapping_load(argv[i], &y, &mappings[n], &why) < 0) {
			fprintf(stderr, "%s: %s\n", argv[i], why);
			return 1;
		}
		yj_yaml_done(&y);
		n++;
	}
	yj_families_use(mappings, n);
	return 0;
}

int main(int argc, char **argv)
{
	decoder = yj_decoder_new();
	if (!decoder)
		return 1;
	if (described(argc, argv))
		return 1;
	natives();
	for (int i = 1; i < argc; i++)
		if (!strstr(argv[i], ".yaml") && captures(argv[i]))
			return 1;
	for (size_t i = 0; i < n_results; i++) {
		const struct result *r = &results[i];
		printf("{\"family\":\"%s\",\"captures\":%zu,\"slowest\":%.0f,\"which\":\"%s\","
		       "\"all\":%.0f,\"jansson\":%.0f}\n",
		    r->family, r->captures, 1 / r->slowest, r->which,
		    (double)r->captures / r->seconds,
		    r->json ? (double)r->json / r->json_seconds : 0);
	}
	yj_decoder_free(decoder);
	return 0;
}
