/* The configuration file (docs/contract.md, "Configuration"): YAML in, one checked struct out.
 * Whatever the file does not set has the value of the contract's example. */
#ifndef APP_CONFIG_H
#define APP_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "proto/err.h"
#include "proto/limits.h"
#include "proto/policy.h"
#include "proto/vital.h"

#define YJ_CONFIG_PATH "/etc/yijian/yijian.yaml"
#define YJ_CONFIG_DATA_DIR "/var/lib/yijian"	    /* default of gateway.data_dir */
#define YJ_CONFIG_SOCKET "/run/yijian/control.sock" /* default of ctl.socket */

struct yj_config_tls {
	bool on;	 /* mqtt: `tls` is given, even if all its values are empty (the system's
			  * authorities); http: cert_file and key_file are set */
	char *ca_file;	 /* NULL: not set */
	char *cert_file; /* set together with key_file or not at all */
	char *key_file;
};

struct yj_config_webhook {
	char name[YJ_NAME_MAX + 1];
	char *url;
	char *secret;	     /* whsec_..., the content of secret_file; NULL: unsigned */
	char *body;	     /* a template; NULL: the inbox message */
	int line, body_line; /* where it stands, and its body (0: none) */
	char *content_type;  /* NULL: application/json */
	char *headers;	     /* further ones, a line each; NULL: none */
	char *ca_file;	     /* who vouches for it; NULL: the system */
	int64_t timeout_ms;
	int attempts;
};

enum yj_config_channel_type {
	YJ_CHANNEL_SPOOL,
	YJ_CHANNEL_ALIYUN,
	YJ_CHANNEL_SMS_HTTP,
	YJ_CHANNEL_VOICE,
	YJ_CHANNEL_EMAIL,
	YJ_CHANNEL_WECOM, /* from here on: robots in groups */
	YJ_CHANNEL_DINGTALK,
	YJ_CHANNEL_FEISHU,
};

struct yj_config_value {
	const char *key;
	char *text;	/* NULL: not set; of a list, a line each */
	int64_t number; /* ms, a count, 1 or 0 */
	int line;	/* where it stands; 0: not set */
	bool secret;
};

struct yj_config_channel {	     /* an entry of sms, voice, email or robots */
	char name[YJ_NAME_MAX + 16]; /* "sms", "sms:2", "voice", "email", "wecom:NAME" ... */
	enum yj_config_channel_type type;
	int line;
	struct yj_config_value *v; /* one for each key of its type */
	size_t n;
};

struct yj_mapping; /* devices/mapping.h */

enum yj_config_verify {
	YJ_VERIFY_TOKEN,  /* a word in a header or in the query */
	YJ_VERIFY_HMAC,	  /* HMAC-SHA256 of the body in a header */
	YJ_VERIFY_ONENET, /* OneNET's own */
};

struct yj_config_inlet { /* where a cloud pushes to: POST /api/v1/in/{name} */
	char name[YJ_NAME_MAX + 1];
	int line;
	const struct yj_mapping *mapping; /* one of devices.mappings; NULL: files were not read */
	enum yj_config_verify verify;
	char *secret;  /* NULL: files were not read */
	char *aes_key; /* NULL: not set */
	char *header;  /* NULL: the usual one */
	char *query;   /* NULL: it is in a header */
};

struct yj_config_peer { /* another gateway that is watched */
	char gateway[YJ_NAME_MAX + 1];
	char *topic;
	int64_t within_ms; /* silent for longer: people are told */
};

struct yj_config_climb { /* who hears of a round that is overdue */
	int32_t after_days;
	struct yj_target to;
};

struct yj_config { /* owns all strings and arrays; a string that may be absent says so */
	struct {
		char id[YJ_NAME_MAX + 1];
		char *data_dir;
		char *language; /* "zh-CN" or "en" */
		char *timezone; /* of the municipality, as in /usr/share/zoneinfo */
	} gateway;
	struct {
		char *host;
		int port; /* 1 to 65535; default 8883 with TLS, 1883 without */
		char *username;
		char *password_file; /* NULL: not set */
		char *password;	     /* its content; NULL: not set, or files were not read */
		struct yj_config_tls tls;
	} mqtt;
	struct {
		char *listen;	  /* ADDRESS:PORT, [ADDRESS]:PORT; port 0 picks one */
		char *public_url; /* NULL: not set */
		char *web_dir;	  /* the pages; NULL: not set */
		struct yj_config_tls tls;
	} http;
	struct {
		char *socket;
	} ctl;
	struct {
		int64_t channel_wait_ms;
		char **default_channels; /* for whoever names none */
		size_t n_default_channels;
		char **night_channels; /* the same by night; none: as by day */
		size_t n_night_channels;
		int night_from_min, night_until_min; /* minutes after midnight, local time */
	} notify;
	struct yj_config_channel *channels; /* sms, voice, email, robots */
	size_t n_channels;
	struct yj_config_webhook *webhooks;
	size_t n_webhooks;
	struct yj_policy *policies; /* one of them is named "default" */
	size_t n_policies;
	struct {
		int64_t heartbeat_ms;
		int offline_after; /* missed heartbeats */
		int low_battery_pct;
		int64_t grace_ms; /* to be heard of again after nobody was heard */
		int flapping;	  /* changes within the window that are told; 0: all */
		int64_t flapping_window_ms;
		int64_t work_after_ms; /* away or without mains for so long, it is work */
		char *discover; /* families that are listened to even without a registered device,
				 * one a line; NULL: none */
		struct yj_mapping **mappings; /* devices of no family of ours */
		size_t n_mappings;
	} devices;
	struct yj_config_inlet *inlets;
	size_t n_inlets;
	struct {
		int share_pct;	   /* of a region's devices that are there; 1 to 100 */
		int64_t window_ms; /* in which they go offline together */
		int least;	   /* so many at least, 2 or more */
	} outage;
	struct {
		int night_from_min, night_until_min; /* minutes after midnight, local time */
		int64_t return_within_ms;	     /* of whoever gets up by night */
		int64_t turn_ms;		     /* shorter than this is a turn in bed */
	} beds;
	struct { /* the ranges of residents who have none of their own */
		struct yj_vital_range ranges[YJ_VITAL_COUNT];
		int64_t for_ms;	 /* out of range for so long, */
		int samples;	 /* in so many samples without a good one */
		int64_t calm_ms; /* well for so long before it is told again */
	} vitals;
	struct {
		enum {
			YJ_INACTIVITY_SENSORS, /* whoever has more than buttons */
			YJ_INACTIVITY_ALL,
			YJ_INACTIVITY_OFF,
		} watch;
		int64_t high_ms, others_ms;
		/* minutes of the day by the wall clock (the same: none), and of getting up */
		int quiet_from, quiet_until, after_quiet;
	} inactivity;
	struct { /* docs/visits.md */
		int64_t ring_for_ms;
		int retries; /* after the first ring */
		int64_t retry_after_ms;
		int64_t max_duration_ms;
		int night_from_min, night_until_min; /* minutes after midnight, local time */
	} visits;
	struct {		   /* docs/rounds.md */
		int remind_at_min; /* of the day by the wall clock */
		size_t n_climb;
		struct yj_config_climb climb[YJ_ROUND_CLIMB_MAX]; /* after_days ascending */
	} rounds;
	struct {	      /* docs/turn.md */
		char *urls;   /* a line each; NULL: none */
		char *secret; /* NULL: files were not read */
		int64_t lifetime_ms;
	} turn;
	struct {
		bool on;   /* the section is there */
		char *url; /* NULL: not set */
		int64_t every_ms;
		char *topic;
		struct yj_config_peer *watch;
		size_t n_watch;
	} deadman;
};

enum yj_config_flag {
	/* Neither read nor look for the files that the configuration names: secrets stay NULL. For
	 * a reader that only wants the socket or the database, and may not see the secrets. */
	YJ_CONFIG_NO_FILES = 1,
	/* but for the mappings of devices, which hold no secrets. */
	YJ_CONFIG_MAPPINGS = 2,
};

/* Reads and checks a file. 0: *out is owned by the caller. On failure *errors (malloc'd, may be
 * NULL when memory is short) has one line per error in the order of the file, "FILE:LINE: what,
 * expected what", without a last newline. YJ_ERR_INVAL: the content is wrong; YJ_ERR_IO: the file
 * cannot be read; YJ_ERR_NOMEM. Changes nothing anywhere: also what --check-config and a reload
 * need. */
int yj_config_load(
    const char *path, unsigned flags, struct yj_config **out, char **errors) YJ_MUST_CHECK;

/* The same for bytes in memory, which messages call `name`. */
int yj_config_parse(const char *name, const void *bytes, size_t len, unsigned flags,
    struct yj_config **out, char **errors) YJ_MUST_CHECK;

void yj_config_free(struct yj_config *config); /* wipes the secrets; NULL is fine */

/* Borrowed; NULL if there is none of that name. */
const struct yj_policy *yj_config_policy(const struct yj_config *config, const char *name);
const struct yj_config_webhook *yj_config_webhook(const struct yj_config *config, const char *name);

/* The entry of that name, or, for `wecom` and its like alone, the first of that type. */
const struct yj_config_channel *yj_config_channel(const struct yj_config *config, const char *name);
/* Is there such a channel: mqtt, webhook:NAME, or an entry. */
bool yj_config_has_channel(const struct yj_config *config, const char *name);
/* The mapping of that name, or NULL. */
const struct yj_mapping *yj_config_mapping(const struct yj_config *config, const char *name);
/* Is a family of devices listened to even without a registered device? */
bool yj_config_discovers(const struct yj_config *config, const char *family);
/* What an entry says; NULL (0) for a key that is not set or that its type does not have. */
const char *yj_config_text(const struct yj_config_channel *channel, const char *key);
int64_t yj_config_number(const struct yj_config_channel *channel, const char *key);
/* Where in the file that stands; for a key that is not set the line of the entry. */
int yj_config_line(const struct yj_config_channel *channel, const char *key);

/* The keys that differ and need a restart to take effect (all of gateway, mqtt, http and ctl), as
 * "mqtt.host,http.listen"; "" if none do. Malloc'd; NULL when memory is short. */
char *yj_config_restart_keys(
    const struct yj_config *old, const struct yj_config *new) YJ_MUST_CHECK;

/* The last configuration that worked. save_good keeps the bytes of the file (without the contents
 * of the files that it names) as {data_dir}/last-good.yaml, mode 0600, in full or not at all even
 * over a power cut. Where data_dir is not YJ_CONFIG_DATA_DIR it also leaves a symbolic link
 * "{path}.last-good" to it, if it may, so that a file damaged beyond recognition finds its
 * way back. Bytes that no longer check well are refused. 0, YJ_ERR_INVAL, YJ_ERR_IO,
 * YJ_ERR_FULL, YJ_ERR_NOMEM; after a failure what was kept before still stands. */
int yj_config_save_good(const char *path, const char *data_dir) YJ_MUST_CHECK;

/* Loads it for a file that is bad: from the data_dir that the bad file still names, else through
 * the link beside it (if it is ours or root's), else from YJ_CONFIG_DATA_DIR. Results as
 * yj_config_load; YJ_ERR_NOTFOUND when nothing was kept. */
int yj_config_load_good(const char *path, struct yj_config **out, char **errors) YJ_MUST_CHECK;

#endif
