#include "trends.h"

#include <string.h>

#include "core/trend.h"
#include "presence.h"
#include "store/status.h"
#include "store/trend.h"
#include "work.h"

#define PIECE 50 /* devices at once */

bool yj_trends_due(struct yj_gateway *g)
{
	int32_t today = yj_presence_today(g);
	if (today && g->trends.day != today) {
		g->trends.day = today;
		g->trends.after[0] = g->trends.next[0] = '\0';
		g->trends.done = false;
	}
	return today && !g->trends.done;
}

void yj_trends_looked(struct yj_gateway *g)
{
	memcpy(g->trends.after, g->trends.next, sizeof g->trends.after);
	g->trends.done = g->trends.next[0] == '\0';
}

static void work_out(const struct yj_device_day *days, size_t n, struct yj_device_trend *out)
{
	struct yj_daily battery[YJ_DAYS_KEPT + 1], rssi[YJ_DAYS_KEPT + 1];
	struct yj_battery_trend b;
	struct yj_line line;
	size_t n_battery = 0, n_rssi = 0;
	for (size_t i = 0; i < n; i++) {
		if (days[i].battery_pct >= 0)
			battery[n_battery++] = (struct yj_daily){days[i].day, days[i].battery_pct};
		if (days[i].rssi_n > 0)
			rssi[n_rssi++] = (struct yj_daily){
			    days[i].day, (double)days[i].rssi_sum / (double)days[i].rssi_n};
	}
	yj_battery_trend(battery, n_battery, &b);
	yj_trend_line(rssi, n_rssi, &line);
	*out = (struct yj_device_trend){.battery_known = b.known,
	    .battery_per_day = b.per_day,
	    .falls = b.falls,
	    .empty_day = b.empty_day,
	    .rssi_known = line.known,
	    .rssi_per_day = line.per_day};
}

/* Soon empty is work, unless it is low already, which is work too. */
static int work(struct yj_gateway *g, const char *device, const struct yj_device_trend *t)
{
	struct yj_device_status s;
	int rc = yj_status_get(g->store, device, &s);
	if (rc < 0)
		return rc;
	bool soon = t->falls && t->empty_day - g->trends.day <= YJ_FORECAST_NEAR_DAYS;
	return soon && !s.battery_low ? yj_work_raise(g, device, YJ_WORK_FORECAST)
				      : yj_work_over(g, device, YJ_WORK_FORECAST);
}

static int one(struct yj_gateway *g, const char *device)
{
	static struct yj_device_day days[YJ_DAYS_KEPT + 1];
	struct yj_device_trend trend;
	size_t n = 0;
	int32_t oldest = g->trends.day - YJ_DAYS_KEPT;
	int rc = yj_days_get(g->store, device, oldest, days, YJ_DAYS_KEPT + 1, &n);
	if (rc < 0 || n == 0)
		return rc;
	work_out(days, n, &trend);
	rc = yj_trend_put(g->store, device, &trend);
	if (rc == 0)
		rc = yj_days_forget(g->store, device, oldest);
	return rc < 0 ? rc : work(g, device, &trend);
}

int yj_trends_look(struct yj_gateway *g)
{
	static struct yj_status_name names[PIECE];
	size_t n = 0;
	int rc = yj_status_next(g->store, g->trends.after, names, PIECE, &n);
	for (size_t i = 0; rc == 0 && i < n; i++)
		rc = one(g, names[i].device);
	if (rc < 0)
		return rc;
	g->trends.next[0] = '\0';
	if (n == PIECE)
		memcpy(g->trends.next, names[n - 1].device, sizeof g->trends.next);
	return 0;
}
