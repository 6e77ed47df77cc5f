/* Any text as a template: it is refused with a place within it, or what it makes of odd values is
 * well-formed where it was as a template. The first byte chooses the escape. */
#include <assert.h>
#include <jansson.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "notify/template.h"

static const struct yj_msg_inbox page = {
    .id = "gw-1-d1",
    .incident = "gw-1-1",
    .level = 1,
    .resident = {.id = "r\"1", .name = "王\\", .address = "\n<&>'", .phone = "{{text}}"},
    .text = "",
    .opened_at_ms = 1795460972123,
};
static const struct yj_delivery delivery = {.id = "gw-1-d1",
    .caregiver = "c",
    .page = &page,
    .text = "\x01\"\\{{name}}\r\n%&=+",
    .code = ""};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size < 1)
		return 0;
	enum yj_escape escape = (enum yj_escape)(data[0] % (YJ_ESCAPE_HEADER + 1));
	char *text = strndup((const char *)data + 1, size - 1);
	struct yj_template *t = NULL;
	struct yj_template_mistake mistake = {0};
	int rc = yj_template_parse(text, escape, &t, &mistake);
	assert(rc == 0 || (rc == YJ_ERR_INVAL && !t));
	if (rc == 0) {
		char *made = yj_template_fill(t, &delivery);
		assert(made);
		if (escape == YJ_ESCAPE_JSON) {
			json_t *json = json_loads(made, 0, NULL);
			assert(json);
			json_decref(json);
		}
		free(made);
		yj_template_free(t);
	} else {
		assert(mistake.line >= 1 && mistake.column >= 1 && mistake.text[0]);
	}
	free(text);
	return 0;
}
