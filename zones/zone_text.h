/* RDATA and records as text: the one door for every type.
 *
 * Knows who spells a type: the type table (dns_text), the attribute table (attr_text) or ldns (zone_import), and the
 * generic form for all. What comes in has passed every check of its type. Stateless, any thread. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "zones/dns_scan.h"

/* Read the RDATA of one record up to its end (END is read, too) and append the stored form to out. Records of our types
 * come out canonical: numbers in the shortest width, TARGET in lower case.
 * Shape:  the tokens behind the type, or a text that is RDATA alone; origin for relative names, NULL makes them absolute.
 * Units:  octets; at most 65535.
 * Errors: ERR_SYNTAX, ERR_RDATA, ERR_VALUE, ERR_ATTR_..., ERR_NAME_LONG, ERR_LABEL, ERR_SPACE ...; place in scan.
 * Source: RFC 1035 5.1, RFC 3597 5, docs/records.md. */
int zone_text_parse(struct dns_scan *scan, uint16_t type, const uint8_t *origin, struct wr *out);

/* Print stored RDATA as one line without newline. What has no text of its own comes in generic form.
 * Shape: text, not terminated; zone_text_parse reads it back to the same octets. Units: octets. Errors: ERR_SPACE.
 * Source: as zone_text_parse. */
int zone_text_print(uint16_t type, const uint8_t *data, size_t len, struct wr *out);

/* One record, borrowed. */
struct zone_text_record {
    const uint8_t *owner; /* wire form */
    uint32_t ttl_s;
    uint16_t type;
    const uint8_t *rdata; /* stored form */
    size_t len;
};

/* Print a record as a line of a zone file, with newline: OWNER TTL IN TYPE RDATA.
 * Shape: text, not terminated; owner absolute. Units: s. Errors: ERR_SPACE. Source: RFC 1035 5.1. */
int zone_text_print_record(const struct zone_text_record *record, struct wr *out);
