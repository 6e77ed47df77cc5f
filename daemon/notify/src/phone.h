/* Telephone numbers as providers want them. */
#ifndef NOTIFY_PHONE_H
#define NOTIFY_PHONE_H

#include <stddef.h>

#define YJ_PHONE_PLAIN_MAX 31

/* Digits, with a leading + where there is one, and nothing else; NULL if there are no digits. */
char *yj_phone_plain(const char *phone, char out[YJ_PHONE_PLAIN_MAX + 1]);

#endif
