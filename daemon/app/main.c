/* yijiand: the command line. */
#include <getopt.h>
#include <mosquitto.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <systemd/sd-daemon.h>

#include "dispatch.h"
#include "reload.h"
#include "service.h"

static struct yj_gateway gateway;

static const char usage[] =
    "Usage: yijiand [-c FILE] [--check-config] [--fallback] [--verbose]\n"
    "  -c, --config FILE  configuration (default " YJ_CONFIG_PATH ")\n"
    "  --check-config     check it and exit: 0, or 78 with what is wrong\n"
    "  --fallback         with a bad file, start degraded on the last one that worked\n"
    "  --verbose          log more\n"
    "  --version          print the version\n";

struct options {
	const char *config;
	bool check, fallback;
};

/* -1 to go on, else the exit code. */
static int read_options(int argc, char **argv, struct options *o)
{
	static const struct option longs[] = {
	    {"config", required_argument, NULL, 'c'},
	    {"check-config", no_argument, NULL, 'k'},
	    {"fallback", no_argument, NULL, 'f'},
	    {"verbose", no_argument, NULL, 'v'},
	    {"version", no_argument, NULL, 'V'},
	    {"help", no_argument, NULL, 'h'},
	    {NULL, 0, NULL, 0},
	};
	int c;
	while ((c = getopt_long(argc, argv, "c:h", longs, NULL)) >= 0) {
		switch (c) {
		case 'c':
			o->config = optarg;
			break;
		case 'k':
			o->check = true;
			break;
		case 'f':
			o->fallback = true;
			break;
		case 'v':
			yj_log_level_set(YJ_LOG_DEBUG);
			break;
		case 'V':
			puts("yijiand " YJ_VERSION);
			return 0;
		case 'h':
			fputs(usage, stdout);
			return 0;
		default:
			fputs(usage, stderr);
			return 2;
		}
	}
	if (optind < argc) {
		fputs(usage, stderr);
		return 2;
	}
	return -1;
}

static int load_config(const struct options *o, struct yj_config **config, bool *fell_back)
{
	char *errors = NULL;
	int rc = yj_reload_read(o->config, config, &errors);
	*fell_back = false;
	if (rc < 0) {
		fprintf(stderr, "%s\n", errors ? errors : yj_err_name(rc));
		free(errors);
		errors = NULL;
		if (o->fallback && !o->check) {
			rc = yj_config_load_good(o->config, config, &errors);
			*fell_back = rc == 0;
			if (rc < 0)
				fprintf(stderr, "no configuration that worked: %s\n",
				    errors ? errors : yj_err_name(rc));
		}
	}
	free(errors);
	return rc;
}

int main(int argc, char **argv)
{
	struct yj_gateway *g = &gateway;
	struct options o = {.config = YJ_CONFIG_PATH};
	int code = read_options(argc, argv, &o);
	if (code >= 0)
		return code;
	bool fell_back;
	umask(0077);
	if (load_config(&o, &g->config, &fell_back) < 0)
		return YJ_EXIT_CONFIG;
	if (o.check) {
		yj_config_free(g->config);
		return 0;
	}
	g->config_path = o.config;
	mosquitto_lib_init();
	g->base = event_base_new();
	if (!g->base || event_base_priority_init(g->base, 3) < 0)
		return 1;
	code = yj_service_start(g, fell_back);
	bool started = code == 0;
	if (started) {
		if (!fell_back && yj_config_save_good(o.config, g->config->gateway.data_dir) < 0)
			yj_log(YJ_LOG_WARN, "event=last_good_not_saved");
		yj_log(YJ_LOG_INFO, "event=ready gateway=%s version=" YJ_VERSION,
		    g->config->gateway.id);
		sd_notify(0, "READY=1");
		yj_dispatch_soon(g);
		event_base_dispatch(g->base);
		code = g->restart_wanted ? 1 : 0;
	}
	yj_service_stop(g, started);
	mosquitto_lib_cleanup();
	return code;
}
