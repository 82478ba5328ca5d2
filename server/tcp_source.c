#include "server/tcp_source.h"

#include <string.h>

#include "base/mem.h"
#include "base/rand.h"

void tcp_source_init(struct tcp_source_table *table, size_t entries)
{
    size_t slots = 16;
    while (slots < entries) {
        slots *= 2;
    }
    table->key.k0 = rand_u64(rand_system());
    table->key.k1 = rand_u64(rand_system());
    table->slots = mem_alloc(slots * sizeof(struct tcp_source *));
    table->mask = slots - 1;
}

void tcp_source_finish(struct tcp_source_table *table)
{
    mem_free(table->slots);
    table->slots = NULL;
}

/* One IPv6 subscriber has a /64 at least: single addresses of it cost nothing. */
static void make_prefix(const struct query_peer *peer, uint8_t out_prefix[9])
{
    memset(out_prefix, 0, 9);
    out_prefix[0] = peer->family;
    memcpy(out_prefix + 1, peer->address, peer->family == 6 ? 8 : 4);
}

static struct tcp_source **slot(const struct tcp_source_table *table, const uint8_t prefix[9])
{
    return &table->slots[hash_mix(&table->key, table->key.k0, prefix, 9) & table->mask];
}

unsigned tcp_source_count(const struct tcp_source_table *table, const struct query_peer *peer)
{
    uint8_t prefix[9];
    unsigned count = 0;

    make_prefix(peer, prefix);
    for (const struct tcp_source *entry = *slot(table, prefix); entry; entry = entry->next) {
        count += memcmp(entry->prefix, prefix, 9) == 0;
    }
    return count;
}

void tcp_source_add(struct tcp_source_table *table, struct tcp_source *entry,
                    const struct query_peer *peer)
{
    make_prefix(peer, entry->prefix);
    struct tcp_source **at = slot(table, entry->prefix);
    entry->next = *at;
    entry->at = at;
    if (entry->next) {
        entry->next->at = &entry->next;
    }
    *at = entry;
}

void tcp_source_remove(struct tcp_source *entry)
{
    if (!entry->at) {
        return;
    }
    *entry->at = entry->next;
    if (entry->next) {
        entry->next->at = entry->at;
    }
    entry->next = NULL;
    entry->at = NULL;
}
