/* One record of a zone file: OWNER [TTL] [CLASS] TYPE RDATA, with what it takes from the records before it.
 *
 * The state is what RFC 1035 lets a record leave out: origin, owner, TTL. It belongs to the reader of one file; copying
 * it gives an included file its start, keeping the old copy restores it. One thread. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "zones/dns_name.h"
#include "zones/dns_scan.h"
#include "zones/zone_text.h"

/* A TTL that may not be known. */
struct zone_record_ttl {
    uint32_t s;
    bool known;
};

struct zone_record_state {
    uint8_t origin[DNS_NAME_MAX];
    uint8_t owner[DNS_NAME_MAX]; /* of the last record */
    size_t owner_len;            /* 0 = there was none */
    bool owner_wrong; /* the last one written could not be read: what follows belongs to nobody */
    const char *owner_text; /* owner as it stood in the text, with this origin; NULL = not known */
    size_t owner_text_len;
    struct zone_record_ttl dollar_ttl;  /* $TTL */
    struct zone_record_ttl last_ttl;    /* last one written in a record */
    struct zone_record_ttl minimum_ttl; /* MINIMUM of the SOA */
};

/* What stands between owner and RDATA. */
struct zone_record_head {
    struct zone_record_ttl ttl;
    uint16_t type;
    struct dns_token type_token; /* for errors */
};

/* Start a state. Shape: origin wire form, copied. Units: ttl_s as by $TTL, when known. Errors: none. Source: none. */
void zone_record_init(struct zone_record_state *state, const uint8_t *origin,
                      struct zone_record_ttl ttl);

/* Set the origin of the names to come. Shape: wire form, copied. Units: none. Errors: none. Source: RFC 1035 5.1. */
void zone_record_set_origin(struct zone_record_state *state, const uint8_t *origin);

/* Read [TTL] [CLASS] TYPE, the first two in either order.
 * Shape: tokens up to the type. Units: s. Errors: ERR_SYNTAX, ERR_TYPE (meta type), ERR_UNSUPPORTED (class other than
 * IN), place in scan. Source: RFC 1035 5.1, RFC 3597 5. */
int zone_record_parse_head(struct dns_scan *scan, struct zone_record_head *out_head);

/* Read the RDATA behind a head and settle the TTL: the record's own, else $TTL, else the last one, else the SOA's
 * MINIMUM. The state learns from the record.
 * Shape:  rdata gets the stored form from its start; out_record borrows from state and rdata. Units: s, octets.
 * Errors: zone_text_parse's; ERR_MISSING (no TTL), place in scan. Source: RFC 2308 4, RFC 1035 5.1. */
int zone_record_finish(struct dns_scan *scan, struct zone_record_state *state,
                       const struct zone_record_head *head, struct wr *rdata,
                       struct zone_text_record *out_record);

/* Read one record whose first token is given (BLANK: the owner is the last one).
 * Shape:  as zone_record_finish; owner is NULL where it is left out after one that was wrong. Units: s, octets.
 * Errors: as the functions above; ERR_MISSING (no owner).
 * Source: RFC 1035 5.1. */
int zone_record_parse(struct dns_scan *scan, struct zone_record_state *state,
                      const struct dns_token *first, struct wr *rdata,
                      struct zone_text_record *out_record);
