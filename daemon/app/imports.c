#include "imports.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "commands.h"
#include "dispatch.h"
#include "reload.h"
#include "space.h"
#include "store/import.h"

static const char no_room[] = "the disk is nearly full: nothing is imported";

struct yj_imports {
	struct yj_gateway *g;
	struct event *done;
	int fd;
	bool busy;
	pthread_t thread;
	/* of the one under way; the worker touches only these while busy */
	enum yj_dir kind;
	char *csv;
	size_t len;
	char **ignore; /* NULL-terminated */
	json_t *policies, *webhooks;
	char database[4096], stage[4096];
	struct yj_import_result result;
	int rc;
	/* of the loop */
	struct yj_ctl_call *call; /* NULL: nobody waits any more */
	char user[33];
	long added, replaced;
};

static void *work(void *arg)
{
	struct yj_imports *im = arg;
	struct yj_store *ro = NULL;
	char why[YJ_WHY_MAX];
	struct yj_import_opts opts = {
	    .ignore = (const char *const *)im->ignore,
	    .policies = im->policies,
	    .webhooks = im->webhooks,
	};
	im->rc = yj_store_open_readonly(im->database, &ro, why);
	if (im->rc == 0)
		im->rc =
		    yj_import_stage(ro, im->kind, im->csv, im->len, &opts, im->stage, &im->result);
	yj_store_close(ro);
	uint64_t one = 1;
	if (write(im->fd, &one, sizeof one) != sizeof one)
		abort(); /* an eventfd takes it; else the loop would wait for ever */
	return NULL;
}

static void clear(struct yj_imports *im)
{
	yj_import_result_done(&im->result);
	memset(&im->result, 0, sizeof im->result);
	free(im->csv);
	im->csv = NULL;
	for (size_t i = 0; im->ignore && im->ignore[i]; i++)
		free(im->ignore[i]);
	free(im->ignore);
	im->ignore = NULL;
	json_decref(im->policies);
	json_decref(im->webhooks);
	im->policies = im->webhooks = NULL;
	im->call = NULL;
	im->busy = false;
}

static int before_commit(void *ctx, long added, long replaced)
{
	struct yj_imports *im = ctx;
	im->added = added;
	im->replaced = replaced;
	return yj_commands_directory_changed(
	    im->g, im->user, yj_dir_name(im->kind), NULL, "imported", added + replaced);
}

static void refuse_with_errors(struct yj_imports *im)
{
	size_t cap = 64 + im->result.n_list * 320, n = 0;
	char *text = malloc(cap);
	if (!text) {
		yj_ctl_refuse(im->call, "invalid", "the file has errors");
		return;
	}
	text[0] = '\0';
	for (size_t i = 0; i < im->result.n_list; i++) {
		const struct yj_import_error *e = &im->result.list[i];
		n += (size_t)snprintf(text + n, cap - n, "%sline %ld%s%s: %s", i ? "\n" : "",
		    e->line, e->column[0] ? ", column " : "", e->column, e->text);
	}
	if (im->result.errors > (long)im->result.n_list)
		snprintf(text + n, cap - n, "\nand %ld more",
		    im->result.errors - (long)im->result.n_list);
	yj_ctl_refuse(im->call, "invalid", text);
	free(text);
}

static void answer(struct yj_imports *im, int rc, const char *why)
{
	if (!im->call)
		return;
	if (rc == 0)
		yj_ctl_answer(im->call,
		    json_pack("{s:I, s:I, s:I}", "rows", (json_int_t)im->result.rows, "added",
			(json_int_t)im->added, "replaced", (json_int_t)im->replaced));
	else if (im->rc == YJ_ERR_INVAL)
		refuse_with_errors(im);
	else
		yj_ctl_refuse(im->call, rc == YJ_ERR_CONFLICT ? "conflict" : "failed",
		    why[0] ? why : yj_err_name(rc));
}

/* The file may have been staged for a while, and what it takes comes off the same disk. */
static int switch_in(struct yj_imports *im, char why[YJ_WHY_MAX])
{
	yj_gateway_sample(im->g);
	yj_space_check(im->g);
	if (yj_space_spare(im->g))
		return yj_import_switch(im->g->store, im->kind, im->stage, before_commit, im, why);
	snprintf(why, YJ_WHY_MAX, "%s", no_room);
	(void)!unlink(im->stage);
	return YJ_ERR_FULL;
}

static void on_done(evutil_socket_t fd, short what, void *ctx)
{
	struct yj_imports *im = ctx;
	uint64_t n;
	(void)what;
	if (read((int)fd, &n, sizeof n) != sizeof n)
		return;
	pthread_join(im->thread, NULL);
	char why[YJ_WHY_MAX] = "";
	int rc = im->rc;
	if (rc == 0) {
		rc = switch_in(im, why);
		yj_dispatch_soon(im->g);
	}
	answer(im, rc, why);
	clear(im);
}

struct yj_imports *yj_imports_new(struct yj_gateway *g)
{
	struct yj_imports *im = calloc(1, sizeof *im);
	if (!im)
		return NULL;
	im->g = g;
	/* what a crash left of one is of no use, and holds names and addresses */
	snprintf(im->stage, sizeof im->stage, "%s/import.db", g->config->gateway.data_dir);
	(void)!unlink(im->stage);
	im->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	im->done =
	    im->fd < 0 ? NULL : event_new(g->base, im->fd, EV_READ | EV_PERSIST, on_done, im);
	if (!im->done || event_add(im->done, NULL) < 0) {
		yj_imports_free(im);
		return NULL;
	}
	return im;
}

void yj_imports_free(struct yj_imports *im)
{
	if (!im)
		return;
	if (im->busy) {
		pthread_join(im->thread, NULL);
		unlink(im->stage);
		clear(im);
	}
	if (im->done)
		event_free(im->done);
	if (im->fd >= 0)
		close(im->fd);
	free(im);
}

static char **copy_ignore(json_t *list)
{
	size_t n = json_array_size(list);
	char **v = calloc(n + 1, sizeof *v);
	for (size_t i = 0; v && i < n; i++) {
		const char *name = json_string_value(json_array_get(list, i));
		v[i] = strdup(name ? name : "");
	}
	return v;
}

static json_t *policy_names(const struct yj_config *config)
{
	json_t *list = json_array();
	for (size_t i = 0; i < config->n_policies; i++)
		json_array_append_new(list, json_string(config->policies[i].name));
	return list;
}

void yj_imports_begin(struct yj_gateway *g, struct yj_ctl_call *call, const char *user,
    json_t *args, const void *body, size_t len)
{
	struct yj_imports *im = g->imports;
	const char *kind = json_string_value(json_object_get(args, "kind"));
	if (!kind || yj_dir_parse(kind, &im->kind) < 0) {
		yj_ctl_refuse(call, "invalid", "kind: not a kind of the directory");
		return;
	}
	if (im->busy || !body) {
		yj_ctl_refuse(call, im->busy ? "busy" : "invalid",
		    im->busy ? "another import is under way" : "no file was sent");
		return;
	}
	if (!yj_space_spare(g)) {
		yj_ctl_refuse(call, "disk", no_room);
		return;
	}
	im->csv = malloc(len + 1);
	im->ignore = copy_ignore(json_object_get(args, "ignore"));
	im->policies = policy_names(g->config);
	im->webhooks = yj_reload_channel_names(g->config);
	im->len = len;
	im->added = im->replaced = 0;
	if (!im->csv || !im->ignore) {
		clear(im);
		yj_ctl_refuse(call, "failed", "out of memory");
		return;
	}
	memcpy(im->csv, body, len);
	im->csv[len] = '\0';
	snprintf(im->user, sizeof im->user, "%s", user);
	snprintf(im->database, sizeof im->database, "%s/yijian.db", g->config->gateway.data_dir);
	im->call = call;
	im->busy = true;
	if (pthread_create(&im->thread, NULL, work, im) != 0) {
		clear(im);
		yj_ctl_refuse(call, "failed", "no thread");
	}
}

void yj_imports_gone(struct yj_gateway *g, struct yj_ctl_call *call)
{
	if (g->imports && g->imports->call == call)
		g->imports->call = NULL;
}
