/* device link and voice: setting up the terminal of a home, and phrases in a voice of its own. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"
#include "proto/limits.h"
#include "term.h"

#define LINE_ROOM 256

/* ── device link ── */

/* The first line of a file. 0 or an exit code. */
static int read_line(const char *path, char line[LINE_ROOM])
{
	FILE *f = fopen(path, "r");
	if (!f)
		return yj_fail(YJ_EXIT_REFUSED, "%s: %s", path, strerror(errno));
	bool good = fgets(line, LINE_ROOM, f) != NULL;
	fclose(f);
	if (!good || strlen(line) == LINE_ROOM - 1)
		return yj_fail(YJ_EXIT_REFUSED, "%s: no line, or too long a one", path);
	line[strcspn(line, "\r\n")] = '\0';
	return 0;
}

static int run_link(struct yj_cli *cli, const struct yj_args *args)
{
	const char *file = yj_arg(args, "password-file");
	char password[LINE_ROOM] = "";
	json_t *data = NULL;
	int rc = file ? read_line(file, password) : 0;
	if (rc)
		return rc;
	json_t *request = json_pack("{s:s, s:s, s:s*, s:s*}", "id", args->words[0], "password",
	    password, "broker", yj_arg(args, "broker"), "lang", yj_arg(args, "lang"));
	rc = yj_gateway_ask(cli, "device.link", request, NULL, 0, YJ_ASK_MS, &data);
	explicit_bzero(password, sizeof password);
	if (rc)
		return rc;
	const char *url = json_string_value(json_object_get(data, "url"));
	if (cli->json)
		yj_json_put(stdout, data);
	else
		printf("%s\n", url ? url : "");
	json_decref(data);
	return 0;
}

/* ── device voice ── */

/* base64url of a file of at most YJ_VOICE_MAX bytes, malloc'd; NULL with the reason said. */
static char *read_coded(const char *path)
{
	static const char letters[] =
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
	FILE *f = strcmp(path, "-") == 0 ? stdin : fopen(path, "rb");
	char *text = malloc((YJ_VOICE_MAX + 3) / 3 * 4 + 1);
	size_t n = 0, read = 0, got;
	unsigned char part[3];
	if (!f || !text) {
		yj_fail(0, "%s: %s", path, strerror(errno));
		goto failed;
	}
	while ((got = fread(part, 1, sizeof part, f)) > 0) {
		read += got;
		if (read > YJ_VOICE_MAX) {
			yj_fail(0, "%s: longer than %d bytes", path, YJ_VOICE_MAX);
			goto failed;
		}
		unsigned held = (unsigned)part[0] << 16 | (got > 1 ? (unsigned)part[1] << 8 : 0) |
				(got > 2 ? part[2] : 0);
		for (size_t i = 0; i <= got; i++)
			text[n++] = letters[held >> (18 - 6 * i) & 63];
	}
	text[n] = '\0';
	if (!ferror(f)) {
		if (f != stdin)
			fclose(f);
		return text;
	}
	yj_fail(0, "%s: %s", path, strerror(errno));
failed:
	if (f && f != stdin)
		fclose(f);
	free(text);
	return NULL;
}

static void put_list(const struct yj_cli *cli, const json_t *data)
{
	const json_t *list = json_object_get(data, "phrases"), *phrase;
	size_t i;
	if (cli->json) {
		yj_json_put(stdout, list);
		return;
	}
	json_array_foreach(list, i, phrase) printf("%s\n", json_string_value(phrase));
}

static int run_voice(struct yj_cli *cli, const struct yj_args *args)
{
	bool removes = yj_arg(args, "remove") != NULL;
	char *wav = NULL;
	json_t *data = NULL;
	if (args->n_words == 2 && !removes)
		return yj_wrong(args->command, "a file, or --remove");
	if ((args->n_words == 3 && removes) || (args->n_words == 1 && removes))
		return yj_wrong(args->command, "--remove takes the phrase, and no file");
	if (args->n_words == 3 && !(wav = read_coded(args->words[2])))
		return YJ_EXIT_REFUSED;
	json_t *request = json_pack("{s:s, s:s*, s:s*}", "id", args->words[0], "phrase",
	    args->n_words > 1 ? args->words[1] : NULL, "wav", wav);
	free(wav);
	int rc = yj_gateway_ask(cli, "device.voice", request, NULL, 0, YJ_ASK_MS, &data);
	if (rc)
		return rc;
	if (args->n_words == 1)
		put_list(cli, data);
	else
		yj_done_put(cli, data, args->words[1], removes ? "removed" : "set");
	json_decref(data);
	return 0;
}

static const struct yj_opt link_opts[] = {
    {"broker", 0, "URL", "the broker as browsers reach it, wss://...", false},
    {"password-file", 0, "FILE", "its first line is the home's password at the broker", false},
    {"lang", 0, "LANGUAGE", "zh-CN or en, not the gateway's", false},
    {0},
};

static const struct yj_opt voice_opts[] = {
    {"remove", 0, NULL, "take the home's own away", false},
    {0},
};

const struct yj_command yj_device_terminal_commands[] = {
    {.name = "device",
	.verb = "link",
	.words = "ID",
	.help =
	    "The address that makes a browser the terminal of that home. Whoever has it is the\n"
	    "home: open it there, and give it to nobody.",
	.opts = link_opts,
	.min_words = 1,
	.max_words = 1,
	.json = true,
	.run = run_link},
    {.name = "device",
	.verb = "voice",
	.words = "ID [PHRASE [FILE.wav]]",
	.help =
	    "What a terminal says in a voice of the home's own: lists, sets or removes phrases.",
	.opts = voice_opts,
	.min_words = 1,
	.max_words = 3,
	.json = true,
	.run = run_voice},
    {0},
};
