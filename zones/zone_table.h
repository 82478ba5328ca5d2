/* The hash of a zone: open addressing, one word a name: 16 bits of the hash as tag, 48 bits of
 * pointer to the newest node.
 *
 * Read without a lock; slots are only ever filled or replaced, a table that is too full or holds
 * too many dead names is replaced as a whole by the zone's writer. Belongs to zones/zone.c; not
 * for others. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/rcu.h"
#include "zones/zone_node.h"

enum { ZONE_TABLE_TAG_SHIFT = 48, ZONE_TABLE_LEAST = 64 }; /* bits; slots of the smallest table */

/* The leak sanitizer looks for pointers: it gets them without a tag. */
#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define ZONE_TABLE_PLAIN 1
#endif
#elif defined(__SANITIZE_ADDRESS__)
#define ZONE_TABLE_PLAIN 1
#endif
#ifndef ZONE_TABLE_PLAIN
#define ZONE_TABLE_PLAIN 0
#endif

struct zone_table {
    struct rcu_later later;
    uint64_t mask; /* slots - 1 */
    uint64_t used; /* slots that hold a name, dead ones included; the writer's */
    uint64_t slots[];
};

/* Make an empty table. Shape: slots is a power of two. Units: slots. Errors: aborts without
 * memory. Source: none. */
struct zone_table *zone_table_create(uint64_t slots);

/* Free a table, not its nodes, after a grace period. Shape: none. Units: none. Errors: none.
 * Source: none. */
void zone_table_retire(struct zone_table *table);

/* The tag that the word of a name bears. Shape: hash of the name. Units: none. Errors: none.
 * Source: none. */
static inline uint64_t zone_table_tag(uint64_t hash)
{
    return ZONE_TABLE_PLAIN ? 0 : hash >> ZONE_TABLE_TAG_SHIFT;
}

/* The word for a node. Shape: see above. Units: none. Errors: CHECK that the pointer fits.
 * Source: none. */
uint64_t zone_table_word(const struct zone_node *node);

/* The node of a word, NULL for an empty slot. Shape: borrowed. Units: none. Errors: NULL.
 * Source: none. */
static inline struct zone_node *zone_table_node(uint64_t word)
{
    return (struct zone_node *)(uintptr_t)(word & (((uint64_t)1 << ZONE_TABLE_TAG_SHIFT) - 1));
}

/* The slot of a name, or the empty one where it would go.
 * Shape: owner lower-case wire form of len octets. Units: octets. Errors: none: no table is ever
 * full. Source: none. */
static inline uint64_t *zone_table_slot(struct zone_table *table, const uint8_t *owner, size_t len,
                                        uint64_t hash)
{
    for (uint64_t i = hash & table->mask;; i = (i + 1) & table->mask) {
        uint64_t word = rcu_read(table->slots[i]);
        const struct zone_node *node = zone_table_node(word);
        if (word == 0 ||
            (word >> ZONE_TABLE_TAG_SHIFT == zone_table_tag(hash) && node->hash == hash &&
             node->owner_len == len && memcmp(node->owner, owner, len) == 0)) {
            return &table->slots[i];
        }
    }
}

/* True when a name is gone for every reader. Shape: the newest node. Units: none. Errors: none.
 * Source: none. */
static inline bool zone_table_is_gone(const struct zone_node *node)
{
    return !zone_node_exists(node) && !node->older;
}

/* Names that a new table takes over: all but those that are gone. Shape: none. Units: names.
 * Errors: none. Source: none. */
uint64_t zone_table_kept(const struct zone_table *table);
