/* What an update says of leases, while it is applied: each record that it adds lives as long as was
 * granted, or for good (RFC 9664 4).
 *
 * Plain struct of the writer's, for one message. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "server/held.h"
#include "zones/dns_tsig.h"
#include "zones/zone_update.h"

struct update_lease {
    struct zone_edit *edit;
    struct zone_lease_group *leases;
    struct lease granted;
    struct zone_lease_term begin; /* now, on both clocks; the length depends on the type */
};

/* What a message is granted; the same for the same message, whenever it comes.
 * Shape: tsig NULL: not signed; message of len octets. Units: octets. Errors: none. Source: RFC 9664
 * 4. */
struct lease update_lease_grant(const struct held *held, const struct lease *asked,
                                const struct dns_tsig *tsig, const uint8_t *message, size_t len);

/* Begin a message. Shape: tsig NULL: not signed. Units: now_s UNIX s; mono_s of held_lease_now. Errors:
 * none. Source: none. */
struct update_lease update_lease_begin(struct held *held, const struct lease *granted,
                                       const struct dns_tsig *tsig, int64_t now_s, int64_t mono_s);

/* A record was added: for zone_update_options. Shape: context is a struct update_lease. Units: octets.
 * Errors: none. Source: RFC 9664 4. */
void update_lease_added(void *context, const struct zone_update_record *record,
                        const uint8_t *rdata, size_t len);
