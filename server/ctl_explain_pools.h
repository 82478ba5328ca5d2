/* What a choice has made of each pool, as JSON for `explain`: the pools that fit, best first, then the others, those
 * that came furthest first. In the loop's thread, inside a read section.
 * Prefix: ctl_ */
#pragma once

#include <stdint.h>

#include "sched/choose/choose.h"
#include "zones/zone.h"

enum { CTL_EXPLAIN_POOLS_MAX = 10000 }; /* in one reply */

/* A choice that was made. All borrowed; texts terminated. */
struct ctl_explained {
    struct choose *choose;
    const struct choose_ask *ask;
    const struct choose_answer *answer;
    const struct zone *zone;
    uint64_t version;
    const char *name;  /* of the service; "": a requirement */
    const char *from;  /* address of who asks */
    const char *place; /* what says where that is */
    uint32_t
        first; /* slot of the pool that stays first, whatever its rank; POOLS_NONE: the best is */
    uint32_t sticky_s; /* for how long */
};

/* Print all of it as server/ctl_explain_choice.c says. Shape: one JSON object in one line, for ctl_reply_ok. Units:
 * see there. Errors: NULL without memory. Source: docs/policies.md. */
char *ctl_explain_print(const struct ctl_explained *explained);
