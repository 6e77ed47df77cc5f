/* What must hold after each step and each turn, whatever the history; private to the model. */
#ifndef CORE_CHECKS_H
#define CORE_CHECKS_H

#include "core_model.h"

struct core_check { /* a turn under way */
	struct yj_in in;
	struct yj_state before;
	int64_t due; /* the deadline before */
};

void core_check_begin(struct core_check *c, struct model *m, const struct yj_in *in, int64_t now);

/* Makes the step itself, twice, from copies. */
void core_check_step(struct model *m, const struct yj_in *in, int64_t now, struct yj_step *out);

void core_check_end(const struct core_check *c, struct model *m, int64_t now);

#endif
