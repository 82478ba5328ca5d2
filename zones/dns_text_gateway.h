/* AMTRELAY and IPSECKEY as text: one of their fields is an address or a name, as another field says.
 *
 * Stateless, any thread. */
#pragma once

#include <stdint.h>

#include "base/bytes.h"
#include "zones/dns_scan.h"

/* Read `precedence D-bit type relay` of an AMTRELAY and append the wire form to out; END is left.
 * Shape:  relay is "." for type 0, an IPv4 address for 1, IPv6 for 2, a name for 3. Units: none.
 * Errors: ERR_SYNTAX, ERR_LABEL, ERR_NAME_LONG, place in scan. Source: RFC 8777 4.3.1. */
int dns_text_gateway_parse_relay(struct dns_scan *scan, const uint8_t *origin, struct wr *out);

/* Read `precedence type algorithm gateway [key]` of an IPSECKEY and append the wire form to out; END is left. Without an
 * algorithm (0) there is no key.
 * Shape: gateway as a relay. Units: none. Errors: as dns_text_gateway_parse_relay. Source: RFC 4025 3.1. */
int dns_text_gateway_parse_key(struct dns_scan *scan, const uint8_t *origin, struct wr *out);

/* Print the RDATA of an AMTRELAY. Shape: as it is read. Units: none. Errors: ERR_RDATA, ERR_SHORT in rd, ERR_SPACE in
 * out. Source: RFC 8777 4.3.1. */
void dns_text_gateway_print_relay(struct rd *rd, struct wr *out);

/* Print the RDATA of an IPSECKEY. Shape: as it is read. Units: none. Errors: as dns_text_gateway_print_relay.
 * Source: RFC 4025 3.1. */
void dns_text_gateway_print_key(struct rd *rd, struct wr *out);
