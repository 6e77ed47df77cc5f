/* import and export of directory files. */
#include "store/import.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli.h"
#include "proto/limits.h"
#include "term.h"

/* Reads a whole file ("-": standard input) of at most YJ_IMPORT_MAX. 0 or an exit code. */
static int read_file(const char *path, char **bytes, size_t *len)
{
	int rc = YJ_EXIT_REFUSED;
	char *buf = NULL;
	size_t n = 0, cap = 1 << 16;
	FILE *f = strcmp(path, "-") == 0 ? stdin : fopen(path, "rb");
	if (!f)
		return yj_fail(YJ_EXIT_REFUSED, "%s: %s", path, strerror(errno));
	for (;;) {
		char *grown = realloc(buf, cap);
		if (!grown) {
			yj_fail(0, "out of memory");
			goto out;
		}
		buf = grown;
		n += fread(buf + n, 1, cap - n, f);
		if (ferror(f)) {
			yj_fail(0, "%s: %s", path, strerror(errno));
			goto out;
		}
		if (n > YJ_IMPORT_MAX) {
			yj_fail(0, "%s: longer than %d bytes: split it", path, YJ_IMPORT_MAX);
			goto out;
		}
		if (n < cap)
			break;
		cap *= 2;
	}
	*bytes = buf;
	*len = n;
	buf = NULL;
	rc = 0;
out:
	if (f != stdin)
		fclose(f);
	free(buf);
	return rc;
}

static int find_kind(const struct yj_args *args, enum yj_dir *kind)
{
	if (yj_dir_parse(args->words[0], kind) == 0)
		return 0;
	return yj_wrong(args->command,
	    "KIND is regions, institutions, residents, caregivers, devices, beds, consents or "
	    "rounds, "
	    "not \"%s\"",
	    args->words[0]);
}

static json_t *ignored_columns(const struct yj_args *args)
{
	json_t *list = json_array();
	for (int i = 0; i < args->n_given; i++) {
		if (strcmp(args->given[i].opt->name, "ignore") == 0)
			json_array_append_new(list, json_string(args->given[i].value));
	}
	return list;
}

static int send_file(struct yj_cli *cli, const struct yj_args *args, enum yj_dir kind)
{
	char *bytes = NULL;
	size_t len = 0;
	int rc = read_file(args->words[1], &bytes, &len);
	if (rc)
		return rc;
	json_t *data = NULL;
	rc = yj_gateway_ask(cli, "import",
	    json_pack("{s:s, s:o}", "kind", yj_dir_name(kind), "ignore", ignored_columns(args)),
	    bytes, len, YJ_ASK_LONG_MS, &data);
	free(bytes);
	if (rc)
		return rc;
	if (cli->json)
		yj_done_put(cli, data, yj_dir_name(kind), "imported");
	else
		printf("%s: %lld rows, %lld added, %lld replaced\n", yj_dir_name(kind),
		    (long long)json_integer_value(json_object_get(data, "rows")),
		    (long long)json_integer_value(json_object_get(data, "added")),
		    (long long)json_integer_value(json_object_get(data, "replaced")));
	json_decref(data);
	return 0;
}

static int run_import(struct yj_cli *cli, const struct yj_args *args)
{
	enum yj_dir kind;
	int rc = find_kind(args, &kind);
	if (rc)
		return rc;
	if (!yj_arg(args, "template")) {
		if (args->n_words < 2)
			return yj_wrong(args->command, "needs FILE.csv, or --template");
		return send_file(cli, args, kind);
	}
	if (args->n_words > 1 || cli->json || yj_arg(args, "ignore"))
		return yj_wrong(args->command, "--template stands alone");
	return yj_import_template(kind, stdout) < 0 ? YJ_EXIT_REFUSED : 0;
}

/* Into memory first: whoever reads our output slowly must not hold the database still. */
static int export_csv(struct yj_cli *cli, enum yj_dir kind)
{
	char *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);
	if (!out)
		return yj_fail(YJ_EXIT_REFUSED, "out of memory");
	int rc = yj_export(cli->store, kind, out);
	if (fclose(out) != 0 && rc == 0)
		rc = YJ_ERR_NOMEM;
	if (rc == 0)
		fwrite(text, 1, len, stdout);
	else
		yj_gateway_store_failed(cli, rc);
	free(text);
	return rc == 0 ? 0 : YJ_EXIT_REFUSED;
}

static int run_export(struct yj_cli *cli, const struct yj_args *args)
{
	enum yj_dir kind;
	int rc = find_kind(args, &kind);
	if (rc == 0)
		rc = yj_gateway_open(cli);
	if (rc)
		return rc;
	if (cli->json) {
		json_t *list = NULL;
		rc = yj_dir_list(cli->store, kind, &list);
		if (rc < 0)
			return yj_gateway_store_failed(cli, rc);
		yj_json_put(stdout, list);
		json_decref(list);
		return 0;
	}
	return export_csv(cli, kind);
}

static const struct yj_opt import_opts[] = {
    {"ignore", 0, "COLUMN", "a column of the file that is passed over; may be repeated", false},
    {"template", 0, NULL, "prints a file with all columns and an example instead", false},
    {0},
};

const struct yj_command yj_import_commands[] = {
    {.name = "import",
	.words = "KIND [FILE.csv]",
	.help =
	    "Adds or replaces what a CSV file lists: all rows, or, if anything is wrong, none.\n"
	    "KIND is regions, institutions, residents, caregivers, devices, beds, consents or\n"
	    "rounds; FILE \"-\" is the standard input.",
	.opts = import_opts,
	.min_words = 1,
	.max_words = 2,
	.json = true,
	.run = run_import},
    {.name = "export",
	.words = "KIND",
	.help = "Writes the directory's records of a kind as CSV, for a spreadsheet or an import.",
	.min_words = 1,
	.max_words = 1,
	.json = true,
	.run = run_export},
    {0},
};
