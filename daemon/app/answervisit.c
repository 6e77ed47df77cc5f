#include "answervisit.h"

#include <stdio.h>
#include <string.h>

#include "store/visit_link.h"
#include "visitlink.h"
#include "visits.h"

#define URL_MAX 1024

/* Who has answered need not look for the key: it comes first. */
static bool has_answered(const struct yj_answer_view *v)
{
	switch (v->said) {
	case YJ_SAID_GOING:
	case YJ_SAID_SECOND:
	case YJ_SAID_ALSO:
	case YJ_SAID_REMOTE:
	case YJ_SAID_ARRIVED:
		return true;
	case YJ_SAID_NOTHING:
	case YJ_SAID_DECLINED:
	case YJ_SAID_HELP:
	case YJ_SAID_NOTED:
	case YJ_SAID_RESOLVED:
	case YJ_SAID_CONFIRMED:
	case YJ_SAID_CLOSED:
	case YJ_SAID_NO_OUTCOME:
	case YJ_SAID_NOT_NOW:
	case YJ_SAID_NOT_ALLOWED:
	case YJ_SAID_COUNT:
		break;
	}
	return v->mine;
}

int yj_answervisit_fill(struct yj_gateway *g, struct yj_answer_view *v)
{
	struct yj_visits_may may;
	struct yj_visitlink link = {.incident = v->row.incident};
	char url[URL_MAX];
	v->visit[0] = '\0';
	v->answered = has_answered(v);
	if (v->row.notice || v->closed || v->guarded || v->inc.poisoned ||
	    !v->inc.whose.resident[0])
		return 0;
	int rc = yj_visits_may(g, v->inc.whose.resident, v->row.target, &may);
	if (rc == 0 && may.no == YJ_VISITS_YES)
		rc = yj_visit_generation(g->store, v->row.target, &link.generation);
	if (rc < 0 || may.no != YJ_VISITS_YES)
		return rc;
	snprintf(link.caregiver, sizeof link.caregiver, "%s", v->row.target);
	snprintf(link.resident, sizeof link.resident, "%s", v->inc.whose.resident);
	yj_visitlink_url(g, &link, url, sizeof url);
	const char *token = strchr(url, '#');
	if (token)
		snprintf(v->visit, sizeof v->visit, "%s", token + 1);
	return 0;
}
