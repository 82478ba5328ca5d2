/* The state of one query between its octets and its answer: what the parts of server/query*.c hand
 * on.
 *
 * One struct per place in a batch, reused; query_decode fills the first half, query_answer the
 * second. Everything it points to is borrowed from the batch's buffers and its RCU read section.
 *
 * Prefix: query_ */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "server/query_peer.h"
#include "server/sig0.h"
#include "server/stat.h"
#include "server/world.h"
#include "zones/dns_code.h"
#include "zones/dns_edns.h"
#include "zones/dns_name.h"
#include "zones/dns_tsig.h"
#include "zones/zone.h"

/* What is to be done with a message after decoding. */
enum query_verdict {
    QUERY_DROP,     /* nothing may be sent */
    QUERY_HEADER,   /* only a header with rcode: the rest could not be read */
    QUERY_ERROR,    /* question, rcode and OPT */
    QUERY_CHAOS,    /* class CH: about the server itself */
    QUERY_LOOKUP,   /* an answer from a zone */
    QUERY_UPDATE,   /* a verified update: the writer answers */
    QUERY_VERIFY,   /* an update whose SIG(0) is to be verified first */
    QUERY_FORWARD,  /* an update of a secondary zone: a primary answers */
    QUERY_NOTIFY,   /* a primary's NOTIFY: answered at once, acted on later */
    QUERY_TRANSFER, /* a permitted transfer: the transport streams it */
};

enum { QUERY_EDE_TEXT = 160 }; /* octets of an extended error's text */

struct find;

struct query {
    const struct query_peer *peer;
    const struct world *world;
    struct stat_set *stat;
    struct mac *mac;   /* of the worker */
    struct find *find; /* likewise */
    int64_t now_s;     /* wall clock of the batch */
    const uint8_t *message;
    size_t len;
    size_t limit;  /* octets the whole answer may have */
    struct wr out; /* the answer; ends `reserve` before the limit until query_finish */

    enum query_verdict verdict;
    uint16_t id, flags; /* as received */
    uint16_t type, dns_class;
    uint16_t rcode; /* 12 bits with EDNS */
    uint16_t ede;   /* enum dns_ede */
    uint8_t name_len;
    bool has_question;
    bool has_authority;   /* the query itself: the client's SOA of IXFR */
    bool takes_updates;   /* the transport can answer later */
    bool takes_transfers; /* and in many messages */
    bool takes_sig0;      /* somebody verifies SIG(0) */
    bool takes_notifies;  /* somebody cares for secondary zones */
    bool is_srp;          /* the update is a registration */
    bool is_signed;       /* by TSIG or SIG(0); of updates that are passed on */
    bool aa, tc;
    bool uses_place;        /* the answer depends on where the asker is */
    uint8_t place_scope;    /* then: for which prefix of the client subnet it holds */
    uint32_t client_serial; /* of the SOA that IXFR brings */
    size_t question_len;    /* octets after the header */
    size_t tsig_at;         /* of the TSIG record in the message, 0 without one */
    size_t sig0_at;         /* of the SIG record, when it is the last one */
    unsigned sig0_key_count;
    uint16_t counts[3];                     /* records written: answer, authority, additional */
    size_t reserve;                         /* octets kept for OPT and TSIG */
    struct zone *zone;                      /* that the question belongs to */
    const struct secondary_zone *secondary; /* of FORWARD and NOTIFY */
    uint64_t version;                       /* of it, read once */
    struct dns_edns edns;
    struct dns_edns_asked asked;
    char ede_text[QUERY_EDE_TEXT];

    /* from here on nothing is zeroed for a new query: written before it is read */
    struct dns_tsig tsig;       /* when tsig_at > 0 */
    uint8_t name[DNS_NAME_MAX]; /* lower case */
    struct dns_labels labels;
    struct dns_sig0_key sig0_keys[SIG0_KEYS]; /* to try */
};

/* End a query with an rcode and an extended error that says why (RFC 8914).
 * Shape: ede of enum dns_ede; text terminated, cut at QUERY_EDE_TEXT. Units: none. Errors: none; returns
 * QUERY_ERROR. Source: RFC 8914. */
enum query_verdict query_refuse(struct query *query, unsigned rcode, unsigned ede,
                                const char *text);
