/* A mapping's YAML: every complaint with its line. */
#include "config_mapping.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define N(a) (sizeof(a) / sizeof((a)[0]))
#define SOURCE_EXPECTED "a JSON pointer such as /data/0/value, or {name} of the topic"
#define HEARTBEAT_MAX_MS (366LL * 86400 * 1000)
#define WINDOW_MAX_MS 3600000LL

struct reader {
	struct yj_yaml *y;
	struct yj_mapping *m;
};

/* A text was compiled, or was it: wrong is what was expected. */
static bool fine(struct reader *r, yaml_node_t *node, const char *what, const char *wrong)
{
	if (wrong)
		yj_yaml_error(
		    r->y, yj_yaml_line(node), "%s is not usable, expected %s", what, wrong);
	return !wrong;
}

static bool read_source(
    struct reader *r, yaml_node_t *node, const char *what, struct yj_map_source *out)
{
	const char *s;
	return yj_yaml_text(r->y, node, what, SOURCE_EXPECTED, &s) &&
	       fine(r, node, what, yj_mapping_source(r->m, s, out));
}

static void read_text(
    struct reader *r, yaml_node_t *node, const char *what, struct yj_map_text *out)
{
	const char *s;
	if (yj_yaml_text(r->y, node, what, SOURCE_EXPECTED, &s))
		(void)fine(r, node, what, yj_mapping_text(r->m, s, out));
}

static bool read_number(struct reader *r, yaml_node_t *node, const char *what, double *out)
{
	const char *s;
	char *end;
	if (!yj_yaml_text(r->y, node, what, "a number", &s))
		return false;
	double v = strtod(s, &end);
	if (*end || end == s || !isfinite(v)) {
		yj_yaml_error(r->y, yj_yaml_line(node), "%s is no number, expected one", what);
		return false;
	}
	*out = v;
	return true;
}

/* A word of a table; -1: it is none, which was noted, or not set. */
static int read_word(struct reader *r, yaml_node_t *node, const char *what,
    const char *const *words, const char *expected)
{
	const char *s;
	if (!yj_yaml_text(r->y, node, what, expected, &s))
		return -1;
	for (int i = 0; words[i]; i++)
		if (strcmp(words[i], s) == 0)
			return i;
	yj_yaml_error(
	    r->y, yj_yaml_line(node), "%s is not one of ours, expected %s", what, expected);
	return -1;
}

static void read_as(struct reader *r, yaml_node_t *node, const char *what, struct yj_map_as *out)
{
	static const char expected[] =
	    "json, text, bytes, base64, base64-json, base64-text, hex, hex-json or hex-text";
	const char *s;
	if (yj_yaml_text(r->y, node, what, expected, &s) && !yj_mapping_as(s, out))
		yj_yaml_error(
		    r->y, yj_yaml_line(node), "%s is not known, expected %s", what, expected);
}

/* One node, or each of a list: calls fn up to max times. */
static void each_of(struct reader *r, yaml_node_t *node, const char *what, size_t max,
    void (*fn)(struct reader *r, yaml_node_t *item, const char *what, void *arg), void *arg)
{
	if (yj_yaml_is_null(node))
		return;
	if (node->type != YAML_SEQUENCE_NODE) {
		fn(r, node, what, arg);
		return;
	}
	int n = yj_yaml_list(r->y, node, what, 1, max);
	for (int i = 0; i < n; i++)
		fn(r, yj_yaml_item(r->y, node, i), what, arg);
}

/* ── conditions ── */

static void add_value(struct reader *r, yaml_node_t *node, const char *what, void *arg)
{
	const char *s;
	struct yj_map_values *values = arg;
	if (!yj_yaml_text(r->y, node, what, "a value or a list of values", &s)) {
		if (yj_yaml_is_null(node))
			yj_yaml_error(
			    r->y, yj_yaml_line(node), "%s is empty, expected a value", what);
		return;
	}
	bool plain = node->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
	if (yj_mapping_value(s, plain, values) < 0)
		r->y->nomem = true;
}

#define CONDITION_KEYS                                                                             \
	{"at", false}, {"is", false}, {"not", false}, {"over", false}, {"under", false},           \
	    {"exists", false},                                                                     \
	{                                                                                          \
		"bits", false                                                                      \
	}
#define CONDITION_N 7

static void fill_condition(struct reader *r, yaml_node_t *const v[CONDITION_N], const char *what,
    struct yj_map_condition *c)
{
	bool exists = true;
	double bits = 0;
	(void)read_source(r, v[0], "at", &c->at);
	each_of(r, v[1], "is", YJ_MAP_VALUES_MAX, add_value, &c->is);
	each_of(r, v[2], "not", YJ_MAP_VALUES_MAX, add_value, &c->not );
	c->has_over = read_number(r, v[3], "over", &c->over);
	c->has_under = read_number(r, v[4], "under", &c->under);
	(void)yj_yaml_bool(r->y, v[5], "exists", &exists);
	c->absent = !exists;
	if (read_number(r, v[6], "bits", &bits) && (bits < 1 || bits > 4294967295.0))
		yj_yaml_error(
		    r->y, yj_yaml_line(v[6]), "bits is out of range, expected 1 to 4294967295");
	else
		c->bits = (int64_t)bits;
	bool more = c->is.n || c->not .n || c->has_over || c->has_under || c->bits;
	for (size_t i = 1; !v[0] && i < CONDITION_N; i++)
		if (v[i]) {
			yj_yaml_error(r->y, yj_yaml_line(v[i]),
			    "%s has no `at`, expected " SOURCE_EXPECTED, what);
			break;
		}
	if (c->absent && more)
		yj_yaml_error(r->y, yj_yaml_line(v[5]),
		    "%s says that nothing is there and what it is, expected one of both", what);
}

static void read_condition(
    struct reader *r, yaml_node_t *node, const char *what, struct yj_map_condition *c)
{
	static const struct yj_yaml_key keys[] = {CONDITION_KEYS};
	yaml_node_t *v[N(keys)];
	if (yj_yaml_map(r->y, node, what, keys, N(keys), v))
		fill_condition(r, v, what, c);
	if (node->type == YAML_MAPPING_NODE && !v[0])
		yj_yaml_error(r->y, yj_yaml_line(node),
		    "\"at\" is not set in %s, expected " SOURCE_EXPECTED, what);
}

/* ── rules ── */

static bool read_kind(struct reader *r, yaml_node_t *node, struct yj_map_rule *rule)
{
	static const char expected[] =
	    "call, fall, smoke, gas, leak, bed_exit, inactivity, vital, wander, cancel, life, "
	    "online, offline, heartbeat, telemetry, tamper, trouble or ignore";
	static const struct {
		const char *name;
		enum yj_map_does does;
		unsigned fault;
	} words[] = {{"call", YJ_DOES_CALL, 0}, {"cancel", YJ_DOES_CANCEL, 0},
	    {"life", YJ_DOES_LIFE, 0}, {"online", YJ_DOES_ONLINE, 0},
	    {"offline", YJ_DOES_OFFLINE, 0}, {"heartbeat", YJ_DOES_HEARTBEAT, 0},
	    {"telemetry", YJ_DOES_TELEMETRY, 0}, {"tamper", YJ_DOES_FAULT, YJ_FAULT_TAMPER},
	    {"trouble", YJ_DOES_FAULT, YJ_FAULT_TROUBLE}, {"ignore", YJ_DOES_IGNORE, 0}};
	const char *s;
	if (!yj_yaml_text(r->y, node, "kind", expected, &s))
		return false;
	for (size_t i = 0; i < N(words); i++) {
		if (strcmp(words[i].name, s) == 0) {
			rule->does = words[i].does;
			rule->fault = words[i].fault;
			return true;
		}
	}
	rule->does = YJ_DOES_ALARM;
	if (yj_kind_parse(s, &rule->kind) == 0 && yj_kind_is_alarm(rule->kind))
		return true;
	yj_yaml_error(r->y, yj_yaml_line(node), "kind is not one of ours, expected %s", expected);
	return false;
}

static void wrong_rule(struct reader *r, yaml_node_t *node, const char *text)
{
	yj_yaml_error(r->y, yj_yaml_line(node), "%s", text);
}

/* Under which name a state or value is remembered. */
static void read_field(struct reader *r, yaml_node_t *node, yaml_node_t *at, const char *kind,
    struct yj_map_rule *rule)
{
	const char *field = NULL;
	char own[512];
	if (!yj_yaml_text(r->y, node, "field", "a short name", &field)) {
		if (!at || at->type != YAML_SCALAR_NODE)
			return;
		snprintf(own, sizeof own, "%.32s%.400s", kind, (const char *)at->data.scalar.value);
		field = own;
	}
	if (strlen(field) <= YJ_FIELD_MAX)
		snprintf(rule->field, sizeof rule->field, "%s", field);
	else
		yj_yaml_error(r->y, yj_yaml_line(node ? node : at),
		    "the value's name is too long to remember, expected a `field` of at most %d "
		    "bytes",
		    YJ_FIELD_MAX);
}

static void check_rule(struct reader *r, yaml_node_t *const *v, const struct yj_map_rule *rule)
{
	bool call = rule->does == YJ_DOES_CALL;
	bool steady = call || rule->does == YJ_DOES_ALARM;
	if (rule->state && !steady)
		wrong_rule(r, v[4],
		    "state is of no use for this kind, expected it with call or "
		    "an alarm only");
	if (rule->changes && rule->does != YJ_DOES_LIFE)
		wrong_rule(
		    r, v[5], "changes is of no use for this kind, expected it with life only");
	if ((rule->state || rule->changes) && !v[8])
		wrong_rule(r, v[rule->state ? 4 : 5],
		    "there is no `at`, expected the value that is looked at");
	if ((v[2] || v[3]) && (!call || rule->state))
		wrong_rule(r, v[2] ? v[2] : v[3],
		    "button and key are of a press, expected them with call without state only");
	if (v[6] && !rule->state && !rule->changes)
		wrong_rule(r, v[6], "field is of no use here, expected it with state or changes");
}

static void read_rule(struct reader *r, yaml_node_t *node)
{
	static const struct yj_yaml_key keys[] = {{"kind", true}, {"when", false},
	    {"button", false}, {"key", false}, {"state", false}, {"changes", false},
	    {"field", false}, {"note", false}, CONDITION_KEYS};
	static const char *const buttons[] = {"sos", "service", "family", NULL};
	yaml_node_t *v[N(keys)];
	struct yj_map_rule *rule = &r->m->rules[r->m->n_rules];
	if (!yj_yaml_map(r->y, node, "a rule", keys, N(keys), v))
		return;
	r->m->n_rules++;
	bool known = read_kind(r, v[0], rule);
	if (v[8])
		rule->n = 1;
	fill_condition(r, &v[8], "a rule", &rule->conditions[0]);
	int n = v[1] ? yj_yaml_list(r->y, v[1], "when", 1, YJ_MAP_CONDITIONS_MAX - rule->n) : 0;
	for (int i = 0; i < n; i++)
		read_condition(r, yj_yaml_item(r->y, v[1], i), "an entry of when",
		    &rule->conditions[rule->n++]);
	int button = read_word(r, v[2], "button", buttons, "sos, service or family");
	if (button >= 0) {
		rule->emergency = true;
		rule->kind = (enum yj_kind)(YJ_KIND_SOS + button);
	}
	read_text(r, v[3], "key", &rule->key);
	(void)yj_yaml_bool(r->y, v[4], "state", &rule->state);
	(void)yj_yaml_bool(r->y, v[5], "changes", &rule->changes);
	if (known && (rule->state || rule->changes))
		read_field(r, v[6], v[8], (const char *)v[0]->data.scalar.value, rule);
	if (known)
		check_rule(r, v, rule);
}

static void read_rules(struct reader *r, yaml_node_t *node)
{
	int n = node ? yj_yaml_list(r->y, node, "rules", 0, YJ_MAP_RULES_MAX) : 0;
	for (int i = 0; i < n; i++)
		read_rule(r, yj_yaml_item(r->y, node, i));
}

/* ── readings, time, repeats ── */

static void read_measure(
    struct reader *r, yaml_node_t *node, const char *what, struct yj_map_number *out)
{
	static const struct yj_yaml_key keys[] = {{"at", true}, {"factor", false}, {"plus", false}};
	yaml_node_t *v[N(keys)];
	if (yj_yaml_is_null(node))
		return;
	if (node->type == YAML_SCALAR_NODE) {
		(void)read_source(r, node, what, &out->at);
		return;
	}
	if (!yj_yaml_map(r->y, node, what, keys, N(keys), v))
		return;
	(void)read_source(r, v[0], what, &out->at);
	(void)read_number(r, v[1], "factor", &out->factor);
	(void)read_number(r, v[2], "plus", &out->plus);
}

static void read_flag(
    struct reader *r, yaml_node_t *node, const char *what, struct yj_map_flag *out)
{
	if (yj_yaml_is_null(node))
		return;
	out->plain = node->type == YAML_SCALAR_NODE;
	if (out->plain)
		(void)read_source(r, node, what, &out->when.at);
	else
		read_condition(r, node, what, &out->when);
}

static void read_readings(struct reader *r, yaml_node_t *node)
{
	static const struct yj_yaml_key keys[] = {{"battery", false}, {"rssi", false},
	    {"hr", false}, {"rr", false}, {"spo2", false}, {"battery_low", false}, {"mains", false},
	    {"in_bed", false}, {"fw", false}};
	yaml_node_t *v[N(keys)];
	if (!node || !yj_yaml_map(r->y, node, "readings", keys, N(keys), v))
		return;
	for (size_t i = 0; i < YJ_MAP_NUMBERS; i++)
		read_measure(r, v[i], keys[i].name, &r->m->numbers[i]);
	for (size_t i = 0; i < YJ_MAP_FLAGS; i++)
		read_flag(r, v[YJ_MAP_NUMBERS + i], keys[YJ_MAP_NUMBERS + i].name, &r->m->flags[i]);
	(void)read_source(r, v[8], "fw", &r->m->fw);
}

static void read_time(struct reader *r, yaml_node_t *node)
{
	static const struct yj_yaml_key keys[] = {{"at", true}, {"as", false}};
	static const char *const words[] = {"auto", "s", "ms", "iso", NULL};
	yaml_node_t *v[N(keys)];
	if (!node || node->type == YAML_SCALAR_NODE) {
		(void)read_source(r, node, "time", &r->m->time);
		return;
	}
	if (!yj_yaml_map(r->y, node, "time", keys, N(keys), v))
		return;
	(void)read_source(r, v[0], "time", &r->m->time);
	int as = read_word(r, v[1], "time.as", words, "auto, s, ms or iso");
	r->m->time_as = as < 0 ? YJ_TIME_AUTO : (enum yj_map_time)as;
}

/* The last word of a pointer, as the name of what tells repeats. */
static void name_dedup(struct yj_mapping *m, const char *text)
{
	size_t used = strlen(m->dedup_field);
	const char *last = strrchr(text, '/');
	const char *name = last ? last + 1 : text;
	name += *name == '{';
	snprintf(m->dedup_field + used, sizeof m->dedup_field - used, "%s%.*s", used ? "+" : "",
	    (int)strcspn(name, "}"), name);
}

static void add_dedup(struct reader *r, yaml_node_t *node, const char *what, void *arg)
{
	const char *s;
	struct yj_map_text *text = arg;
	struct yj_map_text one = {0};
	if (!yj_yaml_text(r->y, node, what, SOURCE_EXPECTED " or body", &s))
		return;
	if (strcmp(s, "body") == 0) {
		r->m->dedup_body = true;
		if (text->n)
			name_dedup(r->m, s);
		return;
	}
	if (!fine(r, node, what, yj_mapping_source(r->m, s, &one.parts[0].at)))
		return;
	if (text->n) { /* a sign between, so that 1 and 23 are not 12 and 3 */
		text->parts[text->n].at.from = YJ_FROM_LITERAL;
		text->parts[text->n].literal = strdup("+");
		r->y->nomem = r->y->nomem || !text->parts[text->n].literal;
		text->n += text->parts[text->n].literal != NULL;
	}
	text->parts[text->n++].at = one.parts[0].at;
	name_dedup(r->m, s);
}

static void read_dedup(struct reader *r, yaml_node_t *node)
{
	static const struct yj_yaml_key keys[] = {{"by", false}, {"as", false}, {"within", false}};
	static const char *const words[] = {"id", "packet", "counter", "window", NULL};
	static const enum yj_repeat repeats[] = {
	    YJ_REPEAT_ID, YJ_REPEAT_PACKET, YJ_REPEAT_COUNTER, YJ_REPEAT_WINDOW};
	yaml_node_t *v[N(keys)] = {node, NULL, NULL};
	struct yj_mapping *m = r->m;
	if (!node || (node->type == YAML_MAPPING_NODE &&
			 !yj_yaml_map(r->y, node, "dedup", keys, N(keys), v)))
		return;
	each_of(r, v[0], "dedup", YJ_MAP_PARTS_MAX / 2, add_dedup, &m->dedup);
	int as = read_word(r, v[1], "dedup.as", words, "id, packet, counter or window");
	m->repeat = repeats[as < 0 ? 0 : as];
	m->window_ms = 5000;
	yj_yaml_duration(r->y, v[2], "dedup.within", 100, WINDOW_MAX_MS, &m->window_ms);
	bool window = m->repeat == YJ_REPEAT_WINDOW;
	if (v[2] && !window)
		wrong_rule(r, v[2], "dedup.within is of no use, expected it with as: window only");
	if (m->dedup_body && (m->repeat == YJ_REPEAT_COUNTER || window))
		wrong_rule(
		    r, node, "dedup by body is of no use, expected it with as: id or packet only");
	if (!m->dedup_body && !m->dedup.n && !window)
		wrong_rule(r, node, "dedup has no `by`, expected what tells a repeat");
}

/* ── the whole ── */

static void add_topic(struct reader *r, yaml_node_t *node, const char *what, void *arg)
{
	const char *s;
	(void)arg;
	if (yj_yaml_text(r->y, node, what, "a topic with +, # or {name}", &s))
		(void)fine(r, node, what, yj_mapping_add_topic(r->m, s));
}

static void add_device(struct reader *r, yaml_node_t *node, const char *what, void *arg)
{
	(void)arg;
	if (r->m->n_names < YJ_MAP_NAMES_MAX)
		read_text(r, node, what, &r->m->names[r->m->n_names++]);
}

static void read_unpack(struct reader *r, yaml_node_t *node)
{
	static const struct yj_yaml_key keys[] = {{"at", true}, {"as", true}, {"of", false}};
	static const char *const words[] = {"each", NULL};
	int n = node ? yj_yaml_list(r->y, node, "unpack", 0, YJ_MAP_UNPACK_MAX) : 0;
	for (int i = 0; i < n; i++) {
		yaml_node_t *v[N(keys)], *item = yj_yaml_item(r->y, node, i);
		struct yj_map_source at = {0};
		if (!yj_yaml_map(r->y, item, "an entry of unpack", keys, N(keys), v))
			continue;
		if (!read_source(r, v[0], "unpack.at", &at))
			continue;
		if (at.from != YJ_FROM_POINTER) {
			wrong_rule(r, v[0], "unpack.at is no JSON pointer, expected one");
			continue;
		}
		r->m->unpack[r->m->n_unpack].at = at;
		read_as(r, v[1], "unpack.as", &r->m->unpack[r->m->n_unpack].as);
		r->m->unpack[r->m->n_unpack++].each =
		    read_word(r, v[2], "unpack.of", words, "each") == 0;
	}
}

static void keep(struct reader *r, const char *s, char **dst)
{
	*dst = strdup(s);
	r->y->nomem = r->y->nomem || !*dst;
}

static void read_feedback(struct reader *r, yaml_node_t *node)
{
	static const struct yj_yaml_key keys[] = {{"topic", true}, {"qos", false},
	    {"received", false}, {"answered", false}, {"searching", false}, {"arrived", false},
	    {"closed", false}};
	yaml_node_t *v[N(keys)];
	const char *s;
	if (!node || !yj_yaml_map(r->y, node, "feedback", keys, N(keys), v))
		return;
	if (yj_yaml_text(r->y, v[0], "feedback.topic", "a topic with {device} or {route}", &s)) {
		if (strpbrk(s, "+#") || strlen(s) >= YJ_TOPIC_MAX || strncmp(s, "yj/", 3) == 0)
			wrong_rule(r, v[0],
			    "feedback.topic is no topic, expected one without + and # that is not "
			    "under yj/");
		else
			keep(r, s, &r->m->tell_topic);
	}
	yj_yaml_int(r->y, v[1], "feedback.qos", 0, 1, &r->m->tell_qos);
	for (int state = YJ_HOME_RECEIVED; state <= YJ_HOME_CLOSED; state++) {
		yaml_node_t *text = v[2 + state];
		if (yj_yaml_is_null(text))
			continue;
		if (text->type != YAML_SCALAR_NODE || text->data.scalar.length > 1000)
			wrong_rule(r, text,
			    "a payload of feedback is no text, expected one of at "
			    "most 1000 bytes");
		else
			keep(r, (const char *)text->data.scalar.value, &r->m->tell[state]);
	}
}

static void read_mapping(struct reader *r)
{
	static const struct yj_yaml_key keys[] = {{"name", true}, {"topic", false},
	    {"payload", false}, {"unpack", false}, {"each", false}, {"device", true},
	    {"route", false}, {"time", false}, {"dedup", false}, {"heartbeat", false},
	    {"readings", false}, {"otherwise", false}, {"rules", false}, {"feedback", false},
	    {"note", false}};
	static const char *const bases[] = {"ignore", "heartbeat", "telemetry", NULL};
	yaml_node_t *v[N(keys)];
	struct yj_mapping *m = r->m;
	const char *s;
	if (!yj_yaml_map(r->y, yj_yaml_root(r->y), "the mapping", keys, N(keys), v))
		return;
	if (yj_yaml_text(r->y, v[0], "name", "the name of the family", &s))
		(void)fine(r, v[0], "name", yj_mapping_set_name(m, s));
	each_of(r, v[1], "topic", YJ_MAP_TOPICS_MAX, add_topic, NULL);
	read_as(r, v[2], "payload", &m->payload);
	read_unpack(r, v[3]);
	if (read_source(r, v[4], "each", &m->each) && m->each.from != YJ_FROM_POINTER)
		wrong_rule(r, v[4], "each is no JSON pointer, expected one");
	each_of(r, v[5], "device", YJ_MAP_NAMES_MAX, add_device, NULL);
	read_text(r, v[6], "route", &m->route);
	read_time(r, v[7]);
	read_dedup(r, v[8]);
	yj_yaml_duration(r->y, v[9], "heartbeat", 1000, HEARTBEAT_MAX_MS, &m->family.heartbeat_ms);
	read_readings(r, v[10]);
	int base = read_word(r, v[11], "otherwise", bases, "ignore, heartbeat or telemetry");
	if (base >= 0)
		m->otherwise = (enum yj_base)(YJ_BASE_IGNORE + base);
	read_rules(r, v[12]);
	read_feedback(r, v[13]);
	const char *lacks = yj_mapping_check(m);
	if (lacks)
		yj_yaml_error(r->y, yj_yaml_line(v[12]), "rules are not clear, expected %s", lacks);
}

int yj_mapping_parse(
    struct yj_yaml *y, const char *name, const void *bytes, size_t len, struct yj_mapping **out)
{
	struct reader r = {.y = y};
	int rc = yj_yaml_load(y, name, bytes, len);
	*out = NULL;
	if (rc < 0)
		return rc;
	r.m = yj_mapping_new();
	if (!r.m)
		return YJ_ERR_NOMEM;
	read_mapping(&r);
	if (y->n_errors || y->nomem) {
		yj_mapping_free(r.m);
		return y->n_errors ? YJ_ERR_INVAL : YJ_ERR_NOMEM;
	}
	*out = r.m;
	return 0;
}
