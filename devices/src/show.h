/* What a plug, lamp or siren shows that stands beside a button (devices.csv, feedback), for
 * families whose buttons show nothing themselves. */
#ifndef DEVICES_SHOW_H
#define DEVICES_SHOW_H

#include "devices/foreign.h"

/* what: "[WHEN:]TOPIC[ MORE]".
 * WHEN: `received` (also if it is left out): on from the call until it is closed; `answered`: on
 * from an answer until people are searched for again, or it is closed.
 * TOPIC: what it is sent to, whose form says what is sent:
 *	cmnd/NAME/POWER1, cmnd/NAME/Buzzer		Tasmota
 *	shellies/ID/relay/0/command			Shelly Gen 1
 *	PREFIX/rpc Switch.Set 0, PREFIX/rpc Smoke.Mute 0	Shelly Gen 2 and later
 *	home/GATEWAY/commands/MQTTto433 ON [OFF]	OpenMQTTGateway, codes of a 433 MHz socket
 * 0; YJ_ERR_NOTFOUND when nothing is to be shown, or `what` is no such text. */
int yj_show(const char *what, const struct yj_msg_down_call *down, struct yj_wire *out);

#endif
