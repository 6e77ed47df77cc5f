#include "pending.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

int64_t sim_retry_delay_ms(int sent, int64_t first_ms, int64_t max_ms)
{
	int64_t delay_ms = first_ms;

	for (int i = 1; i < sent && delay_ms < max_ms; i++)
		delay_ms *= 2;
	return delay_ms < max_ms ? delay_ms : max_ms;
}

void sim_pending_init(struct sim_pending *list, int64_t first_ms, int64_t max_ms)
{
	*list = (struct sim_pending){.first_ms = first_ms, .max_ms = max_ms, .lock_fd = -1};
}

static void free_item(struct sim_pending_item *item)
{
	free(item->payload);
	free(item);
}

void sim_pending_done(struct sim_pending *list)
{
	while (list->head != NULL) {
		struct sim_pending_item *item = list->head;

		list->head = item->next;
		free_item(item);
	}
	free(list->path);
	if (list->lock_fd >= 0)
		close(list->lock_fd);
	sim_pending_init(list, list->first_ms, list->max_ms);
}

static json_t *to_json(const struct sim_pending *list)
{
	json_t *array = json_array();

	for (const struct sim_pending_item *item = list->head; item != NULL; item = item->next) {
		json_t *row = json_pack("{s:s,s:s,s:s%}", "id", item->id, "topic", item->topic,
		    "payload", item->payload, item->len);

		if (row == NULL || json_array_append_new(array, row) < 0) {
			json_decref(array);
			return NULL;
		}
	}
	return array;
}

/* The new name is durable only when its folder is. */
static int sync_folder(const char *path)
{
	const char *slash = strrchr(path, '/');
	char *dir = slash == NULL ? strdup(".") : strndup(path, (size_t)(slash - path) + 1);
	int fd, rc;

	if (dir == NULL)
		return YJ_ERR_NOMEM;
	fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	free(dir);
	if (fd < 0)
		return YJ_ERR_IO;
	rc = fsync(fd) < 0 ? YJ_ERR_IO : 0;
	close(fd);
	return rc;
}

static int save(const struct sim_pending *list)
{
	char *temp = NULL;
	json_t *array = NULL;
	int fd = -1, rc = YJ_ERR_IO;

	if (list->path == NULL)
		return 0;
	array = to_json(list);
	if (array == NULL || asprintf(&temp, "%s.new", list->path) < 0) {
		temp = NULL;
		rc = YJ_ERR_NOMEM;
		goto out;
	}
	fd = open(temp, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (fd < 0 || json_dumpfd(array, fd, JSON_INDENT(1)) < 0 || fsync(fd) < 0)
		goto out;
	if (rename(temp, list->path) < 0)
		goto out;
	rc = sync_folder(list->path);
out:
	if (fd >= 0)
		close(fd);
	json_decref(array);
	free(temp);
	return rc;
}

static struct sim_pending_item *new_item(
    const char *topic, const char *id, const char *payload, size_t len, int64_t due_ms)
{
	struct sim_pending_item *item = calloc(1, sizeof(*item));

	if (item == NULL)
		return NULL;
	item->payload = malloc(len + 1);
	if (item->payload == NULL) {
		free(item);
		return NULL;
	}
	memcpy(item->payload, payload, len);
	item->payload[len] = '\0';
	item->len = len;
	item->due_ms = due_ms;
	snprintf(item->id, sizeof(item->id), "%s", id);
	snprintf(item->topic, sizeof(item->topic), "%s", topic);
	return item;
}

static int append(struct sim_pending *list, const char *topic, const char *id, const char *payload,
    size_t len, int64_t due_ms)
{
	struct sim_pending_item *item, **end = &list->head;

	if (strlen(id) > YJ_MSGID_MAX || strlen(topic) >= YJ_TOPIC_MAX)
		return YJ_ERR_INVAL;
	if (list->count >= SIM_PENDING_MAX)
		return YJ_ERR_FULL;
	item = new_item(topic, id, payload, len, due_ms);
	if (item == NULL)
		return YJ_ERR_NOMEM;
	while (*end != NULL)
		end = &(*end)->next;
	*end = item;
	list->count++;
	return 0;
}

static void remove_item(struct sim_pending *list, struct sim_pending_item *item)
{
	struct sim_pending_item **at = &list->head;

	while (*at != item)
		at = &(*at)->next;
	*at = item->next;
	list->count--;
	free_item(item);
}

static int load(struct sim_pending *list)
{
	json_error_t error;
	json_t *array, *row;
	size_t i;
	int rc = 0;

	if (access(list->path, F_OK) < 0)
		return errno == ENOENT ? 0 : YJ_ERR_IO;
	array = json_load_file(list->path, 0, &error);
	if (!json_is_array(array)) {
		json_decref(array);
		return YJ_ERR_BADMSG;
	}
	json_array_foreach(array, i, row)
	{
		const char *id, *topic, *payload;
		size_t len;

		if (json_unpack(row, "{s:s,s:s,s:s%}", "id", &id, "topic", &topic, "payload",
			&payload, &len) < 0)
			rc = YJ_ERR_BADMSG;
		else
			rc = append(list, topic, id, payload, len, INT64_MIN);
		if (rc < 0)
			break;
	}
	json_decref(array);
	return rc;
}

int sim_pending_open(struct sim_pending *list, const char *dir, const char *name)
{
	char *lock_path = NULL;
	int rc = YJ_ERR_NOMEM;

	if (asprintf(&list->path, "%s/%s.json", dir, name) < 0) {
		list->path = NULL;
		return YJ_ERR_NOMEM;
	}
	if (asprintf(&lock_path, "%s/%s.lock", dir, name) < 0) {
		lock_path = NULL;
		goto out;
	}
	rc = YJ_ERR_IO;
	if (mkdir(dir, 0700) < 0 && errno != EEXIST)
		goto out;
	list->lock_fd = open(lock_path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (list->lock_fd < 0)
		goto out;
	if (flock(list->lock_fd, LOCK_EX | LOCK_NB) < 0) {
		rc = errno == EWOULDBLOCK ? YJ_ERR_BUSY : YJ_ERR_IO;
		goto out;
	}
	rc = load(list);
out:
	free(lock_path);
	return rc;
}

int sim_pending_add(struct sim_pending *list, const char *topic, const char *id,
    const char *payload, size_t len, int64_t now_ms)
{
	struct sim_pending_item *last;
	int rc = append(list, topic, id, payload, len, now_ms);

	if (rc < 0)
		return rc;
	rc = save(list);
	if (rc < 0) {
		last = list->head;
		while (last->next != NULL)
			last = last->next;
		remove_item(list, last);
	}
	return rc;
}

void sim_pending_sent(struct sim_pending *list, struct sim_pending_item *item, int64_t now_ms)
{
	item->sent++;
	item->due_ms = now_ms + sim_retry_delay_ms(item->sent, list->first_ms, list->max_ms);
}

struct sim_pending_item *sim_pending_first(const struct sim_pending *list)
{
	struct sim_pending_item *first = list->head;

	for (struct sim_pending_item *item = first; item != NULL; item = item->next) {
		if (item->due_ms < first->due_ms)
			first = item;
	}
	return first;
}

struct sim_pending_item *sim_pending_find(const struct sim_pending *list, const char *id)
{
	struct sim_pending_item *item = list->head;

	while (item != NULL && strcmp(item->id, id) != 0)
		item = item->next;
	return item;
}

int sim_pending_confirm(struct sim_pending *list, const char *id)
{
	struct sim_pending_item *item = sim_pending_find(list, id);
	int rc;

	if (item == NULL)
		return 0;
	remove_item(list, item);
	rc = save(list);
	return rc < 0 ? rc : 1;
}
