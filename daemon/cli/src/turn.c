/* turn check: asks each relay for two ports, as the two ends of a call would, and sends a word from
 * one to the other. */
#include <arpa/inet.h>
#include <openssl/rand.h>
#include <signal.h>
#include <string.h>
#include <time.h>

#include "cli.h"
#include "proto/time.h"
#include "table.h"
#include "term.h"
#include "turn_line.h"

#define LIFETIME_S 60 /* of a port that is asked for */
#define UDP_RELAY 17  /* what it relays, by IP protocol number */
#define WORDS_MAX 5   /* a datagram may be lost */
#define WORD_WAIT_MS 500

static const char word[] = "yijian";

struct end { /* one of the two */
	struct yj_turn_line *line;
	struct yj_stun_login login;
	struct sockaddr_storage relayed;
};

static void begin(struct yj_stun *m, unsigned type)
{
	uint8_t id[12] = {0};
	(void)RAND_bytes(id, sizeof id); /* only has to differ from the last one's */
	yj_stun_begin(m, type, id);
}

static int say(char why[YJ_TURN_WHY_MAX], const char *text)
{
	snprintf(why, YJ_TURN_WHY_MAX, "%s", text);
	return YJ_ERR_DENIED;
}

/* Why a relay says no, as somebody would say who is to set it right. */
static int refused(const struct yj_stun *answer, char why[YJ_TURN_WHY_MAX])
{
	static const struct {
		int number;
		const char *words;
	} reasons[] = {
	    {401, "the secret is not the relay's, or its clock is wrong"},
	    {403, "it relays to no port of its own (allowed-peer-ip)"},
	    {486, "its quota is used up (user-quota, total-quota)"},
	    {508, "it has no port left (min-port, max-port)"},
	};
	int number = yj_stun_refusal(answer);
	for (size_t i = 0; i < sizeof reasons / sizeof reasons[0]; i++)
		if (number == reasons[i].number)
			return say(why, reasons[i].words);
	snprintf(why, YJ_TURN_WHY_MAX, "it refuses, with number %d", number);
	return YJ_ERR_DENIED;
}

static int ask(struct end *e, struct yj_stun *request, struct yj_stun *answer, char *why)
{
	if (yj_turn_line_ask(e->line, request, answer) < 0)
		return say(why, "no answer");
	return 0;
}

/* Realm and nonce of a relay's first refusal. */
static int keep_login(struct end *e, const struct yj_stun *answer, char *why)
{
	size_t realm_len = 0, nonce_len = 0;
	const uint8_t *realm = yj_stun_get(answer, YJ_STUN_REALM, &realm_len);
	const uint8_t *nonce = yj_stun_get(answer, YJ_STUN_NONCE, &nonce_len);
	if (!realm || !nonce || realm_len > sizeof e->login.realm ||
	    nonce_len > sizeof e->login.nonce)
		return say(why, "it is no relay");
	memcpy(e->login.realm, realm, realm_len);
	memcpy(e->login.nonce, nonce, nonce_len);
	e->login.realm_len = realm_len;
	e->login.nonce_len = nonce_len;
	return 0;
}

static int allocate(struct end *e, char *why)
{
	struct yj_stun request, answer;
	begin(&request, YJ_STUN_ALLOCATE);
	yj_stun_put_number(&request, YJ_STUN_TRANSPORT, (uint32_t)UDP_RELAY << 24);
	if (ask(e, &request, &answer, why) < 0)
		return YJ_ERR_IO;
	if (yj_stun_type(&answer) == (YJ_STUN_ALLOCATE | YJ_STUN_DONE))
		return say(why, "it relays for anybody (use-auth-secret)");
	if (yj_stun_refusal(&answer) != 401)
		return refused(&answer, why);
	if (keep_login(e, &answer, why) < 0)
		return YJ_ERR_DENIED;
	begin(&request, YJ_STUN_ALLOCATE);
	yj_stun_put_number(&request, YJ_STUN_TRANSPORT, (uint32_t)UDP_RELAY << 24);
	yj_stun_put_number(&request, YJ_STUN_LIFETIME, LIFETIME_S);
	yj_stun_sign(&request, &e->login);
	if (ask(e, &request, &answer, why) < 0)
		return YJ_ERR_IO;
	if (yj_stun_type(&answer) != (YJ_STUN_ALLOCATE | YJ_STUN_DONE))
		return refused(&answer, why);
	if (yj_stun_get_address(&answer, YJ_STUN_RELAYED, &e->relayed) < 0)
		return say(why, "it does not say which port it gives");
	return 0;
}

static int permit(struct end *e, const struct end *other, char *why)
{
	struct yj_stun request, answer;
	begin(&request, YJ_STUN_PERMIT);
	yj_stun_put_address(&request, YJ_STUN_PEER, (const void *)&other->relayed);
	yj_stun_sign(&request, &e->login);
	if (ask(e, &request, &answer, why) < 0)
		return YJ_ERR_IO;
	return yj_stun_type(&answer) == (YJ_STUN_PERMIT | YJ_STUN_DONE) ? 0 : refused(&answer, why);
}

/* From one end's port to the other's, and from there to us. */
static int pass_word(struct end *from, struct end *to, char *why)
{
	for (int i = 0; i < WORDS_MAX; i++) {
		struct yj_stun m;
		size_t len = 0;
		begin(&m, YJ_STUN_SEND);
		yj_stun_put_address(&m, YJ_STUN_PEER, (const void *)&to->relayed);
		yj_stun_put(&m, YJ_STUN_PAYLOAD, word, sizeof word);
		if (yj_turn_line_send(from->line, &m) < 0 ||
		    yj_turn_line_read(to->line, WORD_WAIT_MS, &m) < 0)
			continue;
		const uint8_t *got = yj_stun_get(&m, YJ_STUN_PAYLOAD, &len);
		if (yj_stun_type(&m) == YJ_STUN_DATA && got && len == sizeof word &&
		    memcmp(got, word, len) == 0)
			return 0;
	}
	return say(why, "its ports do not reach each other (external-ip, firewall)");
}

/* Gives the port back at once; otherwise the relay keeps it for LIFETIME_S. */
static void leave(struct end *e)
{
	struct yj_stun m;
	if (e->line && e->login.nonce_len) {
		begin(&m, YJ_STUN_REFRESH);
		yj_stun_put_number(&m, YJ_STUN_LIFETIME, 0);
		yj_stun_sign(&m, &e->login);
		yj_turn_line_send(e->line, &m);
	}
	yj_turn_line_close(e->line);
}

static int bind_only(struct end *e, char *why)
{
	struct yj_stun request, answer;
	begin(&request, YJ_STUN_BINDING);
	if (ask(e, &request, &answer, why) < 0)
		return YJ_ERR_IO;
	return yj_stun_get_address(&answer, YJ_STUN_MAPPED, &e->relayed) == 0
		   ? 0
		   : say(why, "it does not say where we come from");
}

static int try(const struct yj_turn_url *url, const char *ca_file, struct end ends[2], char *why)
{
	for (int i = 0; i < 2; i++)
		if (yj_turn_line_open(url, ca_file, &ends[i].line, why) < 0)
			return YJ_ERR_IO;
	if (!url->relay)
		return bind_only(&ends[0], why);
	for (int i = 0; i < 2; i++)
		if (allocate(&ends[i], why) < 0)
			return YJ_ERR_DENIED;
	for (int i = 0; i < 2; i++)
		if (permit(&ends[i], &ends[1 - i], why) < 0)
			return YJ_ERR_DENIED;
	return pass_word(&ends[0], &ends[1], why) < 0 || pass_word(&ends[1], &ends[0], why) < 0
		   ? YJ_ERR_DENIED
		   : 0;
}

static void put_address(json_t *row, const struct sockaddr_storage *address)
{
	const struct sockaddr_in *four = (const void *)address;
	const struct sockaddr_in6 *six = (const void *)address;
	char text[INET6_ADDRSTRLEN] = "";
	if (address->ss_family)
		inet_ntop(address->ss_family,
		    address->ss_family == AF_INET ? (const void *)&four->sin_addr : &six->sin6_addr,
		    text, sizeof text);
	json_object_set_new(row, "address", *text ? json_string(text) : json_null());
}

static int64_t now_us(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static json_t *check(const char *text, const struct yj_stun_login *login, const char *ca_file)
{
	struct end ends[2] = {{.login = *login}, {.login = *login}};
	struct yj_turn_url url;
	char why[YJ_TURN_WHY_MAX] = "", until[YJ_RFC3339_LEN];
	json_t *row = json_pack("{s:s}", "url", text);
	int64_t began = now_us();
	int rc = yj_turn_url_read(text, &url);
	if (rc < 0)
		say(why, "it is no URL of a relay");
	else
		rc = try(&url, ca_file, ends, why);
	int64_t took = (now_us() - began) / 1000;
	int64_t ends_at = ends[0].line ? yj_turn_line_certificate(ends[0].line) : 0;
	json_object_set_new(row, "ok", json_boolean(rc == 0));
	put_address(row, &ends[0].relayed);
	json_object_set_new(row, "ms", json_integer(took));
	if (ends_at)
		json_object_set_new(
		    row, "certificate_until", json_string(yj_rfc3339_format(ends_at, until)));
	if (rc < 0)
		json_object_set_new(row, "reason", json_string(why));
	leave(&ends[0]);
	leave(&ends[1]);
	return row;
}

static int turn_check(struct yj_cli *cli, const struct yj_args *args)
{
	static const struct yj_column columns[] = {{"url", NULL, false}, {"ok", NULL, false},
	    {"address", NULL, false}, {"ms", NULL, true}, {"certificate_until", NULL, false},
	    {"reason", NULL, false}, {0}};
	json_t *servers = NULL, *server, *url, *rows = json_array();
	size_t i, j;
	bool all = true;
	int rc = yj_gateway_ask(cli, "turn", NULL, NULL, 0, YJ_ASK_MS, &servers);
	signal(SIGPIPE, SIG_IGN);
	if (rc == 0)
		json_array_foreach(servers, i, server)
		{
			const char *user = json_string_value(json_object_get(server, "username"));
			const char *password =
			    json_string_value(json_object_get(server, "credential"));
			struct yj_stun_login login = {
			    .user = user ? user : "", .password = password ? password : ""};
			json_array_foreach(json_object_get(server, "urls"), j, url)
			{
				json_t *row =
				    check(json_string_value(url), &login, yj_arg(args, "ca-file"));
				all = all && json_is_true(json_object_get(row, "ok"));
				json_array_append_new(rows, row);
			}
		}
	if (rc == 0 && cli->json)
		yj_json_put(stdout, rows);
	else if (rc == 0)
		yj_table_put(
		    stdout, rows, columns, "no relay is configured (turn.urls)", cli->color);
	if (rc == 0 && !all)
		rc = yj_fail(YJ_EXIT_REFUSED, "not every relay works");
	json_decref(servers);
	json_decref(rows);
	return rc;
}

static const struct yj_opt check_opts[] = {
    {"ca-file", 0, "FILE", "vouches for its certificate instead of the system's authorities",
	false},
    {0},
};

const struct yj_command yj_turn_commands[] = {
    {.name = "turn",
	.verb = "check",
	.help =
	    "Asks each relay of the configuration for two ports, as a call would, and sends a word "
	    "from one to the other.",
	.opts = check_opts,
	.json = true,
	.run = turn_check},
    {0},
};
