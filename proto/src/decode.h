/* From a JSON object to a record, of proto alone. */
#ifndef PROTO_SRC_DECODE_H
#define PROTO_SRC_DECODE_H

#include "proto/message.h"

/* Fills m->u from the object m->doc, according to m->type. NULL, or the path of the first required
 * field that is missing or ill-typed (m->u is then of no use). */
const char *yj_message_read(struct yj_message *m);

#endif
