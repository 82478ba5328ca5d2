/* TSIG on answers of several messages (AXFR and IXFR out): every message is signed.
 *
 * The first message is signed as an answer, each later one over the MAC before it and its times.
 * The stream is its owner's; its key is borrowed from the ring, which must live as long. Messages
 * of one stream may be signed with any struct mac of the calling thread. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/mac.h"
#include "zones/dns_tsig.h"

struct dns_tsig_stream {
    const struct dns_tsig_key *key;
    bool begun;           /* the first message was signed */
    uint8_t mac_len;      /* octets */
    uint8_t mac[MAC_MAX]; /* of the request, then of the message before */
};

/* Begin a stream of answers to a request that is GOOD. Shape: none. Units: none. Errors: none.
 * Source: RFC 8945 5.3.1. */
void dns_tsig_stream_init(struct dns_tsig_stream *stream, const struct dns_tsig *tsig);

/* Sign the next message; messages must be sent in the order in which they were signed. Each grows
 * by dns_tsig_rr_reserve(stream->key).
 * Shape: as dns_tsig_sign. Units: now_s since 1970. Errors: ERR_SPACE, ERR_MEMORY; message and
 * stream are as they were. Source: RFC 8945 5.3.1. */
int dns_tsig_stream_sign(struct dns_tsig_stream *stream, struct mac *mac, uint64_t now_s,
                         struct wr *wr);
