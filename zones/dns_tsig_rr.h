/* The TSIG record and what is MACed with it: the parts of which servers, streams and clients make
 * their exchanges (zones/dns_tsig.h, dns_tsig_stream.h, dns_tsig_client.h use it; others rarely).
 *
 * Pure; a MAC goes begin, then parts in the order of RFC 8945 4.3, then dns_tsig_rr_judge or
 * dns_tsig_rr_append. Messages are borrowed. A struct mac is one thread's.
 * Prefix: dns_tsig_ */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/mac.h"
#include "zones/dns_name.h"
#include "zones/dns_tsig_key.h"

#define DNS_TSIG_FUDGE_S  300 /* that we send: RFC 8945 section 10 */
#define DNS_TSIG_RR_FIXED 26  /* octets of a record but for names, MAC and other data */

enum dns_tsig_verdict {
#define VERDICT(name, rcode, error, reply, text) DNS_TSIG_##name,
#include "zones/dns_tsig_rr.def"
};

struct dns_tsig_rr {
    uint8_t name[DNS_NAME_MAX]; /* of the key, case as it came */
    size_t name_len;            /* octets */
    const uint8_t *algorithm;   /* name in wire form; borrowed */
    size_t algorithm_len;       /* octets */
    uint64_t time_s;            /* 48 bits since 1970 */
    uint16_t fudge_s;
    uint16_t mac_len;   /* octets */
    const uint8_t *mac; /* borrowed */
    uint16_t original_id;
    uint16_t error;
    uint16_t other_len;   /* octets */
    const uint8_t *other; /* borrowed */
};

/* Read the record at an offset, which must end where the message ends.
 * Shape: class ANY, TTL 0, algorithm name uncompressed, lengths that add up. Units: octets.
 * Errors: ERR_SHORT, ERR_LABEL, ERR_POINTER, ERR_NAME_LONG; ERR_TYPE (other type, class or TTL, or
 * ARCOUNT 0); ERR_RDATA; ERR_TRAILING. Source: RFC 8945 sections 4.2 and 5.1. */
int dns_tsig_rr_read(const uint8_t *message, size_t len, size_t at, struct dns_tsig_rr *out_rr);

/* Fill a record for a key and a message about to be signed, without a MAC; the original ID is the
 * one in the message's header.
 * Shape: algorithm name borrowed from the key. Units: s. Errors: none. Source: RFC 8945 4.2. */
void dns_tsig_rr_init(struct dns_tsig_rr *rr, const struct dns_tsig_key *key, const struct wr *wr,
                      uint64_t time_s);

/* Octets of the record that a key's holder appends to a request, or to any message of an answer: to
 * be kept free before sections are filled.
 * Shape: whole MAC, no other data. Units: octets. Errors: none. Source: RFC 8945 4.2. */
size_t dns_tsig_rr_reserve(const struct dns_tsig_key *key);

/* Append a record to a finished message and count it in ARCOUNT.
 * Shape: wr->base is the message's first octet. Units: octets. Errors: ERR_SPACE; the message is as
 * it was. Source: RFC 8945 4.2. */
int dns_tsig_rr_write(struct wr *wr, const struct dns_tsig_rr *rr);

/* MAC the MAC that went before: of the request, or of the message before in a stream.
 * Shape: u16 size, octets. Units: octets. Errors: kept in mac. Source: RFC 8945 sections 4.3.1 and
 * 5.3.1. */
void dns_tsig_rr_mac_prior(struct mac *mac, const uint8_t *prior, size_t len);

/* MAC a received message as it was before its TSIG record was put at offset `at`.
 * Shape: ARCOUNT one less, ID replaced. Units: octets. Errors: kept in mac. Source: RFC 8945
 * 4.3.2. */
void dns_tsig_rr_mac_message(struct mac *mac, const uint8_t *message, size_t at,
                             uint16_t original_id);

/* MAC the variables. Shape: names of the key; time, fudge, error and other data of rr. Units: none.
 * Errors: kept in mac. Source: RFC 8945 4.3.3. */
void dns_tsig_rr_mac_variables(struct mac *mac, const struct dns_tsig_key *key,
                               const struct dns_tsig_rr *rr);

/* MAC time and fudge only. Shape: u48, u16. Units: s. Errors: kept in mac. Source: RFC 8945
 * 5.3.1. */
void dns_tsig_rr_mac_timers(struct mac *mac, const struct dns_tsig_rr *rr);

/* Is the MAC's length well-formed for this key? To be asked before anything is computed.
 * Shape: none. Units: octets. Errors: false: FORMERR. Source: RFC 8945 5.2.2.1. */
bool dns_tsig_rr_is_whole(const struct dns_tsig_key *key, const struct dns_tsig_rr *rr);

/* End the MAC and check, in this order: MAC, time, truncation.
 * Shape: rr is whole; never FORMERR or BADKEY. Units: now_s since 1970. Errors: DNS_TSIG_FAILED.
 * Source: RFC 8945 sections 5.2.2 to 5.2.4. */
enum dns_tsig_verdict dns_tsig_rr_judge(struct mac *mac, const struct dns_tsig_key *key,
                                        const struct dns_tsig_rr *rr, uint64_t now_s);

/* End the MAC and append the record with it.
 * Shape: wr as for dns_tsig_rr_write; out_mac of MAC_MAX octets gets what was sent. Units: octets.
 * Errors: ERR_SPACE, ERR_MEMORY; the message is as it was. Source: RFC 8945 5.3. */
int dns_tsig_rr_append(struct mac *mac, const struct dns_tsig_key *key, struct dns_tsig_rr *rr,
                       struct wr *wr, uint8_t *out_mac, uint8_t *out_len);
