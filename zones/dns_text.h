/* RDATA as text, both ways, by the type table.
 *
 * Types whose row says LDNS or ATTRS are spelled by other modules: zones/zone_text.h is the door
 * that knows them all. The generic form \# length hex (RFC 3597) is understood for every type
 * here. Stateless, any thread. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "zones/dns_scan.h"

/* Read the RDATA of one record up to its end (END is read, too) and append the stored form to out.
 * Shape: tokens of one record; origin for relative names. Units: octets.
 * Errors: ERR_SYNTAX, ERR_RDATA, ERR_SPACE ..., place in scan; ERR_UNSUPPORTED for LDNS and ATTRS
 * rows (nothing read).
 * Source: RFC 1035 5.1, RFC 3597 5, RFC 9460 2.1 and the row's source. */
int dns_text_parse(struct dns_scan *scan, uint16_t type, const uint8_t *origin, struct wr *out);

/* Print valid stored RDATA as one line without newline; generic form for types without a row.
 * Shape: text, not terminated. Units: octets. Errors: ERR_SPACE; ERR_UNSUPPORTED for LDNS and ATTRS
 * rows.
 * Source: as dns_text_parse. */
int dns_text_print(uint16_t type, const uint8_t *data, size_t len, struct wr *out);

/* Print RDATA in generic form. Shape: \# length hex. Units: octets. Errors: ERR_SPACE. Source:
 * RFC 3597 5. */
int dns_text_print_generic(const uint8_t *data, size_t len, struct wr *out);

/* Read a TTL: seconds, or units like 1h30m. Shape: text of len octets. Units: s, at most 2^31-1.
 * Errors: ERR_VALUE.
 * Source: RFC 2308 4, RFC 2181 8. */
int dns_text_parse_ttl(const char *text, size_t len, uint32_t *out_ttl_s);
