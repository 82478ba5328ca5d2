/* Numbers of attributes as text: decimal, with a unit suffix on input, exact or refused.
 *
 * The unit family of the attribute (zones/attr_unit.def) says what a bare number means and which
 * suffixes there are. No floating point anywhere. Stateless, any thread. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "zones/attr.h"

/* Read DIGITS[.DIGITS][SUFFIX], at most 19 digits behind the point after trailing zeros.
 * Shape:  text of len octets; the suffix in any case. Units: *out_number in the row's stored unit.
 * Errors: ERR_ATTR_VALUE (no such form or suffix, too large), ERR_ATTR_EXACT (a remainder would be
 *         left); text in at, which may be NULL. Source: docs/records.md. */
int attr_number_parse(const struct attr_row *row, const char *text, size_t len,
                      uint64_t *out_number, struct err_at *at);

/* Print the canonical form: the bare unit, exact, no zeros at the end of a fraction.
 * Shape: not terminated. Units: number in the stored unit. Errors: ERR_SPACE in wr.
 * Source: docs/records.md. */
void attr_number_print(const struct attr_row *row, uint64_t number, struct wr *wr);

/* Print a number in decimal digits: wr_print is too dear for what is printed at every update.
 * Shape: not terminated. Units: none. Errors: ERR_SPACE in wr. Source: none. */
void attr_number_print_plain(uint64_t number, struct wr *wr);

/* Print for people: the largest step of the family that is not above the number, up to three
 * digits behind the point, rounded, and the unit (80 GiB, 1.5 h); epoch seconds as a date (ISO
 * 8601, UTC).
 * Shape: not terminated. Units: number in the stored unit. Errors: ERR_SPACE in wr.
 * Source: none. */
void attr_number_print_pretty(const struct attr_row *row, uint64_t number, struct wr *wr);
