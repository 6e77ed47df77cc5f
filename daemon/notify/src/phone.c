#include "phone.h"

char *yj_phone_plain(const char *phone, char out[YJ_PHONE_PLAIN_MAX + 1])
{
	size_t n = 0;
	for (const char *p = phone; *p && n < YJ_PHONE_PLAIN_MAX; p++)
		if ((*p >= '0' && *p <= '9') || (*p == '+' && n == 0))
			out[n++] = *p;
	out[n] = '\0';
	return n > 1 || (n == 1 && out[0] != '+') ? out : NULL;
}
