/* The pages over HTTP: /terminal/ (docs/terminal.md) and /visit/ (docs/visits.md), from the folder
 * `http.web_dir`, and the voices of terminals, of which a home or the municipality may have its
 * own. */
#ifndef APP_WEBFILES_H
#define APP_WEBFILES_H

#include "gateway.h"

#define YJ_VOICE_KEY_LEN 24 /* characters */

/* Adds the routes to the gateway's HTTP server, which must listen. 0 or a yj_err. */
int yj_webfiles_routes(struct yj_gateway *g) YJ_MUST_CHECK;

/* What a terminal says to be given the voices of its home: in its set-up link alone. 0 or a yj_err.
 */
int yj_webfiles_voice_key(
    struct yj_gateway *g, const char *device, char key[YJ_VOICE_KEY_LEN + 1]) YJ_MUST_CHECK;

#endif
