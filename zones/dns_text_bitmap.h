/* Type bitmaps as text: lists of record types, for NSEC, NSEC3 and CSYNC.
 *
 * Stateless, any thread. */
#pragma once

#include "base/bytes.h"
#include "zones/dns_scan.h"

/* Read all words up to the end of the record (END is left) as types, any order, repeats allowed.
 * Shape:  windows of at most 32 octets, rising; nothing for no types. Units: none.
 * Errors: ERR_SYNTAX, ERR_SPACE, place in scan. Source: RFC 4034 4.1.2, 4.2. */
int dns_text_bitmap_parse(struct dns_scan *scan, struct wr *out);

/* Print the types of a bitmap that runs to the end of rd, a blank between.
 * Shape: mnemonics or TYPEn, rising. Units: none. Errors: ERR_SHORT in rd, ERR_SPACE in out.
 * Source: RFC 4034 4.2. */
void dns_text_bitmap_print(struct rd *rd, struct wr *out);
