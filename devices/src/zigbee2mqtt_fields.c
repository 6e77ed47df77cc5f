#include "zigbee2mqtt_fields.h"

#include <string.h>

/* By length, then in the order of strcmp. What is not here is TELEMETRY: settings, measures, and
 * switches that only sound alarming (`alarm`, `fall_detection`, `temperature_alarm`). */
#define F(name, means, kind)                                                                       \
	{                                                                                          \
		(name), sizeof(name) - 1,                                                          \
		{                                                                                  \
			YJ_MEANS_##means, YJ_KIND_##kind                                           \
		}                                                                                  \
	}

static const struct field {
	const char *name;
	size_t len;
	struct yj_meaning meaning;
} fields[] = {
    F("gas", ALARM, GAS),
    F("sos", ALARM, SOS),
    F("fall", ALARM, FALL),
    F("fire", ALARM, SMOKE),
    F("leak", ALARM, LEAK),
    F("rssi", SIGNAL, SOS),
    F("spo2", OXYGEN, SOS),
    F("click", ACTION, SOS),
    F("fault", TROUBLE, SOS),
    F("flood", ALARM, LEAK),
    F("mains", MAINS, SOS),
    F("panic", ALARM, SOS),
    F("smoke", ALARM, SMOKE),
    F("water", ALARM, LEAK),
    F("action", ACTION, SOS),
    F("device", NOTHING, SOS),
    F("in_bed", BED, SOS),
    F("motion", LIFE, SOS),
    F("moving", LIFE, SOS),
    F("status", POSTURE, SOS),
    F("tamper", TAMPER, SOS),
    F("update", NOTHING, SOS),
    F("window", CHANGE, SOS),
    F("battery", BATTERY, SOS),
    F("contact", CHANGE, SOS),
    F("elapsed", NOTHING, SOS),
    F("opening", CHANGE, SOS),
    F("trouble", TROUBLE, SOS),
    F("user_id", NOTHING, SOS),
    F("voltage", NOTHING, SOS),
    F("bed_exit", BED_LEFT, SOS),
    F("co_alarm", ALARM, GAS),
    F("co_state", ALARM, GAS),
    F("movement", LIFE, SOS),
    F("presence", LIFE, SOS),
    F("ac_status", MAINS_LOST, SOS),
    F("bed_state", BED, SOS),
    F("emergency", ALARM, SOS),
    F("gas_alarm", ALARM, GAS),
    F("gas_state", ALARM, GAS),
    F("heartrate", HEART, SOS),
    F("last_seen", TIME, SOS),
    F("occupancy", LIFE, SOS),
    F("sos_alarm", ALARM, SOS),
    F("sos_state", ALARM, SOS),
    F("vibration", LIFE, SOS),
    F("admin_code", NOTHING, SOS),
    F("fall_alarm", ALARM, FALL),
    F("fall_state", ALARM, FALL),
    F("fire_alarm", ALARM, SMOKE),
    F("heart_rate", HEART, SOS),
    F("power_type", MAINS, SOS),
    F("voltage_mv", NOTHING, SOS),
    F("water_leak", ALARM, LEAK),
    F("work_state", BED, SOS),
    F("action_code", NOTHING, SOS),
    F("action_rate", NOTHING, SOS),
    F("action_side", NOTHING, SOS),
    F("action_zone", NOTHING, SOS),
    F("alarm_state", ALARM, SMOKE),
    F("battery_low", BATTERY_LOW, SOS),
    F("breath_rate", BREATH, SOS),
    F("end_of_life", TROUBLE, SOS),
    F("fall_status", ALARM, FALL),
    F("fault_alarm", TROUBLE, SOS),
    F("gas_alarm_1", ALARM, GAS),
    F("gas_alarm_2", ALARM, GAS),
    F("linkquality", NOTHING, SOS),
    F("malfunction", TROUBLE, SOS),
    F("move_detect", LIFE, SOS),
    F("panic_alarm", ALARM, SOS),
    F("smoke_alarm", ALARM, SMOKE),
    F("smoke_state", ALARM, SMOKE),
    F("sos_alarm_1", ALARM, SOS),
    F("sos_alarm_2", ALARM, SOS),
    F("water_alarm", ALARM, LEAK),
    F("ac_connected", MAINS, SOS),
    F("action_angle", NOTHING, SOS),
    F("action_group", NOTHING, SOS),
    F("action_level", NOTHING, SOS),
    F("bed_occupied", BED, SOS),
    F("bed_presence", BED, SOS),
    F("motion_state", LIFE, SOS),
    F("occupancy_in", LIFE, SOS),
    F("occupancy_or", LIFE, SOS),
    F("power_outage", MAINS_LOST, SOS),
    F("power_source", MAINS, SOS),
    F("sensor_error", TROUBLE, SOS),
    F("tamper_alarm", TAMPER, SOS),
    F("water_sensor", ALARM, LEAK),
    F("window_state", CHANGE, SOS),
    F("action_source", NOTHING, SOS),
    F("battery_level", BATTERY_LOW, SOS),
    F("battery_state", BATTERY_LOW, SOS),
    F("bed_occupancy", BED, SOS),
    F("fall_detected", ALARM, FALL),
    F("friendly_name", NOTHING, SOS),
    F("opening_state", CHANGE, SOS),
    F("sensor_status", LIFE, SOS),
    F("smoke_alarm_1", ALARM, SMOKE),
    F("smoke_alarm_2", ALARM, SMOKE),
    F("trigger_count", NOTHING, SOS),
    F("water_alarm_1", ALARM, LEAK),
    F("water_alarm_2", ALARM, LEAK),
    F("action_to_side", NOTHING, SOS),
    F("battery_defect", TROUBLE, SOS),
    F("breathing_rate", BREATH, SOS),
    F("power_on_count", NOTHING, SOS),
    F("presence_event", LIFE, SOS),
    F("presence_state", LIFE, SOS),
    F("pressure_state", BED, SOS),
    F("user_last_seen", NOTHING, SOS),
    F("water_detected", ALARM, LEAK),
    F("action_duration", NOTHING, SOS),
    F("battery_voltage", NOTHING, SOS),
    F("carbon_monoxide", ALARM, GAS),
    F("contact_alarm_1", CHANGE, SOS),
    F("contact_alarm_2", CHANGE, SOS),
    F("restore_reports", NOTHING, SOS),
    F("water_leak_wire", ALARM, LEAK),
    F("water_leak_zone", ALARM, LEAK),
    F("action_from_side", NOTHING, SOS),
    F("action_step_size", NOTHING, SOS),
    F("fall_down_status", ALARM, FALL),
    F("gas_sensor_state", ALARM, GAS),
    F("occupancy_status", LIFE, SOS),
    F("respiration_rate", BREATH, SOS),
    F("respiratory_rate", BREATH, SOS),
    F("update_available", NOTHING, SOS),
    F("water_leak_alarm", ALARM, LEAK),
    F("active_water_leak", ALARM, LEAK),
    F("occupancy_alarm_1", LIFE, SOS),
    F("occupancy_alarm_2", LIFE, SOS),
    F("smoke_alarm_state", ALARM, SMOKE),
    F("vibration_alarm_1", LIFE, SOS),
    F("vibration_alarm_2", LIFE, SOS),
    F("action_transaction", NOTHING, SOS),
    F("device_temperature", NOTHING, SOS),
    F("human_motion_state", LIFE, SOS),
    F("power_outage_count", NOTHING, SOS),
    F("water_leak_alarm_1", ALARM, LEAK),
    F("water_leak_alarm_2", ALARM, LEAK),
    F("garage_door_contact", CHANGE, SOS),
    F("supervision_reports", NOTHING, SOS),
    F("water_leakage_state", ALARM, LEAK),
    F("last_added_user_code", NOTHING, SOS),
    F("valve_abnormal_state", ALARM, LEAK),
    F("carbon_monoxide_alarm", ALARM, GAS),
    F("carbon_monoxide_state", ALARM, GAS),
    F("current_device_status", ALARM, LEAK),
    F("water_leak_both_zones", ALARM, LEAK),
    F("action_transition_time", NOTHING, SOS),
    F("carbon_monoxide_alarm_1", ALARM, GAS),
    F("carbon_monoxide_alarm_2", ALARM, GAS),
};

static int order(struct yj_text name, const struct field *field)
{
	if (name.len != field->len)
		return name.len < field->len ? -1 : 1;
	return memcmp(name.at, field->name, name.len);
}

struct yj_meaning yj_zigbee2mqtt_field(struct yj_text name, bool *known)
{
	size_t from = 0, to = sizeof fields / sizeof fields[0];
	while (from < to) {
		size_t middle = (from + to) / 2;
		int here = order(name, &fields[middle]);
		*known = here == 0;
		if (here == 0)
			return fields[middle].meaning;
		if (here < 0)
			to = middle;
		else
			from = middle + 1;
	}
	*known = false;
	return (struct yj_meaning){YJ_MEANS_TELEMETRY, YJ_KIND_SOS};
}
