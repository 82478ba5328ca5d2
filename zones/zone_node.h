/* A name of a zone with all its RRsets, in one block of memory: what one query touches.
 *
 * Layout: struct zone_node, owner name (lower case), padding, rrset table (types ascending),
 * then per RRset its ready answer: records as they go on the wire, each with the owner as
 * pointer 0xC00C to the question. A published node never changes, but for `older`, which the
 * writer cuts; changes are new nodes of a higher version. Functions that make nodes return new
 * heap blocks, the caller's; the originals stay as they are. Read by any thread.
 * Prefix: zone_ */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "zones/dns_rdata.h"

#define ZONE_RR_FIXED                                                                              \
    12 /* octets of a ready record before its RDATA: pointer, type, class, TTL, RDLENGTH */
/* Octets of one ready RRset: 65535 of a message less header (12), the longest question (259), OPT with
 * all that we put there (322), and TSIG with the longest names and MAC (358), rounded down. A record of
 * it with the longest owner fits a signed transfer message, too (threats row 13). */
#define ZONE_RRSET_MAX 64512
#define ZONE_OWNER_HIGH                                                                            \
    0xc0 /* first octet of the owner pointer; the second is the header's length */

struct zone_rrset {
    uint32_t offset; /* of the ready answer, from the node's start */
    uint16_t type;
    uint16_t count; /* records, at least 1 */
    uint16_t size;  /* octets of the ready answer */
    uint16_t unused;
};

struct zone_node {
    struct zone_node
        *older;        /* the version before this one while somebody may still read it; else NULL */
    uint64_t version;  /* zone version in which this node appeared */
    uint64_t hash;     /* of the owner name, see dns_name_index */
    uint32_t size;     /* octets of the whole block */
    uint32_t children; /* names directly below; with no RRset and children the node is an ENT */
    uint8_t owner_len;
    uint8_t labels;      /* of the owner, root not counted */
    uint8_t rrset_count; /* 0 and no children: the name does not exist any more */
    uint8_t unused;
    uint16_t table; /* offset of the rrset table */
    uint16_t unused2;
    uint8_t owner[]; /* lower case, wire form */
};

/* One record inside a ready RRset; borrowed from the node. */
struct zone_rr {
    uint32_t ttl_s;
    uint16_t type;
    uint16_t len;
    const uint8_t *rdata;
};

/* Table of a node's RRsets, ascending by type. Shape: node->rrset_count rows, borrowed. Units:
 * none. Errors: none.
 * Source: none. */
static inline const struct zone_rrset *zone_node_rrsets(const struct zone_node *node)
{
    return (const struct zone_rrset *)(const void *)((const uint8_t *)node + node->table);
}

/* The RRset of a type, or NULL. Shape: borrowed. Units: none. Errors: NULL. Source: none. */
static inline const struct zone_rrset *zone_node_find(const struct zone_node *node, uint16_t type)
{
    const struct zone_rrset *sets = zone_node_rrsets(node);
    for (unsigned i = 0; i < node->rrset_count; i++) {
        if (sets[i].type == type) {
            return &sets[i];
        }
    }
    return NULL;
}

/* The ready answer of an RRset. Shape: set->size octets, borrowed. Units: octets. Errors: none.
 * Source: none. */
static inline const uint8_t *zone_node_ready(const struct zone_node *node,
                                             const struct zone_rrset *set)
{
    return (const uint8_t *)node + set->offset;
}

/* True when the name exists: it owns records or something lies below. Shape: none. Units: none.
 * Errors: none.
 * Source: RFC 4592 2.2.2 (empty non-terminals). */
static inline bool zone_node_exists(const struct zone_node *node)
{
    return node->rrset_count > 0 || node->children > 0;
}

/* Where the records of one type stand, for zone_node_next; borrowed. */
struct zone_records {
    const uint8_t *pos, *end;
};

/* The records of a type; none when node is NULL or has no such RRset. Shape: borrowed. Units: none.
 * Errors: none. Source: none. */
static inline struct zone_records zone_node_records(const struct zone_node *node, uint16_t type)
{
    const struct zone_rrset *set = node ? zone_node_find(node, type) : NULL;
    const uint8_t *pos = set ? zone_node_ready(node, set) : NULL;
    return (struct zone_records){pos, set ? pos + set->size : NULL};
}

/* True when a record of the type has exactly these octets. Shape: node may be NULL. Units: octets.
 * Errors: false. Source: none. */
bool zone_node_holds(const struct zone_node *node, uint16_t type, const uint8_t *rdata, size_t len);

/* Take the SOA of an apex apart; false when node is NULL or has none.
 * Shape: borrowed from the node. Units: s. Errors: false. Source: RFC 1035 3.3.13. */
bool zone_node_soa(const struct zone_node *node, struct dns_soa *out_soa);

/* Take the record at a position of the ready answer and step over it; false at the end.
 * Shape: *pos starts at zone_node_ready and ends at + set->size. Units: s, octets. Errors:
 * false. Source: none. */
bool zone_node_next(const uint8_t **pos, const uint8_t *end, struct zone_rr *out_rr);

/* Make an empty node. Shape: owner lower-case wire name. Units: none. Errors: aborts without
 * memory. Source: none. */
struct zone_node *zone_node_create(const uint8_t *owner, uint64_t hash, uint64_t version);

/* Copy a node with one RRset replaced, added, or (ready_len 0) left out.
 * Shape: ready holds count records, each with owner pointer 0xC00C; older of the copy is NULL.
 * Units: octets.
 * Errors: aborts without memory; the caller has checked ready_len <= ZONE_RRSET_MAX. Source:
 * none. */
struct zone_node *zone_node_with(const struct zone_node *node, uint64_t version, uint16_t type,
                                 unsigned count, const uint8_t *ready, size_t ready_len);

/* Copy a node with another count of children. Shape: as zone_node_with. Units: names. Errors:
 * aborts. Source: none. */
struct zone_node *zone_node_with_children(const struct zone_node *node, uint64_t version,
                                          uint32_t children);

/* Write one ready record. Shape: out of ZONE_RR_FIXED + len octets. Units: s. Errors: none.
 * Source: RFC 1035 4.1.3. */
void zone_node_write_rr(uint8_t *out, uint16_t type, uint32_t ttl_s, const uint8_t *rdata,
                        size_t len);

/* Make a node from the octets behind its header, as zone_node_image gave them; everything is
 * checked again.
 * Shape: see zone_node_image; hash as the caller computed it. Units: octets. Errors: NULL when
 * damaged.
 * Source: none. */
struct zone_node *zone_node_restore(const void *image, size_t len, uint64_t hash, uint64_t version);

/* Length of a node's image for the store. Shape: none. Units: octets. Errors: none. Source:
 * none. */
size_t zone_node_image_len(const struct zone_node *node);

/* Write the image: owner length u8, owner, RRset count u8, then per RRset type u16, count u16,
 * size u16 (big-endian) and the ready answer. Shape: out of zone_node_image_len. Units: octets.
 * Errors: none. Source: none. */
void zone_node_image(const struct zone_node *node, uint8_t *out);
