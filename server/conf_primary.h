/* Checks of lists of addresses, and of a zone that comes from other servers: what can not be beside
 * `primary` is an error with its place. Runs while the configuration is loaded. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/conf.h"
#include "server/conf_value.h"

/* The fields of a zone as they stand in the configuration, so that an error has its place. */
struct conf_primary {
    const struct server_conf_addresses *primary;
    const uint8_t *const *primary_key;
    const bool *index;
    const void *update; /* the first rule; NULL: none */
    const char *const *file;
};

/* Check that no address is in a list twice. Shape: at as for conf_blame. Units: none. Errors:
 * ERR_EXISTS. Source: none. */
int conf_primary_check_twice(struct conf *conf, const struct server_conf_addresses *list,
                             struct err_at *at);

/* Check a zone, secondary or not; the names of its keys are the caller's to check.
 * Shape: at as for conf_blame. Units: none. Errors: ERR_EXISTS, ERR_LIMIT, ERR_MISSING, ERR_VALUE.
 * Source: none. */
int conf_primary_check(struct conf *conf, const struct conf_primary *zone, struct err_at *at);
