/* An update signed by SIG(0) in the writer's thread: what must still hold at the moment when it is
 * applied, and may have changed since it was verified. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "zones/dns_sig0.h"
#include "zones/dns_tsig.h"
#include "zones/zone_srp.h"
#include "zones/zone_update.h"

enum { UPDATE_SIG0_MARK = 32 }; /* octets of a signature that tell it from all others */

/* Who signed by SIG(0). */
struct update_sig0_signer {
    uint8_t name[DNS_NAME_MAX];     /* lower case */
    struct dns_sig0_key key;        /* that verified it */
    bool is_srp;                    /* the key came with the message: it registers */
    uint32_t valid_s;               /* the signature will be good for so long */
    uint8_t mark[UPDATE_SIG0_MARK]; /* its first half, which stays when the other is changed */
};

/* Before the message is applied: the signer's KEY is still in the zone, or, for a registration, all its
 * names are free or hold its key.
 * Shape: the message of len octets; out_srp is filled when the signer registers. Units: octets. Errors:
 * false, with NOTAUTH or YXDOMAIN in the result. Source: RFC 2931, RFC 9665; threats rows 1 and 2. */
bool update_sig0_begin(const struct update_sig0_signer *signer, struct zone_edit *edit,
                       const uint8_t *message, size_t len, struct zone_srp *out_srp,
                       struct zone_update_result *out_result);

/* Apply a registration that update_sig0_begin has let pass.
 * Shape: srp as read there, from this message; options as for zone_update_apply, whose policy and TTLs are
 * replaced. Units: octets. Errors: in the result, as zone_update_apply. Source: RFC 9665. */
void update_sig0_enrol(const struct zone_srp *srp, struct zone_edit *edit, const uint8_t *message,
                       size_t len, const struct zone_update_options *options,
                       struct zone_update_result *out_result);

/* Make of a signature what a MAC is for the table of messages that were answered (server/update_seen.h).
 * Shape: only the fields that the table knows messages by. Units: none. Errors: none. Source: none. */
void update_sig0_mark(const struct update_sig0_signer *signer, struct dns_tsig *out_tsig);
