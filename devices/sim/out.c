#include "out.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "proto/time.h"

static bool json_lines;

void sim_out_json(bool on)
{
	json_lines = on;
}

static bool has_control(const char *text)
{
	for (; *text != '\0'; text++) {
		if ((unsigned char)*text < 0x20 || *text == 0x7f)
			return true;
	}
	return false;
}

static void print_field(const char *key, json_t *value)
{
	char *text = NULL;

	/* text from the network goes out raw only if it cannot steer a terminal */
	if (json_is_string(value) && !has_control(json_string_value(value))) {
		printf("  %s=%s", key, json_string_value(value));
		return;
	}
	text = json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY | JSON_REAL_PRECISION(6));
	printf("  %s=%s", key, text != NULL ? text : "?");
	free(text);
}

void sim_out(const char *who, const char *what, json_t *fields)
{
	char when[YJ_RFC3339_LEN];
	const char *key;
	json_t *value;

	yj_rfc3339_format(sim_utc_ms(), when);
	if (json_lines) {
		json_t *line = json_pack("{s:s,s:s,s:s}", "time", when, "who", who, "what", what);

		if (fields != NULL)
			json_object_update_missing(line, fields);
		json_dumpf(line, stdout, JSON_COMPACT);
		json_decref(line);
	} else {
		printf("%s  %s  %s", when, who, what);
		json_object_foreach(fields, key, value) print_field(key, value);
	}
	putchar('\n');
	fflush(stdout);
	json_decref(fields);
}

void sim_err(const char *format, ...)
{
	va_list args;

	fputs("yijian-sim: ", stderr);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
}
