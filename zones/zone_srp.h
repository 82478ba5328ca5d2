/* SRP: is an update the registration of a host and its services, and whose are the names? First come,
 * first served: a name belongs to the key that stands in its KEY record.
 *
 * Pure, on a message and on an edit: signatures, policy and the update itself are the caller's. What
 * may be registered: hosts directly below the zone (`<centre>`), services `_x._tcp` and `_x._udp` with
 * their subtypes and instances. The message is borrowed. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "zones/dns_sig0.h"
#include "zones/zone_edit.h"

enum {
    ZONE_SRP_INSTANCES = 32, /* of one registration */
    ZONE_SRP_RECORDS = 128,  /* of its update section */
};

struct zone_srp_instance {
    uint8_t name[DNS_NAME_MAX]; /* lower case */
    bool has_srv, has_txt;      /* neither: it is taken back */
};

/* A registration as read. */
struct zone_srp {
    uint8_t host[DNS_NAME_MAX]; /* lower case */
    struct dns_sig0_key key;    /* the host's */
    uint32_t lease_s;           /* 0: host and instances go */
    uint32_t key_lease_s;       /* 0, when lease_s is 0: their keys go, too */
    unsigned instance_count;
    struct zone_srp_instance instances[ZONE_SRP_INSTANCES];
};

/* Read a message as a registration.
 * Shape: message as received; zone name lower case. Returns NULL, or why it is none (static text): then it
 * may still be an ordinary update.
 * Units: s. Errors: see above. Source: RFC 9665 (3.3.1). */
const char *zone_srp_read(const uint8_t *message, size_t len, const uint8_t *zone,
                          struct zone_srp *out_srp);

/* The first name of a registration that somebody else has, or NULL: every one is free or holds the
 * same key. A name is free when nothing is there nor below.
 * Shape: borrowed from srp. Units: none. Errors: NULL. Source: RFC 9665 (first come, first served). */
const uint8_t *zone_srp_find_taken(const struct zone_srp *srp, struct zone_edit *edit);

/* What RFC 2136 does not do, after the message was applied: addresses that reach nobody from outside go,
 * and with a lease of 0 host, instances and pointers of the message.
 * Shape: the message that srp was read from. Units: none. Errors: none. Source: RFC 9665. */
void zone_srp_settle(const struct zone_srp *srp, struct zone_edit *edit, const uint8_t *message,
                     size_t len);
