/* Single values of the configuration: names, paths, secrets, URLs. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config_internal.h"
#include "proto/topic.h"

#define NAME_EXPECTED "1 to 64 letters, digits, - or _"

/* Takes over a copy of s. */
void yj_config_keep(struct yj_yaml *y, const char *s, char **dst)
{
	char *copy = strdup(s);
	if (!copy) {
		y->nomem = true;
		return;
	}
	free(*dst);
	*dst = copy;
}

void yj_config_read_string(
    struct yj_yaml *y, yaml_node_t *node, const char *what, const char *expected, char **dst)
{
	const char *s;
	if (yj_yaml_text(y, node, what, expected, &s))
		yj_config_keep(y, s, dst);
}

void yj_config_read_name(
    struct yj_yaml *y, yaml_node_t *node, const char *what, char name[YJ_NAME_MAX + 1])
{
	const char *s;
	if (!yj_yaml_text(y, node, what, NAME_EXPECTED, &s))
		return;
	if (yj_name_valid(s))
		memcpy(name, s, strlen(s) + 1);
	else
		yj_yaml_error(
		    y, yj_yaml_line(node), "%s is not a name, expected " NAME_EXPECTED, what);
}

/* The path of a file that must be readable. */
void yj_config_read_file(
    struct yj_yaml *y, yaml_node_t *node, const char *what, unsigned flags, char **dst)
{
	const char *s, *why;
	if (!yj_yaml_text(y, node, what, "the path of a file", &s))
		return;
	yj_config_keep(y, s, dst);
	if (!(flags & YJ_CONFIG_NO_FILES) && !yj_file_readable(s, &why))
		yj_yaml_error(
		    y, yj_yaml_line(node), "%s: %s, expected a file that can be read", what, why);
}

/* The path of a file that holds one line, and that line. */
void yj_config_read_secret(struct yj_yaml *y, yaml_node_t *node, const char *what, unsigned flags,
    char **path, char **secret)
{
	const char *s, *why = NULL;
	size_t len;
	char *line;
	if (!yj_yaml_text(y, node, what, "the path of a file", &s))
		return;
	if (path)
		yj_config_keep(y, s, path);
	if (flags & YJ_CONFIG_NO_FILES)
		return;
	int err = yj_file_read(s, YJ_SECRET_MAX, &line, &len, &why);
	if (err == YJ_ERR_NOMEM) {
		y->nomem = true;
		return;
	}
	if (err != YJ_OK) {
		yj_yaml_error(
		    y, yj_yaml_line(node), "%s: %s, expected a file that can be read", what, why);
		return;
	}
	if (len > 0 && line[len - 1] == '\n')
		line[--len] = '\0';
	if (len > 0 && line[len - 1] == '\r')
		line[--len] = '\0';
	if (len == 0 || strlen(line) != len || strpbrk(line, "\r\n")) {
		yj_yaml_error(y, yj_yaml_line(node),
		    "%s does not hold one line, expected a file of one line", what);
		explicit_bzero(line, len);
		free(line);
		return;
	}
	*secret = line;
}

/* http: or https:, a host, and nothing that could break a request line. */
static bool url_valid(const char *s)
{
	const char *host = strncmp(s, "https://", 8) == 0  ? s + 8
			   : strncmp(s, "http://", 7) == 0 ? s + 7
							   : "";
	return strcspn(host, "/?#@:") > 0 && strlen(s) < 2048 && !strpbrk(s, " \"<>\\^`{|}");
}

void yj_config_read_url(struct yj_yaml *y, yaml_node_t *node, const char *what, char **dst)
{
	static const char expected[] = "a URL that begins with https:// or http://";
	const char *s;
	if (!yj_yaml_text(y, node, what, expected, &s))
		return;
	if (url_valid(s))
		yj_config_keep(y, s, dst);
	else
		yj_yaml_error(
		    y, yj_yaml_line(node), "%s is not usable, expected %s", what, expected);
}

/* Whether it is a URL before its first placeholder, and without all of them. */
static bool url_template_valid(const char *s)
{
	char plain[2048];
	size_t n = 0;
	for (const char *end; *s; s++) {
		if (strncmp(s, "{{", 2) == 0 && (end = strstr(s, "}}"))) {
			plain[n] = '\0';
			if (!url_valid(plain))
				return false;
			s = end + 1;
		} else if (n + 1 < sizeof plain) {
			plain[n++] = *s;
		} else {
			return false;
		}
	}
	plain[n] = '\0';
	return url_valid(plain);
}

void yj_config_read_url_template(struct yj_yaml *y, yaml_node_t *node, const char *what, char **dst)
{
	static const char expected[] =
	    "a URL that begins with https:// or http://, with {{placeholders}} behind the host";
	const char *s;
	if (!yj_yaml_text(y, node, what, expected, &s))
		return;
	if (url_template_valid(s))
		yj_config_keep(y, s, dst);
	else
		yj_yaml_error(
		    y, yj_yaml_line(node), "%s is not usable, expected %s", what, expected);
}

void yj_config_read_list(
    struct yj_yaml *y, yaml_node_t *node, const char *what, const char *expected, char **dst)
{
	if (yj_yaml_is_null(node))
		return;
	if (node->type == YAML_SCALAR_NODE) {
		yj_config_read_string(y, node, what, expected, dst);
		return;
	}
	int n = yj_yaml_list(y, node, what, 1, YJ_CONFIG_LIST_MAX);
	for (int i = 0; i < n; i++) {
		const char *s;
		char *all = NULL;
		if (!yj_yaml_text(y, yj_yaml_item(y, node, i), what, expected, &s))
			continue;
		if (asprintf(&all, "%s%s%s", *dst ? *dst : "", *dst ? "\n" : "", s) < 0) {
			y->nomem = true;
			return;
		}
		free(*dst);
		*dst = all;
	}
}

void yj_config_read_block(
    struct yj_yaml *y, yaml_node_t *node, const char *what, const char *expected, char **dst)
{
	if (yj_yaml_is_null(node))
		return;
	if (node->type == YAML_SCALAR_NODE)
		yj_config_keep(y, (const char *)node->data.scalar.value, dst);
	else
		yj_yaml_error(
		    y, yj_yaml_line(node), "%s is not a text, expected %s", what, expected);
}
