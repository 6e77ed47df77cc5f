#include "telephone.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct conf { /* the configuration as the channel wants it, and what it borrows from */
	struct yj_voice_conf v;
	const char *control[YJ_VOICE_LINES_MAX + 1]; /* one more, so that too many are seen */
	char *addresses;
	char folder[PATH_MAX];
};

/* The lines of a text, which is cut up. */
static size_t split(char *text, const char **lines, size_t max)
{
	size_t n = 0;
	char *rest = text;
	for (char *line = strtok_r(text, "\n", &rest); line && n < max;
	     line = strtok_r(NULL, "\n", &rest))
		lines[n++] = line;
	return n;
}

static int conf_init(
    const struct yj_config *config, const struct yj_config_channel *c, struct conf *out)
{
	const char *control = yj_config_text(c, "control");
	const char *folder = yj_config_text(c, "folder");
	memset(out, 0, sizeof *out);
	out->addresses = control ? strdup(control) : NULL;
	if (control && !out->addresses)
		return YJ_ERR_NOMEM;
	char here[PATH_MAX / 2] = "";
	if (folder)
		snprintf(out->folder, sizeof out->folder, "%s", folder);
	else if (config->gateway.data_dir[0] == '/' || !getcwd(here, sizeof here))
		snprintf(out->folder, sizeof out->folder, "%s/voice", config->gateway.data_dir);
	else /* baresip has a working folder of its own */
		snprintf(
		    out->folder, sizeof out->folder, "%s/%s/voice", here, config->gateway.data_dir);
	out->v = (struct yj_voice_conf){
	    .control = out->control,
	    .n_control =
		out->addresses ? split(out->addresses, out->control, YJ_VOICE_LINES_MAX + 1) : 0,
	    .dial = yj_config_text(c, "dial"),
	    .folder = out->folder,
	    .voice = yj_config_text(c, "voice"),
	    .ring_for_ms = yj_config_number(c, "ring_for"),
	    .talk_for_ms = yj_config_number(c, "talk_for"),
	    .attempts = (int)yj_config_number(c, "attempts"),
	};
	return 0;
}

static void say_wrong(const char *wrong, char why[YJ_WHY_MAX])
{
	snprintf(why, YJ_WHY_MAX, "voice: %s", wrong);
}

int yj_telephone_check(const struct yj_config *config, char why[YJ_WHY_MAX])
{
	const struct yj_config_channel *c = yj_config_channel(config, "voice");
	struct conf conf;
	if (!c)
		return 0;
	int rc = conf_init(config, c, &conf);
	if (rc < 0)
		return rc;
	const char *wrong = yj_voice_check(&conf.v);
	if (wrong)
		say_wrong(wrong, why);
	free(conf.addresses);
	return wrong ? YJ_ERR_INVAL : 0;
}

int yj_telephone_set(struct yj_voice *voice, const struct yj_config *config, char why[YJ_WHY_MAX])
{
	const struct yj_config_channel *c = yj_config_channel(config, "voice");
	const char *wrong = NULL;
	struct conf conf;
	if (!c)
		return yj_voice_set(voice, NULL, &wrong);
	int rc = conf_init(config, c, &conf);
	if (rc < 0)
		return rc;
	rc = yj_voice_set(voice, &conf.v, &wrong);
	if (rc == YJ_ERR_INVAL)
		say_wrong(wrong, why);
	free(conf.addresses);
	return rc;
}
