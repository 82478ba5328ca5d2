/* Checks of one update rule of a configuration: what contradicts itself or would be unsafe is an error
 * with its place. Runs while the configuration is loaded. */
#pragma once

#include <stdbool.h>

#include "base/conf.h"
#include "server/conf_value.h"

/* The fields of a rule as they stand in the configuration, so that an error has its place. */
struct conf_rule {
    const void *map; /* the rule as a whole */
    const uint8_t *key;
    const struct server_conf_prefixes *source;
    const struct server_conf_texts *owner;
    const struct server_conf_types *types;
    const struct server_conf_transports *transport;
    const enum server_conf_durability *durability;
    bool sig0; /* signed without a key of ours */
};

/* True when a rule is for unix sockets alone: it needs neither key nor source.
 * Shape: none. Units: none. Errors: none. Source: none. */
bool conf_rule_is_unix(const struct server_conf_transports *transport);

/* Check a rule. Shape: at as for conf_blame. Units: none.
 * Errors: ERR_MISSING (it would never permit anything), ERR_VALUE. Source: threats rows 4 and 5. */
int conf_rule_check(struct conf *conf, const struct conf_rule *rule, struct err_at *at);
