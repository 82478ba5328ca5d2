/* TSIG at a client: sign a request (query, UPDATE, NOTIFY, transfer), verify what comes back.
 *
 * One struct dns_tsig_client is one exchange: one request, and one message or a stream of them in
 * answer. The key is borrowed from the ring, which must live as long. In a stream with unsigned
 * messages the MAC runs on over them: from the first UNSIGNED until GOOD the struct mac serves this
 * exchange alone, so a transfer in has one of its own. Pure; one thread. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/mac.h"
#include "zones/dns_tsig_key.h"
#include "zones/dns_tsig_rr.h"

#define DNS_TSIG_CLIENT_UNSIGNED_MAX 99 /* messages in a row: RFC 8945 5.3.1 */

enum dns_tsig_client_verdict {
    DNS_TSIG_CLIENT_GOOD,     /* this message, and all before it in the stream, are the server's */
    DNS_TSIG_CLIENT_UNSIGNED, /* first message: do not believe it, wait on; `error` may hint why.
                                 Later in a stream: keep it, but commit nothing before a GOOD */
    DNS_TSIG_CLIENT_ERROR,    /* truly the server's, which says `error`: BADTIME, BADTRUNC */
    DNS_TSIG_CLIENT_BAD,      /* `why`; first message: wait on; in a stream: give it up */
};

struct dns_tsig_client {
    const struct dns_tsig_key *key;
    uint64_t server_time_s;    /* after ERROR with BADTIME: the server's clock; 0: not said */
    enum dns_tsig_verdict why; /* after BAD, for logs */
    uint16_t error;            /* TSIG error of the answer; proven only after ERROR */
    bool begun;                /* a GOOD message came */
    bool broken;               /* and after it a BAD one: it stays so */
    uint8_t unsigned_count;    /* messages since the last GOOD one */
    uint8_t mac_len;           /* octets */
    uint8_t mac[MAC_MAX];      /* of the request, then of the last GOOD message */
};

/* Sign a finished request and begin the exchange. The request grows by dns_tsig_rr_reserve(key).
 * Shape: wr->base is the message's first octet. Units: now_s since 1970; towards a server that said
 * BADTIME, by its clock. Errors: ERR_SPACE, ERR_MEMORY; the message is as it was. Source: RFC 8945
 * 5.1. */
int dns_tsig_client_sign(struct dns_tsig_client *client, struct mac *mac,
                         const struct dns_tsig_key *key, uint64_t now_s, struct wr *wr);

/* Verify the next message of the answer; the caller has matched ID, question and peer.
 * Shape: message of len octets; `at` is the offset of its last record, of type TSIG, or 0 without
 * one. Units: octets; now_s as for sign. Errors: none, outcomes are verdicts. Source: RFC 8945
 * sections 5.3.1 and 5.4. */
enum dns_tsig_client_verdict dns_tsig_client_verify(struct dns_tsig_client *client, struct mac *mac,
                                                    const uint8_t *message, size_t len, size_t at,
                                                    uint64_t now_s);

/* May the stream end here? Its last message must have been a signed one.
 * Shape: none. Units: none. Errors: none. Source: RFC 8945 5.3.1. */
bool dns_tsig_client_is_whole(const struct dns_tsig_client *client);
