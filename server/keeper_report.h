/* Whom the keeper tells: of errors, and of the secondary zones that it holds.
 *
 * Plain data, copied freely; any thread.
 * Prefix: keeper_ */
#pragma once

#include <stdint.h>

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

/* Tell an error without a line: of a zone, the store, or the request; returns it.
 * Shape: file may be NULL, name wire form. Units: none. Errors: err. Source: none. */
int keeper_tell(const struct keeper_report *report, int err, const char *file, const uint8_t *name,
                const char *text);

/* Log an error with its place: what the keeper is given to tell errors. Shape: context is the event's
 * name, terminated. Units: none. Errors: none. Source: none. */
void keeper_report_log(void *context, const struct err_at *at);
