/* Answers that no zone holds: names below `find.<zone>`, whose labels say what is asked for, and services, whose CPOL
 * does. Both are answered with the pools that fit best at this moment.
 *
 * One struct find belongs to one worker. A warm answer is a look-up and a copy; a cold one is a ranking, for which
 * a worker spends no more than a share of its time. Nothing has a side effect but for turns and first choices. */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "base/clock.h"
#include "server/query_put.h"
#include "zones/zone.h"

enum { FIND_NEGATIVE_TTL_S = 10 }; /* at most, of what does not fit or is no requirement */

enum find_verdict {
    FIND_DONE,     /* the answer stands there, or is an error */
    FIND_NODATA,   /* nothing of this type: SOA */
    FIND_NXDOMAIN, /* no such requirement: SOA */
    FIND_STORED,   /* as the zone has it */
};

/* The name that is looked up, see server/query_answer.c. Borrowed. */
struct find_subject {
    const struct query_place *place;
    struct zone *zone;
    uint64_t version;
    uint16_t type;
};

struct find;
struct steer_first;

/* Make what a worker needs; memory for answers is taken when the first is asked for.
 * Shape: first may be NULL: nothing sticks; borrowed. Units: none. Errors: aborts without memory. Source: none. */
struct find *find_create(const struct clock *clock, struct steer_first *first);

/* Free; NULL is accepted. Shape: none. Units: none. Errors: none. Source: none. */
void find_destroy(struct find *find);

/* True for `find` directly below the apex and for all names below that. Shape: place with all its labels. Units:
 * none. Errors: none. Source: docs/records.md. */
static inline bool find_is_name(const struct zone *zone, const struct query_place *place)
{
    const struct dns_labels *labels = place->labels;
    unsigned apex = zone_labels(zone);
    if (labels->count <= apex) {
        return false;
    }
    return memcmp(place->name + labels->offset[labels->count - apex - 1], "\4find", 5) == 0;
}

/* Answer a name that find_is_name. Shape: none. Units: none. Errors: SERVFAIL in query->rcode, FIND_DONE then.
 * Source: docs/records.md. */
enum find_verdict find_answer_name(struct query *query, const struct find_subject *subject);

/* Answer a service: a type that its name does not hold, or an address, which then is what is told when nothing fits.
 * Shape: node of the subject's version. Units: none. Errors: as find_answer_name. Source: docs/records.md. */
enum find_verdict find_answer_service(struct query *query, const struct find_subject *subject,
                                      const struct zone_node *node);
