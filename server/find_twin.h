/* Twins: records that several pools have in common, such as the address of a gateway. In whatever order an answer gives
 * its pools, a record stands once in it (RFC 2181 section 5).
 *
 * The numbers are made with the answer, so that giving it is one look at each record. Stateless. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/hash.h"

enum { FIND_TWIN_RECORDS_MAX = 1024 };

/* Give each record the number of the first one like it; returns the number of records, 0 when all are different.
 * Shape: octets as in a ready answer (zones/zone_node.h), fewer than FIND_TWIN_RECORDS_MAX records of one type; out_same
 * has as many places. Units: records. Errors: none. Source: none. */
unsigned find_twin_fill(const struct hash_key *key, const uint8_t *octets, size_t len,
                        uint16_t *out_same);
