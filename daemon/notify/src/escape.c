#include "escape.h"

#include <stdbool.h>
#include <string.h>

static bool is_control(unsigned char c)
{
	return c < 0x20 || c == 0x7f;
}

static void write_json(FILE *out, unsigned char c)
{
	if (c == '"' || c == '\\')
		fprintf(out, "\\%c", c);
	else if (is_control(c))
		fprintf(out, "\\u%04x", c);
	else
		fputc(c, out);
}

/* XML 1.0 has no way to write most control characters. */
static void write_xml(FILE *out, unsigned char c)
{
	if (c == '<')
		fputs("&lt;", out);
	else if (c == '>')
		fputs("&gt;", out);
	else if (c == '&')
		fputs("&amp;", out);
	else if (c == '"')
		fputs("&quot;", out);
	else if (c == '\'')
		fputs("&#39;", out);
	else if (c == '\n' || c == '\t' || !is_control(c))
		fputc(c, out);
}

static void write_percent(FILE *out, unsigned char c)
{
	if ((c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
	    (c && strchr("-._~", c)))
		fputc(c, out);
	else
		fprintf(out, "%%%02X", c);
}

void yj_escape_write(FILE *out, enum yj_escape escape, const char *value)
{
	for (const unsigned char *p = (const unsigned char *)value; *p; p++) {
		switch (escape) {
		case YJ_ESCAPE_PLAIN:
			if (*p == '\n' || *p == '\t' || !is_control(*p))
				fputc(*p, out);
			break;
		case YJ_ESCAPE_JSON:
			write_json(out, *p);
			break;
		case YJ_ESCAPE_PERCENT:
			write_percent(out, *p);
			break;
		case YJ_ESCAPE_XML:
			write_xml(out, *p);
			break;
		case YJ_ESCAPE_HEADER:
			fputc(is_control(*p) ? ' ' : *p, out);
			break;
		}
	}
}
