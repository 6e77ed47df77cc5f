#include "store/visit_link.h"

#include "db.h"

int yj_visit_generation(struct yj_store *s, const char *caregiver, int64_t *out)
{
	int64_t n = 0;
	int rc = yj_db_int(
	    s, &n, "SELECT generation FROM visit_links WHERE caregiver = ?1", "t", caregiver);
	if (rc == 0 || rc == YJ_ERR_NOTFOUND)
		*out = n;
	return rc == YJ_ERR_NOTFOUND ? 0 : rc;
}

int yj_visit_generation_next(struct yj_store *s, const char *caregiver)
{
	return yj_db_run(s,
	    "INSERT INTO visit_links (caregiver, generation) VALUES (?1, 1)"
	    " ON CONFLICT (caregiver) DO UPDATE SET generation = generation + 1",
	    "t", caregiver);
}
