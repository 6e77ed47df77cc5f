/* Who asks for something about visits over HTTP, and how they are answered. */
#ifndef APP_VISITPASS_H
#define APP_VISITPASS_H

#include <event2/http.h>
#include <jansson.h>

#include "gateway.h"
#include "store/visit.h"
#include "visitlink.h"

struct yj_visitpass {
	struct yj_visitlink link;
	struct yj_caregiver who;
};

/* Whose link is it? false: refused, and answered. */
bool yj_visitpass_admit(struct yj_gateway *g, struct evhttp_request *req, struct yj_visitpass *out);
/* Is this key good for that visit, or the link its caller's, and for its resident? */
bool yj_visitpass_of_visit(
    struct yj_gateway *g, struct evhttp_request *req, const struct yj_visit_row *visit);

/* The body as a JSON object; NULL: refused, and answered. */
json_t *yj_visitpass_body(struct evhttp_request *req);

/* Answers with JSON (taken; NULL: out of memory). */
void yj_visitpass_reply(struct evhttp_request *req, int status, json_t *o);
/* Problem details (RFC 9457) with a `code` for programs; more (an object, taken) is added. */
void yj_visitpass_problem(
    struct evhttp_request *req, int status, const char *code, const char *detail, json_t *more);

#endif
