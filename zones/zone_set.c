#include "zones/zone_set.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

struct zone_set {
    size_t count;
    uint64_t depths; /* bit n: some zone has n labels (63 for more) */
    uint64_t mask;
    struct hash_key key;
    struct zone **sorted;
    struct zone **slots; /* by hash of the name */
    uint64_t *hashes;
};

static int compare_names(const void *a, const void *b)
{
    struct zone *const *x = a, *const *y = b;
    return dns_name_compare(zone_name(*x), zone_name(*y));
}

struct zone_set *zone_set_create(struct zone *const *zones, size_t count,
                                 const struct hash_key *key)
{
    struct zone_set *set = mem_alloc(sizeof(*set));
    uint64_t slots = 2;
    while (slots < 2 * count) {
        slots *= 2;
    }
    set->count = count;
    set->mask = slots - 1;
    set->key = *key;
    set->sorted = mem_grow(NULL, count ? count : 1, sizeof(struct zone *));
    set->slots = mem_alloc(slots * sizeof(struct zone *));
    set->hashes = mem_alloc(slots * sizeof(uint64_t));
    for (size_t i = 0; i < count; i++) {
        struct zone *zone = zone_ref(zones[i]);
        struct dns_labels labels;
        dns_name_index(key, zone_name(zone), &labels);
        uint64_t at = labels.hash[0] & set->mask;
        while (set->slots[at]) {
            at = (at + 1) & set->mask;
        }
        set->sorted[i] = zone;
        set->slots[at] = zone;
        set->hashes[at] = labels.hash[0];
        set->depths |= (uint64_t)1 << (labels.count < 63 ? labels.count : 63);
    }
    for (size_t i = 1; i < count; i++) { /* they mostly come in order */
        if (compare_names(&set->sorted[i - 1], &set->sorted[i]) > 0) {
            qsort(set->sorted, count, sizeof(struct zone *), compare_names);
            break;
        }
    }
    return set;
}

void zone_set_destroy(struct zone_set *set)
{
    if (!set) {
        return;
    }
    for (size_t i = 0; i < set->count; i++) {
        zone_unref(set->sorted[i]);
    }
    mem_free(set->sorted);
    mem_free(set->slots);
    mem_free(set->hashes);
    mem_free(set);
}

static struct zone *probe(const struct zone_set *set, const uint8_t *name, uint64_t hash)
{
    for (uint64_t at = hash & set->mask; set->slots[at]; at = (at + 1) & set->mask) {
        if (set->hashes[at] == hash && dns_name_equal(zone_name(set->slots[at]), name)) {
            return set->slots[at];
        }
    }
    return NULL;
}

struct zone *zone_set_find(const struct zone_set *set, const uint8_t *name,
                           const struct dns_labels *labels, unsigned skip)
{
    for (unsigned i = skip; i <= labels->count; i++) {
        unsigned depth = labels->count - i;
        if (!(set->depths >> (depth < 63 ? depth : 63) & 1)) {
            continue;
        }
        struct zone *zone = probe(set, name + labels->offset[i], labels->hash[i]);
        if (zone) {
            return zone;
        }
    }
    return NULL;
}

struct zone *zone_set_get(const struct zone_set *set, const uint8_t *name)
{
    uint8_t lower[DNS_NAME_MAX];
    struct dns_labels labels;
    dns_name_lower(name, dns_name_len(name), lower);
    dns_name_index(&set->key, lower, &labels);
    return probe(set, lower, labels.hash[0]);
}

size_t zone_set_count(const struct zone_set *set)
{
    return set->count;
}

struct zone *zone_set_at(const struct zone_set *set, size_t i)
{
    return set->sorted[i];
}
