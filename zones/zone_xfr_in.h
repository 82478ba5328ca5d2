/* One zone transfer on its way in: eats the messages of an AXFR or IXFR answer one by one, finds
 * out which form they have, and keeps what they say until it is whole.
 *
 * Pure; one thread at a time. The caller has matched the peer and verified signatures, and uses
 * nothing of it before the last signature is good. A whole zone is gathered in a zone of its own;
 * changes are gathered as octets, to be applied to an edit where the zone is kept. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/hash.h"
#include "zones/zone_edit.h"

enum zone_xfr_in_form {
    ZONE_XFR_IN_OPEN,    /* not known yet */
    ZONE_XFR_IN_SAME,    /* the SOA alone: there is nothing newer */
    ZONE_XFR_IN_WHOLE,   /* all records (RFC 5936), also in answer to IXFR */
    ZONE_XFR_IN_CHANGES, /* difference sequences (RFC 1995) */
};

/* What was asked. Everything is copied. */
struct zone_xfr_in_ask {
    const uint8_t *name; /* of the zone, wire form */
    const struct hash_key *key;
    uint16_t type;       /* AXFR or IXFR */
    uint16_t id;         /* of the request */
    uint32_t serial;     /* IXFR: the one that we have */
    uint64_t octets_max; /* of memory that the answer may take, about */
};

/* What is known of it so far. */
struct zone_xfr_in_facts {
    enum zone_xfr_in_form form;
    bool is_whole;   /* the last record was there */
    uint32_t serial; /* of the first SOA */
    uint16_t rcode;  /* of the message that was refused for it, else 0 */
    bool has_expire; /* EXPIRE option */
    uint32_t expire_s;
    uint64_t octets; /* of messages */
    uint64_t records;
    uint64_t dropped; /* of them: out of the zone, or a second one of a type that stands alone */
};

struct zone_xfr_in;

/* Begin. Shape: ended by zone_xfr_in_destroy. Units: none. Errors: aborts without memory. Source:
 * none. */
struct zone_xfr_in *zone_xfr_in_create(const struct zone_xfr_in_ask *ask);

/* Give up all that is gathered; NULL is accepted. Shape: none. Units: none. Errors: none. Source:
 * none. */
void zone_xfr_in_destroy(struct zone_xfr_in *xfr);

/* Take the next message, without its length prefix.
 * Shape: borrowed during the call. Units: octets.
 * Errors: whatever is wrong ends the transfer: ERR_DENIED (facts.rcode says how); ERR_VALUE (no
 * answer to the request: ID, flags, question, or without records); ERR_ZONE_SOA (SOAs in another
 * order than RFC 1995 and RFC 5936 have them); ERR_TYPE (class other than IN, meta type);
 * ERR_TRAILING (more after the last SOA); ERR_LIMIT (memory, or what a zone can not hold); those of
 * dns_read_message_next and dns_read_rdata. Source: RFC 1995 4, RFC 5936 2.2. */
int zone_xfr_in_take(struct zone_xfr_in *xfr, const uint8_t *message, size_t len);

/* What is known so far. Shape: borrowed. Units: see struct. Errors: none. Source: none. */
const struct zone_xfr_in_facts *zone_xfr_in_facts(const struct zone_xfr_in *xfr);

/* The zone that came, now the caller's reference; NULL unless a WHOLE one is there, and once only.
 * Shape: version 1, SOA at the apex. Units: none. Errors: NULL. Source: none. */
struct zone *zone_xfr_in_take_zone(struct zone_xfr_in *xfr);

/* Apply CHANGES to an edit of the zone that they are for.
 * Shape: is_whole, form CHANGES; after an error the edit holds a part of them. Units: none.
 * Errors: ERR_ZONE_SOA (begins at another serial), ERR_MISSING (a deletion of what is not there),
 * ERR_EXISTS (an addition of what is there), ERR_LIMIT. Source: RFC 1995 4. */
int zone_xfr_in_apply(const struct zone_xfr_in *xfr, struct zone_edit *edit);
