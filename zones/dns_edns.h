/* EDNS(0): the OPT pseudo-record and its options, reading and writing.
 *
 * Reading never copies: pointers are borrowed from the message. dns_edns_scan makes the one pass
 * over the options that a server needs and enforces their rules; dns_edns_next shows them one by
 * one. Check the version before the options (RFC 6891 6.1.3). Stateless, any thread. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"

#define DNS_EDNS_FLAG_DO     0x8000 /* RFC 3225: DNSSEC OK */
#define DNS_EDNS_FLAG_CO     0x4000 /* RFC 9824: compact answers OK */
#define DNS_EDNS_SIZE_MIN    512    /* RFC 6891 6.2.5: smaller values mean this one */
#define DNS_EDNS_LEN         11     /* octets of an OPT record without options */
#define DNS_EDNS_OPTIONS_MAX 16     /* more are refused: threats row 22 */
#define DNS_EDNS_COOKIE_LEN  8      /* octets of a client cookie */

struct dns_edns {
    bool present;
    uint16_t udp_size; /* as the sender says, at least DNS_EDNS_SIZE_MIN */
    uint8_t ext_rcode; /* upper 8 bits of the 12 bit RCODE */
    uint8_t version;
    uint16_t flags;         /* DNS_EDNS_FLAG_ */
    const uint8_t *options; /* borrowed */
    size_t options_len;
};

struct dns_edns_option {
    uint16_t code; /* enum dns_edns_code, or another */
    uint16_t len;
    const uint8_t *data; /* borrowed */
};

/* A checked client subnet (RFC 7871 6). */
struct dns_edns_subnet {
    uint16_t family;     /* 1 IPv4, 2 IPv6; 0 only with a source of 0 */
    uint8_t source;      /* bits of the address that count; 0: "do not use my address" */
    uint8_t address[16]; /* zero padded */
};

/* What the options of one message say; of an option that comes twice the first counts. */
struct dns_edns_asked {
    unsigned count; /* options, unknown ones included */
    bool nsid;
    bool expire;
    bool padding;
    bool zone_version;
    bool keepalive;    /* present; to be ignored over UDP */
    bool keepalive_ok; /* and empty, as a query's must be */
    bool subnet;
    struct dns_edns_subnet client; /* when subnet */
    const uint8_t *cookie; /* client cookie, then server cookie if any; NULL: none; borrowed */
    size_t cookie_len;     /* 8, or 16 to 40 */
    unsigned lease_len;    /* 0: none, 4: lease, 8: lease and key lease */
    uint32_t lease_s, key_lease_s; /* key_lease_s is lease_s when only that one came (RFC 9664 4) */
};

/* Fill from the parts of an OPT record: class, TTL and RDATA as they stand in the message. Options
 * are not looked at.
 * Shape: rdata borrowed. Units: octets. Errors: none. Source: RFC 6891 sections 6.1.2 and 6.1.3. */
void dns_edns_init(struct dns_edns *edns, uint16_t udp_size, uint32_t ttl, const uint8_t *rdata,
                   size_t len);

/* Read an OPT record at the cursor, which stands at its owner name; a query's additional section
 * often is just this.
 * Shape: root name, type 41 and the rest. Units: octets.
 * Errors: ERR_EDNS when owner or type differ, ERR_SHORT. Kept in rd and returned. Source: RFC
 * 6891 6.1.2. */
int dns_edns_read(struct rd *rd, struct dns_edns *out_edns);

/* Next option of a cursor over the options (rd_make(edns->options, edns->options_len)).
 * Shape: out_option borrowed. Units: octets. Errors: false at the end, and when an option runs
 * past it: then rd->err is ERR_EDNS. Source: RFC 6891 6.1.2. */
bool dns_edns_next(struct rd *rd, struct dns_edns_option *out_option);

/* The seconds of an answer's EXPIRE option; false without one. Shape: u32. Units: s. Errors: false.
 * Source: RFC 7314 2. */
bool dns_edns_read_expire(const struct dns_edns *edns, uint32_t *out_s);

/* Look at all options once.
 * Shape: out_asked is filled anew. Units: s, octets.
 * Errors: ERR_EDNS, answered with FORMERR: an option past the end, more than DNS_EDNS_OPTIONS_MAX,
 * two cookies or one of bad length, a malformed subnet, lease or ZONEVERSION.
 * Source: RFC 5001, 7314, 7828, 7830, 7871 (6), 7873 (5.2.2), 9660 (3.1), 9664 (4). */
int dns_edns_scan(const struct dns_edns *edns, struct dns_edns_asked *out_asked);

/* Check and take the data of one Client Subnet option of a query.
 * Shape: family u16, source u8, scope u8 (0), address. Units: bits. Errors: ERR_EDNS. Source:
 * RFC 7871 section 6. */
int dns_edns_read_subnet(const uint8_t *data, size_t len, struct dns_edns_subnet *out_subnet);

/* Begin an OPT record; options follow, then dns_edns_write_end.
 * Shape: version 0; rcode is the whole code, its upper 8 bits go here. Returns the mark for
 * dns_edns_write_end.
 * Units: octets. Errors: ERR_SPACE in wr. Source: RFC 6891 6.1.2. */
size_t dns_edns_write_begin(struct wr *wr, uint16_t udp_size, unsigned rcode, uint16_t flags);

/* Append one option. Shape: len octets of data, may be NULL when 0. Units: octets. Errors:
 * ERR_SPACE in wr.
 * Source: RFC 6891 6.1.2. */
void dns_edns_write_option(struct wr *wr, uint16_t code, const void *data, size_t len);

/* Append an Extended DNS Error; more than 65533 octets of text are cut.
 * Shape: text terminated UTF-8, "" or NULL for none. Units: octets. Errors: ERR_SPACE in wr.
 * Source: RFC 8914 2. */
void dns_edns_write_ede(struct wr *wr, unsigned ede, const char *text);

/* Octets of the data of a Client Subnet option. Shape: none. Units: octets. Errors: none. Source: RFC 7871
 * section 6. */
size_t dns_edns_subnet_len(const struct dns_edns_subnet *subnet);

/* Append a Client Subnet. Shape: as read, with the scope of the answer. Units: bits. Errors:
 * ERR_SPACE in wr.
 * Source: RFC 7871 sections 6 and 7.2.1. */
void dns_edns_write_subnet(struct wr *wr, const struct dns_edns_subnet *subnet, uint8_t scope);

/* End the OPT record: its length is put in place. Shape: mark is dns_edns_write_begin's. Units:
 * octets.
 * Errors: none after an error. Source: RFC 6891 6.1.2. */
void dns_edns_write_end(struct wr *wr, size_t mark);
