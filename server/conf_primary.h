/* Checks of lists of addresses, and of a zone that comes from other servers: what can not be beside
 * `primary` is an error with its place. Runs while the configuration is loaded. */
#pragma once

#include "server/conf.h"

/* Check that no address is in a list twice. Shape: at as for conf_blame. Units: none. Errors:
 * ERR_EXISTS. Source: none. */
int conf_primary_check_twice(const struct server_conf *conf,
                             const struct server_conf_addresses *list, struct err_at *at);

/* Check a zone, secondary or not; the names of its keys are the caller's to check.
 * Shape: at as for conf_blame. Units: none. Errors: ERR_EXISTS, ERR_LIMIT, ERR_MISSING, ERR_VALUE.
 * Source: none. */
int conf_primary_check(const struct server_conf *conf, const struct server_conf_zone *zone,
                       struct err_at *at);
