#include "sched/choose/pools_posting.h"

#include "base/mem.h"
#include "sched/choose/pools_map.h"

enum { BLOCKS_LEAST = 4, LOST = UINT16_MAX };

struct posting {
    uint64_t made;
    uint32_t column;
    uint32_t count; /* pools */
    uint64_t masks[];
};

struct pools_postings {
    uint64_t made;
    struct pools_map *map;          /* struct posting by column and value */
    size_t room;                    /* masks of each */
    uint16_t values[POOLS_COLUMNS]; /* different ones of a column; LOST: too many */
};

struct pools_postings *pools_posting_create(struct pools_turn *turn)
{
    struct pools_postings *postings = pools_turn_make(turn, sizeof(*postings));
    postings->map = pools_map_create(turn);
    postings->room = BLOCKS_LEAST;
    return postings;
}

static struct posting *posting_of(uint64_t number)
{
    return (struct posting *)(uintptr_t)number;
}

static void free_posting(void *context, uint64_t key, uint64_t number)
{
    (void)context;
    (void)key;
    mem_free(posting_of(number));
}

void pools_posting_destroy(struct pools_postings *postings)
{
    if (postings) {
        pools_map_each(postings->map, free_posting, NULL);
        pools_map_destroy(postings->map);
        mem_free(postings);
    }
}

/* Columns that have an index unless it is lost. */
static const bool indexed[POOLS_COLUMNS] = {
#define IS_KIND(kind)                                                                              \
    ((kind) == ATTR_TEXT || (kind) == ATTR_ENUM || (kind) == ATTR_SET || (kind) == ATTR_LIST)
#define ATTR(name, number, kind, unit, rank, places, ...)                                          \
    [ATTR_INDEX_##name] = IS_KIND(ATTR_##kind) && ((places) & (ATTR_IN_CENTRE | ATTR_IN_CRES)),
#include "zones/attr.def"
#undef ATTR
#undef IS_KIND
    [POOLS_CENTRE] = true,
};

bool pools_posting_is_indexed(const struct pools_postings *postings, unsigned column)
{
    return column < POOLS_COLUMNS && indexed[column] && postings &&
           postings->values[column] != LOST;
}

static uint64_t key_of(const struct hash_key *key, unsigned column, uint64_t value)
{
    uint64_t parts[] = {column, value};
    return hash_mix(key, key->k0, parts, sizeof(parts));
}

const uint64_t *pools_posting_find(const struct pools_postings *postings,
                                   const struct hash_key *key, unsigned column, uint64_t value)
{
    uint64_t number;
    bool is_there = pools_map_find(postings->map, key_of(key, column, value), &number);
    return is_there ? posting_of(number)->masks : NULL;
}

static size_t size_of(const struct pools_postings *postings)
{
    return sizeof(struct posting) + postings->room * sizeof(uint64_t);
}

static struct pools_postings *own(struct pools_turn *turn, struct pools_postings **postings)
{
    *postings = pools_turn_own(turn, *postings, sizeof(**postings), 0);
    return *postings;
}

struct widening {
    struct pools_turn *turn;
    struct pools_map *map; /* the new one */
    size_t old_size, new_size;
};

static void widen(void *context, uint64_t key, uint64_t number)
{
    struct widening *widening = context;
    struct posting *posting =
        pools_turn_own(widening->turn, posting_of(number), widening->old_size, widening->new_size);
    pools_map_put(widening->turn, &widening->map, key, (uintptr_t)posting);
}

static void drop_map(struct pools_turn *turn, struct pools_map **map, struct pools_map *with)
{
    pools_map_drop(turn, *map);
    *map = with;
}

void pools_posting_widen(struct pools_turn *turn, struct pools_postings **postings, size_t blocks)
{
    if (blocks <= (*postings)->room) {
        return;
    }
    struct pools_postings *mine = own(turn, postings);
    struct widening widening = {turn, pools_map_create(turn), size_of(mine), 0};
    while (mine->room < blocks) {
        mine->room += mine->room / 2;
    }
    widening.new_size = size_of(mine);
    pools_map_each(mine->map, widen, &widening);
    drop_map(turn, &mine->map, widening.map);
}

struct losing {
    struct pools_turn *turn;
    struct pools_map *map; /* what stays */
    unsigned column;
};

static void lose(void *context, uint64_t key, uint64_t number)
{
    struct losing *losing = context;
    if (posting_of(number)->column == losing->column) {
        pools_turn_drop(losing->turn, posting_of(number));
    } else {
        pools_map_put(losing->turn, &losing->map, key, number);
    }
}

/* Too many different values: nobody finds anything by this column any more. */
static void lose_column(struct pools_turn *turn, struct pools_postings *postings, unsigned column)
{
    struct losing losing = {turn, pools_map_create(turn), column};
    pools_map_each(postings->map, lose, &losing);
    drop_map(turn, &postings->map, losing.map);
    postings->values[column] = LOST;
}

static void add(struct pools_turn *turn, struct pools_postings *postings, uint64_t key,
                unsigned column, uint32_t slot)
{
    uint64_t number;
    struct posting *posting;
    if (pools_map_find(postings->map, key, &number)) {
        posting = pools_turn_own(turn, posting_of(number), size_of(postings), 0);
    } else if (postings->values[column] == POOLS_POSTING_MAX) {
        lose_column(turn, postings, column);
        return;
    } else {
        posting = pools_turn_make(turn, size_of(postings));
        posting->column = column;
        postings->values[column]++;
        number = 0;
    }
    posting->masks[slot / POOLS_BLOCK] |= (uint64_t)1 << slot % POOLS_BLOCK;
    posting->count++;
    if (number != (uintptr_t)posting) {
        pools_map_put(turn, &postings->map, key, (uintptr_t)posting);
    }
}

static void take(struct pools_turn *turn, struct pools_postings *postings, uint64_t key,
                 unsigned column, uint32_t slot)
{
    uint64_t number;
    if (!pools_map_find(postings->map, key, &number)) {
        return;
    }
    if (posting_of(number)->count == 1) {
        pools_turn_drop(turn, posting_of(number));
        pools_map_remove(turn, &postings->map, key);
        postings->values[column]--;
        return;
    }
    struct posting *posting = pools_turn_own(turn, posting_of(number), size_of(postings), 0);
    posting->masks[slot / POOLS_BLOCK] &= ~((uint64_t)1 << slot % POOLS_BLOCK);
    posting->count--;
    if (number != (uintptr_t)posting) {
        pools_map_put(turn, &postings->map, key, (uintptr_t)posting);
    }
}

void pools_posting_change(struct pools_turn *turn, struct pools_postings **postings,
                          const struct hash_key *key, unsigned column, uint64_t value,
                          uint32_t slot, bool is_there)
{
    if (!pools_posting_is_indexed(*postings, column)) {
        return;
    }
    struct pools_postings *mine = own(turn, postings);
    if (is_there) {
        add(turn, mine, key_of(key, column, value), column, slot);
    } else {
        take(turn, mine, key_of(key, column, value), column, slot);
    }
}
