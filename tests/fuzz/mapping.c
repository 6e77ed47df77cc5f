/* Any bytes as a mapping: refused with a reason on one line per error, or one that reads a message
 * (the bytes behind the first NUL) within its bounds. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "config_mapping.h"

#define REQUIRE(condition)                                                                         \
	do {                                                                                       \
		if (!(condition))                                                                  \
			abort();                                                                   \
	} while (0)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct yj_decoder *decoder;
static struct yj_reports reports;

static void count(void *ctx, const char *filter)
{
	REQUIRE(strlen(filter) < YJ_TOPIC_MAX && strncmp(filter, "yj/", 3) != 0);
	++*(size_t *)ctx;
}

static void use(const struct yj_mapping *m, const char *payload, size_t len)
{
	static const char *const topics[] = {"api/v1/in/x", "a/b", "f/home/b1"};
	size_t filters = 0;
	REQUIRE(m->name[0] && !yj_family_builtin(m->name));
	yj_family_filters(&m->family, NULL, count, &filters);
	REQUIRE(filters == m->n_topics);
	if (!decoder)
		decoder = yj_decoder_new();
	REQUIRE(decoder);
	for (size_t i = 0; i < 3; i++) {
		size_t next = 0, before = 0;
		bool more = true;
		while (more) {
			more = yj_family_read(
			    &m->family, decoder, topics[i], payload, len, &next, &reports);
			REQUIRE(reports.n <= YJ_REPORTS_MAX && (!more || next > before));
			before = next;
		}
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct yj_yaml y;
	struct yj_mapping *m;
	const uint8_t *end = size ? memchr(data, '\0', size) : NULL;
	size_t len = end ? (size_t)(end - data) : size;
	int rc = yj_mapping_parse(&y, "m", data, len, &m);
	if (rc == 0) {
		use(m, end ? (const char *)end + 1 : "", end ? size - len - 1 : 0);
		yj_mapping_free(m);
	} else {
		char *errors = yj_yaml_errors(&y);
		REQUIRE(rc == YJ_ERR_INVAL && !m && errors);
		for (const char *line = errors; line; line = strchr(line, '\n')) {
			line += *line == '\n';
			REQUIRE(strncmp(line, "m:", 2) == 0 && strtol(line + 2, NULL, 10) >= 1);
		}
		free(errors);
	}
	yj_yaml_done(&y);
	return 0;
}
