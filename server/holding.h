/* Holding: the zones of one configuration while they are taken, before they are in force: catalogs
 * first, then what they list and everything else.
 *
 * The keeper's, in the writer's thread or before it starts. A zone that goes on from a held one
 * (held->before) shares what that one owns until holding_keep; holding_drop leaves the held ones as
 * they were. */
#pragma once

#include <stddef.h>

#include "server/held.h"
#include "server/roster.h"
#include "server/secondary.h"

struct holding {
    struct roster *roster;
    struct held *zones; /* in the order of roster_conf's zones */
    size_t count;
};

/* Take a zone under its configuration into *out_held (zeroed); tells its own errors. */
typedef int (*holding_take)(void *context, const struct server_conf_zone *conf,
                            struct held *out_held);

/* Take all zones of a configuration and of its catalogs.
 * Shape: conf is shared; *out_holding ends by holding_keep or holding_drop, also after an error. Units:
 * none. Errors: the first of take, after all were taken as far as they are known; the store's.
 * Source: none. */
int holding_make(const struct server_conf *conf, struct zone_store *store, holding_take take,
                 void *context, struct holding *out_holding);

/* Those that are secondaries get their states. Shape: set may be NULL. Units: none. Errors: none. Source:
 * none. */
void holding_take_secondaries(struct holding *holding, const struct secondary_set *set);

/* Give up what was taken. Shape: none. Units: none. Errors: none. Source: none. */
void holding_drop(struct holding *holding);

/* The zones come: what they share with those before is theirs, catalogs are hidden from the public.
 * Shape: zones and roster are the caller's now. Units: none. Errors: none. Source: RFC 9432 7. */
void holding_keep(struct holding *holding);
