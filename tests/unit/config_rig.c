#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "config_rig.h"

struct yj_config *good(const char *text)
{
	struct yj_config *c = NULL;
	char *errors = NULL;
	int err = yj_config_parse("f.yaml", text, strlen(text), 0, &c, &errors);
	if (err != YJ_OK)
		fail_msg("refused: %s", errors ? errors : "(no reason)");
	assert_null(errors);
	return c;
}

char *bad(const char *text)
{
	struct yj_config *c = NULL;
	char *errors = NULL;
	int err = yj_config_parse("f.yaml", text, strlen(text), 0, &c, &errors);
	if (err == YJ_OK)
		fail_msg("accepted: %s", text);
	assert_int_equal(err, YJ_ERR_INVAL);
	assert_null(c);
	assert_non_null(errors);
	return errors;
}

void bad_at(const char *text, int line, const char *words)
{
	char *errors = bad(text);
	char begin[32];
	snprintf(begin, sizeof(begin), "f.yaml:%d: ", line);
	if (strncmp(errors, begin, strlen(begin)) != 0 || !strstr(errors, words) ||
	    !strstr(errors, "expected ") || strchr(errors, '\n'))
		fail_msg("wanted one \"%s...%s\", got: %s\nfor: %s", begin, words, errors, text);
	free(errors);
}
