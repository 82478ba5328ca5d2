#include "server/regions_table.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/mem.h"

enum {
    DEPTH_MAX = 129, /* prefixes inside each other */
    HALF = 64,       /* bits of half an address */
    FAN = 8,         /* keys of a node: a cache line of them */
    LEVELS_MAX = 11, /* 8^11 keys */
};

/* An address of either family, IPv4 in the first 32 bits. */
struct key {
    uint64_t high, low;
};

/* A network; the ones that hold it are found by going up. */
struct entry {
    uint32_t place;  /* and 1 */
    uint32_t parent; /* the network around it, and 1; 0: none */
    unsigned bits;
};

/* Addresses up to the start of the next one. */
struct range {
    uint32_t entry;       /* and 1; 0: in no network */
    uint32_t place;       /* of the entry; 0: none */
    uint32_t first, last; /* ranges around it with the same place */
};

/* First halves of starts, then every FAN-th of the level before. */
struct level {
    uint64_t *keys;
    size_t last; /* position of the last one; what fills up the node is not less than any */
};

/* Kept small, part by part: a look-up in a large table waits for memory. */
struct regions_table {
    unsigned octets; /* of an address */
    size_t count;
    struct range *ranges;
    uint64_t *lows; /* second halves of starts; NULL: all are 0 */
    struct entry *entries;
    struct level levels[LEVELS_MAX];
    unsigned level_count; /* the last one is a single node */
};

/* A row while the table is made. */
struct item {
    struct key key;
    unsigned bits;
    size_t row;
};

static struct key read_key(const uint8_t *address, unsigned octets)
{
    uint8_t whole[16] = {0};
    struct key key = {0, 0};
    memcpy(whole, address, octets);
    for (unsigned i = 0; i < 8; i++) {
        key.high = key.high << 8 | whole[i];
        key.low = key.low << 8 | whole[i + 8];
    }
    return key;
}

static bool is_up_to(const struct key *a, const struct key *b)
{
    return a->high < b->high || (a->high == b->high && a->low <= b->low);
}

static bool is_same(const struct key *a, const struct key *b)
{
    return a->high == b->high && a->low == b->low;
}

static struct key before(struct key key)
{
    return (struct key){key.high - (key.low == 0), key.low - 1};
}

/* The first address behind a network; false: there is none. */
static bool behind(const struct item *item, struct key *out_key)
{
    *out_key = item->key;
    if (item->bits > HALF) {
        out_key->low += 1ull << (2 * HALF - item->bits);
        out_key->high += out_key->low == 0;
        return out_key->low != 0 || out_key->high != 0;
    }
    out_key->high += item->bits > 0 ? 1ull << (HALF - item->bits) : 0;
    return item->bits > 0 && out_key->high != 0;
}

static int compare(const void *a, const void *b)
{
    const struct item *x = a, *y = b;
    if (!is_same(&x->key, &y->key)) {
        return is_up_to(&x->key, &y->key) ? -1 : 1;
    }
    if (x->bits != y->bits) {
        return x->bits < y->bits ? -1 : 1;
    }
    return x->row < y->row ? -1 : x->row > y->row;
}

struct builder {
    struct regions_table *table;
    const struct item *items;
    uint32_t open[DEPTH_MAX]; /* networks around where we are, outermost first */
    unsigned depth;
};

static struct key start_of(const struct regions_table *table, size_t range)
{
    return (struct key){table->levels[0].keys[range], table->lows ? table->lows[range] : 0};
}

static uint32_t innermost(const struct builder *builder)
{
    return builder->depth > 0 ? builder->open[builder->depth - 1] + 1 : 0;
}

/* A range begins; of several at one address the last one stays. */
static void begin(struct builder *builder, struct key key)
{
    struct regions_table *table = builder->table;
    struct key last = table->count > 0 ? start_of(table, table->count - 1) : key;
    table->count += table->count == 0 || !is_same(&last, &key);
    struct range *range = &table->ranges[table->count - 1];
    table->levels[0].keys[table->count - 1] = key.high;
    table->lows[table->count - 1] = key.low;
    range->entry = innermost(builder);
    range->place = range->entry > 0 ? table->entries[range->entry - 1].place : REGIONS_TABLE_NONE;
}

/* Leave the networks that end up to a key, or all. */
static void leave(struct builder *builder, const struct key *up_to)
{
    while (builder->depth > 0) {
        struct key next;
        bool has_next = behind(&builder->items[builder->open[builder->depth - 1]], &next);
        if (up_to && (!has_next || !is_up_to(&next, up_to))) {
            return;
        }
        builder->depth--;
        if (has_next) {
            begin(builder, next);
        }
    }
}

/* Neighbours with one place count as one when a scope is told. */
static void join(struct regions_table *table)
{
    struct range *ranges = table->ranges;
    for (size_t i = 0; i < table->count; i++) {
        bool same = i > 0 && ranges[i].place == ranges[i - 1].place;
        ranges[i].first = same ? ranges[i - 1].first : (uint32_t)i;
    }
    for (size_t i = table->count; i-- > 0;) {
        bool same = i + 1 < table->count && ranges[i].place == ranges[i + 1].place;
        ranges[i].last = same ? ranges[i + 1].last : (uint32_t)i;
    }
}

/* Without networks of more than 64 bits the second halves are not kept. */
static void settle_lows(struct regions_table *table)
{
    uint64_t any = 0;
    for (size_t i = 0; i < table->count; i++) {
        any |= table->lows[i];
    }
    if (any == 0) {
        mem_free(table->lows);
        table->lows = NULL;
    }
}

static size_t fill_up(size_t count)
{
    return (count + FAN - 1) / FAN * FAN;
}

/* The lowest level is there; those above it, up to a single node. */
static void make_levels(struct regions_table *table)
{
    for (size_t count = table->count;; count = fill_up(count) / FAN) {
        struct level *level = &table->levels[table->level_count++];
        level->last = count - 1;
        for (size_t i = count; i < fill_up(count); i++) {
            level->keys[i] = UINT64_MAX;
        }
        if (count <= FAN) {
            return;
        }
        level[1].keys = mem_alloc(fill_up(fill_up(count) / FAN) * sizeof(*level->keys));
        for (size_t i = 0; i < count; i += FAN) {
            level[1].keys[i / FAN] = level->keys[i];
        }
    }
}

static void build(struct regions_table *table, const struct item *items, size_t count,
                  const struct regions_table_row *rows)
{
    struct builder builder = {.table = table, .items = items};
    begin(&builder, (struct key){0, 0});
    for (size_t i = 0; i < count; i++) {
        leave(&builder, &items[i].key);
        table->entries[i] =
            (struct entry){rows[items[i].row].place + 1, innermost(&builder), items[i].bits};
        builder.open[builder.depth++] = (uint32_t)i;
        begin(&builder, items[i].key);
    }
    leave(&builder, NULL);
    join(table);
    settle_lows(table);
    make_levels(table);
}

/* Rows of one family in order; the second one of two that are equal goes to *out_twice. */
static int sort(const struct regions_table_row *rows, size_t count, unsigned family,
                struct item *items, size_t *out_count, size_t *out_twice)
{
    size_t taken = 0;
    for (size_t i = 0; i < count; i++) {
        const struct server_conf_prefix *network = &rows[i].network;
        if (network->family == family) {
            struct key key = read_key(network->address, family == 4 ? 4 : 16);
            items[taken++] = (struct item){key, network->bits, i};
        }
    }
    qsort(items, taken, sizeof(*items), compare);
    for (size_t i = 1; i < taken; i++) {
        if (is_same(&items[i].key, &items[i - 1].key) && items[i].bits == items[i - 1].bits) {
            *out_twice = items[i].row;
            return ERR_EXISTS;
        }
    }
    *out_count = taken;
    return 0;
}

int regions_table_create(const struct regions_table_row *rows, size_t count, unsigned family,
                         struct regions_table **out_table, size_t *out_twice)
{
    struct item *items = mem_alloc((count + 1) * sizeof(*items));
    size_t taken = 0;
    int err = sort(rows, count, family, items, &taken, out_twice);
    if (!err) {
        struct regions_table *table = mem_alloc(sizeof(*table));
        table->octets = family == 4 ? 4 : 16;
        const size_t most = 2 * taken + 1; /* each network begins a range, and ends one */
        table->levels[0].keys = mem_alloc(fill_up(most) * sizeof(*table->levels[0].keys));
        table->lows = mem_alloc(most * sizeof(*table->lows));
        table->ranges = mem_alloc(most * sizeof(*table->ranges));
        table->entries = mem_alloc((taken + 1) * sizeof(*table->entries));
        build(table, items, taken, rows);
        *out_table = table;
    }
    mem_free(items);
    return err;
}

void regions_table_destroy(struct regions_table *table)
{
    if (table) {
        for (unsigned i = 0; i < table->level_count; i++) {
            mem_free(table->levels[i].keys);
        }
        mem_free(table->lows);
        mem_free(table->ranges);
        mem_free(table->entries);
        mem_free(table);
    }
}

/* The last range whose start has a first half up to that of the key. */
static size_t find_half(const struct regions_table *table, uint64_t high)
{
    size_t at = 0;
    for (unsigned i = table->level_count; i-- > 0;) {
        const struct level *level = &table->levels[i];
        const uint64_t *node = level->keys + at * FAN;
        size_t below = 0;
        for (unsigned j = 0; j < FAN; j++) { /* all of them: no branch to guess */
            below += node[j] <= high;
        }
        at = at * FAN + below - 1; /* the first one of a node is never behind the key */
        at = at < level->last ? at : level->last;
    }
    return at;
}

static size_t find_range(const struct regions_table *table, const struct key *key)
{
    size_t at = find_half(table, key->high), low = 0;
    if (!table->lows) {
        return at;
    }
    struct key start = start_of(table, at);
    if (is_up_to(&start, key)) {
        return at;
    }
    for (size_t left = at; left > 1;) { /* networks of more than 64 bits side by side */
        size_t half = left / 2;
        start = start_of(table, low + half);
        low += is_up_to(&start, key) ? half : 0;
        left -= half;
    }
    return low;
}

/* Bits that a prefix of one address needs to leave the other one out. */
static unsigned bits_apart(const struct key *key, const struct key *other)
{
    uint64_t high = key->high ^ other->high, low = key->low ^ other->low;
    return 1 + (unsigned)(high ? __builtin_clzll(high) : HALF + __builtin_clzll(low));
}

/* The shortest prefix of an address that lies between the ends of all that has its place. */
static unsigned scope_of(const struct regions_table *table, size_t at, const struct key *key)
{
    size_t first = table->ranges[at].first, next = (size_t)table->ranges[at].last + 1;
    unsigned scope = 0;
    if (first > 0) {
        struct key end = before(start_of(table, first));
        scope = bits_apart(key, &end);
    }
    if (next < table->count) {
        struct key end = start_of(table, next);
        unsigned upper = bits_apart(key, &end);
        scope = upper > scope ? upper : scope;
    }
    return scope;
}

/* The longest network around a range that has no more bits, and its place. */
static uint32_t go_up(const struct regions_table *table, uint32_t entry, unsigned bits)
{
    while (entry > 0 && table->entries[entry - 1].bits > bits) {
        entry = table->entries[entry - 1].parent;
    }
    return entry > 0 ? table->entries[entry - 1].place : REGIONS_TABLE_NONE;
}

uint32_t regions_table_find(const struct regions_table *table, const uint8_t *address,
                            unsigned bits, uint8_t *out_scope)
{
    const struct key key = read_key(address, table->octets);
    const size_t at = find_range(table, &key);
    const struct range *range = &table->ranges[at];
    const unsigned scope = scope_of(table, at, &key);
    *out_scope = (uint8_t)scope;
    return scope > bits ? go_up(table, range->entry, bits) : range->place;
}
