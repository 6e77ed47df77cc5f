/* From a row of the outbox to the words that are sent: read from the store when it is sent, so that
 * they say how things stand then. */
#ifndef APP_COMPOSE_H
#define APP_COMPOSE_H

#include "gateway.h"

struct yj_page { /* an inbox message with the memory its strings live in */
	struct yj_msg_inbox inbox;
	struct yj_about about;
	char id[YJ_NAME_MAX + 24], incident[YJ_NAME_MAX + 24];
	char text[4096];
};

/* 0, YJ_ERR_NOTFOUND when the incident or the receiver is gone, or a yj_err. Release with
 * yj_page_done. */
int yj_compose_page(
    struct yj_gateway *g, const struct yj_outbox_row *row, struct yj_page *page) YJ_MUST_CHECK;
void yj_page_done(struct yj_page *page);

/* Topic (of YJ_TOPIC_MAX) and malloc'd payload for a caregiver's inbox, or for a home's device. */
int yj_compose_inbox(struct yj_gateway *g, const struct yj_outbox_row *row, char *topic,
    char **payload, size_t *len) YJ_MUST_CHECK;
int yj_compose_home(struct yj_gateway *g, const struct yj_outbox_row *row, char *topic,
    char **payload, size_t *len) YJ_MUST_CHECK;

#endif
