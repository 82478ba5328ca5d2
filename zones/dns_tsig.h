/* TSIG at a server: verify a signed request, sign the answer to it.
 *
 * Pure: keys, time and the struct mac of the calling thread are passed in; all state is in the
 * caller's struct dns_tsig, which may be copied and taken to another thread. Its key is borrowed
 * from the ring. Requests without TSIG never come here and their answers are never signed. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/mac.h"
#include "zones/dns_tsig_key.h"
#include "zones/dns_tsig_rr.h"

/* A request's TSIG: filled by dns_tsig_verify, kept until its answer is signed. */
struct dns_tsig {
    enum dns_tsig_verdict verdict;
    const struct dns_tsig_key *key; /* who signed, if GOOD, BADTIME or BADTRUNC; NULL: unknown */
    const uint8_t *message; /* borrowed; read again to answer BADKEY and BADSIG, else may go */
    uint16_t message_len;   /* octets */
    uint16_t at;            /* offset of the record */
    uint16_t names_len;     /* octets of both names in an answer */
    uint16_t original_id;
    uint64_t time_s; /* as signed, since 1970 */
    uint16_t fudge_s;
    uint8_t mac_len; /* octets, as received */
    uint8_t mac[MAC_MAX];
};

/* Verify a request. The checks and their order are those of RFC 8945 5.2: record, key, MAC, time,
 * truncation. More than one TSIG, or one elsewhere, is what the caller's parser refuses.
 * Shape: message of len octets; `at` is the offset of its last record, of type TSIG; ring may be
 * NULL. Returns tsig->verdict.
 * Units: octets; now_s since 1970. Errors: none, outcomes are verdicts. Source: RFC 8945 5.2. */
enum dns_tsig_verdict dns_tsig_verify(struct dns_tsig *tsig, struct mac *mac,
                                      const struct dns_tsig_ring *ring, const uint8_t *message,
                                      size_t len, size_t at, uint64_t now_s);

/* Octets that dns_tsig_sign will append: to be kept free before sections are filled.
 * Shape: none. Units: octets, 0 when nothing is appended. Errors: none. Source: RFC 8945 5.3. */
size_t dns_tsig_reserve(const struct dns_tsig *tsig);

/* Append to a finished answer the TSIG record that the verdict asks for: signed, or without a MAC
 * for BADKEY and BADSIG, or none for FORMERR and FAILED. ARCOUNT counts it; the RCODE is the
 * caller's (dns_tsig_rcode) and must stand already.
 * Shape: wr->base is the message's first octet. Units: now_s since 1970. Errors: ERR_SPACE,
 * ERR_MEMORY; the message is as it was. Source: RFC 8945 sections 5.2 and 5.3. */
int dns_tsig_sign(const struct dns_tsig *tsig, struct mac *mac, uint64_t now_s, struct wr *wr);

/* RCODE of the answer to a request that ended so; after GOOD it is what the request itself gets.
 * Shape: enum dns_rcode. Units: none. Errors: none. Source: RFC 8945 5.2. */
unsigned dns_tsig_rcode(enum dns_tsig_verdict verdict);

/* A verdict in words, for logs and EDE. Shape: terminated static text. Units: none. Errors: none.
 * Source: none. */
const char *dns_tsig_text(enum dns_tsig_verdict verdict);
