/* Parameters of SVCB and HTTPS from text: key=value in any order, rising by number on the wire.
 *
 * Rows of zones/dns_text_svcb.def give keys their names and kinds; dns_text_param prints.
 * Stateless, any thread. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "zones/dns_scan.h"

/* How the value of a named parameter looks in text. */
enum dns_text_svcb_kind {
    DNS_TEXT_SVCB_FLAG,   /* no value */
    DNS_TEXT_SVCB_PORT,   /* u16, decimal */
    DNS_TEXT_SVCB_KEYS,   /* keys, comma between, none twice */
    DNS_TEXT_SVCB_IDS,    /* texts with a length octet, comma between, \, and \\ in a text */
    DNS_TEXT_SVCB_IPV4,   /* addresses, comma between */
    DNS_TEXT_SVCB_IPV6,   /* addresses, comma between */
    DNS_TEXT_SVCB_GROUPS, /* u16s, decimal, comma between */
    DNS_TEXT_SVCB_BASE64, /* octets */
    DNS_TEXT_SVCB_TEXT,   /* octets as they are */
};

struct dns_text_svcb_row {
    const char *name;
    uint16_t number;
    uint8_t kind; /* enum dns_text_svcb_kind */
};

/* The row of a key, or NULL. Shape: static. Units: none. Errors: NULL. Source: RFC 9460 14.3.2. */
const struct dns_text_svcb_row *dns_text_svcb_find(uint16_t key);

/* Read all parameters up to the end of the record (END is left) and append them to out.
 * Shape: key u16, length u16, value, keys rising. Units: octets.
 * Errors: ERR_SYNTAX, ERR_VALUE, ERR_EXISTS (a key twice), ERR_MISSING (a key that another one
 * needs), ERR_SPACE, place in scan. Source: RFC 9460 2.1, 7, 8, A. */
int dns_text_svcb_parse(struct dns_scan *scan, struct wr *out);
