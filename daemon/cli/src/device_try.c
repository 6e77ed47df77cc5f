/* device try: what a message of a foreign device would become, worked out here without a gateway.
 */
#include <math.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"
#include "described.h"
#include "devices/registry.h"
#include "devices/sieve.h"

#define CAPTURE_MAX 1048576 /* one line */
#define STEP_MS 1	    /* between the messages of a capture */

struct trial {
	struct yj_decoder *decoder;
	struct yj_ram *ram; /* fresh for each capture */
	struct yj_reports reports;
	const struct yj_family *family;
	struct yj_described described;
	struct yj_report best;	  /* the verdict's */
	const json_t *registered; /* NULL: all are */
	int64_t t;
};

struct verdict { /* on one message */
	struct yj_sifted sifted;
	const struct yj_report *report; /* NULL: it is of nobody and says nothing */
};

static bool is_registered(const struct trial *t, const char *address)
{
	size_t i;
	json_t *name;
	if (!t->registered)
		return true;
	json_array_foreach(t->registered, i, name)
	{
		if (json_is_string(name) && strcmp(json_string_value(name), address) == 0)
			return true;
	}
	return false;
}

/* Into *out the one that matters most so far. */
static int judge_reports(
    struct trial *t, const struct yj_memory *memory, bool retained, struct verdict *out)
{
	for (size_t i = 0; i < t->reports.n; i++) {
		const struct yj_report *r = &t->reports.v[i];
		struct yj_sifted sifted;
		int rc = yj_sieve(memory, r->address, r, retained, t->t, &sifted);
		if (rc < 0)
			return rc;
		if (!is_registered(t, r->address)) /* listed, no more */
			sifted.fact = YJ_FACT_IGNORE;
		if (out->report && sifted.fact <= out->sifted.fact)
			continue;
		t->best = *r;
		*out = (struct verdict){sifted, &t->best};
	}
	return 0;
}

/* The report that matters most of one message. */
static int judge(struct trial *t, const char *topic, const char *payload, size_t len, bool retained,
    struct verdict *out)
{
	struct yj_memory memory = yj_ram_memory(t->ram);
	*out = (struct verdict){.sifted = {.fact = YJ_FACT_IGNORE}};
	t->t += STEP_MS;
	size_t next = 0;
	bool more = len <= YJ_HTTP_BODY_MAX;
	while (more) {
		more =
		    yj_family_read(t->family, t->decoder, topic, payload, len, &next, &t->reports);
		int rc = judge_reports(t, &memory, retained, out);
		if (rc < 0)
			return rc;
	}
	return 0;
}

/* Of a call: the button that the payload itself names. */
static const char *button_of(const struct verdict *v)
{
	for (size_t i = 0; i < v->sifted.n; i++) {
		const struct yj_sign *s = &v->report->signs[v->sifted.signs[i]];
		if (s->emergency || (s->type == YJ_SIGN_STATE && s->kind == YJ_KIND_SOS))
			return yj_kind_name(s->kind);
	}
	return NULL;
}

static const char *key_of(const struct verdict *v)
{
	for (size_t i = 0; i < v->sifted.n; i++) {
		const struct yj_sign *s = &v->report->signs[v->sifted.signs[i]];
		if (s->type == YJ_SIGN_PRESS && s->key[0])
			return s->key;
	}
	return NULL;
}

static void put_number(json_t *to, const char *key, double value)
{
	if (value >= 0)
		json_object_set_new(to, key,
		    floor(value) == value ? json_integer((json_int_t)value) : json_real(value));
}

static void put_readings(json_t *to, const struct yj_readings *r)
{
	if (r->battery_pct >= 0)
		json_object_set_new(to, "battery_pct", json_integer(lrint(r->battery_pct)));
	put_number(to, "hr", r->hr);
	put_number(to, "rr", r->rr);
	put_number(to, "spo2", r->spo2_pct);
	if (r->in_bed >= 0)
		json_object_set_new(to, "in_bed", json_boolean(r->in_bed));
	if (r->mains >= 0)
		json_object_set_new(to, "mains", json_boolean(r->mains));
	if (r->rssi_dbm)
		json_object_set_new(to, "rssi", json_integer(r->rssi_dbm));
	if (r->fw[0])
		json_object_set_new(to, "fw", json_string(r->fw));
	if (r->life)
		json_object_set_new(to, "life", json_true());
}

static json_t *tell(const struct verdict *v, const char *name)
{
	json_t *o = json_object();
	if (name)
		json_object_set_new(o, "case", json_string(name));
	json_object_set_new(o, "kind", json_string(yj_sifted_name(&v->sifted)));
	if (!v->report)
		return o;
	if (v->report->address[0])
		json_object_set_new(o, "device", json_string(v->report->address));
	if (v->report->announced)
		json_object_set_new(o, "announced", json_string(v->report->announced));
	if (v->sifted.fact == YJ_FACT_CALL && button_of(v))
		json_object_set_new(o, "button", json_string(button_of(v)));
	if (v->sifted.fact == YJ_FACT_CALL && key_of(v))
		json_object_set_new(o, "key", json_string(key_of(v)));
	if (v->sifted.fact == YJ_FACT_ERROR)
		json_object_set_new(o, "reason", json_string(yj_reason_name(v->report->why)));
	put_readings(o, &v->report->readings);
	if (v->report->dedup[0]) {
		char dedup[YJ_FIELD_MAX + YJ_DEDUP_MAX + 2];
		snprintf(dedup, sizeof dedup, "%s=%s", v->report->dedup_field, v->report->dedup);
		json_object_set_new(o, "dedup", json_string(dedup));
	}
	return o;
}

/* ── captures ── */

/* The bytes of a capture: `payload` (what is no text stands for its JSON) or `payload_b64`. NULL,
 * with why. The caller frees them. */
static char *bytes_of(const json_t *capture, size_t *len, const char **why)
{
	const json_t *payload = json_object_get(capture, "payload");
	const json_t *b64 = json_object_get(capture, "payload_b64");
	char *bytes = NULL;
	*why = "a capture has a payload or a payload_b64";
	if (json_is_string(b64)) {
		size_t n = json_string_length(b64);
		const char *text = json_string_value(b64);
		bytes = malloc(n / 4 * 3 + 4);
		int got = bytes ? EVP_DecodeBlock(
				      (unsigned char *)bytes, (const unsigned char *)text, (int)n)
				: -1;
		*why = "payload_b64 is not base64";
		if (got < 0) {
			free(bytes);
			return NULL;
		}
		*len = (size_t)got - (n > 0 && text[n - 1] == '=') - (n > 1 && text[n - 2] == '=');
	} else if (json_is_string(payload)) {
		*len = json_string_length(payload);
		bytes = malloc(*len + 1);
		if (bytes)
			memcpy(bytes, json_string_value(payload), *len);
	} else if (payload) {
		bytes = json_dumps(payload, JSON_COMPACT | JSON_ENCODE_ANY);
		*len = bytes ? strlen(bytes) : 0;
	}
	return bytes;
}

static int feed(struct trial *t, const json_t *capture, struct verdict *v, const char **why)
{
	size_t len = 0;
	const char *topic = json_string_value(json_object_get(capture, "topic"));
	char *bytes = bytes_of(capture, &len, why);
	if (!bytes || !topic) {
		if (bytes)
			*why = "a capture has a topic";
		free(bytes);
		return YJ_ERR_INVAL;
	}
	int rc = judge(t, topic, bytes, len, json_is_true(json_object_get(capture, "retain")), v);
	free(bytes);
	return rc;
}

/* NULL, or what is wrong with the capture. */
static const char *one_capture(struct trial *t, const json_t *capture, json_t **out)
{
	const char *name = json_string_value(json_object_get(capture, "family"));
	const char *why = "out of memory";
	struct verdict v;
	size_t i;
	json_t *before;
	const char *topic = json_string_value(json_object_get(capture, "topic"));
	t->family = name ? yj_described_find(&t->described, name, topic ? topic : "") : NULL;
	if (!t->family)
		return "no such family";
	yj_ram_free(t->ram);
	t->ram = yj_ram_new();
	if (!t->ram)
		return why;
	t->registered = json_object_get(capture, "registered");
	if (!json_is_array(t->registered))
		t->registered = NULL;
	json_array_foreach(json_object_get(capture, "prior"), i, before)
	{
		if (feed(t, before, &v, &why) < 0)
			return why;
	}
	if (feed(t, capture, &v, &why) < 0)
		return why;
	*out = tell(&v, json_string_value(json_object_get(capture, "case")));
	return NULL;
}

static void put_line(json_t *o)
{
	json_dumpf(o, stdout, JSON_COMPACT);
	putchar('\n');
	json_decref(o);
}

static int all_captures(struct trial *t, FILE *in, const char *name)
{
	char *line = NULL;
	size_t cap = 0;
	ssize_t len;
	int rc = 0;
	for (long n = 1; (len = getline(&line, &cap, in)) >= 0; n++) {
		json_error_t error;
		json_t *o = NULL;
		if (strspn(line, " \t\r\n") == (size_t)len)
			continue;
		json_t *capture =
		    len <= CAPTURE_MAX ? json_loadb(line, (size_t)len, 0, &error) : NULL;
		const char *why =
		    json_is_object(capture) ? one_capture(t, capture, &o) : "not a JSON object";
		if (why) { /* it costs itself alone */
			rc = yj_fail(YJ_EXIT_REFUSED, "%s, line %ld: %s", name, n, why);
			o = json_pack("{s:I, s:s}", "line", (json_int_t)n, "wrong", why);
		}
		put_line(o);
		json_decref(capture);
	}
	free(line);
	if (ferror(in))
		rc = yj_fail(YJ_EXIT_REFUSED, "%s: cannot be read", name);
	return rc;
}

static int from_file(struct trial *t, const char *path)
{
	if (strcmp(path, "-") == 0)
		return all_captures(t, stdin, "standard input");
	FILE *in = fopen(path, "r");
	if (!in)
		return yj_fail(YJ_EXIT_REFUSED, "%s: %m", path);
	int rc = all_captures(t, in, path);
	fclose(in);
	return rc;
}

static int from_words(struct trial *t, struct yj_cli *cli, const struct yj_args *args)
{
	struct verdict v;
	t->family = yj_described_find(&t->described, args->words[0], args->words[1]);
	t->ram = yj_ram_new();
	if (!t->family)
		return yj_wrong(args->command, "no family \"%s\"", args->words[0]);
	if (!t->ram)
		return yj_fail(YJ_EXIT_REFUSED, "out of memory");
	int rc = judge(t, args->words[1], args->words[2], strlen(args->words[2]),
	    yj_arg(args, "retained") != NULL, &v);
	if (rc < 0)
		return yj_fail(YJ_EXIT_REFUSED, "%s", yj_err_name(rc));
	json_t *o = tell(&v, NULL);
	if (cli->json) {
		put_line(o);
		return 0;
	}
	const char *key;
	json_t *value;
	json_object_foreach(o, key, value)
	{
		char *text = json_is_string(value) ? strdup(json_string_value(value))
						   : json_dumps(value, JSON_ENCODE_ANY);
		printf("%-12s%s\n", key, text ? text : "");
		free(text);
	}
	json_decref(o);
	return 0;
}

static int run_try(struct yj_cli *cli, const struct yj_args *args)
{
	const char *path = yj_arg(args, "jsonl");
	struct trial t = {.decoder = yj_decoder_new()};
	int rc;
	if (!t.decoder)
		return yj_fail(YJ_EXIT_REFUSED, "out of memory");
	rc = yj_described_open(cli, yj_arg(args, "mapping"), &t.described);
	if (rc)
		; /* said */
	else if (path && args->n_words)
		rc = yj_wrong(args->command, "--jsonl takes no further words");
	else if (!path && args->n_words != 3)
		rc = yj_wrong(args->command, "expected FAMILY TOPIC PAYLOAD, or --jsonl FILE");
	else
		rc = path ? from_file(&t, path) : from_words(&t, cli, args);
	yj_described_done(&t.described);
	yj_ram_free(t.ram);
	yj_decoder_free(t.decoder);
	return rc;
}

static const struct yj_opt try_opts[] = {
    {"jsonl", 0, "FILE", "captures, one JSON object a line; - is standard input", false},
    {"mapping", 0, "FILE", "a mapping, or the name of one that comes with us", false},
    {"retained", 0, NULL, "as the broker's replay of a retained message", false},
    {0},
};

const struct yj_command yj_device_try_commands[] = {
    {.name = "device",
	.verb = "try",
	.words = "[FAMILY TOPIC PAYLOAD]",
	.help = "Shows what a message of another maker's device would become; nothing is done.\n"
		"A capture has family, topic, payload or payload_b64, and may have retain,\n"
		"registered (the names that the directory knows) and prior (messages before it).\n"
		"FAMILY may be a mapping's name, or generic: the one of -c or --mapping that has\n"
		"the topic.",
	.opts = try_opts,
	.min_words = 0,
	.max_words = 3,
	.json = true,
	.run = run_try},
    {0},
};
