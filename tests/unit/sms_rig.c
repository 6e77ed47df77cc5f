#include "sms_rig.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static const struct yj_msg_inbox page = {
    .id = "gw-1-d7",
    .incident = "gw-1-3",
    .text = "",
    .opened_at_ms = 1700000000000,
};

static void on_done(void *ctx, const struct yj_sent_result *result)
{
	struct fixture *f = ctx;
	assert_false(f->sending); /* later, not from inside */
	assert_true(f->n_results < KEPT);
	f->results[f->n_results++] = *result;
}

static int on_back(void *ctx, const struct yj_back *back)
{
	struct fixture *f = ctx;
	f->n_offered++;
	if (f->refuse > 0) {
		f->refuse--;
		return YJ_ERR_BUSY;
	}
	assert_true(f->n_said < KEPT);
	struct said *said = &f->said[f->n_said++];
	assert_string_equal(back->channel, "sms");
	said->type = back->type;
	snprintf(said->ref, sizeof said->ref, "%s", back->ref);
	snprintf(said->id, sizeof said->id, "%s", back->id);
	snprintf(said->from, sizeof said->from, "%s", back->from);
	snprintf(said->text, sizeof said->text, "%s", back->text);
	snprintf(said->words, sizeof said->words, "%s", back->words);
	return 0;
}

static void on_note(void *ctx, const char *what)
{
	struct fixture *f = ctx;
	assert_true(f->n_notes < KEPT);
	snprintf(f->notes[f->n_notes++], sizeof f->notes[0], "%s", what);
}

static const char *const folders[] = {"outgoing", "checked", "sent", "failed", "incoming"};

int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof *f);
	char path[128];
	*state = f;
	snprintf(f->root, sizeof f->root, "/tmp/yj-sms-XXXXXX");
	if (!mkdtemp(f->root))
		return -1;
	for (size_t i = 0; i < sizeof folders / sizeof folders[0]; i++) {
		snprintf(path, sizeof path, "%s/%s", f->root, folders[i]);
		if (mkdir(path, 0770) < 0)
			return -1;
	}
	f->base = event_base_new();
	f->tick = turning_tick(f->base);
	return 0;
}

void begin(struct fixture *f, int64_t take_max_ms)
{
	struct yj_sms_spool_conf conf = {.name = "sms",
	    .spool = f->root,
	    .report = true,
	    .attempts = 3,
	    .take_max_ms = take_max_ms ? take_max_ms : 600000};
	struct yj_sms_spool_pace pace = {
	    .look_ms = 20, .refuse_ms = 300, .young_ms = 200, .settle_ms = 1};
	f->spool = yj_sms_spool_new(f->base, &conf, on_back, on_note, f);
	assert_non_null(f->spool);
	yj_sms_spool_set_pace(f->spool, &pace);
	f->channel = yj_sms_spool_channel(f->spool);
}

void end(struct fixture *f)
{
	yj_sms_spool_free(f->spool);
	f->spool = NULL;
}

static void remove_tree(const char *path)
{
	struct dirent *entry;
	char below[512];
	DIR *listing = opendir(path);
	while (listing && (entry = readdir(listing)) != NULL) {
		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
			continue;
		snprintf(below, sizeof below, "%s/%s", path, entry->d_name);
		if (entry->d_type == DT_DIR)
			remove_tree(below);
		else
			unlink(below);
	}
	if (listing)
		closedir(listing);
	rmdir(path);
}

int teardown(void **state)
{
	struct fixture *f = *state;
	end(f);
	event_free(f->tick);
	event_base_free(f->base);
	remove_tree(f->root);
	free(f);
	return 0;
}

int send_page(struct fixture *f, uint64_t token, const char *id, const char *phone)
{
	struct yj_delivery delivery = {.token = token,
	    .attempt = 1,
	    .id = id,
	    .caregiver = "grid1",
	    .phone = phone,
	    .email = "",
	    .language = "zh-CN",
	    .page = &page,
	    .text = "王秀英求助\r\n石门村二组",
	    .subject = "",
	    .asks = true};
	f->sending = true;
	int rc = f->channel->send(f->channel->self, &delivery, on_done, f);
	f->sending = false;
	return rc;
}

void turn_for(struct fixture *f, int ms)
{
	double until = now_s() + ms / 1000.0;
	while (now_s() < until)
		event_base_loop(f->base, EVLOOP_ONCE);
}

/* ---- files ---- */

static const char *path_of(struct fixture *f, const char *folder, const char *name)
{
	static char path[512];
	snprintf(path, sizeof path, "%s/%s/%s", f->root, folder, name);
	return path;
}

void write_file(
    struct fixture *f, const char *folder, const char *name, const void *bytes, size_t len)
{
	FILE *file = fopen(path_of(f, folder, name), "wb");
	assert_non_null(file);
	assert_int_equal(fwrite(bytes, 1, len, file), len);
	assert_int_equal(fclose(file), 0);
}

void write_text(struct fixture *f, const char *folder, const char *name, const char *text)
{
	write_file(f, folder, name, text, strlen(text));
}

const char *read_file(struct fixture *f, const char *folder, const char *name)
{
	static char text[8192];
	FILE *file = fopen(path_of(f, folder, name), "rb");
	if (!file)
		return NULL;
	text[fread(text, 1, sizeof text - 1, file)] = '\0';
	fclose(file);
	return text;
}

bool there(struct fixture *f, const char *folder, const char *name)
{
	struct stat st;
	return lstat(path_of(f, folder, name), &st) == 0;
}

/* The last file of a folder, and how many there are. */
static int look(struct fixture *f, const char *folder, char *name, size_t cap)
{
	int n = 0;
	struct dirent *entry;
	DIR *listing = opendir(path_of(f, folder, ""));
	name[0] = '\0';
	while (listing && (entry = readdir(listing)) != NULL) {
		if (entry->d_type == DT_DIR)
			continue;
		snprintf(name, cap, "%s", entry->d_name);
		n++;
	}
	if (listing)
		closedir(listing);
	return n;
}

const char *only(struct fixture *f, const char *folder)
{
	static char name[256];
	assert_true(look(f, folder, name, sizeof name) <= 1);
	return name;
}

int count(struct fixture *f, const char *folder)
{
	char name[256];
	return look(f, folder, name, sizeof name);
}

void smsd_leaves(struct fixture *f, const char *folder, const char *headers)
{
	char name[256], text[8192];
	snprintf(name, sizeof name, "%s", only(f, "outgoing"));
	assert_string_not_equal(name, "");
	const char *content = read_file(f, "outgoing", name);
	const char *body = strstr(content, "\n\n");
	snprintf(
	    text, sizeof text, "%.*s\n%s%s", (int)(body - content), content, headers, body + 1);
	assert_int_equal(unlink(path_of(f, "outgoing", name)), 0);
	write_text(f, folder, name, text);
}

void age(struct fixture *f, const char *folder, const char *name, int seconds)
{
	struct timespec times[2];
	clock_gettime(CLOCK_REALTIME, &times[0]);
	times[0].tv_sec -= seconds;
	times[1] = times[0];
	assert_int_equal(
	    utimensat(AT_FDCWD, path_of(f, folder, name), times, AT_SYMLINK_NOFOLLOW), 0);
}
