/* Whom the keeper tells: of errors, and of the secondary zones that it holds.
 *
 * Plain data, copied freely.
 * Prefix: keeper_ */
#pragma once

#include "base/err.h"

struct secondary_set;

/* Who is told of errors: each with its place as far as it is known. */
struct keeper_report {
    void (*on_error)(void *context, const struct err_at *at);
    void *context;
};

/* Who keeps secondary zones fresh. */
struct keeper_refresh {
    void (*configure)(void *context, struct secondary_set *secondaries);
    void *context;
};
