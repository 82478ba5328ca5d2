/* Fields of RDATA from text, one kind at a time: what the rows of the type table are made of.
 *
 * Each takes its tokens from the record at hand and leaves the record's END. Stateless, buffers
 * are the caller's, any thread. dns_text_printer is the other direction. */
#pragma once

#include <stdint.h>

#include "base/bytes.h"
#include "zones/dns_scan.h"
#include "zones/dns_type.h"

/* Read one field and append its wire form to out.
 * Shape: the field's tokens; origin completes relative names, NULL makes them absolute. Units:
 * none.
 * Errors: ERR_SYNTAX, ERR_VALUE, ERR_RDATA, ERR_LABEL, ERR_NAME_LONG, ERR_SPACE, place in scan.
 * ERR_UNSUPPORTED, also in scan, for ATTRS and OPAQUE. Source: the enum's comments in
 * zones/dns_type.h. */
int dns_text_field_parse(struct dns_scan *scan, enum dns_field field, const uint8_t *origin,
                         struct wr *out);

/* Read a domain name from a token.
 * Shape: out_name wire form, of DNS_NAME_MAX octets. Units: octets, root label included.
 * Errors: ERR_SYNTAX (also a token that is neither word nor quoted), ERR_LABEL, ERR_NAME_LONG,
 * place in scan.
 * Source: RFC 1035 5.1. */
int dns_text_field_name(struct dns_scan *scan, const struct dns_token *token, const uint8_t *origin,
                        uint8_t *out_name, size_t *out_len);

/* Read a DSYNC scheme: a number or NOTIFY. Shape: one word, one octet out. Units: none. Errors:
 * ERR_SYNTAX, place in scan. Source: RFC 9859 2.2. */
int dns_text_field_parse_scheme(struct dns_scan *scan, struct wr *out);
