/* Tasmota, the parts of the family. */
#ifndef DEVICES_TASMOTA_H
#define DEVICES_TASMOTA_H

#include "decoder.h"

/* Is an action a press, and not the end of one? */
bool yj_tasmota_is_press(const char *action);
/* A press of the button n ("" where there is only one). */
void yj_tasmota_press(struct yj_report *r, const char *n, const char *action);
/* A string that says how the only button was pressed. */
void yj_tasmota_click(const struct yj_js *js, struct yj_report *r, yj_js_at at);

/* What a bridge with this topic heard of Zigbee devices: a report for each. */
void yj_tasmota_zigbee(const struct yj_js *js, const char *topic, size_t topic_len, yj_js_at all,
    struct yj_reports *out);

#endif
