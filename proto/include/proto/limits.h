/* Every cap of the system in one place. Sizes in bytes unless the name says otherwise. */
#ifndef PROTO_LIMITS_H
#define PROTO_LIMITS_H

#define YJ_NAME_MAX 64			/* device, caregiver, resident … id, as in the topics */
#define YJ_CALLED_MAX 128		/* what people call somebody or something: its name */
#define YJ_MSGID_MAX 128		/* a message's own id */
#define YJ_VISIT_ID_MAX 40		/* a visit's session */
#define YJ_VISITS_PER_MIN 12		/* visits that one caregiver begins in a minute */
#define YJ_VISIT_WATCHERS_MAX 8		/* streams of events of one visit */
#define YJ_VISIT_BODY_MAX 16384		/* what a caller posts to a visit, an offer among it */
#define YJ_PAYLOAD_MAX 16384		/* a native payload; longer is rejected */
#define YJ_PACKET_MAX 65536		/* an MQTT payload; the broker refuses longer */
#define YJ_TOPIC_MAX 256		/* a topic that we read or write */
#define YJ_LEVELS_MAX 16		/* levels of a policy */
#define YJ_NOTIFY_MAX 32		/* entries of one level's `notify` */
#define YJ_BATCH_MAX 1000		/* messages per transaction */
#define YJ_INFLIGHT_MAX 200		/* own QoS 1 publishes not yet confirmed, per connection */
#define YJ_SUBSCRIPTIONS_MAX 1024	/* topic filters per connection to the broker */
#define YJ_CTL_CLIENTS_MAX 32		/* control connections at once */
#define YJ_CTL_LINE_MAX 1048576		/* one control request line */
#define YJ_CTL_BODIES_MAX 134217728	/* bodies under way over all control connections */
#define YJ_CTL_ANSWER_MAX 268435456	/* one answer line */
#define YJ_CTL_NAMES_MAX 16		/* login names of peers that are remembered */
#define YJ_IMPORT_MAX 67108864		/* one CSV file */
#define YJ_HTTP_CLIENTS_MAX 64		/* HTTP connections at once */
#define YJ_HTTP_STREAMS_MAX 256		/* streams of events, beside these */
#define YJ_HTTP_STREAM_QUEUED_MAX 65536 /* of one that its peer has not taken; more: it is cut */
#define YJ_HTTP_BODY_MAX 65536		/* one HTTP request body */
#define YJ_ANSWER_BODY_MAX 16384	/* one answer posted to a page's link */
#define YJ_ANSWERS_PER_10S 30		/* answers posted to one link in 10 s */
#define YJ_WEBFILE_MAX 1048576		/* one file of the pages, one voice */
#define YJ_VOICE_MAX 700000	 /* a phrase in a voice of a home, as it is sent in one request */
#define YJ_HTTP_HEADERS_MAX 8192 /* the headers of one HTTP request */
#define YJ_HTTP_ROUTES_MAX 64	 /* paths that the HTTP server knows */
#define YJ_POSTERS_INFLIGHT_MAX 512	/* requests under way over all endpoints */
#define YJ_POSTER_EACH_MAX 8		/* and per endpoint */
#define YJ_POSTER_REPLY_MAX 4096	/* bytes read of an endpoint's answer */
#define YJ_CHANNEL_NAME_MAX 80		/* "webhook:" and a name, and the like */
#define YJ_TEMPLATE_MAX 65536		/* one template, and what is made of it */
#define YJ_SMS_UNDER_WAY_MAX 64		/* pages that one smsd has at once */
#define YJ_SMS_FILE_MAX 65536		/* a file that smsd wrote */
#define YJ_SMS_SCAN_MAX 4096		/* files of a folder of smsd that one scan looks at */
#define YJ_SMS_ASIDE_MAX 1000		/* files set aside in yijian-bad */
#define YJ_SMS_PASSED_MAX 256		/* incoming files that wait to be offered again */
#define YJ_VOICE_LINES_MAX 32		/* telephone lines, each a baresip of its own */
#define YJ_VOICE_FRAME_MAX 65536	/* one message of baresip */
#define YJ_VOICE_COMMANDS_MAX 8		/* commands to one baresip that wait for their answer */
#define YJ_VOICE_TEXT_MAX 2048		/* words to be spoken in one call */
#define YJ_VOICE_SPEAKERS_MAX 4		/* speech programs at once */
#define YJ_VOICE_SPEECH_MAX 8388608	/* what one of them may write */
#define YJ_VOICE_CLIPS_MAX 64		/* spoken texts that are kept for a while */
#define YJ_VOICE_BACKS_MAX 64		/* keys that wait until they can be stored */
#define YJ_FLOOD_PER_MIN 10		/* alerts a minute from one device that are logged singly */
#define YJ_DEVICE_RESIDENTS_MAX 16	/* residents of one device */
#define YJ_CAREGIVER_RESIDENTS_MAX 4096 /* residents that one caregiver names */
#define YJ_SILENCES_MAX 1000		/* silences that have not ended */
#define YJ_OUTAGES_MAX 256		/* that are looked at, of those that last */
#define YJ_SILENCE_REASON_MAX 1000	/* bytes of why */
#define YJ_CSV_ROW_MAX 262144		/* one CSV row; longer: a quote was not closed */
#define YJ_IMPORT_ERRORS_MAX 100	/* errors of one import that are listed singly */
#define YJ_CONFIG_MAX 1048576		/* the configuration file */
#define YJ_PEERS_MAX 16			/* other gateways that one watches */
#define YJ_POLICIES_MAX 256		/* policies of a configuration */
#define YJ_WEBHOOKS_MAX 1024		/* webhooks of a configuration */
#define YJ_CHANNELS_MAX 8		/* entries of notify.default_channels, and of sms */
#define YJ_ROBOTS_MAX 256		/* robots of a configuration */
#define YJ_CONFIG_LIST_MAX 32		/* entries of a list in a channel's settings */
#define YJ_MAPPINGS_MAX 64		/* devices.mappings of the configuration */
#define YJ_INLETS_MAX 32		/* inlets of the configuration */
#define YJ_ROUND_CLIMB_MAX 8		/* steps of rounds.climb */
#define YJ_ROSTERS_MAX 1000		/* groups with a roster */
#define YJ_ROSTER_PEOPLE_MAX 256	/* people of one roster; a multiple of 64 */
#define YJ_ROSTER_SHIFTS_MAX 200	/* shifts of one roster's week, and of its holidays */
#define YJ_ROSTER_TURNS_MAX 60		/* turns of one rotation */
#define YJ_ROSTER_DATES_MAX 1000	/* overrides of one roster, and holidays */

#endif
