/* Native messages to events, and feedback to native devices. */
#include "families.h"

#include <string.h>

const char *const yj_native_help_filters[] = {
    "yj/v1/dev/+/up/call",
    "yj/v1/dev/+/up/alarm",
    "yj/v1/dev/+/up/well",
    "yj/v1/dev/+/up/cancel",
    "yj/v1/dev/+/up/checkin",
    "yj/v1/dev/+/up/visit",
    "yj/v1/cg/+/reply",
    NULL,
};

const char *const yj_native_chatter_filters[] = {
    "yj/v1/dev/+/up/#",
    "yj/v1/dev/+/state",
    NULL,
};

/* MQTT 5.0, section 4.7.1: '+' stands for one whole level, which may be empty. The help filters
 * have no '#', so that case is not needed here. */
static bool filter_matches(const char *filter, const char *topic)
{
	while (*filter != '\0') {
		if (*filter == '+') {
			topic += strcspn(topic, "/");
			filter++;
		} else if (*filter++ != *topic++) {
			return false;
		}
	}
	return *topic == '\0';
}

bool yj_native_is_help(const char *topic)
{
	for (size_t i = 0; yj_native_help_filters[i] != NULL; i++) {
		if (filter_matches(yj_native_help_filters[i], topic))
			return true;
	}
	return false;
}

static bool native_owns(const char *topic)
{
	return strcmp(topic, "yj") == 0 || strncmp(topic, "yj/", 3) == 0;
}

static bool speaks_to_gateway(enum yj_topic_type type)
{
	switch (type) {
	case YJ_TOPIC_CALL:
	case YJ_TOPIC_ALARM:
	case YJ_TOPIC_WELL:
	case YJ_TOPIC_CANCEL:
	case YJ_TOPIC_HEARTBEAT:
	case YJ_TOPIC_VITAL:
	case YJ_TOPIC_CHECKIN:
	case YJ_TOPIC_VISIT:
	case YJ_TOPIC_DEV_STATE:
	case YJ_TOPIC_REPLY:
		return true;
	case YJ_TOPIC_DOWN_CALL:
	case YJ_TOPIC_DOWN_VISIT:
	case YJ_TOPIC_INBOX:
	case YJ_TOPIC_RESULT:
	case YJ_TOPIC_GW_STATE:
	case YJ_TOPIC_LOG:
		return false;
	}
	return false;
}

/* A message on a wrong topic is never confirmed, even where its id could be read: nothing comes
 * of it, and a device must not tell the resident that help has heard. So `why.id` stays empty. */
static void refuse_topic(const char *topic, struct yj_event *event)
{
	char who[YJ_NAME_MAX + 1];

	event->verdict = YJ_EVENT_REFUSED;
	event->why.reason = YJ_REASON_TOPIC;
	if (yj_topic_speaker(topic, strlen(topic), who) == 0)
		memcpy(event->speaker, who, sizeof(who));
}

int yj_event_decode(
    const char *topic, const void *payload, size_t len, bool retained, struct yj_event *out)
{
	struct yj_event event = {.family = &yj_native_family};
	struct yj_topic parsed;
	int rc;

	if (!native_owns(topic)) {
		*out = (struct yj_event){
		    .verdict = YJ_EVENT_REFUSED,
		    .why = {.reason = YJ_REASON_TOPIC},
		};
		return 0;
	}

	/* A retained press is against the contract, but it is a press: the gateway's memory of ids
	 * tells a replay from a new one. */
	(void)retained;

	if (yj_topic_parse(topic, strlen(topic), &parsed) < 0 || !speaks_to_gateway(parsed.type)) {
		refuse_topic(topic, &event);
		*out = event;
		return 0;
	}
	memcpy(event.speaker, parsed.who, sizeof(parsed.who));
	event.has_type = true;
	event.topic_type = parsed.type;
	if (parsed.type == YJ_TOPIC_DEV_STATE && len == 0) {
		/* how MQTT removes a retained message */
		event.verdict = YJ_EVENT_IGNORED;
		*out = event;
		return 0;
	}
	rc = yj_message_decode(parsed.type, payload, len, &event.msg, &event.why);
	if (rc == 0)
		event.verdict = YJ_EVENT_MESSAGE;
	else if (rc == YJ_ERR_INVAL)
		event.verdict = YJ_EVENT_REFUSED;
	else
		return rc;
	*out = event;
	return 0;
}

int yj_native_tell(const char *device, const struct yj_msg_down_call *down, char *topic, size_t cap,
    char **payload, size_t *len)
{
	struct yj_message msg = {.type = YJ_TOPIC_DOWN_CALL, .u.down_call = *down};
	char name[YJ_TOPIC_MAX];
	char *text;
	size_t text_len;
	int rc;

	rc = yj_topic_format(YJ_TOPIC_DOWN_CALL, device, name, sizeof(name));
	if (rc < 0)
		return rc;
	if ((size_t)rc >= cap)
		return YJ_ERR_FULL;
	text = yj_message_encode(&msg, &text_len);
	if (text == NULL)
		return YJ_ERR_NOMEM;
	memcpy(topic, name, (size_t)rc + 1);
	*payload = text;
	*len = text_len;
	return 0;
}

const struct yj_family yj_native_family = {
    .name = "native",
    .owns = native_owns,
};

void yj_event_done(struct yj_event *event)
{
	yj_message_done(&event->msg);
	memset(event, 0, sizeof(*event));
}
