/* The canonical text of a policy, both ways. */
#include <jansson.h>
#include <openssl/evp.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proto/policy.h"
#include "proto/topic.h"

#define TEXT_VERSION 1

static const struct {
	const char *key;
	size_t offset;
} numbers[] = {
    {"repeat_every_ms", offsetof(struct yj_plan, repeat_every_ms)},
    {"verify_within_ms", offsetof(struct yj_plan, verify_within_ms)},
    {"arrive_within_ms", offsetof(struct yj_plan, arrive_within_ms)},
    {"arrive_max_ms", offsetof(struct yj_plan, arrive_max_ms)},
    {"resolve_within_ms", offsetof(struct yj_plan, resolve_within_ms)},
    {"stale_after_ms", offsetof(struct yj_plan, stale_after_ms)},
};
#define N_NUMBERS (sizeof(numbers) / sizeof(numbers[0]))
#define N_PLAN_KEYS (N_NUMBERS + 3) /* levels, inform, resident_may_cancel */
/* Only where it is true: texts of before this key was there keep their hash. */
#define AUTO_CONNECT "auto_connect"

/* Writing. jansson's _new functions take a NULL value as a failure, so one check at the end of each
 * function is enough. */

static json_t *targets_write(const struct yj_target *to, size_t n)
{
	json_t *list = json_array();
	bool ok = list != NULL;
	for (size_t i = 0; i < n && ok; i++) {
		char buf[YJ_TARGET_LEN];
		ok = json_array_append_new(list, json_string(yj_target_format(&to[i], buf))) == 0;
	}
	if (ok)
		return list;
	json_decref(list);
	return NULL;
}

static json_t *levels_write(const struct yj_plan *plan)
{
	json_t *list = json_array();
	bool ok = list != NULL;
	for (size_t i = 0; i < plan->n_levels && ok; i++) {
		const struct yj_level *level = &plan->levels[i];
		json_t *o = json_object();
		ok = o &&
		     json_object_set_new(o, "notify", targets_write(level->to, level->n)) == 0 &&
		     json_object_set_new(o, "wait_ms", json_integer(level->wait_ms)) == 0;
		if (ok)
			ok = json_array_append_new(list, o) == 0; /* takes o in any case */
		else
			json_decref(o);
	}
	if (ok)
		return list;
	json_decref(list);
	return NULL;
}

static json_t *plan_write(const struct yj_plan *plan)
{
	json_t *o = json_object();
	bool ok =
	    o && json_object_set_new(o, "levels", levels_write(plan)) == 0 &&
	    json_object_set_new(o, "inform", targets_write(plan->inform, plan->n_inform)) == 0 &&
	    json_object_set_new(
		o, "resident_may_cancel", json_boolean(plan->resident_may_cancel)) == 0;
	if (ok && plan->auto_connect)
		ok = json_object_set_new(o, AUTO_CONNECT, json_true()) == 0;
	for (size_t i = 0; i < N_NUMBERS && ok; i++) {
		int64_t v;
		memcpy(&v, (const char *)plan + numbers[i].offset, sizeof(v));
		ok = json_object_set_new(o, numbers[i].key, json_integer(v)) == 0;
	}
	if (ok)
		return o;
	json_decref(o);
	return NULL;
}

/* Adds the plans that differ from the base. */
static bool kinds_write(const struct yj_policy *policy, json_t *base, json_t *kinds)
{
	for (int k = 0; k < YJ_KIND_COUNT; k++) {
		if (!policy->kinds[k])
			continue;
		json_t *plan = plan_write(policy->kinds[k]);
		if (!plan)
			return false;
		if (json_equal(plan, base)) {
			json_decref(plan);
			continue;
		}
		if (json_object_set_new(kinds, yj_kind_name((enum yj_kind)k), plan) != 0)
			return false;
	}
	return true;
}

char *yj_policy_canonical(const struct yj_policy *policy)
{
	char *text = NULL;
	json_t *base = plan_write(&policy->base);
	json_t *kinds = json_object();
	json_t *o = json_object();
	if (!base || !kinds || !o || !kinds_write(policy, base, kinds))
		goto out;
	if (json_object_set(o, "base", base) != 0 || json_object_set(o, "kinds", kinds) != 0 ||
	    json_object_set_new(o, "name", json_string(policy->name)) != 0 ||
	    json_object_set_new(o, "version", json_integer(TEXT_VERSION)) != 0)
		goto out;
	text = json_dumps(o, JSON_COMPACT | JSON_SORT_KEYS);
out:
	json_decref(base);
	json_decref(kinds);
	json_decref(o);
	return text;
}

/* Reading: whatever is not exactly as it is written is damage. */

static int targets_read(const json_t *list, size_t *n, struct yj_target **to)
{
	size_t count = json_array_size(list);
	if (!json_is_array(list) || count > YJ_NOTIFY_MAX)
		return YJ_ERR_BADMSG;
	if (count == 0)
		return YJ_OK;
	struct yj_target *read = calloc(count, sizeof(*read));
	if (!read)
		return YJ_ERR_NOMEM;
	for (size_t i = 0; i < count; i++) {
		const char *s = json_string_value(json_array_get(list, i));
		if (!s || yj_target_parse(s, &read[i]) != YJ_OK) {
			free(read);
			return YJ_ERR_BADMSG;
		}
	}
	*n = count;
	*to = read;
	return YJ_OK;
}

static int levels_read(const json_t *list, struct yj_plan *plan)
{
	size_t count = json_array_size(list);
	if (!json_is_array(list) || count > YJ_LEVELS_MAX)
		return YJ_ERR_BADMSG;
	for (size_t i = 0; i < count; i++) {
		struct yj_level *level = &plan->levels[i];
		const json_t *o = json_array_get(list, i);
		const json_t *wait = json_object_get(o, "wait_ms");
		if (json_object_size(o) != 2 || !json_is_integer(wait))
			return YJ_ERR_BADMSG;
		int err = targets_read(json_object_get(o, "notify"), &level->n, &level->to);
		if (err != YJ_OK)
			return err;
		level->wait_ms = json_integer_value(wait);
		plan->n_levels = i + 1;
	}
	return YJ_OK;
}

static int plan_read(const json_t *o, struct yj_plan *out)
{
	struct yj_plan plan = {0};
	const json_t *may_cancel = json_object_get(o, "resident_may_cancel");
	const json_t *auto_connect = json_object_get(o, AUTO_CONNECT);
	int err = YJ_ERR_BADMSG;
	if (json_object_size(o) != N_PLAN_KEYS + (auto_connect ? 1 : 0) ||
	    !json_is_boolean(may_cancel) || (auto_connect && !json_is_true(auto_connect)))
		goto out;
	plan.resident_may_cancel = json_is_true(may_cancel);
	plan.auto_connect = auto_connect != NULL;
	for (size_t i = 0; i < N_NUMBERS; i++) {
		const json_t *v = json_object_get(o, numbers[i].key);
		if (!json_is_integer(v))
			goto out;
		int64_t ms = json_integer_value(v);
		memcpy((char *)&plan + numbers[i].offset, &ms, sizeof(ms));
	}
	err = levels_read(json_object_get(o, "levels"), &plan);
	if (err == YJ_OK)
		err = targets_read(json_object_get(o, "inform"), &plan.n_inform, &plan.inform);
	if (err == YJ_OK && yj_plan_check(&plan))
		err = YJ_ERR_BADMSG;
out:
	if (err == YJ_OK)
		*out = plan;
	else
		yj_plan_done(&plan);
	return err;
}

static int kinds_read(json_t *kinds, struct yj_policy *policy)
{
	const char *key;
	json_t *value;
	if (!json_is_object(kinds))
		return YJ_ERR_BADMSG;
	json_object_foreach(kinds, key, value)
	{
		enum yj_kind kind;
		if (yj_kind_parse(key, &kind) != YJ_OK)
			return YJ_ERR_BADMSG;
		struct yj_plan *plan = calloc(1, sizeof(*plan));
		if (!plan)
			return YJ_ERR_NOMEM;
		policy->kinds[kind] = plan;
		int err = plan_read(value, plan);
		if (err != YJ_OK)
			return err;
	}
	return YJ_OK;
}

int yj_policy_from_canonical(const char *text, struct yj_policy *out)
{
	struct yj_policy policy = {0};
	json_t *o = json_loads(text, JSON_REJECT_DUPLICATES, NULL);
	const json_t *version = json_object_get(o, "version");
	const char *name = json_string_value(json_object_get(o, "name"));
	int err = YJ_ERR_BADMSG;
	if (json_is_integer(version) && json_integer_value(version) > TEXT_VERSION)
		err = YJ_ERR_NEWER;
	else if (json_is_integer(version) && json_integer_value(version) == TEXT_VERSION &&
		 json_object_size(o) == 4 && name && yj_name_valid(name))
		err = plan_read(json_object_get(o, "base"), &policy.base);
	if (err == YJ_OK)
		err = kinds_read(json_object_get(o, "kinds"), &policy);
	if (err == YJ_OK) {
		snprintf(policy.name, sizeof(policy.name), "%s", name);
		*out = policy;
	} else {
		yj_policy_done(&policy);
	}
	json_decref(o);
	return err;
}

int yj_policy_hash(const char *canonical, char hash[YJ_POLICY_HASH_LEN])
{
	unsigned char md[EVP_MAX_MD_SIZE];
	unsigned len = 0;
	if (EVP_Digest(canonical, strlen(canonical), md, &len, EVP_sha256(), NULL) != 1)
		return YJ_ERR_NOMEM;
	for (unsigned i = 0; i < len; i++)
		snprintf(hash + 2 * (size_t)i, 3, "%02x", md[i]);
	return YJ_OK;
}
