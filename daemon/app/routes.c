#include "routes.h"

#include "answerpage.h"
#include "inlets.h"
#include "openapi.h"
#include "pushes.h"
#include "visitapi.h"
#include "webfiles.h"

static int (*const adders[])(struct yj_gateway *g) = {
    yj_answerpage_routes,
    yj_inlets_routes,
    yj_openapi_routes,
    yj_pushes_routes,
    yj_visitapi_routes,
    yj_webfiles_routes,
};

int yj_routes_add(struct yj_gateway *g)
{
	int rc = 0;
	for (size_t i = 0; rc == 0 && i < sizeof adders / sizeof adders[0]; i++)
		rc = adders[i](g);
	return rc;
}
