/* From a row of the outbox to the words that are sent: read from the store when it is sent, so that
 * they say how things stand then. */
#ifndef APP_COMPOSE_H
#define APP_COMPOSE_H

#include "gateway.h"
#include "texts.h"

struct yj_page { /* an inbox message with the memory its strings live in */
	struct yj_msg_inbox inbox;
	struct yj_about about;
	char id[YJ_NAME_MAX + 24], incident[YJ_NAME_MAX + 24];
	char text[4096];
	struct yj_text_page words; /* the same in parts, for other forms */
	struct yj_caregiver who;   /* the receiver */
	char region[13];
	char by[YJ_CALLED_MAX + 1], said[512], code[24], device[YJ_NAME_MAX + 1];
	char url[2048 + 64]; /* "" if there is none */
};

/* 0, YJ_ERR_NOTFOUND when the incident or the receiver is gone, or a yj_err. Release with
 * yj_page_done. */
int yj_compose_page(
    struct yj_gateway *g, const struct yj_outbox_row *row, struct yj_page *page) YJ_MUST_CHECK;
void yj_page_done(struct yj_page *page);

/* Its words in the form that a channel wants. */
void yj_compose_words(
    struct yj_gateway *g, const struct yj_page *page, enum yj_form form, char *buf, size_t cap);

/* Topic (of YJ_TOPIC_MAX) and malloc'd payload for a caregiver's inbox, or for a home's device. */
int yj_compose_inbox(struct yj_gateway *g, const struct yj_outbox_row *row, char *topic,
    char **payload, size_t *len) YJ_MUST_CHECK;
int yj_compose_home(struct yj_gateway *g, const struct yj_outbox_row *row, char *topic,
    char **payload, size_t *len) YJ_MUST_CHECK;

#endif
