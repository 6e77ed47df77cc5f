#include "reader.h"

#include "proto/limits.h"

void yj_reader_refuse(struct yj_reader *r, const char *key)
{
	if (!r->bad)
		r->bad = key;
}

const char *yj_opt_text(const struct yj_reader *r, const char *key)
{
	return json_string_value(json_object_get(r->object, key));
}

const char *yj_need_text(struct yj_reader *r, const char *key)
{
	const char *s = yj_opt_text(r, key);
	if (!s)
		yj_reader_refuse(r, key);
	return s;
}

const char *yj_opt_id(const struct yj_reader *r, const char *key)
{
	const json_t *value = json_object_get(r->object, key);
	size_t len = json_string_length(value);
	return len >= 1 && len <= YJ_MSGID_MAX ? json_string_value(value) : NULL;
}

const char *yj_need_id(struct yj_reader *r, const char *key)
{
	const char *s = yj_opt_id(r, key);
	if (!s)
		yj_reader_refuse(r, key);
	return s;
}

bool yj_get_real(const struct yj_reader *r, const char *key, double min, double max, double *out)
{
	const json_t *value = json_object_get(r->object, key);
	double v = json_number_value(value);
	if (!json_is_number(value) || v < min || v > max)
		return false;
	*out = v;
	return true;
}

double yj_opt_real(const struct yj_reader *r, const char *key, double max)
{
	double v = -1;
	(void)yj_get_real(r, key, 0, max, &v);
	return v;
}

bool yj_get_int(const struct yj_reader *r, const char *key, int64_t min, int64_t max, int64_t *out)
{
	const json_t *value = json_object_get(r->object, key);
	int64_t v;
	if (json_is_integer(value)) {
		v = json_integer_value(value);
	} else if (json_is_real(value)) {
		/* 1e3 and 1000.0 are integers too (JSON Schema, "integer"); many small encoders
		 * write large ones so. */
		double real = json_real_value(value);
		if (real <= -0x1p63 || real >= 0x1p63)
			return false;
		v = (int64_t)real;
		if ((double)v != real)
			return false;
	} else {
		return false;
	}
	if (v < min || v > max)
		return false;
	*out = v;
	return true;
}

int64_t yj_need_ms(struct yj_reader *r, const char *key)
{
	int64_t v = 0;
	if (!yj_get_int(r, key, INT64_MIN, INT64_MAX, &v))
		yj_reader_refuse(r, key);
	return v;
}

int64_t yj_opt_ms(const struct yj_reader *r, const char *key)
{
	int64_t v = 0;
	(void)yj_get_int(r, key, INT64_MIN, INT64_MAX, &v);
	return v;
}

int yj_opt_count(const struct yj_reader *r, const char *key, int max)
{
	int64_t v = -1;
	(void)yj_get_int(r, key, 0, max, &v);
	return (int)v;
}

int yj_opt_bool(const struct yj_reader *r, const char *key)
{
	const json_t *value = json_object_get(r->object, key);
	return json_is_boolean(value) ? json_is_true(value) : -1;
}

bool yj_need_bool(struct yj_reader *r, const char *key)
{
	int v = yj_opt_bool(r, key);
	if (v < 0)
		yj_reader_refuse(r, key);
	return v == 1;
}

json_t *yj_opt_object(const struct yj_reader *r, const char *key)
{
	json_t *value = json_object_get(r->object, key);
	return json_is_object(value) ? value : NULL;
}
