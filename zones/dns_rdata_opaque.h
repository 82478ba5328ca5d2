/* Whole-RDATA rules that the fields of a row can not say: types with an inner choice, and least
 * lengths.
 *
 * The text form of most of them is left to another library; what we store must be right all the
 * same (threats row 11). Stateless, any thread. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* True when the RDATA obeys the rules of its type, or when the type has none here.
 * Shape: stored form that has passed the fields of its row. Units: octets. Errors: false.
 * Source: RFC 3123 (APL), RFC 4025 (IPSECKEY), RFC 8005 (HIP), RFC 8777 (AMTRELAY), RFC 4701
 * (DHCID), RFC 7553 (URI), RFC 8976 (ZONEMD). */
bool dns_rdata_opaque_check(uint16_t type, const uint8_t *data, size_t len);
