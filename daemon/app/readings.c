#include "readings.h"

#include <stdio.h>

#include "beds.h"
#include "life.h"
#include "presence.h"

void yj_readings_take(struct yj_gateway *g, const char *device, const struct yj_readings *readings)
{
	yj_presence_readings(g, device, readings);
	yj_beds_take(g, device, readings);
	yj_life_reading(g, device, readings->life);
}

void yj_readings_heartbeat(
    struct yj_gateway *g, const char *device, const struct yj_msg_heartbeat *m)
{
	struct yj_readings r;
	yj_readings_none(&r);
	r.battery_pct = m->battery_pct;
	if (m->has_rssi)
		r.rssi_dbm = (int16_t)m->rssi_dbm;
	r.mains = (int8_t)m->mains;
	if (m->fw)
		snprintf(r.fw, sizeof r.fw, "%s", m->fw);
	yj_readings_take(g, device, &r);
}

void yj_readings_vital(struct yj_gateway *g, const char *device, const struct yj_msg_vital *m)
{
	struct yj_readings r;
	yj_readings_none(&r);
	r.hr = m->hr;
	r.rr = m->rr;
	r.spo2_pct = m->spo2_pct;
	r.in_bed = (int8_t)m->in_bed;
	r.life = m->in_bed == 1 || m->hr > 0 || m->rr > 0;
	yj_readings_take(g, device, &r);
}
