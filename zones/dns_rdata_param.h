/* SvcParams of SVCB and HTTPS on the wire: keys, lengths, and the values of the registered keys.
 *
 * Keys without a row here are opaque. Stateless, any thread. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Numbers of the registered keys that have rules. */
enum dns_rdata_param {
    DNS_RDATA_PARAM_MANDATORY = 0,
    DNS_RDATA_PARAM_ALPN = 1,
    DNS_RDATA_PARAM_NO_DEFAULT_ALPN = 2,
    DNS_RDATA_PARAM_PORT = 3,
    DNS_RDATA_PARAM_IPV4HINT = 4,
    DNS_RDATA_PARAM_ECH = 5,
    DNS_RDATA_PARAM_IPV6HINT = 6,
    DNS_RDATA_PARAM_DOHPATH = 7,
    DNS_RDATA_PARAM_OHTTP = 8,
    DNS_RDATA_PARAM_INVALID = 65535,
};

/* True when len octets are a valid list of parameters: keys strictly rising, values right, keys
 * that another one needs present. An empty list is valid.
 * Shape: key u16, length u16, value, to the end. Units: octets. Errors: false.
 * Source: RFC 9460 sections 2.2, 7, 8 and 14.3.2; RFC 9461 section 5 (dohpath); RFC 9540 section
 * 4 (ohttp). */
bool dns_rdata_param_check(const uint8_t *data, size_t len);
