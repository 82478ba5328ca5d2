/* Reading messages: header, question, records, and a walker over a whole message.
 *
 * The small readers take a cursor over the message and keep no state. struct dns_message walks
 * all sections in order and enforces the rules of the whole: one OPT at the root, TSIG last,
 * nothing behind the last record, bounded work (threats row 10). Pointers are borrowed from the
 * message, which outlives them. Any thread.
 * Prefix: dns_ */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "zones/dns_edns.h"
#include "zones/dns_name.h"

/* Sections in the order of a message. In UPDATE they are zone, prerequisite, update, additional
 * (RFC 2136 2). */
enum dns_section {
    DNS_SECTION_QUESTION,
    DNS_SECTION_ANSWER,
    DNS_SECTION_AUTHORITY,
    DNS_SECTION_ADDITIONAL,
    DNS_SECTIONS,
};

struct dns_header {
    uint16_t id;
    uint16_t flags; /* enum dns_flag, opcode and RCODE as they stand */
    uint16_t count[DNS_SECTIONS];
};

struct dns_question {
    uint8_t name[DNS_NAME_MAX]; /* wire form, case kept */
    size_t name_len;
    uint16_t type;
    uint16_t dns_class;
};

struct dns_rr {
    uint8_t name[DNS_NAME_MAX]; /* owner, wire form, case kept */
    size_t name_len;            /* 0 when it was stepped over */
    uint16_t type;
    uint16_t dns_class;
    uint32_t ttl; /* as it stands: flags in OPT; else s, through dns_read_ttl */
    uint16_t rdlen;
    const uint8_t *rdata; /* in the message, names may be compressed */
};

/* A walk over one message. Begin, take all questions and records, and it has been checked whole. */
struct dns_message {
    struct rd rd;
    struct dns_header header;
    enum dns_section section; /* of what was read last */
    unsigned left[DNS_SECTIONS];
    bool has_opt, has_tsig;
    struct dns_edns edns; /* once the OPT record was met */
    size_t work;          /* octets of names expanded so far */
    size_t work_max;
};

/* Times the message's own length that its names may expand to. No honest message comes near. */
#define DNS_READ_WORK 24

/* Opcode in the flags of a header. Shape: 0..15. Units: none. Errors: none. Source: RFC 1035
 * 4.1.1. */
static inline unsigned dns_read_opcode(uint16_t flags)
{
    return flags >> 11 & 0xf;
}

/* TTL of a record: values with the top bit set count as 0. Shape: none. Units: s. Errors: none.
 * Source: RFC 2181 8. */
static inline uint32_t dns_read_ttl(uint32_t ttl)
{
    return ttl >> 31 ? 0 : ttl;
}

/* Read the 12 octets at the cursor. Shape: flags in host order. Units: none. Errors: ERR_SHORT.
 * Source: RFC 1035 4.1.1. */
int dns_read_header(struct rd *rd, struct dns_header *out_header);

/* Read one question. Shape: name uncompressed. Units: octets. Errors: as dns_name_read. Source:
 * RFC 1035 4.1.2. */
int dns_read_question(struct rd *rd, struct dns_question *out_question);

/* Read one record up to its end; its RDATA is only located.
 * Shape: owner uncompressed, rdata borrowed. Units: ttl see struct. Errors: as dns_name_read.
 * Source: RFC 1035 4.1.3. */
int dns_read_rr(struct rd *rd, struct dns_rr *out_rr);

/* Like dns_read_rr, but the owner is stepped over, not expanded: for passes before a signature is
 * checked.
 * Shape: name_len is 0. Units: ttl see struct. Errors: as dns_name_skip. Source: RFC 1035 4.1.3. */
int dns_read_skip_rr(struct rd *rd, struct dns_rr *out_rr);

/* Read the RDATA of a record of this message in stored form, checked.
 * Shape: message is any cursor over it; appended to out. Units: octets. Errors: as dns_rdata_read,
 * kept in out.
 * Source: as dns_rdata_read. */
int dns_read_rdata(const struct rd *message, const struct dns_rr *rr, struct wr *out);

/* Begin a walk: reads the header.
 * Shape: message of len octets, borrowed. Units: octets. Errors: ERR_SHORT. Source: RFC 1035
 * 4.1. */
int dns_read_message(struct dns_message *message, const uint8_t *data, size_t len);

/* Next question, before any record.
 * Shape: none. Units: none. Errors: false at the end of the section or on error
 * (message->rd.err). Source: RFC 1035 4.1.2. */
bool dns_read_message_question(struct dns_message *message, struct dns_question *out_question);

/* Next record of any section; message->section says which. Questions not taken yet are stepped
 * over.
 * Shape: OPT and TSIG come, too; edns is filled when OPT was met.
 * Units: see struct dns_rr.
 * Errors: false at the end or on error. In message->rd.err: of dns_read_rr; ERR_EDNS (second OPT,
 * OPT not at the root or not in the additional section); ERR_TYPE (TSIG not the last record);
 * ERR_LIMIT (work); ERR_TRAILING.
 * Source: RFC 1035 4.1.3, RFC 6891 6.1.1, RFC 8945 5.1. */
bool dns_read_message_next(struct dns_message *message, struct dns_rr *out_rr);

/* Walk a whole message and check every RDATA, too. Empty RDATA of classes ANY and NONE is right, as
 * in UPDATE.
 * Shape: message of len octets; scratch for one RDATA, DNS_RDATA_MAX octets are always enough.
 * Units: octets. Errors: of all functions above, and of dns_edns_scan and dns_rdata_read.
 * Source: RFC 1035 4.1, RFC 2136 2.4, RFC 3597 4. */
int dns_read_message_check(const uint8_t *data, size_t len, uint8_t *scratch, size_t size);
