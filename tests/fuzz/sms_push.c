/* Any bytes as a provider's post: what is given on is complete, and nothing else is. The first byte
 * chooses: Aliyun's form, JSON by a map, a form by a map. */
#include <assert.h>
#include <stdint.h>
#include <string.h>

#include "notify/sms_aliyun.h"
#include "notify/sms_http.h"

static int take(void *ctx, const struct yj_back *back)
{
	int *n = ctx;
	assert(strcmp(back->channel, "sms") == 0);
	assert(back->ref && back->id && back->from && back->text && back->words);
	assert(strlen(back->ref) <= YJ_REF_MAX && back->token == 0);
	++*n;
	return *n == 5 ? YJ_ERR_BUSY : 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct yj_sms_http_push map = {.report_ref = "/a/ref",
	    .report_state = "state",
	    .report_ok = "0",
	    .reply_from = "from",
	    .reply_text = "/text/0",
	    .reply_id = "id"};
	static const char form[] = "application/x-www-form-urlencoded";
	if (size < 1)
		return 0;
	const char *body = (const char *)data + 1;
	int n = 0, rc = 0;
	if (data[0] % 3 == 0)
		rc = yj_sms_aliyun_push("sms", body, size - 1, take, &n);
	else
		rc = yj_sms_http_push(
		    &map, "sms", data[0] % 3 == 1 ? NULL : form, body, size - 1, take, &n);
	assert(rc == 0 || rc == YJ_ERR_INVAL || rc == YJ_ERR_BUSY);
	assert(rc != YJ_ERR_INVAL || n == 0);
	assert((rc == YJ_ERR_BUSY) == (n == 5));
	return 0;
}
