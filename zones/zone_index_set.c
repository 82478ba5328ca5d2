#include "zones/zone_index_set.h"

#include <string.h>

#include "base/mem.h"
#include "zones/attr.h"
#include "zones/cres.h"
#include "zones/dns_name.h"
#include "zones/dns_type.h"

enum {
    LISTS_MAX = 8, /* of one pool: all pools, kind, region, and a few accelerators */
    TAG_MAX = DNS_LABEL_MAX - 1,
};

/* An index name and the pools that belong to it. First member: the name, so that both kinds sort
 * alike. */
struct list {
    uint8_t name[DNS_NAME_MAX];
    struct sorted pools; /* struct pool */
    bool is_dirty;
};

/* A name with CRES. It is in lists only while a centre is above it. */
struct pool {
    struct list *lists[LISTS_MAX];
    unsigned list_count;
    uint8_t name[]; /* lower-case wire form */
};

struct zone_index_set {
    uint8_t zone_name[DNS_NAME_MAX];
    struct sorted pools; /* struct pool, all */
    struct sorted lists; /* struct list */
};

static const uint8_t browse[] = "\10_compute\4_tcp"; /* without the root label */
static const uint8_t computed[] = "\4find";
static const uint8_t subtype[] = "\4_sub\10_compute\4_tcp";

static int compare_pools(const void *a, const void *b)
{
    return dns_name_compare(((const struct pool *)a)->name, ((const struct pool *)b)->name);
}

static int compare_lists(const void *a, const void *b)
{
    return dns_name_compare(((const struct list *)a)->name, ((const struct list *)b)->name);
}

struct zone_index_set *zone_index_set_create(const uint8_t *zone_name)
{
    struct zone_index_set *set = mem_alloc(sizeof(*set));
    memcpy(set->zone_name, zone_name, dns_name_len(zone_name));
    sorted_init(&set->pools, compare_pools);
    sorted_init(&set->lists, compare_lists);
    return set;
}

static bool free_item(void *item, void *context)
{
    (void)context;
    mem_free(item);
    return true;
}

static bool free_list(void *item, void *context)
{
    sorted_finish(&((struct list *)item)->pools);
    return free_item(item, context);
}

void zone_index_set_destroy(struct zone_index_set *set)
{
    if (!set) {
        return;
    }
    sorted_walk(&set->pools, free_item, NULL);
    sorted_walk(&set->lists, free_list, NULL);
    sorted_finish(&set->pools);
    sorted_finish(&set->lists);
    mem_free(set);
}

/* True when name is `front` directly above the zone. front_len counts without a root label. */
static bool is_above_zone(const uint8_t *zone_name, const uint8_t *name, const uint8_t *front,
                          size_t front_len)
{
    return dns_name_len(name) > front_len && memcmp(name, front, front_len) == 0 &&
           dns_name_equal(name + front_len, zone_name);
}

bool zone_index_set_is_list(const uint8_t *zone_name, const uint8_t *owner)
{
    if (is_above_zone(zone_name, owner, browse, sizeof(browse) - 1)) {
        return true;
    }
    return owner[0] > 1 && owner[1] == '_' &&
           is_above_zone(zone_name, dns_name_up(owner, 1), subtype, sizeof(subtype) - 1);
}

bool zone_index_set_is_computed(const uint8_t *zone_name, const uint8_t *owner)
{
    unsigned labels = dns_name_labels(owner), above = dns_name_labels(zone_name);
    return labels > above && is_above_zone(zone_name, dns_name_up(owner, labels - above - 1),
                                           computed, sizeof(computed) - 1);
}

/* The list of a subtype tag, or of all pools (tag NULL); made when absent, NULL when the tag can
 * not be a label. */
static struct list *list_of(struct zone_index_set *set, const char *tag, size_t len)
{
    struct list key;
    uint8_t front[DNS_NAME_MAX];
    struct wr wr = wr_make(front, sizeof(front));
    if (tag) {
        wr_u8(&wr, (unsigned)len + 1);
        wr_u8(&wr, '_');
        wr_bytes(&wr, tag, len);
        wr_bytes(&wr, subtype, sizeof(subtype) - 1);
    } else {
        wr_bytes(&wr, browse, sizeof(browse) - 1);
    }
    size_t name_len;
    if (len > TAG_MAX || dns_name_join(front, wr_len(&wr), set->zone_name, key.name, &name_len)) {
        return NULL;
    }
    dns_name_lower(key.name, name_len, key.name);
    struct list *list = sorted_find(&set->lists, &key);
    if (!list) {
        list = mem_alloc(sizeof(*list));
        memcpy(list->name, key.name, name_len);
        sorted_init(&list->pools, compare_pools);
        sorted_add(&set->lists, list);
    }
    return list;
}

static void enter(struct pool *pool, struct list *list)
{
    if (!list || pool->list_count == LISTS_MAX) {
        return;
    }
    for (unsigned i = 0; i < pool->list_count; i++) {
        if (pool->lists[i] == list) {
            return;
        }
    }
    pool->lists[pool->list_count++] = list;
    sorted_add(&list->pools, pool);
    list->is_dirty = true;
}

static void leave_all(struct pool *pool)
{
    for (unsigned i = 0; i < pool->list_count; i++) {
        sorted_remove(&pool->lists[i]->pools, pool);
        pool->lists[i]->is_dirty = true;
    }
    pool->list_count = 0;
}

/* Labels of letters, digits and hyphens only: what a stock DNS-SD client can ask for. */
static bool is_tag(const uint8_t *text, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        uint8_t c = text[i] | 0x20;
        if (!(c >= 'a' && c <= 'z') && !(text[i] >= '0' && text[i] <= '9') && text[i] != '-') {
            return false;
        }
    }
    return len > 0;
}

static void enter_text(struct zone_index_set *set, struct pool *pool, const struct zone_rr *rr,
                       uint16_t key)
{
    const uint8_t *value;
    size_t len;
    if (cres_find(rr->rdata, rr->len, key, &value, &len) && is_tag(value, len)) {
        enter(pool, list_of(set, (const char *)value, len));
    }
}

static void enter_kind(struct zone_index_set *set, struct pool *pool, const struct zone_rr *rr)
{
    uint64_t kind;
    size_t len = 0;
    if (cres_uint(rr->rdata, rr->len, ATTR_KEY_kind, &kind)) {
        const char *word = attr_word_get(attr_find(ATTR_KEY_kind), (unsigned)kind, &len);
        if (word) {
            enter(pool, list_of(set, word, len));
        }
    }
}

/* Put a pool into the lists where it belongs now; centre is the node above it, NULL when that is
 * no centre. */
static void place_pool(struct zone_index_set *set, struct pool *pool, const struct zone_node *node,
                       const struct zone_node *centre)
{
    struct zone_records records = zone_node_records(centre, DNS_TYPE_CENTRE);
    struct zone_rr rr;
    leave_all(pool);
    if (!records.pos) {
        return;
    }
    enter(pool, list_of(set, NULL, 0));
    while (zone_node_next(&records.pos, records.end, &rr)) {
        enter_kind(set, pool, &rr);
        enter_text(set, pool, &rr, ATTR_KEY_region);
    }
    records = zone_node_records(node, DNS_TYPE_CRES);
    while (zone_node_next(&records.pos, records.end, &rr)) {
        enter_text(set, pool, &rr, ATTR_KEY_acc);
    }
}

/* A pool to compare with, in the caller's room. */
static const struct pool *make_key(uint8_t *room, const uint8_t *owner)
{
    struct pool *key = (struct pool *)(void *)room;
    memcpy(key->name, owner, dns_name_len(owner));
    return key;
}

static struct pool *find_pool(const struct zone_index_set *set, const uint8_t *owner)
{
    _Alignas(struct pool) uint8_t room[sizeof(struct pool) + DNS_NAME_MAX];
    return sorted_find(&set->pools, make_key(room, owner));
}

static struct pool *add_pool(struct zone_index_set *set, const uint8_t *owner)
{
    size_t len = dns_name_len(owner);
    struct pool *pool = mem_alloc(sizeof(*pool) + len);
    memcpy(pool->name, owner, len);
    sorted_add(&set->pools, pool);
    return pool;
}

void zone_index_set_put(struct zone_index_set *set, const uint8_t *owner,
                        const struct zone_node *node, const struct zone_node *centre)
{
    struct pool *pool = find_pool(set, owner);
    place_pool(set, pool ? pool : add_pool(set, owner), node, centre);
}

void zone_index_set_remove(struct zone_index_set *set, const uint8_t *owner)
{
    struct pool *pool = find_pool(set, owner);
    if (pool) {
        leave_all(pool);
        mem_free(sorted_remove(&set->pools, pool));
    }
}

bool zone_index_set_is_listed(const struct zone_index_set *set, const uint8_t *owner)
{
    const struct pool *pool = find_pool(set, owner);
    return pool && pool->list_count > 0;
}

/* Names below one centre while they are gathered. */
struct gathering {
    const uint8_t *centre;
    unsigned labels;
    struct zone_index_names found;
};

static bool gather(void *item, void *context)
{
    struct gathering *gathering = context;
    struct zone_index_names *found = &gathering->found;
    const struct pool *pool = item;
    if (!dns_name_is_in(pool->name, gathering->centre)) {
        return false;
    }
    if (dns_name_labels(pool->name) != gathering->labels + 1) {
        return true;
    }
    if (found->count == found->room) {
        found->room = found->room ? 2 * found->room : 16;
        found->names = mem_grow(found->names, found->room, sizeof(*found->names));
    }
    found->names[found->count++] = pool->name;
    return true;
}

/* Canonical order keeps the names below a centre together, right behind it. */
struct zone_index_names zone_index_set_below(const struct zone_index_set *set,
                                             const uint8_t *centre)
{
    struct gathering gathering = {.centre = centre, .labels = dns_name_labels(centre)};
    _Alignas(struct pool) uint8_t room[sizeof(struct pool) + DNS_NAME_MAX];
    sorted_walk_from(&set->pools, make_key(room, centre), gather, &gathering);
    return gathering.found;
}

/* What zone_index_set_changed hands through the walk. */
struct visitor {
    void (*visit)(void *context, const uint8_t *name, const struct sorted *pools);
    void *context;
};

static bool visit_list(void *item, void *context)
{
    const struct visitor *visitor = context;
    struct list *list = item;
    if (list->is_dirty) {
        list->is_dirty = false;
        visitor->visit(visitor->context, list->name, &list->pools);
    }
    return true;
}

void zone_index_set_changed(struct zone_index_set *set,
                            void (*visit)(void *context, const uint8_t *name,
                                          const struct sorted *pools),
                            void *context)
{
    struct visitor visitor = {visit, context};
    sorted_walk(&set->lists, visit_list, &visitor);
}

const uint8_t *zone_index_set_name(const void *pool)
{
    return ((const struct pool *)pool)->name;
}
