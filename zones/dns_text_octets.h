/* Octets as text: hex, base64 and base32hex, over one token or over all that are left of a record.
 *
 * Decoded octets go straight into the writer. Stateless, any thread. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "zones/dns_scan.h"

/* Read all words up to the end of the record (END is left) as hex; blanks may stand anywhere
 * between digits.
 * Shape: at least one octet. Units: none. Errors: ERR_SYNTAX, ERR_SPACE, place in scan. Source:
 * RFC 4034 5.3. */
int dns_text_octets_parse_hex(struct dns_scan *scan, struct wr *out);

/* Read all words up to the end of the record (END is left) as base64, padded, unused bits zero.
 * Shape: at least one octet. Units: none. Errors: ERR_SYNTAX, ERR_SPACE, place in scan. Source:
 * RFC 4648 4, 3.5. */
int dns_text_octets_parse_base64(struct dns_scan *scan, struct wr *out);

/* Read one word of hex, or "-" for nothing, behind a length octet. Shape: at most 255 octets.
 * Units: none.
 * Errors: ERR_SYNTAX, ERR_SPACE, place in scan. Source: RFC 5155 3.3. */
int dns_text_octets_parse_salt(struct dns_scan *scan, struct wr *out);

/* Read one word of base32hex without padding, behind a length octet. Shape: 1 to 255 octets. Units:
 * none.
 * Errors: ERR_SYNTAX, ERR_SPACE, place in scan. Source: RFC 4648 7, RFC 5155 3.3. */
int dns_text_octets_parse_hash(struct dns_scan *scan, struct wr *out);

/* Read a word of count groups of hex octets with separators: 00-00-5e-00-53-2a. Each group has
 * exactly two digits.
 * Shape: count octets. Units: none. Errors: ERR_SYNTAX, place in scan. Source: RFC 7043 3.2,
 * 4.2. */
int dns_text_octets_parse_eui(struct dns_scan *scan, size_t count, struct wr *out);

/* Read the generic form behind its \#: a length, then hex words up to the end of the record (END is
 * left).
 * Shape: that many octets, none is allowed. Units: octets. Errors: ERR_SYNTAX, ERR_SPACE, place in
 * scan.
 * Source: RFC 3597 5. */
int dns_text_octets_parse_generic(struct dns_scan *scan, struct wr *out);

/* Decode base64 in text. Shape: text of len octets, padded. Units: none. Errors: ERR_SYNTAX,
 * ERR_SPACE.
 * Source: RFC 4648 4, 3.5. */
int dns_text_octets_decode_base64(const char *text, size_t len, struct wr *out);

/* Print as lower-case hex. Shape: 2 octets each. Units: octets. Errors: ERR_SPACE, kept in out.
 * Source: RFC 4648 8. */
void dns_text_octets_print_hex(const uint8_t *data, size_t len, struct wr *out);

/* Print as base64 with padding. Shape: no blanks. Units: octets. Errors: ERR_SPACE, kept in out.
 * Source: RFC 4648 4. */
void dns_text_octets_print_base64(const uint8_t *data, size_t len, struct wr *out);

/* Print as lower-case base32hex without padding. Shape: no blanks. Units: octets. Errors:
 * ERR_SPACE, kept in out.
 * Source: RFC 4648 7, RFC 5155 3.3. */
void dns_text_octets_print_base32(const uint8_t *data, size_t len, struct wr *out);

/* Print hex octets with a dash between. Shape: as dns_text_octets_parse_eui. Units: octets.
 * Errors: ERR_SPACE, kept in out. Source: RFC 7043 3.2. */
void dns_text_octets_print_eui(const uint8_t *data, size_t len, struct wr *out);
