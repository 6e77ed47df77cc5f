/* inlets: where clouds push what devices say, and how it is known that it is them. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "config_internal.h"
#include "devices/mapping.h"

#define N(a) (sizeof(a) / sizeof((a)[0]))

static void read_verify(struct yj_yaml *y, yaml_node_t *node, struct yj_config_inlet *in)
{
	static const char *const words[] = {"token", "hmac", "onenet"};
	static const char expected[] = "token, hmac or onenet";
	const char *s;
	if (!yj_yaml_text(y, node, "verify of an inlet", expected, &s))
		return;
	for (size_t i = 0; i < N(words); i++) {
		if (strcmp(words[i], s) == 0) {
			in->verify = (enum yj_config_verify)i;
			return;
		}
	}
	yj_yaml_error(
	    y, yj_yaml_line(node), "verify of an inlet is not known, expected %s", expected);
}

static void read_mapping(struct yj_yaml *y, yaml_node_t *node, unsigned flags,
    const struct yj_config *c, struct yj_config_inlet *in)
{
	static const char expected[] = "the name of one of devices.mappings";
	const char *s;
	if (!yj_yaml_text(y, node, "mapping of an inlet", expected, &s))
		return;
	in->mapping = yj_config_mapping(c, s);
	bool unread = (flags & YJ_CONFIG_NO_FILES) && !(flags & YJ_CONFIG_MAPPINGS);
	if (!in->mapping && !unread && y->n_errors == 0)
		yj_yaml_error(y, yj_yaml_line(node),
		    "mapping of an inlet is not there, expected %s", expected);
}

/* A word that can be a header's or a parameter's name. */
static void read_word(struct yj_yaml *y, yaml_node_t *node, const char *what, char **dst)
{
	static const char expected[] = "letters, digits, - and _";
	yj_config_read_string(y, node, what, expected, dst);
	for (const char *p = *dst; p && *p; p++) {
		if (!isalnum((unsigned char)*p) && *p != '-' && *p != '_') {
			yj_yaml_error(
			    y, yj_yaml_line(node), "%s is no name, expected %s", what, expected);
			return;
		}
	}
}

static void check(struct yj_yaml *y, yaml_node_t *const *v, const struct yj_config_inlet *in)
{
	if (in->header && in->query)
		yj_yaml_error(
		    y, yj_yaml_line(v[5]), "an inlet has header and query, expected one of them");
	if (v[5] && in->verify != YJ_VERIFY_TOKEN)
		yj_yaml_error(y, yj_yaml_line(v[5]),
		    "query is of no use here, expected it with verify: token only");
	if (v[4] && in->verify == YJ_VERIFY_ONENET)
		yj_yaml_error(y, yj_yaml_line(v[4]),
		    "header is of no use here, expected it with verify: token or hmac only");
	if (v[6] && in->verify != YJ_VERIFY_ONENET)
		yj_yaml_error(y, yj_yaml_line(v[6]),
		    "aes_key_file is of no use here, expected it with verify: onenet only");
	size_t len = in->aes_key ? strlen(in->aes_key) : 16;
	if (len != 16 && len != 43)
		yj_yaml_error(y, yj_yaml_line(v[6]),
		    "aes_key_file holds no key, expected one of 16 characters (or 43 of base64)");
}

static void read_inlet(struct yj_yaml *y, yaml_node_t *node, unsigned flags, struct yj_config *c)
{
	static const struct yj_yaml_key keys[] = {{"name", true}, {"mapping", true},
	    {"verify", true}, {"secret_file", true}, {"header", false}, {"query", false},
	    {"aes_key_file", false}};
	yaml_node_t *v[N(keys)];
	struct yj_config_inlet *in = &c->inlets[c->n_inlets];
	if (!yj_yaml_map(y, node, "an inlet", keys, N(keys), v))
		return;
	c->n_inlets++;
	in->line = yj_yaml_line(node);
	yj_config_read_name(y, v[0], "name of an inlet", in->name);
	for (size_t i = 0; in->name[0] && i + 1 < c->n_inlets; i++)
		if (strcmp(c->inlets[i].name, in->name) == 0)
			yj_yaml_error(y, yj_yaml_line(v[0]),
			    "inlet \"%s\" is there already, expected each name once", in->name);
	read_verify(y, v[2], in);
	yj_config_read_secret(y, v[3], "secret_file of an inlet", flags, NULL, &in->secret);
	read_word(y, v[4], "header of an inlet", &in->header);
	read_word(y, v[5], "query of an inlet", &in->query);
	yj_config_read_secret(y, v[6], "aes_key_file of an inlet", flags, NULL, &in->aes_key);
	check(y, v, in);
	read_mapping(y, v[1], flags, c, in);
}

void yj_config_read_inlets(
    struct yj_yaml *y, yaml_node_t *node, unsigned flags, struct yj_config *c)
{
	int n = node ? yj_yaml_list(y, node, "inlets", 0, YJ_INLETS_MAX) : 0;
	if (n <= 0)
		return;
	c->inlets = calloc((size_t)n, sizeof c->inlets[0]);
	if (!c->inlets) {
		y->nomem = true;
		return;
	}
	for (int i = 0; i < n; i++)
		read_inlet(y, yj_yaml_item(y, node, i), flags, c);
}
