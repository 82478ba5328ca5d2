/* Text of odd record types by ldns: the types whose row says that it spells them (APL, HIP, NXT).
 *
 * The one home of ldns outside tests. What it makes is checked like everything from outside, what it is given to print
 * has been checked. It allocates: for a few records of a zone file, not for packets. Stateless, any thread. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "zones/dns_scan.h"

#define ZONE_IMPORT_TEXT_MAX 16384 /* octets of RDATA text that are handed to ldns */

/* Read the RDATA of one record up to its end (END is read, too) and append the stored form to out.
 * Shape:  tokens of one record, not the generic form, words without quotes and escapes (ldns reads these its own way);
 *         origin for relative names, may be NULL. Units: octets.
 * Errors: ERR_SYNTAX, ERR_LIMIT (text too long), ERR_RDATA, ERR_SPACE, place in scan.
 * Source: RFC 3123, RFC 8005, RFC 2535 by way of ldns. */
int zone_import_parse(struct dns_scan *scan, uint16_t type, const uint8_t *origin, struct wr *out);

/* Print RDATA as one line without newline.
 * Shape: text, not terminated. Units: octets. Errors: ERR_UNSUPPORTED (not valid, or ldns has no text that means the
 * same octets), ERR_SPACE. Source: as zone_import_parse. */
int zone_import_print(uint16_t type, const uint8_t *data, size_t len, struct wr *out);
