/* Records of our types as text, both ways, and single values for other texts (labels, CLI, TXT,
 * JSON).
 *
 * In a zone file: TARGET key=value key="quoted value" flag, in any order; printed in key order,
 * numbers bare, texts in quotes. An unknown key is keyNNNNN="...", its octets escaped.
 * Stateless, buffers are the caller's, any thread. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "zones/attr.h"
#include "zones/dns_scan.h"

/* Read the RDATA of one record of our types up to its end (END is read, too) and append its wire
 * form to out: numbers in the shortest width, keys rising. Attributes are checked one by one and
 * for their place; what they must be to each other is cres_check's.
 * Shape: tokens of one record; origin (may be NULL) for a relative target. Units: octets.
 * Errors: ERR_SYNTAX, ERR_LABEL, ERR_NAME_LONG (target), ERR_ATTR_UNKNOWN, ERR_ATTR_VALUE,
 * ERR_ATTR_EXACT, ERR_ATTR_PLACE, ERR_EXISTS (twice), ERR_LIMIT (more than ATTR_MAX), ERR_SPACE;
 * line, column and the attribute's name in the scanner's place.
 * Source: docs/records.md, RFC 9460 2.1. */
int attr_text_parse(struct dns_scan *scan, uint16_t type, const uint8_t *origin, struct wr *out);

/* Print stored RDATA as one line without newline. A value that its row does not allow is printed
 * as an unknown key.
 * Shape: text, not terminated. Units: octets. Errors: ERR_TYPE (not ours), ERR_RDATA, ERR_SPACE.
 * Source: docs/records.md. */
int attr_text_print(uint16_t type, const uint8_t *data, size_t len, struct wr *out);

/* Read one value from plain text: words and numbers as in a zone file, a text as it is, a bool
 * as "true", items of a list separated by commas (in an item \, and \\ stand for comma and
 * backslash).
 * Shape: text of len octets; the wire value is appended to out. Units: octets.
 * Errors: ERR_ATTR_VALUE, ERR_ATTR_EXACT, ERR_SPACE; "NAME: expected ..." in at, which may be
 * NULL.
 * Source: docs/records.md. */
int attr_text_parse_value(const struct attr_row *row, const char *text, size_t len, struct wr *out,
                          struct err_at *at);

/* Print one valid value so that attr_text_parse_value reads it back.
 * Shape: text, not terminated. Units: octets. Errors: ERR_SPACE in wr. Source: docs/records.md. */
void attr_text_print_value(const struct attr_row *row, const uint8_t *value, size_t len,
                           struct wr *wr);

/* Print one valid value for people: numbers with their unit, dates, "yes" for a bool, blanks
 * behind commas.
 * Shape: text, not terminated. Units: octets. Errors: ERR_SPACE in wr. Source: none. */
void attr_text_print_pretty(const struct attr_row *row, const uint8_t *value, size_t len,
                            struct wr *wr);

/* Read one value as it stands behind "key=" in a zone file: perhaps in quotes, escapes
 * unresolved.
 * Shape: text of len octets. Units: octets. Errors: as attr_text_parse_value.
 * Source: docs/records.md, RFC 9460 2.1. */
int attr_text_parse_field(const struct attr_row *row, const char *text, size_t len, struct wr *out,
                          struct err_at *at);

/* Print one valid value as it stands behind "key=" in a zone file: a text in quotes, a list if
 * it needs them.
 * Shape: text, not terminated. Units: octets. Errors: ERR_SPACE in wr. Source: docs/records.md. */
void attr_text_print_field(const struct attr_row *row, const uint8_t *value, size_t len,
                           struct wr *wr);
