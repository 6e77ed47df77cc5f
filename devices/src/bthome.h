/* BTHome v2, what BLE buttons and sensors put into their advertisements. https://bthome.io/format/
 */
#ifndef DEVICES_BTHOME_H
#define DEVICES_BTHOME_H

#include "devices/foreign.h"

/* The service data of 0xFCD2, from the byte of device information on. Keys are "single", "double",
 * "triple", "long", … , with "1:" and so on before them where a packet has several buttons. What is
 * encrypted becomes an error and the fault SEALED. */
void yj_bthome_read(struct yj_report *r, const unsigned char *bytes, size_t len);

/* How a button of this number was pressed, in BTHome's numbers; NULL: it was not. */
const char *yj_bthome_press(unsigned event);

#endif
