/* What is granted to an update that asks for a lease (RFC 9664): bounds by configuration, and the option
 * in the answer.
 *
 * Stateless; any thread. Who keeps leases is zones/zone_lease_group.h. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "zones/dns_edns.h"

/* Of one zone. */
struct lease_bounds {
    uint32_t min_s, max_s, key_max_s; /* max_s 0: leases are off */
};

/* As asked for, and as granted. */
struct lease {
    unsigned len; /* octets of the option, 0: none */
    uint32_t lease_s, key_lease_s;
};

/* What an update asks for. Shape: asked of dns_edns_scan. Units: s. Errors: none. Source: RFC 9664 4. */
struct lease lease_asked(const struct dns_edns_asked *asked);

/* What it gets: within the bounds, and up to a sixteenth less, so that leases which began together do
 * not end together. 0 asks for the shortest one: to remove at once is what deletions are for. The
 * same seed gets the same, so that a repeated request may be answered again.
 * Shape: len 0 when none is asked for or leases are off. Units: s. Errors: none. Source: RFC 9664 4,
 * threats row 50. */
struct lease lease_grant(const struct lease_bounds *bounds, const struct lease *asked,
                         uint64_t seed);

/* To a registration 0 has a meaning: what it names is taken back at once, with a key lease above 0 but
 * for its keys. It is told so, and not granted the shortest lease. What asks for more is left as it is.
 * Shape: granted of lease_grant. Units: s. Errors: none. Source: RFC 9665. */
void lease_take_back(const struct lease *asked, struct lease *granted);

/* How long records of a type live. Shape: len is not 0. Units: s. Errors: none. Source: RFC 9664 4. */
uint32_t lease_length(const struct lease *granted, uint16_t type);

/* Write the option; nothing when nothing was granted. Shape: inside an OPT record. Units: s. Errors:
 * ERR_SPACE in wr. Source: RFC 9664 4. */
void lease_put(struct wr *wr, const struct lease *granted);
