/* Error codes of every room. A function that can fail returns one of these as a negative int, or
 * 0; its header says which, and what stays true after each. Outputs are untouched on failure. */
#ifndef PROTO_ERR_H
#define PROTO_ERR_H

#define YJ_MUST_CHECK __attribute__((warn_unused_result))

enum yj_err {
	YJ_OK = 0,
	YJ_ERR_INVAL = -1,    /* the caller's or the peer's input is not what it must be */
	YJ_ERR_NOMEM = -2,    /* allocation failed */
	YJ_ERR_IO = -3,	      /* the operating system or the disk failed */
	YJ_ERR_FULL = -4,     /* no space left: on disk, or in a capped structure */
	YJ_ERR_NOTFOUND = -5, /* no such thing */
	YJ_ERR_EXISTS = -6,   /* it is there already */
	YJ_ERR_CONFLICT = -7, /* somebody else changed it first: decode and step again */
	YJ_ERR_DENIED = -8,   /* not allowed */
	YJ_ERR_BUSY = -9,     /* not now: a window or queue is full, or the peer is not connected */
	YJ_ERR_NEWER = -10,   /* made by a newer version than this program */
	YJ_ERR_BADMSG = -11,  /* a record is damaged */
};

/* A short English word for logs, never NULL. */
const char *yj_err_name(int err);

#endif
