/* The devices' JSON reader beside jansson: what that takes, this takes, with the same values. */
#include <assert.h>
#include <jansson.h>
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "json.h"

static struct yj_js js;

static void same(const json_t *theirs, yj_js_at ours, int depth);

static void same_object(const json_t *theirs, yj_js_at ours, int depth)
{
	char key[256];
	size_t n = 0;
	for (yj_js_at k = yj_js_first(&js, ours); k; k = yj_js_next(&js, ours, k), n++) {
		if (!yj_js_copy(&js, k, key, sizeof key))
			continue;
		assert(yj_js_equals(&js, k, key));
		const json_t *value = json_object_get(theirs, key);
		assert(value);
		if (yj_js_get(&js, ours, key) == k + 1) {
			size_t twice = 0;
			for (yj_js_at o = yj_js_first(&js, ours); o; o = yj_js_next(&js, ours, o))
				twice += yj_js_equals(&js, o, key);
			if (twice == 1)
				same(value, k + 1, depth + 1);
		}
	}
	assert(n >= json_object_size(theirs));
}

static void same(const json_t *theirs, yj_js_at ours, int depth)
{
	static char text[65536];
	double number;
	int64_t integer;
	if (json_is_object(theirs)) {
		assert(ours->type == YJ_JS_OBJECT);
		same_object(theirs, ours, depth);
	} else if (json_is_array(theirs)) {
		size_t i = 0;
		assert(ours->type == YJ_JS_ARRAY);
		for (yj_js_at e = yj_js_first(&js, ours); e; e = yj_js_next(&js, ours, e))
			same(json_array_get(theirs, i++), e, depth + 1);
		assert(i == json_array_size(theirs));
	} else if (json_is_string(theirs)) {
		assert(ours->type == YJ_JS_STRING);
		if (yj_js_copy(&js, ours, text, sizeof text))
			assert(strcmp(text, json_string_value(theirs)) == 0);
	} else if (json_is_integer(theirs)) {
		assert(yj_js_integer(&js, ours, &integer));
		if (llabs(json_integer_value(theirs)) < 1000000000000000LL)
			assert(integer == json_integer_value(theirs));
	} else if (json_is_real(theirs)) {
		if (yj_js_number(&js, ours, &number)) {
			double want = json_real_value(theirs);
			assert(fabs(number - want) <= fabs(want) * 1e-12);
		}
	} else {
		assert(ours->type == (json_is_true(theirs)	 ? YJ_JS_TRUE
					 : json_is_false(theirs) ? YJ_JS_FALSE
								 : YJ_JS_NULL));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = malloc(size ? size : 1);
	if (!text || size > 16384) {
		free(text);
		return 0;
	}
	if (size)
		memcpy(text, data, size);
	int rc = yj_js_read(&js, text, size);
	json_t *theirs = json_loadb(text, size, JSON_DECODE_ANY, NULL);
	if (theirs && rc == 0)
		same(theirs, js.tokens, 0);
	/* refused by this alone: too deep, more tokens than there is room for, or a zero byte
	 * behind it (which ends the text for jansson) */
	if (theirs && rc < 0 && !memchr(text, '\0', size)) {
		size_t brackets = 0;
		for (size_t i = 0; i < size; i++)
			brackets += text[i] == '[' || text[i] == '{';
		assert(rc == YJ_ERR_FULL || brackets > YJ_JS_DEPTH_MAX);
	}
	if (rc == 0) {
		assert(js.n > 0 && js.tokens[0].next == js.n);
		for (size_t i = 0; i < js.n; i++)
			assert(js.tokens[i].from <= js.tokens[i].to && js.tokens[i].to <= size);
	}
	json_decref(theirs);
	free(text);
	return 0;
}
