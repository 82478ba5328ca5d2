/* LOC as text: a place on Earth in degrees, minutes, seconds and metres.
 *
 * Stateless, any thread. */
#pragma once

#include "base/bytes.h"
#include "zones/dns_scan.h"

/* Read `d [m [s]] N|S d [m [s]] E|W altitude [size [horizontal [vertical]]]`, metres with an
 * optional m. Sizes keep their first digit, as the wire form can hold no more.
 * Shape: 16 octets; END is left. Units: 1/1000 arc second, cm. Errors: ERR_SYNTAX, ERR_VALUE,
 * ERR_SPACE, place in scan.
 * Source: RFC 1876 2, 3. */
int dns_text_loc_parse(struct dns_scan *scan, struct wr *out);

/* Print the 16 octets at the cursor. Shape: all fields. Units: as dns_text_loc_parse.
 * Errors: ERR_RDATA in rd for what has no text form (zero size with a power of ten), ERR_SPACE in
 * out.
 * Source: RFC 1876 3. */
void dns_text_loc_print(struct rd *rd, struct wr *out);
