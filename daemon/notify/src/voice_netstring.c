#include "voice_netstring.h"

int yj_netstring_read(const char *bytes, size_t len, struct yj_netstring *out)
{
	size_t n = 0, at = 0;
	while (at < len && bytes[at] >= '0' && bytes[at] <= '9') {
		if (at > 0 && n == 0) /* a zero in front */
			return YJ_ERR_BADMSG;
		n = n * 10 + (size_t)(bytes[at] - '0');
		if (n > YJ_VOICE_FRAME_MAX)
			return YJ_ERR_BADMSG;
		at++;
	}
	if (at == len)
		return 0;
	if (at == 0 || bytes[at] != ':')
		return YJ_ERR_BADMSG;
	at++;
	if (len - at < n + 1)
		return 0;
	if (bytes[at + n] != ',')
		return YJ_ERR_BADMSG;
	*out = (struct yj_netstring){.body = bytes + at, .len = n, .used = at + n + 1};
	return 1;
}
