/* Request: the messages with which a secondary asks a primary (SOA, IXFR, AXFR), signed when a key is
 * configured, and what is common to reading the answers.
 *
 * Pure; any thread. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/mac.h"
#include "server/rules.h"
#include "zones/dns_tsig_client.h"
#include "zones/zone.h"

enum { REQUEST_MAX = 2048 }; /* octets: a question, a SOA, EXPIRE, and a signature */

struct request_what {
    const uint8_t *zone_name;
    uint16_t type;           /* SOA, IXFR, AXFR */
    const struct zone *zone; /* IXFR: what we have */
    uint16_t id;
};

/* The key of this name. Shape: name NULL: *out_key is NULL. Units: none. Errors: ERR_MISSING. Source:
 * none. */
int request_key(const struct rules *rules, const uint8_t *name,
                const struct dns_tsig_key **out_key);

/* Write a request with the EXPIRE option, and begin its exchange.
 * Shape: wr at its start, REQUEST_MAX octets; tsig and mac are used with a key only. Units: now in
 * UNIX s. Errors: ERR_SPACE, ERR_MEMORY. Source: RFC 1995 3, RFC 5936 2.1, RFC 7314 2. */
int request_write(const struct request_what *what, const struct dns_tsig_key *key,
                  struct dns_tsig_client *tsig, struct mac *mac, uint64_t now_s, struct wr *wr);

/* Offset of the TSIG record that ends a message, 0 without one or when it can not be read.
 * Shape: whole message. Units: octets. Errors: 0. Source: RFC 8945 5.1. */
size_t request_find_tsig(const uint8_t *data, size_t len);

/* What an answer that was refused says of its signature, for logs. Shape: static text. Units: none.
 * Errors: none. Source: none. */
const char *request_tsig_text(const struct dns_tsig_client *tsig);

/* The answer to a question for the SOA. */
struct request_soa {
    uint16_t rcode;
    bool is_cut;  /* TC */
    bool has_soa; /* an authoritative one of the zone */
    uint32_t serial;
    bool has_expire;
    uint32_t expire_s;
};

/* Read it; the caller has matched address and ID, and verified it.
 * Shape: as received. Units: octets, s. Errors: ERR_VALUE (not an answer to this question), those of
 * dns_read_message_next and dns_read_rdata. Source: RFC 1035 4.1, RFC 7314 2. */
int request_read_soa(const uint8_t *zone_name, const uint8_t *data, size_t len,
                     struct request_soa *out_soa);
