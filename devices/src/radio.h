/* Addresses of the air: codes of 433 MHz remotes and BLE devices are the same whoever hears them.
 * A code is "rf:" and at least 6 upper hexadecimal digits, a BLE device "ble:" and 12 lower ones, a
 * sensor that rtl_433 knows MODEL/ID. */
#ifndef DEVICES_RADIO_H
#define DEVICES_RADIO_H

#include "decoder.h"

/* A remote is heard as long as its key is held, by each bridge near it. */
#define YJ_RADIO_AGAIN_MS 5000
/* How long an alarm that is sent over and over stays the same one. */
#define YJ_RADIO_ALARM_MS 600000

bool yj_radio_is_rf(const char *address);
bool yj_radio_is_ble(const char *address);
bool yj_radio_is_model(const char *address);

/* A report of a code that somebody's remote sent, a press; code 0 is none. */
void yj_radio_code(struct yj_reports *out, uint64_t code);
/* Names a report by a MAC address, with or without ':' or '-'. false: it is none. */
bool yj_radio_name_ble(struct yj_report *r, const char *mac, size_t len);
/* A press of a remote: once within YJ_RADIO_AGAIN_MS. */
struct yj_sign *yj_radio_press(struct yj_report *r, const char *key);
/* A sensor's alarm that it repeats and never takes back. */
void yj_radio_alarm(struct yj_report *r, enum yj_kind kind, const char *field);

/* Hexadecimal digits to bytes; returns how many, or SIZE_MAX if it is no such text or too long. */
size_t yj_radio_hex(const char *text, size_t len, unsigned char *out, size_t cap);

/* What rtl_433 found: d->js is one of its JSON objects. A report is added if it names a model. */
void yj_rtl433_read(struct yj_decoder *d, struct yj_reports *out);

#endif
