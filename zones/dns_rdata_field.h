/* One field of RDATA on the wire, by its kind (enum dns_field): its length and whether it is right.
 *
 * The kinds whose inside has rules of its own are in dns_rdata_param (SvcParams) and
 * dns_rdata_opaque (whole types). Names here are uncompressed; dns_rdata handles pointers.
 * Stateless, buffers are the caller's, any thread. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "zones/dns_type.h"

/* Check the field that begins at data, with len octets left in the RDATA.
 * Shape: wire form. Units: *out_len in octets, what the field takes; all that is left for kinds
 * that run to the end.
 * Errors: ERR_RDATA, ERR_POINTER (a name with a pointer), ERR_LABEL, ERR_NAME_LONG. Source: the
 * RFC at each kind. */
int dns_rdata_field_check(enum dns_field field, const uint8_t *data, size_t len, size_t *out_len);

/* Length of a field of valid RDATA, where len octets are left.
 * Shape: as dns_rdata_field_check has accepted it. Units: octets. Errors: none. Source: as
 * dns_rdata_field_check. */
size_t dns_rdata_field_len(enum dns_field field, const uint8_t *data, size_t len);
