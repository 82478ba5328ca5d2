/* An answer as the cache keeps it: the records of each chosen pool as a piece of octets that only wants copying, who
 * comes first when, and how long all that holds.
 *
 * One block: struct find_entry, its pieces, its twins, its turns, its text, its octets. Every record is as in a zone's ready
 * answer (zones/zone_node.h): owner 0xC00C, TTL the longest. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sched/choose/need.h"
#include "server/find_turn.h"
#include "server/find_twin.h"

enum {
    FIND_ENTRY_MAX = 24576,    /* octets of a block */
    FIND_ENTRY_OCTETS = 16384, /* of the records in it; pools that come too late are left out */
    FIND_ENTRY_TEXT = 152,
};

/* The records of one pool. */
struct find_entry_piece {
    uint16_t at, len; /* in the octets */
    uint16_t count;   /* records */
    uint16_t first;   /* number of the first one among all */
};

struct find_entry {
    uint64_t version; /* of the zone that the records are from */
    uint64_t due_ns;  /* not made anew before this, see server/find.c */
    int64_t until_s;  /* from then on it may be another one */
    uint32_t ttl_s;   /* of its records, as they stand */
    uint32_t turn;    /* answers so far */
    uint32_t size;    /* octets of the whole block */
    uint16_t type;
    uint16_t piece_count;
    uint16_t equal;      /* pieces that take turns */
    uint16_t twin_count; /* records, when two pieces have one in common; else 0 */
    uint16_t turn_count;
    uint16_t text_len;
    uint16_t octets_len;
    bool fits;       /* at least one pool does; else the text says why not */
    bool uses_place; /* of who asks */
};

/* An entry in the making. */
struct find_entry_draft {
    struct find_entry entry; /* with counts, lengths and size still 0 */
    unsigned piece_count;
    struct find_entry_piece pieces[NEED_TOP_MAX];
    uint32_t weights[NEED_TOP_MAX];
    unsigned twin_count;
    uint16_t twins[FIND_TWIN_RECORDS_MAX];
    size_t text_len, octets_len;
    char text[FIND_ENTRY_TEXT];
    uint8_t octets[FIND_ENTRY_OCTETS];
};

/* Put a draft into one block. The first `equal` pieces take turns unless it is 0 or 1.
 * Shape: out_block of FIND_ENTRY_MAX octets, aligned to 16. Units: octets, returns those used. Errors: none.
 * Source: none. */
size_t find_entry_pack(const struct find_entry_draft *draft, void *out_block);

/* Its pieces. Shape: piece_count of them, borrowed. Units: none. Errors: none. Source: none. */
static inline const struct find_entry_piece *find_entry_pieces(const struct find_entry *entry)
{
    return (const struct find_entry_piece *)(const void *)(entry + 1);
}

/* The number of the first record like each. Shape: twin_count numbers, borrowed. Units: records. Errors: none.
 * Source: server/find_twin.h. */
static inline const uint16_t *find_entry_twins(const struct find_entry *entry)
{
    return (const uint16_t *)(find_entry_pieces(entry) + entry->piece_count);
}

/* Who comes first, by turn. Shape: turn_count positions of pieces, borrowed. Units: none. Errors: none.
 * Source: none. */
static inline const uint8_t *find_entry_turns(const struct find_entry *entry)
{
    return (const uint8_t *)(find_entry_twins(entry) + entry->twin_count);
}

/* Why nothing fits. Shape: text_len octets, not terminated, borrowed. Units: octets. Errors: none. Source: none. */
static inline const char *find_entry_text(const struct find_entry *entry)
{
    return (const char *)(find_entry_turns(entry) + entry->turn_count);
}

/* The octets that pieces are cut from. Shape: octets_len of them, borrowed. Units: octets. Errors: none. Source:
 * none. */
static inline const uint8_t *find_entry_octets(const struct find_entry *entry)
{
    return (const uint8_t *)find_entry_text(entry) + entry->text_len;
}
