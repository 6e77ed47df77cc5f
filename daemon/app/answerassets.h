/* The answer page's style and script, the same for everybody and within the page itself, so that it
 * needs nothing else from anywhere. */
#ifndef APP_ANSWERASSETS_H
#define APP_ANSWERASSETS_H

#include <stddef.h>

extern const char yj_answer_style[], yj_answer_script[];

#define YJ_ANSWER_POLICY_MAX 512
/* The Content-Security-Policy that allows these two and nothing else. */
void yj_answer_policy(char policy[YJ_ANSWER_POLICY_MAX]);

#endif
