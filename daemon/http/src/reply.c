/* Answers. */
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

#include "http.h"

void yj_http_reply(struct evhttp_request *req, int status, const char *type, struct evbuffer *body)
{
	struct evkeyvalq *headers = evhttp_request_get_output_headers(req);
	if (type)
		evhttp_add_header(headers, "Content-Type", type);
	if (!evhttp_find_header(headers, "Cache-Control"))
		evhttp_add_header(headers, "Cache-Control", "no-store");
	evhttp_add_header(headers, "X-Content-Type-Options", "nosniff");
	if (evhttp_request_get_command(req) == EVHTTP_REQ_HEAD) {
		/* evhttp would send the body */
		char length[24];
		size_t len = body ? evbuffer_get_length(body) : 0;
		snprintf(length, sizeof(length), "%zu", len);
		evhttp_add_header(headers, "Content-Length", length);
		if (body)
			evbuffer_drain(body, len);
		body = NULL;
	}
	evhttp_send_reply(req, status, NULL, body);
}

void yj_http_problem(struct evhttp_request *req, int status, const char *title, const char *detail)
{
	json_t *problem =
	    json_pack("{s:s,s:s,s:i}", "type", "about:blank", "title", title, "status", status);
	if (problem && detail)
		json_object_set_new(problem, "detail", json_string(detail));
	char *text = problem ? json_dumps(problem, JSON_COMPACT) : NULL;
	struct evbuffer *body = evbuffer_new();
	if (text && body)
		evbuffer_add_printf(body, "%s\n", text);
	yj_http_reply(req, status, "application/problem+json", body);
	if (body)
		evbuffer_free(body);
	free(text);
	json_decref(problem);
}
