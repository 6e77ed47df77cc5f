#include "work_text.h"

#include <stdio.h>
#include <string.h>

#include "proto/utf8.h"
#include "store/directory.h"
#include "store/trend.h"

static bool english(const struct yj_gateway *g)
{
	return strcmp(g->config->gateway.language, "en") == 0;
}

static const char *word(bool en, enum yj_work what)
{
	static const char *const words[YJ_WORK_COUNT][2] = {
	    [YJ_WORK_OFFLINE] = {"离线", "offline"},
	    [YJ_WORK_FLAPPING] = {"连接反复中断", "connection comes and goes"},
	    [YJ_WORK_BATTERY] = {"电池电量低", "battery low"},
	    [YJ_WORK_FORECAST] = {"电池将用完", "battery empty soon"},
	    [YJ_WORK_MAINS] = {"外部电源断电", "no mains"},
	    [YJ_WORK_TAMPER] = {"防拆报警", "tampered with"},
	    [YJ_WORK_TROUBLE] = {"自检故障", "reports trouble"},
	    [YJ_WORK_SEALED] = {"加密无密钥，无法读取", "encrypted, without a key"},
	};
	return words[what][en];
}

static const char *text_of(const json_t *o, const char *key)
{
	const char *s = json_string_value(json_object_get(o, key));
	return s ? s : "";
}

/* Where to go: the resident's name and address, else where the device is. */
static int place(
    struct yj_gateway *g, const char *device, const struct yj_whose *whose, char *buf, size_t cap)
{
	json_t *o = NULL;
	bool home = whose->resident[0];
	int rc = yj_dir_get(g->store, home ? YJ_DIR_RESIDENTS : YJ_DIR_DEVICES,
	    home ? whose->resident : device, &o);
	if (rc < 0 && rc != YJ_ERR_NOTFOUND)
		return rc;
	const char *first = home ? text_of(o, "name") : text_of(o, "place");
	const char *second = home ? text_of(o, "address") : "";
	snprintf(buf, cap, "%s%s%s", first, first[0] && second[0] ? " " : "", second);
	yj_utf8_end_whole(buf);
	json_decref(o);
	return 0;
}

static int fact(struct yj_gateway *g, const struct yj_work_row *row, char *buf, size_t cap)
{
	struct yj_device_trend trend = {.falls = false};
	bool en = english(g);
	char day[YJ_DAY_LEN];
	int rc = row->what == YJ_WORK_FORECAST ? yj_trend_get(g->store, row->device, &trend) : 0;
	if (rc < 0 && rc != YJ_ERR_NOTFOUND)
		return rc;
	if (trend.falls)
		snprintf(buf, cap, en ? "battery empty about %s" : "电池约%s用完",
		    yj_day_text(trend.empty_day, day));
	else
		snprintf(buf, cap, "%s", word(en, row->what));
	return 0;
}

int yj_work_text_add(struct yj_gateway *g, struct yj_work_text *t, const struct yj_work_row *row,
    const struct yj_whose *whose)
{
	bool en = english(g);
	char where[160], what[96], one[YJ_NAME_MAX + 300];
	int rc = place(g, row->device, whose, where, sizeof where);
	if (rc == 0)
		rc = fact(g, row, what, sizeof what);
	if (rc < 0)
		return rc;
	bool has = where[0] != '\0';
	snprintf(one, sizeof one, "%s%s%s%s%s%s%s", t->n ? (en ? "; " : "；") : "", row->device,
	    has ? (en ? " (" : "（") : "", where, has ? (en ? ")" : "）") : "", en ? ": " : "",
	    what);
	t->n++;
	size_t at = strlen(t->list);
	if (t->hidden || at + strlen(one) >= sizeof t->list)
		t->hidden++;
	else
		snprintf(t->list + at, sizeof t->list - at, "%s", one);
	return 0;
}

void yj_work_text_end(
    const struct yj_gateway *g, const struct yj_work_text *t, char out[YJ_NOTICE_TEXT_MAX])
{
	char more[64] = "";
	bool en = english(g);
	if (t->hidden)
		snprintf(more, sizeof more, en ? "; and %d more" : "；另有%d项", t->hidden);
	snprintf(out, YJ_NOTICE_TEXT_MAX,
	    en ? "[DEVICES] To look after: %s%s" : "【设备维护】请处理：%s%s", t->list, more);
}
