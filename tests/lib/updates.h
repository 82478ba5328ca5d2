/* UPDATE messages for tests, from text.
 *
 * A record a line: SECTION NAME TTL CLASS TYPE [RDATA]. SECTION is ? (prerequisite), ! (update) or
 * + (additional), in this order. NAME is relative to the zone, @ its apex. RDATA is as in a zone file,
 * =HEX for octets as they are (owner uncompressed then), or left out for none. One thread. */
#pragma once

#include <stddef.h>
#include <stdint.h>

enum { UPDATES_MAX = 65535 }; /* octets of a message */

/* Write an UPDATE of a zone, ID 0x1234.
 * Shape: zone as text; out of UPDATES_MAX octets. Units: returns octets. Errors: fails the test.
 * Source: RFC 2136 2. */
size_t updates_write(const char *zone, const char *text, uint8_t *out);
