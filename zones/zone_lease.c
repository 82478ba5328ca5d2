#include "zones/zone_lease.h"

#include <string.h>

#include "base/mem.h"
#include "zones/dns_name.h"
#include "zones/dns_rdata.h"
#include "zones/dns_type.h"

/* The order in which leases that are due go. */
enum { RANK_LOAD, RANK_OTHER, RANK_CAPACITY, RANK_CENTRE, RANKS };

enum { REFRESH_PERCENT = 80, SLOTS_MIN = 16 };

/* A lease with its places; its memory ends with the owner's octets. */
struct entry {
    struct zone_lease lease; /* first: what others see of it */
    uint64_t hash;
    size_t place; /* in the heap of its rank */
    uint8_t rank;
    uint8_t owner[];
};

/* The one that is due first is on top. */
struct heap {
    struct entry **entries;
    size_t count, room;
};

struct zone_lease_table {
    struct hash_key key;
    struct entry **slots; /* by hash, probed in line; a power of two, at most half full */
    size_t slot_count, count;
    struct heap heaps[RANKS];
};

struct zone_lease_table *zone_lease_create(const struct hash_key *key)
{
    struct zone_lease_table *table = mem_alloc(sizeof(*table));
    table->key = *key;
    table->slot_count = SLOTS_MIN;
    table->slots = mem_alloc(SLOTS_MIN * sizeof(struct entry *));
    return table;
}

void zone_lease_clear(struct zone_lease_table *table)
{
    for (unsigned rank = 0; rank < RANKS; rank++) {
        struct heap *heap = &table->heaps[rank];
        for (size_t i = 0; i < heap->count; i++) {
            mem_free(heap->entries[i]);
        }
        mem_free(heap->entries);
        *heap = (struct heap){0};
    }
    if (table->count > 0) {
        mem_free(table->slots);
        table->slot_count = SLOTS_MIN;
        table->slots = mem_alloc(SLOTS_MIN * sizeof(struct entry *));
        table->count = 0;
    }
}

void zone_lease_destroy(struct zone_lease_table *table)
{
    if (table) {
        zone_lease_clear(table);
        mem_free(table->slots);
        mem_free(table);
    }
}

size_t zone_lease_count(const struct zone_lease_table *table)
{
    return table->count;
}

uint64_t zone_lease_digest(uint16_t type, const uint8_t *rdata, size_t len)
{
    /* Not a secret: the store keeps digests from one process to the next. */
    static const uint8_t key[16] = "suanyu lease v1";
    uint8_t canonical[DNS_RDATA_MAX];
    memcpy(canonical, rdata, len);
    dns_rdata_canonical(type, canonical, len);
    return hash_sip24(key, canonical, len);
}

/* --- heaps ------------------------------------------------------------------------------------- */

static unsigned rank_of(uint16_t type)
{
    switch (type) {
    case DNS_TYPE_CLOAD:
        return RANK_LOAD;
    case DNS_TYPE_CRES:
        return RANK_CAPACITY;
    case DNS_TYPE_CENTRE:
    case DNS_TYPE_KEY:
        return RANK_CENTRE;
    default:
        return RANK_OTHER;
    }
}

static void put_at(struct heap *heap, size_t place, struct entry *entry)
{
    heap->entries[place] = entry;
    entry->place = place;
}

static bool is_before(const struct entry *a, const struct entry *b)
{
    return a->lease.term.due_s < b->lease.term.due_s;
}

static void sift_up(struct heap *heap, struct entry *entry)
{
    size_t place = entry->place;
    while (place > 0 && is_before(entry, heap->entries[(place - 1) / 2])) {
        put_at(heap, place, heap->entries[(place - 1) / 2]);
        place = (place - 1) / 2;
    }
    put_at(heap, place, entry);
}

static void sift_down(struct heap *heap, struct entry *entry)
{
    size_t place = entry->place;
    for (size_t child; (child = 2 * place + 1) < heap->count; place = child) {
        if (child + 1 < heap->count && is_before(heap->entries[child + 1], heap->entries[child])) {
            child++;
        }
        if (!is_before(heap->entries[child], entry)) {
            break;
        }
        put_at(heap, place, heap->entries[child]);
    }
    put_at(heap, place, entry);
}

static void heap_add(struct heap *heap, struct entry *entry)
{
    if (heap->count == heap->room) {
        heap->room = heap->room ? 2 * heap->room : SLOTS_MIN;
        heap->entries = mem_grow(heap->entries, heap->room, sizeof(*heap->entries));
    }
    put_at(heap, heap->count++, entry);
    sift_up(heap, entry);
}

static void heap_remove(struct heap *heap, const struct entry *entry)
{
    struct entry *last = heap->entries[--heap->count];
    if (last != entry) {
        put_at(heap, entry->place, last);
        sift_up(heap, last);
        sift_down(heap, last);
    }
}

/* --- the table --------------------------------------------------------------------------------- */

static uint64_t hash_of(const struct zone_lease_table *table, const struct zone_lease_id *id)
{
    const uint64_t rest[] = {id->digest, id->type};
    uint64_t hash = hash_mix(&table->key, table->key.k0, id->owner, dns_name_len(id->owner));
    return hash_mix(&table->key, hash, rest, sizeof(rest));
}

static bool is_of(const struct entry *entry, const struct zone_lease_id *id, uint64_t hash)
{
    const struct zone_lease_id *own = &entry->lease.id;
    return entry->hash == hash && own->type == id->type && own->digest == id->digest &&
           dns_name_equal(own->owner, id->owner);
}

/* The slot of a record: its own, or the empty one where it would go. */
static size_t slot_of(const struct zone_lease_table *table, const struct zone_lease_id *id,
                      uint64_t hash)
{
    size_t mask = table->slot_count - 1, at = hash & mask;
    while (table->slots[at] && !is_of(table->slots[at], id, hash)) {
        at = (at + 1) & mask;
    }
    return at;
}

static void grow(struct zone_lease_table *table)
{
    struct entry **old = table->slots;
    size_t old_count = table->slot_count, mask = 2 * old_count - 1;
    table->slot_count = 2 * old_count;
    table->slots = mem_alloc(table->slot_count * sizeof(struct entry *));
    for (size_t i = 0; i < old_count; i++) {
        if (old[i]) {
            size_t at = old[i]->hash & mask;
            while (table->slots[at]) {
                at = (at + 1) & mask;
            }
            table->slots[at] = old[i];
        }
    }
    mem_free(old);
}

const struct zone_lease *zone_lease_find(const struct zone_lease_table *table,
                                         const struct zone_lease_id *id)
{
    if (table->count == 0) {
        return NULL;
    }
    const struct entry *entry = table->slots[slot_of(table, id, hash_of(table, id))];
    return entry ? &entry->lease : NULL;
}

void zone_lease_set(struct zone_lease_table *table, const struct zone_lease_id *id,
                    const struct zone_lease_term *term)
{
    uint64_t hash = hash_of(table, id);
    size_t slot = slot_of(table, id, hash);
    struct entry *entry = table->slots[slot];
    if (entry) {
        entry->lease.term = *term;
        sift_up(&table->heaps[entry->rank], entry);
        sift_down(&table->heaps[entry->rank], entry);
        return;
    }
    size_t len = dns_name_len(id->owner);
    entry = mem_alloc(sizeof(*entry) + len);
    memcpy(entry->owner, id->owner, len);
    entry->lease = (struct zone_lease){{entry->owner, id->type, id->digest}, *term};
    entry->hash = hash;
    entry->rank = (uint8_t)rank_of(id->type);
    table->slots[slot] = entry;
    heap_add(&table->heaps[entry->rank], entry);
    if (2 * ++table->count > table->slot_count) {
        grow(table);
    }
}

/* Close the gap that an entry leaves: those behind it that may move up do, so that probing ends at
 * the first empty slot. */
static void close_gap(struct zone_lease_table *table, size_t gap)
{
    size_t mask = table->slot_count - 1;
    for (size_t at = (gap + 1) & mask; table->slots[at]; at = (at + 1) & mask) {
        size_t home = table->slots[at]->hash & mask;
        if (((at - home) & mask) >= ((at - gap) & mask)) {
            table->slots[gap] = table->slots[at];
            gap = at;
        }
    }
    table->slots[gap] = NULL;
}

void zone_lease_remove(struct zone_lease_table *table, const struct zone_lease_id *id)
{
    size_t slot = slot_of(table, id, hash_of(table, id));
    struct entry *entry = table->slots[slot];
    if (entry) {
        close_gap(table, slot);
        heap_remove(&table->heaps[entry->rank], entry);
        mem_free(entry);
        table->count--;
    }
}

void zone_lease_each(const struct zone_lease_table *table,
                     void (*visit)(void *context, const struct zone_lease *lease), void *context)
{
    for (unsigned rank = 0; rank < RANKS; rank++) {
        for (size_t i = 0; i < table->heaps[rank].count; i++) {
            visit(context, &table->heaps[rank].entries[i]->lease);
        }
    }
}

/* What is due is a piece of the heap that begins at its top. */
static size_t take_due(const struct heap *heap, size_t place, int64_t now_s,
                       const struct zone_lease **out_leases, size_t max)
{
    if (max == 0 || place >= heap->count || heap->entries[place]->lease.term.due_s > now_s) {
        return 0;
    }
    out_leases[0] = &heap->entries[place]->lease;
    size_t count = 1;
    for (size_t child = 2 * place + 1; child <= 2 * place + 2; child++) {
        count += take_due(heap, child, now_s, out_leases + count, max - count);
    }
    return count;
}

size_t zone_lease_due(const struct zone_lease_table *table, int64_t now_s,
                      const struct zone_lease **out_leases, size_t max)
{
    size_t count = 0;
    for (unsigned rank = 0; rank < RANKS; rank++) {
        count += take_due(&table->heaps[rank], 0, now_s, out_leases + count, max - count);
    }
    return count;
}

static int64_t grace_of(const struct zone_lease_term *term)
{
    int64_t interval_s = (int64_t)term->length_s * REFRESH_PERCENT / 100;
    return interval_s < ZONE_LEASE_GRACE_MAX_S ? interval_s : ZONE_LEASE_GRACE_MAX_S;
}

void zone_lease_defer(struct zone_lease_table *table, int64_t now_s)
{
    for (unsigned rank = 0; rank < RANKS; rank++) {
        struct heap *heap = &table->heaps[rank];
        for (size_t i = 0; i < heap->count; i++) {
            struct zone_lease_term *term = &heap->entries[i]->lease.term;
            int64_t soonest_s = now_s + grace_of(term);
            term->due_s = term->due_s > soonest_s ? term->due_s : soonest_s;
        }
        for (size_t i = heap->count / 2; i-- > 0;) { /* from the lowest parent up: a heap again */
            sift_down(heap, heap->entries[i]);
        }
    }
}
