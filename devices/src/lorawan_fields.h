/* The names of decoded objects' fields, and how each is read. */
#ifndef DEVICES_LORAWAN_FIELDS_H
#define DEVICES_LORAWAN_FIELDS_H

enum yj_lora_take {
	TAKE_PAST, /* what was */
	TAKE_INFO,
	TAKE_BATTERY,
	TAKE_LOW,
	TAKE_VOLT,
	TAKE_FW,
	TAKE_PRESS,
	TAKE_PRESS_SDT, /* numbers are single, double, triple */
	TAKE_PRESS_SLD, /* short, long, double */
	TAKE_DOORBELL,
	TAKE_HELP,
	TAKE_FALL,
	TAKE_SMOKE,
	TAKE_GAS,
	TAKE_LEAK,
	TAKE_DOOR,
	TAKE_MOTION,
	TAKE_TAMPER,
	TAKE_IN_BED,
	TAKE_SEES,
	TAKE_EVENTS,
	TAKE_RR,
	TAKE_HR,
	TAKE_SPO2,
	TAKE_ALARM, /* what these mean the others or the model say */
	TAKE_ALARM_TYPE,
	TAKE_EVENT,
	TAKE_STATUS,
	TAKE_MODEL,
	TAKE_TYPE,
	TAKE_BROWAN, /* only Browan's codecs have it */
};

struct yj_lora_field {
	const char *name; /* in lower case without anything but letters and digits */
	enum yj_lora_take take;
};
/* NULL: no such name. */
const struct yj_lora_field *yj_lora_field(const char *name);

#endif
