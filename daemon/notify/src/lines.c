/* Header lines of the configuration: "Name: value", where the value is a template. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "notify/template.h"
#include "poster.h"

#define LINES_MAX 32

struct header_lines {
	size_t n;
	struct {
		char *name;
		struct yj_template *value;
	} v[LINES_MAX];
};

void yj_header_lines_free(struct header_lines *lines)
{
	if (!lines)
		return;
	for (size_t i = 0; i < lines->n; i++) {
		yj_wipe(lines->v[i].name);
		yj_template_free(lines->v[i].value);
	}
	free(lines);
}

/* What the engine says itself, or what would change how the answer is read. */
static bool name_free(const char *name)
{
	static const char *const taken[] = {
	    "Host", "Content-Type", "Content-Length", "Transfer-Encoding", "Expect", "Connection"};
	static const char token[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
				    "0123456789!#$%&'*+-.^_`|~";
	for (size_t i = 0; i < sizeof(taken) / sizeof(taken[0]); i++)
		if (strcasecmp(name, taken[i]) == 0)
			return false;
	return name[0] != '\0' && name[strspn(name, token)] == '\0';
}

static int add(struct header_lines *lines, char *line, int number, struct yj_poster_why *why)
{
	struct yj_template_mistake mistake;
	char *colon = strchr(line, ':');
	int rc = 0;
	if (lines->n == LINES_MAX) {
		rc = yj_poster_wrong(why, "headers", "are too many");
		goto out;
	}
	if (!colon) {
		rc = yj_poster_wrong(why, "headers", "have a line without a colon");
		goto out;
	}
	*colon = '\0';
	const char *value = colon + 1 + strspn(colon + 1, " \t");
	if (!name_free(line)) {
		rc = yj_poster_wrong(why, "headers", "have a name that may not be set");
		goto out;
	}
	rc = yj_template_parse(value, YJ_ESCAPE_HEADER, &lines->v[lines->n].value, &mistake);
	if (rc == YJ_ERR_INVAL)
		yj_poster_wrong(why, "headers", mistake.text);
	if (rc < 0)
		goto out;
	lines->v[lines->n].name = strdup(line);
	if (lines->v[lines->n++].name)
		return 0;
	rc = YJ_ERR_NOMEM;
out:
	if (rc == YJ_ERR_INVAL)
		why->line = number;
	return rc;
}

int yj_header_lines_new(const char *text, struct header_lines **out, struct yj_poster_why *why)
{
	*out = NULL;
	if (!text || text[0] == '\0')
		return 0;
	char *copy = strdup(text), *rest = copy, *line;
	struct header_lines *lines = calloc(1, sizeof(*lines));
	int rc = copy && lines ? 0 : YJ_ERR_NOMEM;
	for (int number = 1; rc == 0 && (line = strsep(&rest, "\n")) != NULL; number++) {
		if (line[strspn(line, " \t\r")] != '\0')
			rc = add(lines, line, number, why);
	}
	yj_wipe(copy);
	if (rc < 0) {
		yj_header_lines_free(lines);
		return rc;
	}
	*out = lines;
	return 0;
}

int yj_header_lines_add(
    const struct header_lines *lines, const struct yj_delivery *delivery, struct post *post)
{
	int rc = 0;
	for (size_t i = 0; rc == 0 && lines && i < lines->n; i++) {
		char *value = yj_template_fill(lines->v[i].value, delivery);
		rc = value ? yj_post_header(post, lines->v[i].name, value) : YJ_ERR_NOMEM;
		yj_post_guard(post, value);
		yj_wipe(value);
	}
	return rc;
}
