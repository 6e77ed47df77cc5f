/* The one-tap answer page, /a/{token}, and the call-back of programs at the same place
 * (docs/answering.md). GET and HEAD change nothing, so that previews of the link answer nothing. */
#ifndef APP_ANSWERPAGE_H
#define APP_ANSWERPAGE_H

#include "gateway.h"

struct yj_answerpage *yj_answerpage_new(void); /* NULL when memory is short */
void yj_answerpage_free(struct yj_answerpage *page);

/* Loads or makes the key of the links, within the caller's transaction. 0 or a yj_err. */
int yj_answerpage_key(struct yj_gateway *g) YJ_MUST_CHECK;

/* The key (YJ_ANSWERLINK_KEY_LEN bytes), also of other links; NULL: there is none yet. */
const unsigned char *yj_answerpage_secret(const struct yj_gateway *g);

/* Adds the routes to the gateway's HTTP server, which must listen. 0 or a yj_err. */
int yj_answerpage_routes(struct yj_gateway *g) YJ_MUST_CHECK;

/* The link of a row of the outbox; "" where there is none (no http.public_url, not on disk, or
 * longer than cap). */
void yj_answerpage_url(
    const struct yj_gateway *g, const struct yj_outbox_row *row, char *buf, size_t cap);

#endif
