/* Addresses as text: IPv4 and IPv6, for A, AAAA, L32 and the hints of SVCB.
 *
 * Strict and without the C library, whose readings differ between systems. Pure functions, any
 * thread. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#define DNS_TEXT_ADDRESS_MAX 45 /* octets of the longest text */

/* Read an IPv4 address: four decimal numbers without leading zeros (010 is eight to some).
 * Shape: text of len octets; out of 4 octets. Units: none. Errors: ERR_VALUE. Source: RFC 1035
 * 3.4.1. */
int dns_text_address_parse4(const char *text, size_t len, uint8_t *out_address);

/* Read an IPv6 address; no zone index, no prefix length.
 * Shape: text of len octets; out of 16 octets. Units: none. Errors: ERR_VALUE. Source: RFC 4291
 * 2.2. */
int dns_text_address_parse6(const char *text, size_t len, uint8_t *out_address);

/* Print an IPv4 address. Shape: out of DNS_TEXT_ADDRESS_MAX, not terminated. Units: returns octets.
 * Errors: none.
 * Source: RFC 1035 3.4.1. */
size_t dns_text_address_print4(const uint8_t *address, char *out_text);

/* Print an IPv6 address in its one canonical form.
 * Shape: as dns_text_address_print4. Units: octets. Errors: none. Source: RFC 5952 4, 5. */
size_t dns_text_address_print6(const uint8_t *address, char *out_text);
