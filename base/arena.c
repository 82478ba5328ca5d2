#include "base/arena.h"

#include <stdalign.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum {
    UNIT = 16,             /* alignment of everything handed out */
    BLOCK_FIRST = 4096,    /* octets */
    BLOCK_LARGE = 1 << 20, /* blocks double up to here */
};

struct arena_block {
    struct arena_block *before;
    size_t size; /* octets in data */
    alignas(UNIT) uint8_t data[];
};

void arena_init(struct arena *arena, size_t limit)
{
    *arena = (struct arena){.limit = limit};
}

/* A new head for at least need octets, larger than the last one while the limit allows. */
static bool add_block(struct arena *arena, size_t need)
{
    size_t left = arena->limit - arena->total;
    if (need > left) {
        return false;
    }
    size_t size = arena->head ? arena->head->size * 2 : BLOCK_FIRST;
    size = size > BLOCK_LARGE ? BLOCK_LARGE : size;
    size = size < need ? need : size;
    size = size > left ? left : size;
    if (size > SIZE_MAX - sizeof(struct arena_block)) {
        return false;
    }
    struct arena_block *block = malloc(sizeof *block + size);
    if (!block) {
        return false;
    }
    block->before = arena->head;
    block->size = size;
    arena->head = block;
    arena->used = 0;
    arena->total += size;
    return true;
}

void *arena_take(struct arena *arena, size_t size)
{
    size_t need = size ? size : 1;
    bool fits = arena->head && need <= arena->head->size - arena->used;
    if (!fits && !add_block(arena, need)) {
        arena->overflowed = true;
        return NULL;
    }
    uint8_t *at = arena->head->data + arena->used;
    size_t left = arena->head->size - arena->used;
    size_t padded = need <= SIZE_MAX - UNIT ? (need + UNIT - 1) / UNIT * UNIT : left;
    arena->used += padded < left ? padded : left;
    return memset(at, 0, need);
}

void *arena_copy(struct arena *arena, const void *data, size_t len)
{
    if (len == SIZE_MAX) {
        arena->overflowed = true;
        return NULL;
    }
    uint8_t *at = arena_take(arena, len + 1);
    if (at && len > 0) {
        memcpy(at, data, len);
    }
    return at;
}

static void free_from(struct arena_block *block)
{
    while (block) {
        struct arena_block *before = block->before;
        free(block);
        block = before;
    }
}

void arena_reset(struct arena *arena)
{
    if (arena->head) {
        free_from(arena->head->before);
        arena->head->before = NULL;
    }
    arena->used = 0;
    arena->total = arena->head ? arena->head->size : 0;
    arena->overflowed = false;
}

void arena_finish(struct arena *arena)
{
    free_from(arena->head);
    arena_init(arena, arena->limit);
}
