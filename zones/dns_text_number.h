/* Numbers and times as text: decimals, periods like 1h30m and the stamps of signatures.
 *
 * Pure functions over borrowed text, any thread. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#define DNS_TEXT_NUMBER_STAMP 14 /* octets of YYYYMMDDHHmmSS */

/* Read a number in decimal digits. Shape: text of len octets. Units: none. Errors: ERR_VALUE
 * when it is none or over max; *out_number untouched then. Source: RFC 1035 5.1. */
int dns_text_number_parse(const char *text, size_t len, uint32_t max, uint32_t *out_number);

/* Read a period: seconds, or numbers with a unit each (w d h m s, any case), added up.
 * Shape:  text of len octets. Units: s, at most max. Errors: ERR_VALUE; *out_s untouched then.
 * Source: RFC 1035 5.1; the units are BIND's and everyone's since. */
int dns_text_number_parse_period(const char *text, size_t len, uint32_t max, uint32_t *out_s);

/* Read a moment: 14 digits YYYYMMDDHHmmSS in UTC, or seconds since 1970.
 * Shape: text of len octets. Units: epoch s modulo 2^32. Errors: ERR_VALUE. Source: RFC 4034
 * 3.2. */
int dns_text_number_parse_stamp(const char *text, size_t len, uint32_t *out_s);

/* Print a moment as YYYYMMDDHHmmSS, years 1970 to 2106.
 * Shape: out of 14 octets, not terminated. Units: epoch s. Errors: none. Source: RFC 4034 3.2. */
void dns_text_number_print_stamp(uint32_t epoch_s, char *out_text);
