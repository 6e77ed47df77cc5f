/* Topics as text: "yj/v1/" SCOPE NAME TAIL, one row of the table per type. */
#include "proto/topic.h"

#include <string.h>

#include "proto/words.h"

#define ROOT "yj/v1/"
#define ROOT_LEN (sizeof(ROOT) - 1)
#define TYPES (sizeof(forms) / sizeof(forms[0]))

static const struct {
	const char *scope;
	const char *tail;
} forms[] = {
    [YJ_TOPIC_CALL] = {"dev/", "/up/call"},
    [YJ_TOPIC_ALARM] = {"dev/", "/up/alarm"},
    [YJ_TOPIC_WELL] = {"dev/", "/up/well"},
    [YJ_TOPIC_CANCEL] = {"dev/", "/up/cancel"},
    [YJ_TOPIC_HEARTBEAT] = {"dev/", "/up/heartbeat"},
    [YJ_TOPIC_VITAL] = {"dev/", "/up/vital"},
    [YJ_TOPIC_CHECKIN] = {"dev/", "/up/checkin"},
    [YJ_TOPIC_VISIT] = {"dev/", "/up/visit"},
    [YJ_TOPIC_DEV_STATE] = {"dev/", "/state"},
    [YJ_TOPIC_DOWN_CALL] = {"dev/", "/down/call"},
    [YJ_TOPIC_DOWN_VISIT] = {"dev/", "/down/visit"},
    [YJ_TOPIC_INBOX] = {"cg/", "/inbox"},
    [YJ_TOPIC_REPLY] = {"cg/", "/reply"},
    [YJ_TOPIC_RESULT] = {"cg/", "/result"},
    [YJ_TOPIC_GW_STATE] = {"gw/", "/state"},
    [YJ_TOPIC_LOG] = {"log/", ""},
};

static bool name_byte(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       c == '_' || c == '-';
}

/* How many bytes of s[0..len) belong to a name. */
static size_t name_span(const char *s, size_t len)
{
	size_t n = 0;
	while (n < len && name_byte(s[n]))
		n++;
	return n;
}

bool yj_name_valid(const char *s)
{
	/* One byte more than the longest name is enough to see that it is too long. */
	size_t len = strnlen(s, YJ_NAME_MAX + 1);
	return len >= 1 && len <= YJ_NAME_MAX && name_span(s, len) == len;
}

static bool log_name_valid(const char *s)
{
	enum yj_event_type type;
	return yj_event_parse(s, &type) == 0;
}

/* If topic[*pos..len) begins with word, moves *pos behind it. */
static bool take(const char *topic, size_t len, size_t *pos, const char *word)
{
	size_t n = strlen(word);
	if (len - *pos < n || memcmp(topic + *pos, word, n) != 0)
		return false;
	*pos += n;
	return true;
}

/* Copies len bytes, 1 to YJ_NAME_MAX, as a terminated name. */
static bool copy_name(char who[YJ_NAME_MAX + 1], const char *name, size_t len)
{
	if (len < 1 || len > YJ_NAME_MAX)
		return false;
	memcpy(who, name, len);
	who[len] = '\0';
	return true;
}

static int parse_log(const char *name, size_t len, struct yj_topic *out)
{
	struct yj_topic t = {.type = YJ_TOPIC_LOG};
	if (memchr(name, '\0', len) || !copy_name(t.who, name, len) || !log_name_valid(t.who))
		return YJ_ERR_INVAL;
	*out = t;
	return 0;
}

int yj_topic_parse(const char *topic, size_t len, struct yj_topic *out)
{
	size_t pos = 0;
	if (!take(topic, len, &pos, ROOT))
		return YJ_ERR_INVAL;
	size_t scope = pos;
	if (take(topic, len, &pos, "log/"))
		return parse_log(topic + pos, len - pos, out);
	if (!take(topic, len, &pos, "dev/") && !take(topic, len, &pos, "cg/") &&
	    !take(topic, len, &pos, "gw/"))
		return YJ_ERR_INVAL;
	struct yj_topic t;
	size_t name_len = name_span(topic + pos, len - pos);
	if (!copy_name(t.who, topic + pos, name_len))
		return YJ_ERR_INVAL;
	size_t scope_len = pos - scope;
	pos += name_len;
	for (size_t i = 0; i < TYPES; i++) {
		if (strlen(forms[i].scope) == scope_len &&
		    memcmp(topic + scope, forms[i].scope, scope_len) == 0 &&
		    strlen(forms[i].tail) == len - pos &&
		    memcmp(topic + pos, forms[i].tail, len - pos) == 0) {
			t.type = (enum yj_topic_type)i;
			*out = t;
			return 0;
		}
	}
	return YJ_ERR_INVAL;
}

int yj_topic_speaker(const char *topic, size_t len, char who[YJ_NAME_MAX + 1])
{
	size_t pos = 0;
	if (!take(topic, len, &pos, ROOT) ||
	    (!take(topic, len, &pos, "dev/") && !take(topic, len, &pos, "cg/")))
		return YJ_ERR_NOTFOUND;
	size_t n = name_span(topic + pos, len - pos);
	if (n < 1 || n > YJ_NAME_MAX || pos + n == len || topic[pos + n] != '/')
		return YJ_ERR_NOTFOUND;
	(void)copy_name(who, topic + pos, n);
	return 0;
}

int yj_topic_format(enum yj_topic_type type, const char *who, char *buf, size_t cap)
{
	if ((size_t)type >= TYPES)
		return YJ_ERR_INVAL;
	if (type == YJ_TOPIC_LOG ? !log_name_valid(who) : !yj_name_valid(who))
		return YJ_ERR_INVAL;
	const char *parts[] = {ROOT, forms[type].scope, who, forms[type].tail};
	size_t lens[4];
	size_t total = 0;
	for (size_t i = 0; i < 4; i++)
		total += lens[i] = strlen(parts[i]);
	if (total + 1 > cap)
		return YJ_ERR_FULL;
	char *to = buf;
	for (size_t i = 0; i < 4; i++) {
		memcpy(to, parts[i], lens[i]);
		to += lens[i];
	}
	*to = '\0';
	return (int)total;
}
