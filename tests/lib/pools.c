#include "tests/lib/pools.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "sched/choose/pools_keeper.h"
#include "tests/lib/zones.h"
#include "zones/dns_name.h"

enum { TITLES = 4, COPY_BLOCKS = 8 };

/* A copy: blocks and columns of its own. */
static struct copy {
    struct pools pools;
    const struct pools_block *blocks[COPY_BLOCKS];
    struct pools_block block[COPY_BLOCKS];
    uint64_t values[COPY_BLOCKS][POOLS_COLUMNS][POOLS_BLOCK];
} * copy;

struct choose *pools_choose;

static struct zone *zone;
static struct pools_keeper *keeper;

static void end(void)
{
    if (zone) {
        zone_unref(zone);
        zone = NULL;
    }
}

int pools_enter(void **state)
{
    pools_choose = choose_create();
    return zones_enter(state);
}

int pools_leave(void **state)
{
    choose_destroy(pools_choose);
    end();
    mem_free(copy);
    copy = NULL;
    return zones_leave(state);
}

const struct pools *pools_make(const char *text)
{
    end();
    zone = zones_make("gba.", text);
    keeper = pools_keeper_attach(zone);
    pools_keeper_build(keeper, zone);
    return pools_keeper_read(keeper);
}

const struct pools *pools_bare(const struct pools *pools)
{
    static struct pools bare;
    bare = *pools;
    bare.postings = NULL;
    return &bare;
}

static void copy_pool(const struct pools_block *from, unsigned at, struct pools_block *to,
                      unsigned lane)
{
    to->used |= 1ull << lane;
    to->pool[lane] = from->pool[at];
    for (unsigned c = 0; c < POOLS_COLUMNS; c++) {
        to->has[c] |= (from->has[c] >> at & 1) << lane;
        if (from->value[c]) {
            ((uint64_t *)(uintptr_t)to->value[c])[lane] = from->value[c][at];
        }
    }
}

struct pools *pools_copy(const struct pools *pools, unsigned seed)
{
    size_t blocks = pools->block_count + (seed > 0);
    uint32_t order[COPY_BLOCKS * POOLS_BLOCK];
    assert_true(blocks <= COPY_BLOCKS);
    copy = copy ? copy : mem_alloc(sizeof *copy);
    memset(copy, 0, sizeof *copy);
    copy->pools = *pools;
    copy->pools.postings = NULL;
    copy->pools.names = NULL;
    copy->pools.blocks = copy->blocks;
    copy->pools.block_count = blocks;
    for (size_t b = 0; b < blocks; b++) {
        copy->blocks[b] = &copy->block[b];
        for (unsigned c = 0; c < POOLS_COLUMNS; c++) {
            bool has_column = c >= ATTR_COUNT ||
                              (attr_get(c)->kind != ATTR_LIST && attr_get(c)->kind != ATTR_SPAN);
            copy->block[b].value[c] = has_column ? copy->values[b][c] : NULL;
        }
    }
    for (uint32_t i = 0; i < blocks * POOLS_BLOCK; i++) { /* inside out: every order is as likely */
        uint32_t k = seed ? (uint32_t)rand_r(&seed) % (i + 1) : i;
        order[i] = order[k];
        order[k] = i;
    }
    for (uint32_t slot = 0; slot < pools->block_count * POOLS_BLOCK; slot++) {
        if (pools_at(pools, slot)) {
            copy_pool(pools->blocks[slot / POOLS_BLOCK], slot % POOLS_BLOCK,
                      &copy->block[order[slot] / POOLS_BLOCK], order[slot] % POOLS_BLOCK);
        }
    }
    return &copy->pools;
}

void pools_set(struct pools *pools, uint32_t slot, unsigned column, uint64_t value)
{
    assert_ptr_equal(pools, &copy->pools);
    copy->block[slot / POOLS_BLOCK].has[column] |= 1ull << slot % POOLS_BLOCK;
    copy->values[slot / POOLS_BLOCK][column][slot % POOLS_BLOCK] = value;
}

uint32_t pools_slot_of(const struct pools *pools, const struct pools_pool *pool)
{
    for (uint32_t slot = 0; slot < pools->block_count * POOLS_BLOCK; slot++) {
        if (pools_at(pools, slot) == pool) {
            return slot;
        }
    }
    return POOLS_NONE;
}

static const uint8_t *full_name(const char *name)
{
    char text[300];
    snprintf(text, sizeof text, "%s.gba.", name);
    return zones_name(text);
}

uint32_t pools_slot(const struct pools *pools, const char *name)
{
    uint32_t slot = pools_find(pools, full_name(name));
    if (slot == POOLS_NONE) {
        fail_msg("no pool %s", name);
    }
    return slot;
}

const char *pools_title(const struct pools *pools, uint32_t slot)
{
    static char titles[TITLES][DNS_NAME_TEXT_MAX];
    static unsigned next;
    char *title = titles[next++ % TITLES];
    size_t len = dns_name_print(pools_at(pools, slot)->name, title);
    title[len - strlen(".gba.")] = '\0';
    return title;
}

struct need pools_need(const char *words)
{
    struct need need;
    struct err_at at = {.line = 0};
    if (need_parse(words, strlen(words), &zones_key, NULL, &need, &at)) {
        fail_msg("%s: %s", words, at.text);
    }
    return need;
}
