#include "names.h"

#include <string.h>
#include <strings.h>

enum has { /* what a word speaks of */
	HAS_BESIDE = 1 << 0,
	HAS_BATTERY = 1 << 1,
	HAS_TAMPER = 1 << 2,
	HAS_TROUBLE = 1 << 3,
	HAS_MAINS = 1 << 4,
	HAS_SIGNAL = 1 << 5,
	HAS_FIRMWARE = 1 << 6,
	HAS_ITSELF = 1 << 7,
	HAS_FALL = 1 << 8,
	HAS_HELP = 1 << 9,
	HAS_SMOKE = 1 << 10,
	HAS_GAS = 1 << 11,
	HAS_LEAK = 1 << 12,
	HAS_WATER = 1 << 13,
	HAS_LEVEL = 1 << 14,
	HAS_MOTION = 1 << 15,
	HAS_LEFT = 1 << 16,
	HAS_BED = 1 << 17,
	HAS_EMPTY = 1 << 18,
	HAS_BUTTON = 1 << 19,
	HAS_ACTION = 1 << 20,
	HAS_THERE = 1 << 21,
	HAS_OPEN = 1 << 22,
	HAS_HEART = 1 << 23,
	HAS_BREATH = 1 << 24,
	HAS_OXYGEN = 1 << 25,
	HAS_WARNING = 1 << 26,
	HAS_MACHINE = 1 << 27,
};

/* In the order of strcmp. BESIDE: settings, lamps and the like, by which a name speaks of them and
 * not of what happens. */
static const struct word {
	const char *word;
	enum has has;
} words[] = {
    {"ac", HAS_MAINS},
    {"action", HAS_ACTION},
    {"asleep", HAS_THERE},
    {"available", HAS_BESIDE},
    {"battery", HAS_BATTERY},
    {"batterylow", HAS_BATTERY},
    {"bed", HAS_BED},
    {"bedexit", HAS_LEFT},
    {"bedoccupancy", HAS_BED},
    {"bedpresence", HAS_BED},
    {"bell", HAS_BUTTON},
    {"boiler", HAS_MACHINE},
    {"bpm", HAS_HEART},
    {"breath", HAS_BREATH},
    {"breathing", HAS_BREATH},
    {"breathrate", HAS_BREATH},
    {"bssid", HAS_ITSELF},
    {"btn", HAS_BUTTON},
    {"button", HAS_BUTTON},
    {"buzzer", HAS_BESIDE},
    {"cabinet", HAS_OPEN},
    {"calibration", HAS_BESIDE},
    {"call", HAS_BUTTON},
    {"callbutton", HAS_BUTTON},
    {"carbonmonoxide", HAS_GAS},
    {"click", HAS_ACTION},
    {"co", HAS_GAS},
    {"config", HAS_BESIDE},
    {"contact", HAS_OPEN},
    {"cord", HAS_BUTTON},
    {"dbm", HAS_SIGNAL},
    {"delay", HAS_BESIDE},
    {"distance", HAS_BESIDE},
    {"door", HAS_OPEN},
    {"doorbell", HAS_BUTTON},
    {"drawer", HAS_OPEN},
    {"emergency", HAS_HELP},
    {"empty", HAS_EMPTY},
    {"enable", HAS_BESIDE},
    {"enabled", HAS_BESIDE},
    {"error", HAS_TROUBLE},
    {"event", HAS_ACTION},
    {"exist", HAS_THERE},
    {"exit", HAS_EMPTY},
    {"fall", HAS_FALL},
    {"falldetected", HAS_FALL},
    {"falldown", HAS_FALL},
    {"fallen", HAS_FALL},
    {"falling", HAS_FALL},
    {"falls", HAS_FALL},
    {"fan", HAS_MACHINE},
    {"faucet", HAS_MACHINE},
    {"fault", HAS_TROUBLE},
    {"fire", HAS_SMOKE},
    {"firmware", HAS_FIRMWARE},
    {"flood", HAS_LEAK},
    {"flooding", HAS_LEAK},
    {"flow", HAS_MACHINE},
    {"free", HAS_ITSELF},
    {"fridge", HAS_OPEN},
    {"fw", HAS_FIRMWARE},
    {"gas", HAS_GAS},
    {"gate", HAS_OPEN},
    {"heap", HAS_ITSELF},
    {"heart", HAS_HEART},
    {"heartrate", HAS_HEART},
    {"heater", HAS_MACHINE},
    {"help", HAS_HELP},
    {"helpbutton", HAS_HELP},
    {"hr", HAS_HEART},
    {"human", HAS_THERE},
    {"inbed", HAS_BED},
    {"ip", HAS_ITSELF},
    {"key", HAS_BUTTON},
    {"keypad", HAS_ACTION},
    {"lamp", HAS_BESIDE},
    {"leak", HAS_LEAK},
    {"leakage", HAS_LEAK},
    {"leaking", HAS_LEAK},
    {"leave", HAS_EMPTY},
    {"leaving", HAS_EMPTY},
    {"led", HAS_BESIDE},
    {"left", HAS_EMPTY},
    {"level", HAS_LEVEL},
    {"light", HAS_BESIDE},
    {"loop", HAS_ITSELF},
    {"lowbattery", HAS_BATTERY},
    {"lpg", HAS_GAS},
    {"mac", HAS_ITSELF},
    {"mains", HAS_MAINS},
    {"maintenance", HAS_BESIDE},
    {"malfunction", HAS_TROUBLE},
    {"mattress", HAS_BED},
    {"max", HAS_BESIDE},
    {"mayday", HAS_HELP},
    {"meter", HAS_BESIDE},
    {"methane", HAS_GAS},
    {"min", HAS_BESIDE},
    {"moisture", HAS_LEAK},
    {"monoxide", HAS_GAS},
    {"motion", HAS_MOTION},
    {"movement", HAS_MOTION},
    {"moving", HAS_MOTION},
    {"mute", HAS_BESIDE},
    {"naturalgas", HAS_GAS},
    {"o2", HAS_OXYGEN},
    {"occupancy", HAS_THERE},
    {"occupied", HAS_THERE},
    {"opening", HAS_OPEN},
    {"out", HAS_EMPTY},
    {"outlet", HAS_MACHINE},
    {"outofbed", HAS_LEFT},
    {"oxygen", HAS_OXYGEN},
    {"panic", HAS_HELP},
    {"panicalarm", HAS_HELP},
    {"panicbutton", HAS_HELP},
    {"pendant", HAS_BUTTON},
    {"people", HAS_THERE},
    {"person", HAS_THERE},
    {"persons", HAS_THERE},
    {"pir", HAS_MOTION},
    {"plug", HAS_MAINS},
    {"plugged", HAS_MAINS},
    {"presence", HAS_THERE},
    {"press", HAS_BUTTON},
    {"pressed", HAS_BUTTON},
    {"problem", HAS_TROUBLE},
    {"propane", HAS_GAS},
    {"pull", HAS_BUTTON},
    {"pullcord", HAS_BUTTON},
    {"pulse", HAS_HEART},
    {"pump", HAS_MACHINE},
    {"push", HAS_BUTTON},
    {"pushbutton", HAS_BUTTON},
    {"range", HAS_BESIDE},
    {"relay", HAS_MACHINE},
    {"remote", HAS_ACTION},
    {"reset", HAS_ITSELF},
    {"resp", HAS_BREATH},
    {"respiration", HAS_BREATH},
    {"respiratory", HAS_BREATH},
    {"rr", HAS_BREATH},
    {"rssi", HAS_SIGNAL},
    {"schedule", HAS_BESIDE},
    {"sensitivity", HAS_BESIDE},
    {"setting", HAS_BESIDE},
    {"settings", HAS_BESIDE},
    {"signal", HAS_SIGNAL},
    {"silence", HAS_BESIDE},
    {"siren", HAS_BESIDE},
    {"sleeping", HAS_THERE},
    {"smoke", HAS_SMOKE},
    {"smokealarm", HAS_SMOKE},
    {"smokedetector", HAS_SMOKE},
    {"socket", HAS_MACHINE},
    {"someone", HAS_THERE},
    {"sos", HAS_HELP},
    {"sosbutton", HAS_HELP},
    {"spo2", HAS_OXYGEN},
    {"ssid", HAS_ITSELF},
    {"still", HAS_THERE},
    {"tamper", HAS_TAMPER},
    {"tampered", HAS_TAMPER},
    {"tap", HAS_MACHINE},
    {"target", HAS_THERE},
    {"targets", HAS_THERE},
    {"test", HAS_BESIDE},
    {"threshold", HAS_BESIDE},
    {"timeout", HAS_BESIDE},
    {"trouble", HAS_TROUBLE},
    {"update", HAS_BESIDE},
    {"uptime", HAS_ITSELF},
    {"vacant", HAS_EMPTY},
    {"valve", HAS_MACHINE},
    {"version", HAS_FIRMWARE},
    {"vibration", HAS_MOTION},
    {"voltage", HAS_BESIDE},
    {"warning", HAS_WARNING},
    {"water", HAS_WATER},
    {"waterleak", HAS_LEAK},
    {"wet", HAS_LEAK},
    {"window", HAS_OPEN},
};

#define B (1u << YJ_NAMED_BINARY)
#define N (1u << YJ_NAMED_NUMBER)
#define W (1u << YJ_NAMED_WORD)
#define E (1u << YJ_NAMED_EVENT)

/* The first row counts of which the name has one of `one` and one of `also`; 0 asks for nothing. */
static const struct row {
	unsigned things, one, also;
	struct yj_meaning meaning;
} rows[] = {
    {B | N | W, HAS_BESIDE, 0, {YJ_MEANS_TELEMETRY, YJ_KIND_SOS}},
    /* the device itself */
    {B | W, HAS_BATTERY, 0, {YJ_MEANS_BATTERY_LOW, YJ_KIND_SOS}},
    {N, HAS_BATTERY, 0, {YJ_MEANS_BATTERY, YJ_KIND_SOS}},
    {B | W, HAS_TAMPER, 0, {YJ_MEANS_TAMPER, YJ_KIND_SOS}},
    {B | W, HAS_TROUBLE, 0, {YJ_MEANS_TROUBLE, YJ_KIND_SOS}},
    {B, HAS_MAINS, 0, {YJ_MEANS_MAINS, YJ_KIND_SOS}},
    {N, HAS_SIGNAL, 0, {YJ_MEANS_SIGNAL, YJ_KIND_SOS}},
    {W, HAS_FIRMWARE, 0, {YJ_MEANS_FIRMWARE, YJ_KIND_SOS}},
    {N | W, HAS_ITSELF, 0, {YJ_MEANS_NOTHING, YJ_KIND_SOS}},
    /* what happens to people */
    {B | W, HAS_FALL, HAS_WARNING, {YJ_MEANS_TELEMETRY, YJ_KIND_SOS}},
    {B | N | W, HAS_FALL, 0, {YJ_MEANS_ALARM, YJ_KIND_FALL}},
    {W, HAS_HELP, HAS_BUTTON | HAS_ACTION, {YJ_MEANS_ACTION, YJ_KIND_SOS}},
    {B | N | W, HAS_HELP, 0, {YJ_MEANS_ALARM, YJ_KIND_SOS}},
    {B | W, HAS_SMOKE, 0, {YJ_MEANS_ALARM, YJ_KIND_SMOKE}},
    {B | W, HAS_GAS, HAS_LEAK, {YJ_MEANS_ALARM, YJ_KIND_GAS}},
    {B | W, HAS_GAS, HAS_MACHINE, {YJ_MEANS_TELEMETRY, YJ_KIND_SOS}},
    {B | W, HAS_GAS, 0, {YJ_MEANS_ALARM, YJ_KIND_GAS}},
    {B | W, HAS_LEAK, 0, {YJ_MEANS_ALARM, YJ_KIND_LEAK}},
    {B | W, HAS_WATER, HAS_LEVEL | HAS_MACHINE, {YJ_MEANS_TELEMETRY, YJ_KIND_SOS}},
    {B | W, HAS_WATER, 0, {YJ_MEANS_ALARM, YJ_KIND_LEAK}},
    /* what people press, by a bed too */
    {B, HAS_BUTTON, 0, {YJ_MEANS_PRESSED, YJ_KIND_SOS}},
    {W, HAS_BUTTON | HAS_ACTION, 0, {YJ_MEANS_ACTION, YJ_KIND_SOS}},
    {E, 0, 0, {YJ_MEANS_ACTION, YJ_KIND_SOS}},
    /* who lies in a bed; what moves under it is no bed */
    {B | W, HAS_MOTION, 0, {YJ_MEANS_LIFE, YJ_KIND_SOS}},
    {B | W, HAS_LEFT, 0, {YJ_MEANS_BED_LEFT, YJ_KIND_SOS}},
    {B | W, HAS_BED, HAS_EMPTY, {YJ_MEANS_BED_LEFT, YJ_KIND_SOS}},
    {B | W, HAS_BED, 0, {YJ_MEANS_BED, YJ_KIND_SOS}},
    /* that somebody lives there */
    {B | N | W, HAS_THERE, 0, {YJ_MEANS_LIFE, YJ_KIND_SOS}},
    {B | W, HAS_OPEN, 0, {YJ_MEANS_CHANGE, YJ_KIND_SOS}},
    /* measures of people */
    {N, HAS_HEART, 0, {YJ_MEANS_HEART, YJ_KIND_SOS}},
    {N, HAS_BREATH, 0, {YJ_MEANS_BREATH, YJ_KIND_SOS}},
    {N, HAS_OXYGEN, 0, {YJ_MEANS_OXYGEN, YJ_KIND_SOS}},
};

static unsigned speaks_of(struct yj_text word)
{
	char lower[24];
	if (word.len >= sizeof lower)
		return 0;
	for (size_t i = 0; i < word.len; i++)
		lower[i] =
		    (char)(word.at[i] >= 'A' && word.at[i] <= 'Z' ? word.at[i] + 32 : word.at[i]);
	lower[word.len] = '\0';
	size_t from = 0, to = sizeof words / sizeof words[0];
	while (from < to) {
		size_t middle = (from + to) / 2;
		int order = strcmp(lower, words[middle].word);
		if (order == 0)
			return words[middle].has;
		if (order < 0)
			to = middle;
		else
			from = middle + 1;
	}
	return 0;
}

static unsigned speaks_of_all(struct yj_text name)
{
	struct yj_text word;
	unsigned has = 0;
	for (size_t at = 0; yj_text_word(name, &at, &word);)
		has |= speaks_of(word);
	return has;
}

bool yj_name_helps(struct yj_text name)
{
	return speaks_of_all(name) & HAS_HELP;
}

struct yj_meaning yj_name_means(struct yj_text name, enum yj_named thing)
{
	unsigned has = speaks_of_all(name);
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		const struct row *row = &rows[i];
		if ((row->things & 1u << thing) && (!row->one || (has & row->one)) &&
		    (!row->also || (has & row->also)))
			return row->meaning;
	}
	return (struct yj_meaning){YJ_MEANS_TELEMETRY, YJ_KIND_SOS};
}
