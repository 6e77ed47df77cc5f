/* The sieve's memory in this process: a list, for few devices. */
#include <stdlib.h>
#include <string.h>

#include "devices/sieve.h"

struct kept {
	struct kept *next;
	char device[YJ_ADDRESS_MAX + 1];
	char field[YJ_FIELD_MAX + YJ_KEY_MAX + 1];
	char value[YJ_MEMORY_MAX + 1];
	int64_t t;
};

struct yj_ram {
	struct kept *first;
};

struct yj_ram *yj_ram_new(void)
{
	return calloc(1, sizeof(struct yj_ram));
}

void yj_ram_free(struct yj_ram *ram)
{
	while (ram && ram->first) {
		struct kept *k = ram->first;
		ram->first = k->next;
		free(k);
	}
	free(ram);
}

static struct kept *find(const struct yj_ram *ram, const char *device, const char *field)
{
	struct kept *k = ram->first;
	while (k && (strcmp(k->device, device) != 0 || strcmp(k->field, field) != 0))
		k = k->next;
	return k;
}

static int get(
    void *ctx, const char *device, const char *field, char value[YJ_MEMORY_MAX + 1], int64_t *t)
{
	const struct kept *k = find(ctx, device, field);
	value[0] = '\0';
	*t = k ? k->t : 0;
	if (k)
		memcpy(value, k->value, strlen(k->value) + 1);
	return 0;
}

static void copy(char *to, size_t cap, const char *from)
{
	size_t len = strnlen(from, cap - 1);
	memcpy(to, from, len);
	to[len] = '\0';
}

static int put(
    void *ctx, const char *device, const char *field, const char *value, int64_t t, bool idle)
{
	struct yj_ram *ram = ctx;
	struct kept *k = find(ram, device, field);
	(void)idle;
	if (!k) {
		k = calloc(1, sizeof *k);
		if (!k)
			return YJ_ERR_NOMEM;
		copy(k->device, sizeof k->device, device);
		copy(k->field, sizeof k->field, field);
		k->next = ram->first;
		ram->first = k;
	}
	copy(k->value, sizeof k->value, value);
	k->t = t;
	return 0;
}

struct yj_memory yj_ram_memory(struct yj_ram *ram)
{
	return (struct yj_memory){.ctx = ram, .get = get, .put = put};
}
