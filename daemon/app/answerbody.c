#include "answerbody.h"

#include <event2/keyvalq_struct.h>
#include <openssl/rand.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum yj_answer_type yj_answerbody_type(struct evhttp_request *req)
{
	const char *type =
	    evhttp_find_header(evhttp_request_get_input_headers(req), "Content-Type");
	size_t len = type ? strcspn(type, "; \t") : 0;
	if (len == 33 && strncasecmp(type, "application/x-www-form-urlencoded", len) == 0)
		return YJ_BODY_FORM;
	if (len == 16 && strncasecmp(type, "application/json", len) == 0)
		return YJ_BODY_JSON;
	return YJ_BODY_OTHER;
}

int yj_answerbody_nonce(char id[YJ_NONCE_LEN + 1])
{
	unsigned char random[YJ_NONCE_LEN / 2];
	if (RAND_bytes(random, sizeof random) != 1)
		return YJ_ERR_IO;
	for (size_t i = 0; i < sizeof random; i++)
		snprintf(id + 2 * i, 3, "%02x", random[i]);
	return 0;
}

/* The fields of our forms; what is empty was not given, and one without an id counts each time.
 * NULL: they cannot be read. */
static json_t *from_form(const char *bytes)
{
	struct evkeyvalq fields;
	if (evhttp_parse_query_str(bytes, &fields) < 0)
		return NULL;
	json_t *o = json_object();
	bool bad = !o;
	for (const struct evkeyval *f = fields.tqh_first; f && !bad; f = f->next.tqe_next) {
		if (!f->value[0] || json_object_get(o, f->key))
			continue;
		char *end = NULL;
		json_t *value = json_string(f->value);
		if (strcmp(f->key, "eta") == 0) {
			long minutes = strtol(f->value, &end, 10);
			json_decref(value);
			value = *end ? NULL : json_integer(minutes);
		}
		bad = !value || json_object_set_new(o, f->key, value) < 0;
	}
	evhttp_clear_headers(&fields);
	if (!bad && !json_object_get(o, "id")) {
		char id[YJ_NONCE_LEN + 1];
		bad = yj_answerbody_nonce(id) < 0 ||
		      json_object_set_new(o, "id", json_string(id)) < 0;
	}
	if (!bad)
		return o;
	json_decref(o);
	return NULL;
}

/* A program need not say what the link says already; if it does, it must be that. */
static bool fits(struct yj_gateway *g, const struct yj_answer_view *v, json_t *o)
{
	char about[YJ_NAME_MAX + 24];
	if (v->row.notice)
		yj_notice_id(g->store, v->row.notice, about, sizeof about);
	else
		yj_incident_id(g->store, v->row.incident, about, sizeof about);
	json_t *named = json_object_get(o, "incident");
	if (named && (!json_is_string(named) || strcmp(json_string_value(named), about) != 0))
		return false;
	if (json_object_set_new(o, "incident", json_string(about)) < 0)
		return false;
	return json_object_get(o, "ts") ||
	       json_object_set_new(o, "ts", json_integer((json_int_t)g->now.utc_ms)) == 0;
}

static enum yj_answer_read decode(
    struct yj_gateway *g, const struct yj_answer_view *v, struct yj_answer_body *body)
{
	struct yj_refusal why;
	json_t *o = body->type == YJ_BODY_FORM ? from_form(body->bytes)
					       : json_loadb(body->bytes, body->len, 0, NULL);
	char *text = json_is_object(o) && fits(g, v, o) ? json_dumps(o, JSON_COMPACT) : NULL;
	json_decref(o);
	if (!text)
		return YJ_BODY_UNREADABLE;
	int rc = yj_message_decode(YJ_TOPIC_REPLY, text, strlen(text), &body->message, &why);
	free(text);
	return rc == 0 ? YJ_BODY_GOOD : rc == YJ_ERR_NOMEM ? YJ_BODY_NO_MEMORY : YJ_BODY_UNREADABLE;
}

enum yj_answer_read yj_answerbody_read(struct yj_gateway *g, struct evhttp_request *req,
    const struct yj_answer_view *v, struct yj_answer_body *body)
{
	struct evbuffer *in = evhttp_request_get_input_buffer(req);
	memset(body, 0, sizeof *body);
	body->type = yj_answerbody_type(req);
	if (body->type == YJ_BODY_OTHER)
		return YJ_BODY_WRONG_TYPE;
	body->len = evbuffer_get_length(in);
	if (body->len > YJ_ANSWER_BODY_MAX)
		return YJ_BODY_TOO_LONG;
	body->bytes = malloc(body->len + 1);
	if (!body->bytes)
		return YJ_BODY_NO_MEMORY;
	if (evbuffer_copyout(in, body->bytes, body->len) != (ev_ssize_t)body->len)
		return YJ_BODY_UNREADABLE;
	body->bytes[body->len] = '\0';
	if (strlen(body->bytes) != body->len)
		return YJ_BODY_UNREADABLE;
	return decode(g, v, body);
}

void yj_answerbody_done(struct yj_answer_body *body)
{
	yj_message_done(&body->message);
	free(body->bytes);
	body->bytes = NULL;
}

void yj_answerbody_hash_write(const unsigned char hash[YJ_HASH_LEN], char text[2 * YJ_HASH_LEN + 1])
{
	for (size_t i = 0; i < YJ_HASH_LEN; i++)
		snprintf(text + 2 * i, 3, "%02x", hash[i]);
}

bool yj_answerbody_hash_read(const char *text, unsigned char hash[YJ_HASH_LEN])
{
	static const char digits[] = "0123456789abcdef";
	for (size_t i = 0; i < 2 * (size_t)YJ_HASH_LEN; i++) {
		const char *at = text[i] ? strchr(digits, text[i]) : NULL;
		if (!at)
			return false;
		unsigned half = (unsigned)(at - digits);
		unsigned before = i % 2 ? (unsigned)hash[i / 2] << 4 : 0;
		hash[i / 2] = (unsigned char)(before | half);
	}
	return text[2 * (size_t)YJ_HASH_LEN] == '.';
}
