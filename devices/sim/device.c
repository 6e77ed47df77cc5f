#include "device.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "out.h"
#include "uuid7.h"

/* Each connect is a session of its own, larger than those of any run before. */
static void on_connecting(void *ctx)
{
	struct sim_device *dev = ctx;
	const int64_t now = sim_utc_ms();
	char topic[YJ_TOPIC_MAX];

	if (!dev->living)
		return;
	dev->session = now > dev->session ? now : dev->session + 1;
	const struct yj_message offline = {
	    .type = YJ_TOPIC_DEV_STATE, .u.dev_state = {.session = dev->session}};
	char *will = yj_message_encode(&offline, NULL);

	if (will == NULL ||
	    yj_topic_format(YJ_TOPIC_DEV_STATE, dev->opts->device, topic, sizeof(topic)) < 0 ||
	    sim_conn_will(dev->sender.conn, topic, will) < 0)
		sim_err("%s: no last will", dev->opts->device);
	free(will);
}

static void on_up(void *ctx)
{
	struct sim_device *dev = ctx;

	if (dev->living) {
		const struct yj_message online = {.type = YJ_TOPIC_DEV_STATE,
		    .u.dev_state = {
			.online = true, .ts_ms = sim_utc_ms(), .session = dev->session}};

		if (sim_sender_tell(&dev->sender, &online, true, NULL) < 0)
			sim_err("%s: cannot say that it is online", dev->opts->device);
	}
	if (dev->ops->up != NULL)
		dev->ops->up(dev->ctx);
}

static void on_message(void *ctx, const struct yj_topic *topic, const struct yj_message *msg)
{
	struct sim_device *dev = ctx;

	if (topic->type == YJ_TOPIC_DOWN_CALL) {
		if (msg->u.down_call.state == YJ_HOME_RECEIVED)
			sim_sender_confirm(&dev->sender, msg->u.down_call.id);
		if (dev->ops->call != NULL)
			dev->ops->call(dev->ctx, &msg->u.down_call);
	} else if (topic->type == YJ_TOPIC_DOWN_VISIT && dev->ops->visit != NULL) {
		dev->ops->visit(dev->ctx, &msg->u.down_visit);
	}
}

static void on_published(void *ctx, int mid, int code)
{
	struct sim_device *dev = ctx;

	if (dev->ops->published != NULL)
		dev->ops->published(dev->ctx, mid, code);
}

static const struct sim_sender_ops sender_ops = {
    .connecting = on_connecting, .up = on_up, .message = on_message, .published = on_published};

static int topic_of(const struct sim_device *dev, enum yj_topic_type type, char *topic)
{
	return yj_topic_format(type, dev->opts->device, topic, YJ_TOPIC_MAX) < 0 ? YJ_ERR_INVAL : 0;
}

int sim_device_init(struct sim_device *dev, struct sim_run *run, bool living,
    const struct sim_device_ops *ops, void *ctx)
{
	struct sim_conn_conf conf;
	int rc;

	*dev = (struct sim_device){.opts = run->opts, .living = living, .ops = ops, .ctx = ctx};
	rc = sim_options_conn(run->opts, run->opts->device, &conf);
	if (rc < 0)
		return rc;
	if (topic_of(dev, YJ_TOPIC_DOWN_CALL, dev->call_filter) < 0 ||
	    topic_of(dev, YJ_TOPIC_DOWN_VISIT, dev->visit_filter) < 0)
		return YJ_ERR_INVAL;
	conf.filters[0] = dev->call_filter;
	if (living)
		conf.filters[1] = dev->visit_filter;
	rc = sim_sender_init(
	    &dev->sender, run->base, run->opts, run->opts->device, &conf, &sender_ops, dev);
	if (rc == 0)
		sim_conn_start(dev->sender.conn);
	return rc;
}

void sim_device_done(struct sim_device *dev)
{
	const struct yj_message offline = {.type = YJ_TOPIC_DEV_STATE,
	    .u.dev_state = {.online = false, .ts_ms = sim_utc_ms(), .session = dev->session}};

	if (dev->living && dev->sender.conn != NULL && sim_conn_is_up(dev->sender.conn) &&
	    sim_sender_tell(&dev->sender, &offline, true, NULL) < 0)
		sim_err("%s: cannot say that it is offline", dev->opts->device);
	sim_sender_done(&dev->sender);
}

/* A finite number at *text, which then points behind it. */
static bool take_number(const char **text, double *out)
{
	char *end;
	double v = strtod(*text, &end);

	if (end == *text || !isfinite(v))
		return false;
	*text = end;
	*out = v;
	return true;
}

static int parse_pos(const char *text, struct yj_pos *pos)
{
	double lat, lon, acc_m = -1;

	if (text == NULL)
		return 0;
	if (!take_number(&text, &lat) || *text++ != ',' || !take_number(&text, &lon))
		return YJ_ERR_INVAL;
	if (*text == ',' && (!(text++, take_number(&text, &acc_m)) || acc_m < 0))
		return YJ_ERR_INVAL;
	if (*text != '\0')
		return YJ_ERR_INVAL;
	if (lat < -90 || lat > 90 || lon < -180 || lon > 180)
		return YJ_ERR_INVAL;
	*pos = (struct yj_pos){.set = true, .lat = lat, .lon = lon, .acc_m = acc_m};
	return 0;
}

static int parse_value(const char *text, double *value)
{
	return take_number(&text, value) && *text == '\0' ? 0 : YJ_ERR_INVAL;
}

static bool options_fit_message(const struct sim_options *opts)
{
	struct yj_pos pos;
	double value;

	if (opts->msg_id != NULL && (*opts->msg_id == '\0' || strlen(opts->msg_id) > YJ_MSGID_MAX))
		sim_err("--msg-id: 1 to %d bytes", YJ_MSGID_MAX);
	else if (parse_pos(opts->pos, &pos) < 0)
		sim_err("--pos: LAT,LON or LAT,LON,METRES");
	else if (opts->value != NULL && parse_value(opts->value, &value) < 0)
		sim_err("--value: a number");
	else
		return true;
	return false;
}

static bool options_fit_heartbeat(const struct sim_options *opts)
{
	if (opts->battery < -1 || opts->battery > 100)
		sim_err("--battery: 0 to 100");
	else if (opts->rssi != SIM_NO_RSSI && (opts->rssi < -200 || opts->rssi > 50))
		sim_err("--rssi: -200 to 50");
	else if (opts->mains < -1 || opts->mains > 1)
		sim_err("--mains: 0 or 1");
	else
		return true;
	return false;
}

bool sim_device_options_ok(const struct sim_options *opts)
{
	enum yj_kind kind;
	enum yj_home_state state;
	enum yj_checkin_method method;
	enum yj_checkin_type type;

	if (!options_fit_message(opts) || !options_fit_heartbeat(opts))
		return false;
	if (yj_kind_parse(opts->button, &kind) < 0 || !yj_kind_is_button(kind))
		sim_err("--button: sos, service or family");
	else if (opts->command == SIM_ALARM &&
		 (opts->kind == NULL || yj_kind_parse(opts->kind, &kind) < 0 ||
		     !yj_kind_is_alarm(kind)))
		sim_err("--kind: fall, smoke, gas, leak, bed_exit, inactivity, vital or wander");
	else if (yj_home_state_parse(opts->wait, &state) < 0)
		sim_err("--wait: received, answered, searching, arrived or closed");
	else if (yj_checkin_method_parse(opts->method, &method) < 0)
		sim_err("--method: nfc, qr_static, qr_rotating or key");
	else if (yj_checkin_type_parse(opts->type, &type) < 0)
		sim_err("--type: visit, on or off");
	else if (opts->command == SIM_RESUME && opts->state_dir == NULL)
		sim_err("--state-dir is required");
	else
		return true;
	return false;
}

static int fill_alarm(const struct sim_options *opts, struct yj_msg_alarm *alarm)
{
	/* a bed sensor has no --kind: all it knows is that somebody left the bed */
	const char *kind = opts->kind != NULL ? opts->kind : "bed_exit";
	int rc = yj_kind_parse(kind, &alarm->kind);

	alarm->text = opts->text;
	alarm->has_value = opts->value != NULL;
	if (rc == 0 && alarm->has_value)
		rc = parse_value(opts->value, &alarm->value);
	return rc == 0 ? parse_pos(opts->pos, &alarm->pos) : rc;
}

static int fill(const struct sim_options *opts, struct yj_message *msg, const char *button,
    const char *id, int64_t ts_ms)
{
	int rc = 0;

	if (msg->type == YJ_TOPIC_CALL) {
		msg->u.call = (struct yj_msg_call){.id = id, .ts_ms = ts_ms, .text = opts->text};
		rc = yj_kind_parse(button, &msg->u.call.button);
		if (rc == 0)
			rc = parse_pos(opts->pos, &msg->u.call.pos);
	} else if (msg->type == YJ_TOPIC_ALARM) {
		msg->u.alarm = (struct yj_msg_alarm){.id = id, .ts_ms = ts_ms};
		rc = fill_alarm(opts, &msg->u.alarm);
	} else if (msg->type == YJ_TOPIC_WELL) {
		msg->u.well = (struct yj_msg_well){.id = id, .ts_ms = ts_ms};
	} else if (msg->type == YJ_TOPIC_CANCEL) {
		msg->u.cancel = (struct yj_msg_cancel){.id = id, .ts_ms = ts_ms, .ref = opts->ref};
	} else if (msg->type == YJ_TOPIC_CHECKIN) {
		msg->u.checkin =
		    (struct yj_msg_checkin){.id = id, .ts_ms = ts_ms, .caregiver = opts->caregiver};
		rc = yj_checkin_method_parse(opts->method, &msg->u.checkin.method);
		if (rc == 0)
			rc = yj_checkin_type_parse(opts->type, &msg->u.checkin.type);
	} else {
		rc = YJ_ERR_INVAL;
	}
	return rc;
}

int sim_device_press(
    struct sim_device *dev, enum yj_topic_type type, const char *button, char id[YJ_MSGID_MAX + 1])
{
	const struct sim_options *opts = dev->opts;
	struct yj_message msg = {.type = type};
	char uuid[SIM_UUID7_LEN];
	int rc;

	snprintf(
	    id, YJ_MSGID_MAX + 1, "%s", opts->msg_id != NULL ? opts->msg_id : sim_uuid7_next(uuid));
	rc = fill(opts, &msg, button, id, opts->ts_ms >= 0 ? opts->ts_ms : sim_utc_ms());
	if (rc < 0) {
		sim_err("%s: cannot say this: %s", opts->device, yj_err_name(rc));
		return rc;
	}
	return sim_sender_say(&dev->sender, &msg, id);
}

int sim_device_beat(struct sim_device *dev, int *mid)
{
	const struct sim_options *opts = dev->opts;
	const struct yj_message msg = {.type = YJ_TOPIC_HEARTBEAT,
	    .u.heartbeat = {
		.ts_ms = opts->ts_ms >= 0 ? opts->ts_ms : sim_utc_ms(),
		.battery_pct = (int)opts->battery,
		.has_rssi = opts->rssi != SIM_NO_RSSI,
		.rssi_dbm = (int)opts->rssi,
		.mains = (int)opts->mains,
		.fw = opts->fw,
	    }};

	return sim_sender_tell(&dev->sender, &msg, false, mid);
}
