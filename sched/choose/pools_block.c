#include "sched/choose/pools_block.h"

#include <string.h>

#include "base/mem.h"

struct column {
    uint64_t made;
    uint64_t value[POOLS_BLOCK];
};

struct block {
    uint64_t made;
    struct pools_block block;
};

struct pool {
    uint64_t made;
    struct pools_pool pool;
    struct pools_item items[];
};

static void *container(const void *member, size_t offset)
{
    return member ? (char *)(uintptr_t)member - offset : NULL;
}

static struct column *column_of(const uint64_t *value)
{
    return container(value, offsetof(struct column, value));
}

static struct block *block_of(const struct pools_block *block)
{
    return container(block, offsetof(struct block, block));
}

static struct pool *pool_of(const struct pools_pool *pool)
{
    return container(pool, offsetof(struct pool, pool));
}

void pools_block_init(struct pools_blocks *blocks, struct pools_turn *turn,
                      const struct hash_key *key)
{
    *blocks =
        (struct pools_blocks){.turn = turn, .key = key, .postings = pools_posting_create(turn)};
}

void pools_block_finish(struct pools_blocks *blocks)
{
    for (size_t i = 0; i < blocks->count; i++) {
        struct block *block = block_of(blocks->list->items[i]);
        for (unsigned column = 0; column < POOLS_COLUMNS; column++) {
            mem_free(column_of(block->block.value[column]));
        }
        for (unsigned at = 0; at < POOLS_BLOCK; at++) {
            mem_free(pool_of(block->block.pool[at]));
        }
        mem_free(block);
    }
    mem_free(blocks->list);
    mem_free(blocks->free);
    pools_posting_destroy(blocks->postings);
}

static void push_free(struct pools_blocks *blocks, uint32_t slot)
{
    if (blocks->free_count == blocks->free_room) {
        blocks->free_room = blocks->free_room ? 2 * blocks->free_room : POOLS_BLOCK;
        blocks->free = mem_grow(blocks->free, blocks->free_room, sizeof(*blocks->free));
    }
    blocks->free[blocks->free_count++] = slot;
}

uint32_t pools_block_take_slot(struct pools_blocks *blocks)
{
    if (blocks->free_count == 0) {
        struct block *block = pools_turn_make(blocks->turn, sizeof(*block));
        pools_turn_put(blocks->turn, &blocks->list, blocks->count, &block->block);
        blocks->count++;
        pools_posting_widen(blocks->turn, &blocks->postings, blocks->count);
        for (uint32_t at = POOLS_BLOCK; at > 0; at--) { /* the first slot is the next one */
            push_free(blocks, (uint32_t)(blocks->count - 1) * POOLS_BLOCK + at - 1);
        }
    }
    return blocks->free[--blocks->free_count];
}

static const struct pools_block *look(const struct pools_blocks *blocks, uint32_t slot)
{
    return blocks->list->items[slot / POOLS_BLOCK];
}

/* The block of a slot, to be changed. */
static struct pools_block *own(struct pools_blocks *blocks, uint32_t slot)
{
    struct block *old = block_of(look(blocks, slot));
    struct block *block = pools_turn_own(blocks->turn, old, sizeof(*old), 0);
    if (block != old) {
        pools_turn_put(blocks->turn, &blocks->list, slot / POOLS_BLOCK, &block->block);
    }
    return &block->block;
}

/* A value of a column, present or absent. */
struct cell {
    bool is_there;
    uint64_t value;
};

/* Value kinds of the columns. */
static const uint8_t kinds[POOLS_COLUMNS] = {
#define ATTR(name, number, kind, ...) [ATTR_INDEX_##name] = ATTR_##kind,
#include "zones/attr.def"
#undef ATTR
};

/* Lists and spans stand with the pool and its centre; that they are there is all a column says of them. */
static bool has_values(unsigned column)
{
    return kinds[column] != ATTR_LIST && kinds[column] != ATTR_SPAN;
}

static void move_words(struct pools_blocks *blocks, unsigned column, uint32_t slot,
                       struct cell from, struct cell to)
{
    uint64_t before = from.is_there ? from.value : 0, after = to.is_there ? to.value : 0;
    for (uint64_t left = before ^ after; left; left &= left - 1) {
        uint64_t word = left & -left;
        pools_posting_change(blocks->turn, &blocks->postings, blocks->key, column, word, slot,
                             (after & word) != 0);
    }
}

static void move_posting(struct pools_blocks *blocks, unsigned column, uint32_t slot,
                         struct cell from, struct cell to)
{
    if (!has_values(column) || !pools_posting_is_indexed(blocks->postings, column)) {
        return;
    }
    if (kinds[column] == ATTR_SET) {
        move_words(blocks, column, slot, from, to);
        return;
    }
    if (from.is_there) {
        pools_posting_change(blocks->turn, &blocks->postings, blocks->key, column, from.value, slot,
                             false);
    }
    if (to.is_there) {
        pools_posting_change(blocks->turn, &blocks->postings, blocks->key, column, to.value, slot,
                             true);
    }
}

static void write_cell(struct pools_blocks *blocks, struct pools_block *block, unsigned column,
                       uint32_t slot, struct cell to)
{
    uint64_t bit = (uint64_t)1 << slot % POOLS_BLOCK;
    struct column *values = column_of(block->value[column]);
    if (!to.is_there) {
        block->has[column] &= ~bit;
        if (block->has[column] == 0) {
            pools_turn_drop(blocks->turn, values);
            block->value[column] = NULL;
        }
        return;
    }
    block->has[column] |= bit;
    if (!has_values(column)) {
        return;
    }
    values = values ? pools_turn_own(blocks->turn, values, sizeof(*values), 0)
                    : pools_turn_make(blocks->turn, sizeof(*values));
    values->value[slot % POOLS_BLOCK] = to.value;
    block->value[column] = values->value;
}

/* Bring columns of a slot in line with a row (NULL: it has none), touching those alone that differ. */
static void put_columns(struct pools_blocks *blocks, uint32_t slot, const struct pools_row *row,
                        unsigned first, unsigned end)
{
    const struct pools_block *block = look(blocks, slot);
    struct pools_block *mine = NULL;
    unsigned at = slot % POOLS_BLOCK;
    for (unsigned column = first; column < end; column++) {
        struct cell from = {block->has[column] >> at & 1, 0};
        struct cell to = {row && pools_row_has(row, column), 0};
        from.value = from.is_there && block->value[column] ? block->value[column][at] : 0;
        to.value = to.is_there ? row->value[column] : 0;
        if (from.is_there == to.is_there && from.value == to.value) {
            continue;
        }
        block = mine = mine ? mine : own(blocks, slot);
        write_cell(blocks, mine, column, slot, to);
        move_posting(blocks, column, slot, from, to);
    }
}

static void change_item(struct pools_blocks *blocks, const struct pools_item *item, uint32_t slot,
                        bool is_there)
{
    unsigned column = (unsigned)(attr_find(item->key) - attr_get(0));
    pools_posting_change(blocks->turn, &blocks->postings, blocks->key, column, item->hash, slot,
                         is_there);
}

/* Both lists are in order. */
static void move_items(struct pools_blocks *blocks, uint32_t slot, const struct pools_item *from,
                       size_t from_count, const struct pools_item *to, size_t to_count)
{
    size_t i = 0, k = 0;
    while (i < from_count || k < to_count) {
        int order = i == from_count ? 1
                    : k == to_count ? -1
                                    : pools_row_compare_items(&from[i], &to[k]);
        if (order < 0) {
            change_item(blocks, &from[i], slot, false);
        } else if (order > 0) {
            change_item(blocks, &to[k], slot, true);
        }
        i += order <= 0 ? 1 : 0;
        k += order >= 0 ? 1 : 0;
    }
}

static bool has_same_items(const struct pools_pool *a, const struct pools_pool *b)
{
    bool same = a->item_count == b->item_count;
    for (size_t i = 0; same && i < a->item_count; i++) {
        same = pools_row_compare_items(&a->items[i], &b->items[i]) == 0;
    }
    return same;
}

static bool is_same_pool(const struct pools_pool *old, const struct pools_pool *now)
{
    return old && old->name == now->name && old->centre == now->centre &&
           old->maint_from_s == now->maint_from_s && old->maint_until_s == now->maint_until_s &&
           has_same_items(old, now);
}

static void put_pool(struct pools_blocks *blocks, uint32_t slot, const struct pools_pool *now)
{
    const struct pools_pool *old = look(blocks, slot)->pool[slot % POOLS_BLOCK];
    if (is_same_pool(old, now)) {
        return;
    }
    struct pools_block *block = own(blocks, slot);
    struct pool *pool =
        pools_turn_make(blocks->turn, sizeof(*pool) + now->item_count * sizeof(pool->items[0]));
    pool->pool = *now;
    pool->pool.items = pool->items;
    memcpy(pool->items, now->items, now->item_count * sizeof(pool->items[0]));
    move_items(blocks, slot, old ? old->items : NULL, old ? old->item_count : 0, pool->items,
               now->item_count);
    blocks->pool_count += old ? 0 : 1;
    block->used |= (uint64_t)1 << slot % POOLS_BLOCK;
    block->pool[slot % POOLS_BLOCK] = &pool->pool;
    pools_turn_drop(blocks->turn, pool_of(old));
}

void pools_block_put(struct pools_blocks *blocks, uint32_t slot, const struct pools_row *row,
                     const uint8_t *name, uint32_t centre)
{
    struct pools_pool now = {
        .name = name,
        .centre = centre,
        .maint_from_s = row->maint_from_s,
        .maint_until_s = row->maint_until_s,
        .items = row->items,
        .item_count = row->item_count,
    };
    put_pool(blocks, slot, &now);
    put_columns(blocks, slot, row, 0, POOLS_COLUMNS);
}

void pools_block_put_load(struct pools_blocks *blocks, uint32_t slot, const struct pools_row *row)
{
    put_columns(blocks, slot, row, POOLS_ROW_LOAD, POOLS_ROW_LOAD_END);
}

void pools_block_remove(struct pools_blocks *blocks, uint32_t slot)
{
    put_columns(blocks, slot, NULL, 0, POOLS_COLUMNS);
    struct pools_block *block = own(blocks, slot);
    struct pool *pool = pool_of(block->pool[slot % POOLS_BLOCK]);
    move_items(blocks, slot, pool->items, pool->pool.item_count, NULL, 0);
    block->used &= ~((uint64_t)1 << slot % POOLS_BLOCK);
    block->pool[slot % POOLS_BLOCK] = NULL;
    blocks->pool_count--;
    push_free(blocks, slot);
    pools_turn_drop(blocks->turn, pool);
}
