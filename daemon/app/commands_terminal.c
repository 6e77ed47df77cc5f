/* What operators do about terminals: the link that sets one up, and voices of a home's own. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base64url.h"
#include "command.h"
#include "commands.h"
#include "proto/limits.h"
#include "proto/topic.h"
#include "store/directory.h"
#include "webfiles.h"

#define PATH_ROOM 4096
#define URL_ROOM 2048

static int find_terminal(struct yj_command *c, const char *id)
{
	struct yj_device d;
	int rc = yj_device_find(c->g->store, id, &d);
	if (rc == YJ_ERR_NOTFOUND || (rc == 0 && (d.gone || d.revoked)))
		return yj_command_refuse(c, "unknown", "no such device");
	return rc;
}

/* ── device.link ── */

static void add_part(char *url, const char *name, const char *value)
{
	size_t len = strlen(url);
	char *coded = value[0] ? evhttp_uriencode(value, -1, 0) : NULL;
	if (coded)
		snprintf(url + len, URL_ROOM - len, "&%s=%s", name, coded);
	free(coded);
}

static int do_link(struct yj_command *c)
{
	static const char *const parts[] = {"password", "broker", "lang"};
	const char *id = yj_command_text(c, "id"), *base = c->g->config->http.public_url;
	char key[YJ_VOICE_KEY_LEN + 1] = "", url[URL_ROOM];
	int rc = find_terminal(c, id);
	if (rc < 0 || c->refused)
		return rc;
	if (!base || !base[0])
		return yj_command_refuse(c, "no_public_url",
		    "http.public_url is not set, so there is no address to give");
	rc = yj_webfiles_voice_key(c->g, id, key);
	if (rc < 0)
		return rc;
	size_t len = strlen(base);
	while (len > 0 && base[len - 1] == '/')
		len--;
	snprintf(url, sizeof url, "%.*s/terminal/#device=%s", (int)len, base, id);
	for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++)
		add_part(url, parts[i], yj_command_text(c, parts[i]));
	add_part(url, "key", key);
	if (strlen(url) == sizeof url - 1)
		return yj_command_refuse(c, "too_long", "the link would be too long");
	c->data = json_pack("{s:b, s:s}", "ok", 1, "url", url);
	explicit_bzero(url, sizeof url);
	return c->data ? 0 : YJ_ERR_NOMEM;
}

/* ── device.voice ── */

/* Makes the folders down to that of the home's voices. 0 or YJ_ERR_IO. */
static int make_folders(const struct yj_command *c, const char *id, char path[PATH_ROOM])
{
	const char *steps[] = {"voices", "home", id};
	int len = snprintf(path, PATH_ROOM, "%s", c->g->config->gateway.data_dir);
	for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
		len += snprintf(path + len, (size_t)(PATH_ROOM - len), "/%s", steps[i]);
		if (len >= PATH_ROOM || (mkdir(path, 0700) < 0 && errno != EEXIST))
			return YJ_ERR_IO;
	}
	return 0;
}

static bool write_all(int fd, const unsigned char *bytes, size_t len)
{
	size_t done = 0;
	while (done < len) {
		ssize_t n = write(fd, bytes + done, len - done);
		if (n < 0 && errno != EINTR)
			return false;
		done += n > 0 ? (size_t)n : 0;
	}
	return fsync(fd) == 0;
}

/* The file is there as a whole or not at all. */
static int put_voice(const char *folder, const char *phrase, const unsigned char *bytes, size_t len)
{
	char path[PATH_ROOM], made[PATH_ROOM];
	int n = snprintf(path, sizeof path, "%s/%s.wav", folder, phrase);
	int m = snprintf(made, sizeof made, "%s/.%s.new", folder, phrase);
	if (n >= PATH_ROOM || m >= PATH_ROOM)
		return YJ_ERR_IO;
	int fd = open(made, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return YJ_ERR_IO;
	bool good = write_all(fd, bytes, len);
	close(fd);
	if (good && rename(made, path) == 0)
		return 0;
	unlink(made);
	return YJ_ERR_IO;
}

static int set_voice(struct yj_command *c, const char *folder, const char *phrase, const char *text)
{
	size_t cap = strlen(text), len = 0;
	unsigned char *bytes = malloc(cap ? cap : 1);
	int rc = bytes ? 0 : YJ_ERR_NOMEM;
	if (rc == 0 &&
	    (!yj_base64url_read(text, bytes, cap, &len) || len < 12 || len > YJ_VOICE_MAX ||
		memcmp(bytes, "RIFF", 4) != 0 || memcmp(bytes + 8, "WAVE", 4) != 0))
		rc = yj_command_refuse(c, "invalid", "a WAV file of at most 700 KB");
	else if (rc == 0)
		rc = put_voice(folder, phrase, bytes, len);
	free(bytes);
	return rc;
}

static int remove_voice(struct yj_command *c, const char *folder, const char *phrase)
{
	char path[PATH_ROOM];
	int n = snprintf(path, sizeof path, "%s/%s.wav", folder, phrase);
	if (n < PATH_ROOM && unlink(path) == 0)
		return 0;
	return errno == ENOENT ? yj_command_refuse(c, "unknown", "the home has no such recording")
			       : YJ_ERR_IO;
}

/* Phrases that the home has in a voice of its own. */
static int list_voices(struct yj_command *c, const char *folder)
{
	json_t *list = json_array();
	DIR *dir = opendir(folder);
	struct dirent *entry;
	while (list && dir && (entry = readdir(dir))) {
		size_t len = strlen(entry->d_name);
		if (entry->d_name[0] != '.' && len > 4 &&
		    strcmp(entry->d_name + len - 4, ".wav") == 0)
			json_array_append_new(list, json_stringn(entry->d_name, len - 4));
	}
	if (dir)
		closedir(dir);
	c->data = json_pack("{s:b, s:o}", "ok", 1, "phrases", list);
	return c->data ? 0 : YJ_ERR_NOMEM;
}

static int do_voice(struct yj_command *c)
{
	const char *id = yj_command_text(c, "id"), *phrase = yj_command_text(c, "phrase");
	const char *wav = yj_command_text(c, "wav");
	char folder[PATH_ROOM];
	int rc = find_terminal(c, id);
	if (rc < 0 || c->refused)
		return rc;
	rc = make_folders(c, id, folder);
	if (rc < 0)
		return rc;
	if (!phrase[0])
		return list_voices(c, folder);
	if (!yj_name_valid(phrase))
		return yj_command_refuse(c, "invalid", "a phrase is named as in docs/terminal.md");
	rc = wav[0] ? set_voice(c, folder, phrase, wav) : remove_voice(c, folder, phrase);
	if (rc == 0 && !c->refused)
		rc = yj_commands_directory_changed(
		    c->g, c->user, "devices", id, wav[0] ? "voice_set" : "voice_removed", 1);
	return rc < 0 || c->refused ? rc : yj_command_done(c);
}

const struct yj_command_entry yj_commands_terminal[] = {
    {"device.link", do_link, false},
    {"device.voice", do_voice, false},
    {NULL, NULL, false},
};
