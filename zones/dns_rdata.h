/* RDATA by table: read from messages, check, compare, and find names in it.
 *
 * Stored RDATA is wire form with every name uncompressed and its case kept. One validator for
 * every door (zone file, UPDATE, transfer, store). Attribute values of our types are checked
 * above, in zones/cres.h; here only the TLV shape is. Stateless, buffers are the caller's, any
 * thread.
 * Prefix: dns_ */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"

#define DNS_RDATA_MAX 65535

/* Read rdlen octets of RDATA at the cursor, decompress names where the type allows it, check every
 * field, and append the stored form to out. Exactly rdlen octets must be used up.
 * Shape: type's row, or opaque. Units: octets.
 * Errors: ERR_SHORT, ERR_RDATA, ERR_POINTER (pointer in a type that allows none), ERR_LABEL,
 * ERR_NAME_LONG, ERR_SPACE. Returned and kept in both cursors. Source: RFC 1035 3.3, RFC 3597
 * section 4, RFC 9460 2.2. */
int dns_rdata_read(struct rd *rd, uint16_t type, size_t rdlen, struct wr *out);

/* Check stored RDATA. Shape: uncompressed. Units: octets. Errors: as dns_rdata_read. Source: as
 * dns_rdata_read. */
int dns_rdata_check(uint16_t type, const uint8_t *data, size_t len);

/* Order of two valid RDATA of a type, names folded where the type folds; 0 = the same record.
 * Shape: as memcmp, shorter first when one begins the other. Units: octets. Errors: none.
 * Source: RFC 4034 6.3. */
int dns_rdata_compare(uint16_t type, const uint8_t *a, size_t a_len, const uint8_t *b,
                      size_t b_len);

/* The name in RDATA that an answer follows or adds addresses for: NS, CNAME, DNAME, PTR, MX, SRV,
 * SVCB, HTTPS, KX, AFSDB, RT, LP, and TARGET of our types; NULL when the type has none.
 * Shape: borrowed from data. Units: none. Errors: NULL. Source: RFC 1035, RFC 2782, RFC 9460
 * 4.1. */
const uint8_t *dns_rdata_target(uint16_t type, const uint8_t *data, size_t len);

/* Rewrite valid RDATA in DNSSEC canonical form: names lower case where the type folds.
 * Shape: in place, same length. Units: octets. Errors: none. Source: RFC 4034 6.2. */
void dns_rdata_canonical(uint16_t type, uint8_t *data, size_t len);

/* Fields of a valid SOA. Borrowed pointers into data. */
struct dns_soa {
    const uint8_t *mname, *rname;
    uint32_t serial, refresh_s, retry_s, expire_s, minimum_s;
    size_t serial_offset; /* of the serial in the RDATA, octets */
};

/* Take a valid SOA apart. Shape: stored RDATA. Units: s. Errors: ERR_RDATA. Source: RFC 1035
 * 3.3.13. */
int dns_rdata_soa(const uint8_t *data, size_t len, struct dns_soa *out_soa);
