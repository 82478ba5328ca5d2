#include "sched/choose/pools_copies.h"

#include <string.h>

#include "base/mem.h"
#include "sched/choose/pools_row.h"
#include "zones/dns_name.h"
#include "zones/dns_type.h"

/* What one name says. */
struct source {
    uint64_t hash;
    struct pools_copy *copies;
    size_t count;
    uint8_t name[]; /* wire form, lower case */
};

struct set {
    uint64_t made;
    struct pools_set set;
    struct pools_copy copies[];
};

static int compare(const void *a, const void *b)
{
    const struct source *x = a, *y = b;
    return x->hash != y->hash ? (x->hash > y->hash) - (x->hash < y->hash)
                              : dns_name_compare(x->name, y->name);
}

void pools_copies_init(struct pools_copies *copies, struct pools_turn *turn,
                       const struct hash_key *key, const uint8_t *apex)
{
    *copies = (struct pools_copies){turn, key, apex, pools_map_create(turn), {0}};
    sorted_init(&copies->sources, compare);
}

static void free_source(struct source *source)
{
    if (source) {
        mem_free(source->copies);
        mem_free(source);
    }
}

static bool free_item(void *item, void *context)
{
    (void)context;
    free_source(item);
    return true;
}

static struct set *set_of(uint64_t number)
{
    const struct pools_set *set = (const struct pools_set *)(uintptr_t)number;
    return (struct set *)(void *)((char *)(uintptr_t)set - offsetof(struct set, set));
}

static void free_set(void *context, uint64_t key, uint64_t number)
{
    (void)context;
    (void)key;
    mem_free(set_of(number));
}

void pools_copies_finish(struct pools_copies *copies)
{
    sorted_walk(&copies->sources, free_item, NULL);
    sorted_finish(&copies->sources);
    pools_map_each(copies->map, free_set, NULL);
    pools_map_destroy(copies->map);
}

/* `<set>.data`, `<model>.model`, `<image>.image` right above the apex. */
static bool is_set(const uint8_t *name, const uint8_t *apex)
{
    static const uint8_t *const kinds[] = {(const uint8_t *)"\4data", (const uint8_t *)"\5model",
                                           (const uint8_t *)"\5image"};
    unsigned labels = dns_name_labels(name), above = dns_name_labels(apex);
    if (labels < above + 2 || !dns_name_is_in(name, apex)) {
        return false;
    }
    const uint8_t *label = dns_name_up(name, labels - above - 1);
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        if (memcmp(label, kinds[i], kinds[i][0] + 1u) == 0) {
            return true;
        }
    }
    return false;
}

/* A copy that says where it is. */
static bool read_copy(const struct pools_copies *copies, struct cres_rdata record,
                      struct pools_copy *out)
{
    const uint8_t *value;
    size_t len;
    if (record.data[0] == 0) {
        return false;
    }
    *out = (struct pools_copy){.centre = pools_exact_hash(copies->key, record.data)};
    out->has_size = cres_uint(record.data, record.len, ATTR_KEY_size, &out->size_octets);
    out->pin = cres_find(record.data, record.len, ATTR_KEY_pin, &value, &len);
    if (cres_find(record.data, record.len, ATTR_KEY_jur, &value, &len)) {
        out->jur = pools_text_hash(copies->key, (const char *)value, len);
    }
    return true;
}

static struct source *read_source(const struct pools_copies *copies, const uint8_t *name,
                                  const struct zone_node *node)
{
    struct cres_rdata records[POOLS_COPIES_MAX];
    struct pools_copy found[POOLS_COPIES_MAX];
    size_t count = pools_row_records(node, DNS_TYPE_CDATA, records, POOLS_COPIES_MAX);
    size_t len = dns_name_len(name);
    struct source *source = mem_alloc(sizeof(*source) + len);
    memcpy(source->name, name, len);
    source->hash = pools_name_hash(copies->key, name, copies->apex);
    for (size_t i = 0; i < count; i++) {
        source->count += read_copy(copies, records[i], &found[source->count]) ? 1 : 0;
    }
    source->copies = mem_copy(found, source->count * sizeof(found[0]));
    return source;
}

struct gathering {
    uint64_t hash;
    size_t count;
    struct pools_copy copies[POOLS_COPIES_MAX];
};

static bool gather(void *item, void *context)
{
    const struct source *source = item;
    struct gathering *gathering = context;
    if (source->hash != gathering->hash) {
        return false;
    }
    size_t room = POOLS_COPIES_MAX - gathering->count;
    size_t count = source->count < room ? source->count : room;
    memcpy(gathering->copies + gathering->count, source->copies, count * sizeof(*source->copies));
    gathering->count += count;
    return gathering->count < POOLS_COPIES_MAX; /* who makes names chooses how many are one set */
}

/* The set of a hash, from all names that have it. */
static void publish(struct pools_copies *copies, const struct source *any)
{
    static const uint8_t root[] = ""; /* the first of all names */
    struct source *least = mem_alloc(sizeof(*least) + sizeof(root));
    struct gathering gathering = {.hash = any->hash};
    uint64_t number;
    least->hash = any->hash;
    sorted_walk_from(&copies->sources, least, gather, &gathering);
    mem_free(least);
    bool was = pools_map_find(copies->map, any->hash, &number);
    if (gathering.count > 0) {
        size_t size = gathering.count * sizeof(gathering.copies[0]);
        struct set *set = pools_turn_make(copies->turn, sizeof(*set) + size);
        memcpy(set->copies, gathering.copies, size);
        set->set = (struct pools_set){any->hash, set->copies, gathering.count};
        pools_map_put(copies->turn, &copies->map, any->hash, (uintptr_t)&set->set);
    } else {
        pools_map_remove(copies->turn, &copies->map, any->hash);
    }
    pools_turn_drop(copies->turn, was ? set_of(number) : NULL);
}

void pools_copies_renew(struct pools_copies *copies, const uint8_t *name,
                        const struct zone_node *node)
{
    if (!is_set(name, copies->apex)) {
        return;
    }
    struct source *source = read_source(copies, name, node);
    struct source *old = sorted_remove(&copies->sources, source);
    bool is_told = source->count > 0;
    if (is_told) {
        sorted_add(&copies->sources, source);
    }
    if (old || is_told) {
        publish(copies, source);
    }
    free_source(old);
    if (!is_told) {
        free_source(source);
    }
}
