#include "zones/zone.h"

#include <pthread.h>
#include <string.h>

#include "base/check.h"
#include "base/mem.h"
#include "base/rcu.h"
#include "zones/dns_name.h"
#include "zones/dns_rdata.h"
#include "zones/dns_type.h"
#include "zones/zone_table.h"

/* Octets of a node that are fetched ahead: a name of three or four RRsets; what is longer the
 * hardware follows by itself. */
enum { CACHE_LINE = 64, PREFETCH_LEN = 5 * CACHE_LINE };

enum { WALK_AHEAD = 16 }; /* slots: names lie in memory in no order */

/* A node that was replaced in `version`: readers of older versions may still need it. */
struct retired {
    struct zone_node *node;
    uint64_t version;
};

struct retired_list {
    struct retired *items;
    size_t count, room;
};

/* Nodes on their way out: freed together after a grace period. */
struct burial {
    struct rcu_later later;
    size_t count, room;
    struct zone_node *nodes[];
};

struct zone {
    struct rcu_later later;
    uint64_t refs;
    uint8_t name[DNS_NAME_MAX];
    size_t name_len;
    unsigned labels;
    struct hash_key key;
    uint64_t hash; /* of the name */
    struct zone_table *table;
    uint64_t table_number; /* of the table, from 1 */
    uint64_t version;      /* published */
    uint64_t graced;       /* no reader without a pin sees a version below this one */
    uint64_t cut_depths;   /* grow only */
    bool wildcards;
    bool hidden;
    struct zone_size size;             /* octets of the nodes alone */
    uint64_t slots;                    /* of the table, for zone_measure */
    uint64_t dead;                     /* the writer's: heads in the table whose name is gone */
    uint64_t dead_kept;                /* of them, those that the last rebuild had to keep */
    struct retired_list retired, held; /* the writer's: in order of version; held by a pin */
    struct zone_attachment *attachment;
    pthread_mutex_t pin_lock;
    struct zone_pin *pins;
    bool unpinned; /* under pin_lock: a pin went since the last reclaim */
};

/* Tells that everything before a version is out of sight. */
struct marker {
    struct rcu_later later;
    struct zone *zone;
    uint64_t version;
};

struct zone *zone_create(const uint8_t *name, const struct hash_key *key)
{
    struct zone *zone = mem_alloc(sizeof(*zone));
    zone->refs = 1;
    zone->name_len = dns_name_len(name);
    dns_name_lower(name, zone->name_len, zone->name);
    zone->labels = dns_name_labels(name);
    zone->key = *key;
    struct dns_labels labels;
    dns_name_index(key, zone->name, &labels);
    zone->hash = labels.hash[0];
    zone->table = zone_table_create(ZONE_TABLE_LEAST);
    zone->table_number = 1;
    pthread_mutex_init(&zone->pin_lock, NULL);
    return zone;
}

static void zone_free(struct rcu_later *later)
{
    struct zone *zone = (struct zone *)(void *)later; /* later is the first member */
    for (uint64_t i = 0; i <= zone->table->mask; i++) {
        for (struct zone_node *node = zone_table_node(zone->table->slots[i]), *older; node;
             node = older) {
            older = node->older;
            mem_free(node);
        }
    }
    mem_free(zone->table);
    mem_free(zone->retired.items);
    mem_free(zone->held.items);
    pthread_mutex_destroy(&zone->pin_lock);
    if (zone->attachment) {
        zone->attachment->release(&zone->attachment->later);
    }
    mem_free(zone);
}

struct zone *zone_ref(struct zone *zone)
{
    __atomic_fetch_add(&zone->refs, 1, __ATOMIC_RELAXED);
    return zone;
}

void zone_unref(struct zone *zone)
{
    if (zone && __atomic_sub_fetch(&zone->refs, 1, __ATOMIC_ACQ_REL) == 0) {
        rcu_defer(&zone->later, zone_free);
    }
}

const uint8_t *zone_name(const struct zone *zone)
{
    return zone->name;
}

unsigned zone_labels(const struct zone *zone)
{
    return zone->labels;
}

const struct hash_key *zone_key(const struct zone *zone)
{
    return &zone->key;
}

uint64_t zone_version(const struct zone *zone)
{
    return rcu_read(zone->version);
}

/* Version first, table second: a table is never older than the version that was read before it. */
const struct zone_node *zone_get(const struct zone *zone, uint64_t version, const uint8_t *owner,
                                 size_t len, uint64_t hash)
{
    const struct zone_node *node =
        zone_table_node(rcu_read(*zone_table_slot(rcu_read(zone->table), owner, len, hash)));
    while (node && node->version > version) {
        node = rcu_read(node->older);
    }
    return node && zone_node_exists(node) ? node : NULL;
}

const struct zone_node *zone_apex(const struct zone *zone, uint64_t version)
{
    return zone_get(zone, version, zone->name, zone->name_len, zone->hash);
}

uint32_t zone_serial(const struct zone *zone, uint64_t version)
{
    struct dns_soa soa;
    return zone_node_soa(zone_apex(zone, version), &soa) ? soa.serial : 0;
}

void zone_prefetch_slot(const struct zone *zone, uint64_t hash)
{
    const struct zone_table *table = rcu_read(zone->table);
    __builtin_prefetch(&table->slots[hash & table->mask]);
}

void zone_prefetch_node(const struct zone *zone, uint64_t hash)
{
    const struct zone_table *table = rcu_read(zone->table);
    uint64_t i = hash & table->mask, slot;
    while ((slot = rcu_read(table->slots[i])) != 0 &&
           slot >> ZONE_TABLE_TAG_SHIFT != zone_table_tag(hash)) {
        i = (i + 1) & table->mask;
    }
    const char *node = (const char *)zone_table_node(slot);
    for (size_t at = 0; node && at < PREFETCH_LEN; at += CACHE_LINE) {
        __builtin_prefetch(node + at);
    }
}

uint64_t zone_cut_depths(const struct zone *zone)
{
    return __atomic_load_n(&zone->cut_depths, __ATOMIC_RELAXED);
}

void zone_hide(struct zone *zone, bool hidden)
{
    __atomic_store_n(&zone->hidden, hidden, __ATOMIC_RELAXED);
}

bool zone_is_hidden(const struct zone *zone)
{
    return __atomic_load_n(&zone->hidden, __ATOMIC_RELAXED);
}

void zone_attach(struct zone *zone, struct zone_attachment *attachment)
{
    struct zone_attachment *old = zone->attachment;
    rcu_publish(zone->attachment, attachment);
    if (old) {
        rcu_defer(&old->later, old->release);
    }
}

struct zone_attachment *zone_attached(const struct zone *zone)
{
    return rcu_read(zone->attachment);
}

bool zone_has_wildcards(const struct zone *zone)
{
    return __atomic_load_n(&zone->wildcards, __ATOMIC_RELAXED);
}

struct zone_size zone_measure_nodes(const struct zone *zone)
{
    return (struct zone_size){
        .names = __atomic_load_n(&zone->size.names, __ATOMIC_RELAXED),
        .records = __atomic_load_n(&zone->size.records, __ATOMIC_RELAXED),
        .octets = __atomic_load_n(&zone->size.octets, __ATOMIC_RELAXED),
    };
}

struct zone_size zone_measure(const struct zone *zone)
{
    struct zone_size size = zone_measure_nodes(zone);
    size.octets += (__atomic_load_n(&zone->slots, __ATOMIC_RELAXED)) * sizeof(uint64_t);
    return size;
}

uint64_t zone_pin(struct zone *zone, struct zone_pin *pin)
{
    pthread_mutex_lock(&zone->pin_lock);
    pin->version = zone_version(zone);
    pin->next = zone->pins;
    zone->pins = pin;
    pthread_mutex_unlock(&zone->pin_lock);
    zone_ref(zone);
    return pin->version;
}

void zone_unpin(struct zone *zone, struct zone_pin *pin)
{
    pthread_mutex_lock(&zone->pin_lock);
    struct zone_pin **at = &zone->pins;
    while (*at != pin) {
        at = &(*at)->next;
    }
    *at = pin->next;
    zone->unpinned = true;
    pthread_mutex_unlock(&zone->pin_lock);
    zone_unref(zone);
}

int zone_walk(const struct zone *zone, uint64_t version,
              int (*visit)(void *context, const struct zone_node *node), void *context)
{
    const struct zone_table *table = rcu_read(zone->table);
    for (uint64_t i = 0; i <= table->mask; i++) {
        __builtin_prefetch(zone_table_node(table->slots[(i + WALK_AHEAD) & table->mask]));
        const struct zone_node *node = zone_table_node(rcu_read(table->slots[i]));
        while (node && node->version > version) {
            node = rcu_read(node->older);
        }
        int result = node && zone_node_exists(node) ? visit(context, node) : 0;
        if (result) {
            return result;
        }
    }
    return 0;
}

bool zone_walk_part(const struct zone *zone, struct zone_cursor *cursor, uint64_t steps,
                    uint64_t after, void (*visit)(void *context, const struct zone_node *node),
                    void *context)
{
    const struct zone_table *table = zone->table;
    if (cursor->table != zone->table_number) { /* not its address: that may come again */
        *cursor = (struct zone_cursor){zone->table_number, 0};
    }
    for (; steps > 0 && cursor->at <= table->mask; steps--, cursor->at++) {
        const struct zone_node *node = zone_table_node(table->slots[cursor->at]);
        if (node && node->version > after && zone_node_exists(node)) {
            visit(context, node);
        }
    }
    return cursor->at <= table->mask;
}

static void retire(struct retired_list *list, struct zone_node *node, uint64_t version)
{
    if (list->count == list->room) {
        list->room = list->room ? 2 * list->room : 64;
        list->items = mem_grow(list->items, list->room, sizeof(*list->items));
    }
    list->items[list->count++] = (struct retired){node, version};
}

static void burial_free(struct rcu_later *later)
{
    struct burial *burial = (struct burial *)(void *)later; /* later is the first member */
    for (size_t i = 0; i < burial->count; i++) {
        mem_free(burial->nodes[i]);
    }
    mem_free(burial);
}

static struct burial *burial_add(struct burial *burial, struct zone_node *node)
{
    if (!burial || burial->count == burial->room) {
        size_t room = burial ? 2 * burial->room : 64;
        size_t count = burial ? burial->count : 0;
        burial = mem_grow(burial, 1, sizeof(*burial) + room * sizeof(burial->nodes[0]));
        burial->room = room;
        burial->count = count;
    }
    burial->nodes[burial->count++] = node;
    return burial;
}

/* A new table with room for `add` more names, without the names that are gone for every reader. */
static void table_rebuild(struct zone *zone, size_t add)
{
    struct zone_table *old = zone->table;
    uint64_t slots = old->mask + 1, kept = zone_table_kept(old);
    while ((kept + add) * 2 > slots) {
        slots *= 2;
    }
    struct zone_table *table = zone_table_create(slots);
    struct burial *burial = NULL;
    for (uint64_t i = 0; i <= old->mask; i++) {
        struct zone_node *node = zone_table_node(old->slots[i]);
        if (!node) {
            continue;
        }
        if (zone_table_is_gone(node)) {
            burial = burial_add(burial, node);
            zone->dead--;
            continue;
        }
        *zone_table_slot(table, node->owner, node->owner_len, node->hash) = old->slots[i];
        table->used++;
    }
    zone->dead_kept = zone->dead;
    zone->table_number++;
    rcu_publish(zone->table, table);
    zone_table_retire(old);
    if (burial) {
        rcu_defer(&burial->later, burial_free);
    }
}

static void note_shape(struct zone *zone, const struct zone_node *node)
{
    bool cut = node->labels > zone->labels && zone_node_find(node, DNS_TYPE_NS);
    if (cut || zone_node_find(node, DNS_TYPE_DNAME)) {
        unsigned depth = node->labels < 63 ? node->labels : 63;
        __atomic_fetch_or(&zone->cut_depths, (uint64_t)1 << depth, __ATOMIC_RELAXED);
    }
    if (node->owner[0] == 1 && node->owner[1] == '*') {
        __atomic_store_n(&zone->wildcards, true, __ATOMIC_RELAXED);
    }
}

static void marker_done(struct rcu_later *later)
{
    struct marker *marker = (struct marker *)(void *)later; /* later is the first member */
    __atomic_store_n(&marker->zone->graced, marker->version, __ATOMIC_RELEASE);
    zone_unref(marker->zone);
    mem_free(marker);
}

static void install(struct zone *zone, struct zone_node *node, uint64_t version)
{
    uint64_t *slot = zone_table_slot(zone->table, node->owner, node->owner_len, node->hash);
    struct zone_node *old = zone_table_node(*slot);
    CHECK(node->version == version);
    note_shape(zone, node);
    if (old) {
        zone->dead -= zone_node_exists(old) ? 0 : 1;
        retire(&zone->retired, old, version);
    } else {
        zone->table->used++;
    }
    zone->dead += zone_node_exists(node) ? 0 : 1;
    node->older = old;
    rcu_publish(*slot, zone_table_word(node));
}

void zone_publish(struct zone *zone, struct zone_node **nodes, size_t count,
                  const struct zone_size *size)
{
    uint64_t version = zone->version + 1;
    uint64_t slots = zone->table->mask + 1;
    if ((zone->table->used + count) * 3 > slots * 2 || zone->dead > zone->dead_kept + slots / 4) {
        table_rebuild(zone, count);
    }
    for (size_t i = 0; i < count; i++) {
        install(zone, nodes[i], version);
    }
    __atomic_store_n(&zone->size.names, size->names, __ATOMIC_RELAXED);
    __atomic_store_n(&zone->size.records, size->records, __ATOMIC_RELAXED);
    __atomic_store_n(&zone->size.octets, size->octets, __ATOMIC_RELAXED);
    __atomic_store_n(&zone->slots, zone->table->mask + 1, __ATOMIC_RELAXED);
    rcu_publish(zone->version, version); /* from here on readers see the whole commit at once */
    struct marker *marker = mem_alloc(sizeof(*marker));
    marker->zone = zone_ref(zone);
    marker->version = version;
    rcu_defer(&marker->later, marker_done);
    zone_reclaim(zone);
}

/* Take a replaced node out of the chain of its name; readers may still stand on it. */
static void unlink_node(struct zone *zone, const struct zone_node *node)
{
    struct zone_node *at =
        zone_table_node(*zone_table_slot(zone->table, node->owner, node->owner_len, node->hash));
    while (at && at->older != node) {
        at = at->older;
    }
    CHECK(at);
    rcu_publish(at->older, node->older);
}

static bool is_pinned(const struct zone_pin *pins, const struct retired *item)
{
    for (; pins; pins = pins->next) {
        if (item->node->version <= pins->version && pins->version < item->version) {
            return true;
        }
    }
    return false;
}

/* Bury what of a list nobody needs: all items up to the graced version without a pin on them.
 * Pinned items go to `held`. Returns how many items from the front were dealt with. */
static size_t sift(struct zone *zone, const struct retired_list *list, struct retired_list *held,
                   struct burial **burial)
{
    uint64_t graced = rcu_read(zone->graced);
    size_t i = 0;
    for (; i < list->count && list->items[i].version <= graced; i++) {
        struct retired *item = &list->items[i];
        if (is_pinned(zone->pins, item)) {
            retire(held, item->node, item->version);
            continue;
        }
        unlink_node(zone, item->node);
        *burial = burial_add(*burial, item->node);
    }
    return i;
}

void zone_reclaim(struct zone *zone)
{
    struct burial *burial = NULL;
    pthread_mutex_lock(&zone->pin_lock); /* pins stand still while they are compared */
    if (zone->unpinned) {
        struct retired_list again = zone->held;
        zone->held = (struct retired_list){0};
        zone->unpinned = false;
        sift(zone, &again, &zone->held, &burial);
        mem_free(again.items);
    }
    size_t done = sift(zone, &zone->retired, &zone->held, &burial);
    pthread_mutex_unlock(&zone->pin_lock);
    zone->retired.count -= done;
    if (done > 0 && zone->retired.count > 0) {
        memmove(zone->retired.items, zone->retired.items + done,
                zone->retired.count * sizeof(struct retired));
    }
    if (burial) {
        rcu_defer(&burial->later, burial_free);
    }
}
