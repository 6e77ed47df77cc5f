#include "devices/onenet.h"

#include <string.h>

#include "decoder.h"

bool yj_onenet_read(struct yj_decoder *d, const char *body, size_t len, struct yj_onenet *out)
{
	const struct yj_js *js = &d->js;
	if (len >= sizeof d->plain || yj_js_read(&d->js, body, len) < 0)
		return false;
	yj_js_at msg = yj_js_get(js, js->tokens, "msg");
	yj_js_at signature = yj_js_get(js, js->tokens, "signature");
	if (!msg)
		msg = yj_js_get(js, js->tokens, "enc_msg");
	if (!signature)
		signature = yj_js_get(js, js->tokens, "msg_signature");
	if (!msg || !yj_js_copy(js, signature, out->signature, sizeof out->signature) ||
	    !yj_js_copy(js, yj_js_get(js, js->tokens, "nonce"), out->nonce, sizeof out->nonce))
		return false;
	out->text = yj_js_is(msg, YJ_JS_STRING);
	if (!out->text) {
		out->msg = body + msg->from;
		out->len = msg->to - msg->from;
		return true;
	}
	out->msg = d->plain;
	if (msg->from == msg->to || !yj_js_copy(js, msg, d->plain, sizeof d->plain))
		return false;
	out->len = strlen(d->plain);
	return true;
}
