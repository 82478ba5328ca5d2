/* Fields of RDATA to text, one kind at a time: the other direction of dns_text_field.
 *
 * Octets come from RDATA that has been checked; what has no text form all the same is said, and
 * the caller prints the generic form. Stateless, any thread. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "zones/dns_type.h"

/* Print one field at the cursor.
 * Shape: no blank before or behind. Units: none.
 * Errors: kept in rd (ERR_SHORT, ERR_RDATA: no text form; ERR_UNSUPPORTED: ATTRS, OPAQUE) or in out
 * (ERR_SPACE).
 * Source: the enum's comments in zones/dns_type.h. */
void dns_text_printer_field(enum dns_field field, struct rd *rd, struct wr *out);

/* Print octets in quotes. Shape: "..." with escapes, printable ASCII as it is. Units: octets.
 * Errors: ERR_SPACE, kept in out. Source: RFC 1035 5.1. */
void dns_text_printer_quoted(const uint8_t *data, size_t len, struct wr *out);
