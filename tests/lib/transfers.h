/* Messages of zone transfers for tests, from text.
 *
 * A text is lines of a zone file, names relative to the zone, TTL 300 where none is written; a name
 * may lie outside. One thread. */
#pragma once

#include <stddef.h>
#include <stdint.h>

enum { TRANSFERS_MAX = 65535, TRANSFERS_ID = 0x1234 }; /* octets of a message */

/* Write one message of an answer: question, and the records of the text as answers in their order.
 * Shape: zone as text; type AXFR or IXFR, 0 for a message without question; out of TRANSFERS_MAX
 * octets. Units: returns octets. Errors: fails the test. Source: RFC 5936 2.2. */
size_t transfers_write(const char *zone, uint16_t type, const char *text, uint8_t *out);
