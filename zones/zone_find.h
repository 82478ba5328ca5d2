/* Finding the answer to a question inside one zone version: RFC 1034 section 4.3.2 as hash look-ups
 * on labels.
 *
 * The outcome is a verdict, not an error. Everything in the result is borrowed from the version
 * that was read. No state, no allocation; any reader thread inside its read section.
 * Prefix: zone_ */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "zones/dns_name.h"
#include "zones/zone.h"

enum zone_find_verdict {
    ZONE_FIND_ANSWER,     /* node and set hold the answer */
    ZONE_FIND_ALIAS,      /* set is a CNAME: follow it */
    ZONE_FIND_DNAME,      /* set is a DNAME above the name: synthesise */
    ZONE_FIND_DELEGATION, /* set is the NS of a zone cut at or above the name */
    ZONE_FIND_NODATA,     /* the name exists, the type does not */
    ZONE_FIND_NXDOMAIN,
};

struct zone_found {
    enum zone_find_verdict verdict;
    bool wildcard; /* the node is a wildcard and stands for the name */
    const struct zone_node *node;
    const struct zone_rrset *set; /* NULL for NODATA and NXDOMAIN, and for type ANY */
};

/* Find a name and type.
 * Shape: name is lower-case wire form, in the zone, with its labels indexed by the zone's key; type
 * ANY gives ANSWER with set NULL. DS at a zone cut is answered from this (the parent's) side.
 * Units: none. Errors: none. Source: RFC 1034 4.3.2, RFC 4592 3.3.1, RFC 6672 3.2, RFC 4035
 * 3.1.4.1. */
struct zone_found zone_find(const struct zone *zone, uint64_t version, const uint8_t *name,
                            const struct dns_labels *labels, uint16_t type);
