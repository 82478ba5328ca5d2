/* Writing messages: header, questions and records with name compression, for transfers, NOTIFY,
 * clients and tests.
 *
 * The caller gives the buffer and calls begin, question, rr ..., end. A record that does not fit
 * leaves ERR_SPACE in the cursor; rewinding to a mark taken before it clears that. The
 * compression table has a fixed size and names are looked up with one probe a label, so the work
 * is bounded by the octets written (threats row 10). One thread. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "zones/dns_edns.h"
#include "zones/dns_read.h"

#define DNS_WRITE_NAMES 1024 /* slots of the compression table, a power of two */

/* One suffix that stands in the message. */
struct dns_write_name {
    uint16_t offset; /* 0: empty slot */
    uint16_t tag;    /* more bits of its hash */
};

struct dns_write {
    struct wr wr;
    uint16_t count[DNS_SECTIONS];
    uint16_t owner; /* offset of the owner of the last record, 0: none */
    struct dns_write_name names[DNS_WRITE_NAMES];
};

/* A place to come back to. */
struct dns_write_mark {
    size_t len;
    uint16_t count[DNS_SECTIONS];
};

/* Begin a message in size octets of buffer.
 * Shape: flags as in struct dns_header. Units: octets. Errors: ERR_SPACE in w->wr. Source: RFC
 * 1035 4.1.1. */
void dns_write_begin(struct dns_write *w, void *buffer, size_t size, uint16_t id, uint16_t flags);

/* Replace the flags, to set TC or an RCODE late. Shape: as begin. Units: none. Errors: none.
 * Source: RFC 1035 4.1.1. */
void dns_write_flags(struct dns_write *w, uint16_t flags);

/* Append a question. Shape: name in wire form. Units: none. Errors: ERR_SPACE in w->wr. Source:
 * RFC 1035 4.1.2. */
void dns_write_question(struct dns_write *w, const uint8_t *name, uint16_t type,
                        uint16_t dns_class);

/* Append a record; sections must come in order. Owner and, for the types of RFC 1035 only, names in
 * RDATA are compressed, case is kept.
 * Shape: rdata is valid stored RDATA, or empty. Units: ttl_s in s, rdlen in octets. Errors:
 * ERR_SPACE in w->wr.
 * Source: RFC 1035 sections 4.1.3 and 4.1.4, RFC 3597 section 4. */
void dns_write_rr(struct dns_write *w, enum dns_section section, const uint8_t *name, uint16_t type,
                  uint16_t dns_class, uint32_t ttl_s, const uint8_t *rdata, size_t rdlen);

/* Append an OPT record with the options of edns; ext_rcode is taken from it.
 * Shape: options as dns_edns_write_option wrote them. Units: octets. Errors: ERR_SPACE in w->wr.
 * Source: RFC 6891 6.1. */
void dns_write_opt(struct dns_write *w, const struct dns_edns *edns);

/* Remember this place. Shape: none. Units: octets. Errors: none. Source: none. */
struct dns_write_mark dns_write_mark(const struct dns_write *w);

/* Go back to a mark: octets, counts and names written since are forgotten, ERR_SPACE is cleared.
 * Shape: mark of the same message. Units: none. Errors: other errors stay. Source: RFC 2181 9. */
void dns_write_rewind(struct dns_write *w, const struct dns_write_mark *mark);

/* End: the counts are put into the header.
 * Shape: the message is in the buffer. Units: *out_len in octets. Errors: the first of the
 * cursor. Source: RFC 1035 4.1.1. */
int dns_write_end(struct dns_write *w, size_t *out_len);
