/* Tokens of publishes on the two links: whose answer it is. */
#ifndef APP_TOKENS_H
#define APP_TOKENS_H

#define YJ_TOKEN_NONE 0ULL	       /* nobody waits for the answer */
#define YJ_TOKEN_DELIVERY (1ULL << 60) /* | number of the outbox row */
#define YJ_TOKEN_FEED (2ULL << 60)     /* | seq of the event */
#define YJ_TOKEN_PROBE (3ULL << 60)    /* presence_doubt.c */
#define YJ_TOKEN_KIND(token) ((token) & (15ULL << 60))
#define YJ_TOKEN_VALUE(token) ((token) & ~(15ULL << 60))

#endif
