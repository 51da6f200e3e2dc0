/* located.c: finds servers by what the options of the call say: "A B" is A, which is remembered, and B once nobody answers at A; where they
 * say nothing it wants one more request, for ever. */
#include "located-tables.h"

#include <kamiwaza/kinds.h>
#include <stdio.h>
#include <string.h>

kz_step kzp_located_locate(kz_locate *step, kz_error **error)
{
    char first[128];
    const char *second = step->target ? strchr(step->target, ' ') : NULL;
    if (!second) {
        step->service = "kinds";
        step->op = &kz_kinds_truth_op;
        return KZ_STEP_REQUEST;
    }
    snprintf(first, sizeof first, "%.*s", (int)(second - step->target), step->target);
    return kz_locate_found(step, step->gone ? second + 1 : first, !step->gone, error) ? KZ_STEP_DONE : KZ_STEP_FAILED;
}
