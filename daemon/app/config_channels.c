/* Channels to people beside mqtt and webhooks: sms, voice, email, and robots in groups. Each type
 * has a table of its keys; what the values mean is said in docs/configuration.md. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config_internal.h"

#define N(a) (sizeof(a) / sizeof((a)[0]))

enum value_type {
	V_TEXT,
	V_BLOCK,
	V_URL,
	V_URL_TEMPLATE,
	V_FILE,
	V_SECRET,
	V_DURATION,
	V_COUNT,
	V_BOOL,
	V_LIST
};

struct key {
	const char *name;
	enum value_type type;
	bool required;
	int64_t standard, min, max; /* of durations (ms), counts and booleans */
	const char *expected;	    /* of texts */
};

#define TIMEOUT                                                                                    \
	{                                                                                          \
		"timeout", V_DURATION, false, 10000, 1000, 600000, NULL                            \
	}
#define ATTEMPTS(n)                                                                                \
	{                                                                                          \
		"attempts", V_COUNT, false, n, 1, 100, NULL                                        \
	}

static const struct key spool_keys[] = {
    {"spool", V_TEXT, false, 0, 0, 0, "the folder with outgoing, sent, failed and incoming"},
    {"report", V_BOOL, false, 1, 0, 0, NULL},
    {"take_within", V_DURATION, false, 60000, 1000, 3600000, NULL},
    ATTEMPTS(3),
};
static const struct key aliyun_keys[] = {
    {"endpoint", V_URL, false, 0, 0, 0, NULL},
    {"access_key_id", V_TEXT, true, 0, 0, 0, "the id of an access key"},
    {"access_key_secret_file", V_SECRET, true, 0, 0, 0, NULL},
    {"sign_name", V_TEXT, true, 0, 0, 0, "the signature that was approved"},
    {"template_code", V_TEXT, true, 0, 0, 0, "the code of a template that was approved"},
    {"template_param", V_BLOCK, true, 0, 0, 0, "a JSON object with placeholders"},
    {"callback_secret_file", V_SECRET, false, 0, 0, 0, NULL},
    {"ca_file", V_FILE, false, 0, 0, 0, NULL},
    TIMEOUT,
    ATTEMPTS(3),
};
static const struct key http_keys[] = {
    {"url", V_URL_TEMPLATE, true, 0, 0, 0, NULL},
    {"method", V_TEXT, false, 0, 0, 0, "POST, PUT or GET"},
    {"content_type", V_TEXT, false, 0, 0, 0, "a media type such as application/json"},
    {"headers", V_LIST, false, 0, 0, 0, "a list of \"Name: value\""},
    {"authorization_file", V_SECRET, false, 0, 0, 0, NULL},
    {"body", V_BLOCK, false, 0, 0, 0, "a template"},
    {"ok_pointer", V_TEXT, false, 0, 0, 0, "a JSON pointer such as /code"},
    {"ok_value", V_TEXT, false, 0, 0, 0, "the value there that means success"},
    {"ref_pointer", V_TEXT, false, 0, 0, 0, "a JSON pointer to the message's id"},
    {"limit_values", V_LIST, false, 0, 0, 0, "a list of values that mean a flow limit"},
    {"report_ref", V_TEXT, false, 0, 0, 0, "a JSON pointer, or the name of a form's field"},
    {"report_state", V_TEXT, false, 0, 0, 0, "a JSON pointer, or the name of a form's field"},
    {"report_ok", V_TEXT, false, 0, 0, 0, "the value there that means delivered"},
    {"reply_from", V_TEXT, false, 0, 0, 0, "a JSON pointer, or the name of a form's field"},
    {"reply_text", V_TEXT, false, 0, 0, 0, "a JSON pointer, or the name of a form's field"},
    {"reply_id", V_TEXT, false, 0, 0, 0, "a JSON pointer, or the name of a form's field"},
    {"callback_secret_file", V_SECRET, false, 0, 0, 0, NULL},
    {"ca_file", V_FILE, false, 0, 0, 0, NULL},
    TIMEOUT,
    ATTEMPTS(3),
};
static const struct key voice_keys[] = {
    {"control", V_LIST, false, 0, 0, 0, "ADDRESS:PORT of baresip's ctrl_tcp, or a list of them"},
    {"dial", V_TEXT, true, 0, 0, 0, "an address such as sip:{phone}@pbx.example.org"},
    {"voice", V_TEXT, false, 0, 0, 0, "a voice of espeak-ng such as cmn"},
    {"folder", V_TEXT, false, 0, 0, 0, "an absolute path that baresip can read"},
    {"ring_for", V_DURATION, false, 30000, 5000, 300000, NULL},
    {"talk_for", V_DURATION, false, 90000, 10000, 600000, NULL},
    ATTEMPTS(2),
};
static const struct key email_keys[] = {
    {"url", V_TEXT, true, 0, 0, 0, "smtp://HOST:PORT or smtps://HOST:PORT"},
    {"from", V_TEXT, true, 0, 0, 0, "an address such as yijian@example.org"},
    {"username", V_TEXT, false, 0, 0, 0, "a user name"},
    {"password_file", V_SECRET, false, 0, 0, 0, NULL},
    {"ca_file", V_FILE, false, 0, 0, 0, NULL},
    {"timeout", V_DURATION, false, 20000, 1000, 600000, NULL},
    ATTEMPTS(3),
};
static const struct key robot_keys[] = {
    {"url", V_URL, true, 0, 0, 0, NULL},
    {"secret_file", V_SECRET, false, 0, 0, 0, NULL},
    {"ca_file", V_FILE, false, 0, 0, 0, NULL},
    TIMEOUT,
    ATTEMPTS(3),
};

static const struct {
	const char *word; /* of `driver` or `type` */
	const char *section;
	const struct key *keys;
	size_t n;
} types[] = {
    [YJ_CHANNEL_SPOOL] = {"smstools", "sms", spool_keys, N(spool_keys)},
    [YJ_CHANNEL_ALIYUN] = {"aliyun", "sms", aliyun_keys, N(aliyun_keys)},
    [YJ_CHANNEL_SMS_HTTP] = {"http", "sms", http_keys, N(http_keys)},
    [YJ_CHANNEL_VOICE] = {"baresip", "voice", voice_keys, N(voice_keys)},
    [YJ_CHANNEL_EMAIL] = {"", "email", email_keys, N(email_keys)},
    [YJ_CHANNEL_WECOM] = {"wecom", "robots", robot_keys, N(robot_keys)},
    [YJ_CHANNEL_DINGTALK] = {"dingtalk", "robots", robot_keys, N(robot_keys)},
    [YJ_CHANNEL_FEISHU] = {"feishu", "robots", robot_keys, N(robot_keys)},
};

/* It is a part of an address, and all that keeps strangers from answering for others. */
static void check_callback(
    struct yj_yaml *y, yaml_node_t *node, const char *what, const char *secret)
{
	static const char safe[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
				   "0123456789-_";
	size_t len = strlen(secret);
	if (len < 16 || strspn(secret, safe) != len)
		yj_yaml_error(y, yj_yaml_line(node),
		    "%s holds no secret, expected one line of at least 16 letters, digits, - or _",
		    what);
}

static void read_value(struct yj_yaml *y, yaml_node_t *node, const char *what, unsigned flags,
    const struct key *key, struct yj_config_value *value)
{
	bool yes = key->standard != 0;
	int count = (int)key->standard;
	value->key = key->name;
	value->number = key->standard;
	if (yj_yaml_is_null(node))
		return;
	value->line = yj_yaml_line(node);
	switch (key->type) {
	case V_TEXT:
		yj_config_read_string(y, node, what, key->expected, &value->text);
		break;
	case V_BLOCK:
		yj_config_read_block(y, node, what, key->expected, &value->text);
		break;
	case V_URL:
		yj_config_read_url(y, node, what, &value->text);
		break;
	case V_URL_TEMPLATE:
		yj_config_read_url_template(y, node, what, &value->text);
		break;
	case V_FILE:
		yj_config_read_file(y, node, what, flags, &value->text);
		break;
	case V_SECRET:
		value->secret = true;
		yj_config_read_secret(y, node, what, flags, NULL, &value->text);
		if (value->text && strcmp(key->name, "callback_secret_file") == 0)
			check_callback(y, node, what, value->text);
		break;
	case V_DURATION:
		yj_yaml_duration(y, node, what, key->min, key->max, &value->number);
		break;
	case V_COUNT:
		yj_yaml_int(y, node, what, (int)key->min, (int)key->max, &count);
		value->number = count;
		break;
	case V_BOOL:
		yj_yaml_bool(y, node, what, &yes);
		value->number = yes;
		break;
	case V_LIST:
		yj_config_read_list(y, node, what, key->expected, &value->text);
		break;
	}
}

/* The word that says of which type an entry is: of its own key, which is not looked at again. */
static bool read_type(struct yj_yaml *y, yaml_node_t *node, const char *section,
    const char *chooser, enum yj_config_channel_type *type)
{
	char words[128] = "";
	const char *s = NULL;
	size_t used = 0;
	for (size_t i = 0; i < N(types); i++)
		if (strcmp(types[i].section, section) == 0)
			used += (size_t)snprintf(words + used, sizeof words - used, "%s%s",
			    used ? " or " : "", types[i].word);
	if (node->type != YAML_MAPPING_NODE) {
		yj_yaml_error(y, yj_yaml_line(node), "%s is no mapping, expected one", section);
		return false;
	}
	yaml_node_t *said = yj_yaml_find(y, node, chooser);
	if (!yj_yaml_text(y, said, chooser, words, &s)) {
		if (!said || yj_yaml_is_null(said))
			yj_yaml_error(y, yj_yaml_line(node), "%s of %s is missing, expected %s",
			    chooser, section, words);
		return false;
	}
	for (size_t i = 0; i < N(types); i++) {
		if (strcmp(types[i].section, section) == 0 && strcmp(types[i].word, s) == 0) {
			*type = (enum yj_config_channel_type)i;
			return true;
		}
	}
	char told[YJ_CLIP_LEN];
	yj_yaml_error(y, yj_yaml_line(said), "%s of %s is \"%s\", expected %s", chooser, section,
	    yj_yaml_clip(s, told), words);
	return false;
}

static struct yj_config_channel *add(struct yj_yaml *y, struct yj_config *c, size_t n_keys)
{
	struct yj_config_channel *v =
	    reallocarray(c->channels, c->n_channels + 1, sizeof *c->channels);
	if (v)
		c->channels = v;
	struct yj_config_value *values = v ? calloc(n_keys, sizeof *values) : NULL;
	if (!values) {
		y->nomem = true;
		return NULL;
	}
	struct yj_config_channel *one = &c->channels[c->n_channels++];
	memset(one, 0, sizeof *one);
	one->v = values;
	return one;
}

/* One entry: chooser (NULL: there is one type only) and, of robots, a name come before the keys of
 * its type. */
static void read_entry(struct yj_yaml *y, yaml_node_t *node, unsigned flags, struct yj_config *c,
    enum yj_config_channel_type type, const char *chooser, const char *name)
{
	struct yj_yaml_key keys[YJ_YAML_KEYS_MAX];
	yaml_node_t *v[YJ_YAML_KEYS_MAX];
	size_t n = 0;
	bool named = strcmp(types[type].section, "robots") == 0;
	if (chooser)
		keys[n++] = (struct yj_yaml_key){chooser, true};
	if (named)
		keys[n++] = (struct yj_yaml_key){"name", true};
	size_t first = n;
	for (size_t i = 0; i < types[type].n; i++)
		keys[n++] =
		    (struct yj_yaml_key){types[type].keys[i].name, types[type].keys[i].required};
	if (!yj_yaml_map(y, node, types[type].section, keys, n, v))
		return;
	struct yj_config_channel *one = add(y, c, types[type].n);
	if (!one)
		return;
	one->type = type;
	one->line = yj_yaml_line(node);
	if (named) {
		char called[YJ_NAME_MAX + 1] = "";
		yj_config_read_name(y, v[first - 1], "name of a robot", called);
		snprintf(one->name, sizeof one->name, "%s:%s", types[type].word, called);
	} else {
		snprintf(one->name, sizeof one->name, "%s", name);
	}
	for (size_t i = 0; i < types[type].n; i++) {
		char what[96];
		snprintf(what, sizeof what, "%s.%s", types[type].section, types[type].keys[i].name);
		read_value(y, v[first + i], what, flags, &types[type].keys[i], &one->v[i]);
	}
	one->n = types[type].n;
	for (size_t i = 0; i + 1 < c->n_channels; i++)
		if (strcmp(c->channels[i].name, one->name) == 0)
			yj_yaml_error(y, one->line,
			    "robot \"%s\" is there already, expected each "
			    "name once",
			    one->name);
}

/* One mapping, or a list of them that are tried in turn: sms, sms:2, ... */
static void read_sms(struct yj_yaml *y, yaml_node_t *node, unsigned flags, struct yj_config *c)
{
	enum yj_config_channel_type type;
	if (node->type != YAML_SEQUENCE_NODE) {
		if (read_type(y, node, "sms", "driver", &type))
			read_entry(y, node, flags, c, type, "driver", "sms");
		return;
	}
	int n = yj_yaml_list(y, node, "sms", 1, YJ_CHANNELS_MAX);
	for (int i = 0; i < n; i++) {
		yaml_node_t *item = yj_yaml_item(y, node, i);
		char name[16];
		snprintf(name, sizeof name, i ? "sms:%d" : "sms", i + 1);
		if (read_type(y, item, "sms", "driver", &type))
			read_entry(y, item, flags, c, type, "driver", name);
	}
}

static void read_voice(struct yj_yaml *y, yaml_node_t *node, unsigned flags, struct yj_config *c)
{
	enum yj_config_channel_type type;
	if (read_type(y, node, "voice", "driver", &type))
		read_entry(y, node, flags, c, type, "driver", "voice");
}

static void read_robots(struct yj_yaml *y, yaml_node_t *node, unsigned flags, struct yj_config *c)
{
	int n = yj_yaml_list(y, node, "robots", 0, YJ_ROBOTS_MAX);
	for (int i = 0; i < n; i++) {
		yaml_node_t *item = yj_yaml_item(y, node, i);
		enum yj_config_channel_type type;
		if (read_type(y, item, "robots", "type", &type))
			read_entry(y, item, flags, c, type, "type", NULL);
	}
}

void yj_config_read_channels(
    struct yj_yaml *y, yaml_node_t *const nodes[], unsigned flags, struct yj_config *c)
{
	if (nodes[0])
		read_sms(y, nodes[0], flags, c);
	if (nodes[1])
		read_voice(y, nodes[1], flags, c);
	if (nodes[2])
		read_entry(y, nodes[2], flags, c, YJ_CHANNEL_EMAIL, NULL, "email");
	if (nodes[3])
		read_robots(y, nodes[3], flags, c);
}

void yj_config_channel_done(struct yj_config_channel *channel)
{
	for (size_t i = 0; i < channel->n; i++) {
		char *text = channel->v[i].text;
		if (text && channel->v[i].secret)
			explicit_bzero(text, strlen(text));
		free(text);
	}
	free(channel->v);
}

static const struct yj_config_value *value_of(
    const struct yj_config_channel *channel, const char *key)
{
	for (size_t i = 0; i < channel->n; i++)
		if (strcmp(channel->v[i].key, key) == 0)
			return &channel->v[i];
	return NULL;
}

const char *yj_config_text(const struct yj_config_channel *channel, const char *key)
{
	const struct yj_config_value *v = value_of(channel, key);
	return v ? v->text : NULL;
}

int64_t yj_config_number(const struct yj_config_channel *channel, const char *key)
{
	const struct yj_config_value *v = value_of(channel, key);
	return v ? v->number : 0;
}

int yj_config_line(const struct yj_config_channel *channel, const char *key)
{
	const struct yj_config_value *v = value_of(channel, key);
	return v && v->line ? v->line : channel->line;
}

bool yj_config_has_channel(const struct yj_config *c, const char *name)
{
	static const char hook[] = "webhook:";
	if (strcmp(name, "mqtt") == 0)
		return true;
	if (strncmp(name, hook, sizeof(hook) - 1) == 0)
		return yj_config_webhook(c, name + sizeof(hook) - 1) != NULL;
	return yj_config_channel(c, name) != NULL;
}

const struct yj_config_channel *yj_config_channel(const struct yj_config *c, const char *name)
{
	size_t len = strlen(name);
	for (size_t i = 0; i < c->n_channels; i++) {
		const struct yj_config_channel *one = &c->channels[i];
		if (strcmp(one->name, name) == 0)
			return one;
		/* `wecom` alone is the first of that type */
		if (one->type >= YJ_CHANNEL_WECOM && strncmp(one->name, name, len) == 0 &&
		    one->name[len] == ':')
			return one;
	}
	return NULL;
}
