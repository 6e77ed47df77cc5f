#include <mqtt_protocol.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>

#include "link_impl.h"

static int filter_check(const char *filter)
{
	if (filter == NULL || filter[0] == '\0' || strlen(filter) > YJ_TOPIC_MAX ||
	    mosquitto_sub_topic_check(filter) != 0 ||
	    mosquitto_validate_utf8(filter, (int)strlen(filter)) != 0)
		return YJ_ERR_INVAL;
	return 0;
}

static struct sub *find(struct yj_link *link, const char *filter)
{
	for (int i = 0; i < link->sub_n; i++)
		if (strcmp(link->subs[i].filter, filter) == 0)
			return &link->subs[i];
	return NULL;
}

static void drop(struct yj_link *link, struct sub *sub)
{
	free(sub->filter);
	link->sub_n--;
	*sub = link->subs[link->sub_n];
}

static void send_one(struct yj_link *link, struct sub *sub)
{
	int rc;
	sub->mid = 0;
	if (sub->gone) {
		rc = mosquitto_unsubscribe(link->mosq, &sub->mid, sub->filter);
	} else {
		int options = sub->retained ? MQTT_SUB_OPT_SEND_RETAIN_ALWAYS
					    : MQTT_SUB_OPT_SEND_RETAIN_NEVER;
		/* MQTT 5, 3.8.3.1: no local on a shared subscription is a protocol error. */
		if (strncmp(sub->filter, "$share/", 7) != 0)
			options |= MQTT_SUB_OPT_NO_LOCAL;
		rc = mosquitto_subscribe_v5(
		    link->mosq, &sub->mid, sub->filter, sub->qos, options, NULL);
	}
	if (rc != MOSQ_ERR_SUCCESS)
		link_lose(link, mosquitto_strerror(rc));
}

static struct sub *find_or_add(struct yj_link *link, const char *filter, int *rc)
{
	struct sub *sub = find(link, filter);
	if (sub != NULL)
		return sub;
	if (link->sub_n == YJ_SUBSCRIPTIONS_MAX) {
		*rc = YJ_ERR_FULL;
		return NULL;
	}
	sub = &link->subs[link->sub_n];
	*sub = (struct sub){.filter = strdup(filter)};
	if (sub->filter == NULL) {
		*rc = YJ_ERR_NOMEM;
		return NULL;
	}
	link->sub_n++;
	return sub;
}

int subs_add(struct yj_link *link, const char *filter, int qos, bool retained)
{
	int rc = filter_check(filter);
	if (rc != 0 || qos < 0 || qos > 1)
		return YJ_ERR_INVAL;
	struct sub *sub = find_or_add(link, filter, &rc);
	if (sub == NULL)
		return rc;
	sub->qos = qos;
	sub->retained = retained;
	sub->gone = false;
	if (link->phase == PHASE_ONLINE)
		send_one(link, sub);
	return 0;
}

int subs_remove(struct yj_link *link, const char *filter)
{
	int rc = filter_check(filter);
	if (rc != 0)
		return rc;
	bool online = link->phase == PHASE_ONLINE;
	if (!online && !link->conf.persistent) {
		struct sub *sub = find(link, filter);
		if (sub != NULL)
			drop(link, sub);
		return 0;
	}
	struct sub *sub = find_or_add(link, filter, &rc);
	if (sub == NULL)
		return rc;
	sub->gone = true;
	if (online)
		send_one(link, sub);
	return 0;
}

void subs_send(struct yj_link *link)
{
	for (int i = 0; i < link->sub_n; i++)
		send_one(link, &link->subs[i]);
}

static struct sub *find_mid(struct yj_link *link, int mid)
{
	for (int i = 0; i < link->sub_n; i++)
		if (link->subs[i].mid == mid)
			return &link->subs[i];
	return NULL;
}

void subs_answered(struct yj_link *link, int mid, int code)
{
	struct sub *sub = find_mid(link, mid);
	if (sub == NULL || sub->gone)
		return;
	sub->mid = 0;
	if (code >= 128)
		link_log(link, LOG_ERR, "event=subscribe_refused filter=\"%s\" code=%d why=\"%s\"",
		    sub->filter, code, mosquitto_reason_string(code));
	else if (code < sub->qos)
		link_log(link, LOG_WARNING, "event=subscribe_lowered filter=\"%s\" qos=%d",
		    sub->filter, code);
	if (link->ops.subscribed != NULL)
		link->ops.subscribed(link->ctx, sub->filter, code);
}

void subs_forgotten(struct yj_link *link, int mid)
{
	struct sub *sub = find_mid(link, mid);
	if (sub != NULL && sub->gone)
		drop(link, sub);
}

void subs_clear(struct yj_link *link)
{
	while (link->sub_n > 0)
		drop(link, &link->subs[link->sub_n - 1]);
}
