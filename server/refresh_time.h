/* The times of a secondary zone: what its SOA says within bounds, and how long to wait after failures.
 *
 * Pure but for randomness. */
#pragma once

#include <stdint.h>

#include "zones/zone.h"

struct refresh_time {
    uint32_t refresh_s, retry_s, expire_s; /* bounded; 0 without a SOA */
};

/* Times of a zone's newest version. Shape: none. Units: s. Errors: none. Source: RFC 1035 3.3.13. */
struct refresh_time refresh_time_of(const struct zone *zone);

/* Somewhat less than a time, at random, so that zones do not go in step.
 * Shape: 75 to 100 per cent. Units: any. Errors: none. Source: none. */
uint64_t refresh_time_soon(uint64_t time);

/* The wait after a round without success, fails before it: RETRY; a zone without data is wanted sooner
 * at first. Shape: none. Units: ns. Errors: none. Source: RFC 1035 3.3.13. */
uint64_t refresh_time_retry_ns(const struct refresh_time *times, unsigned fails);

/* How long a primary whose transfers failed is left alone: doubled with each.
 * Shape: none. Units: ns. Errors: none. Source: threats row 16. */
uint64_t refresh_time_back_off_ns(unsigned fails);
