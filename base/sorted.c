#include "base/sorted.h"

#include <string.h>

#include "base/mem.h"

enum {
    CHUNK = 128,      /* pointers in a full chunk: moving them is one cache-friendly kilobyte */
    CHUNK_JOIN = 64,  /* neighbours that fit in this are joined */
    CHUNKS_FIRST = 8, /* chunk pointers at first */
};

struct sorted_chunk {
    size_t count;
    void *items[CHUNK];
};

struct place {
    size_t chunk; /* chunk_count only when the set is empty */
    size_t at;    /* first element not below the key; may be count in the last chunk */
    bool equal;
};

void sorted_init(struct sorted *set, int (*compare)(const void *a, const void *b))
{
    *set = (struct sorted){.compare = compare};
}

void sorted_finish(struct sorted *set)
{
    for (size_t i = 0; i < set->chunk_count; i++) {
        mem_free(set->chunks[i]);
    }
    mem_free(set->chunks);
    sorted_init(set, set->compare);
}

/* First chunk whose last element is not below the key, else the last chunk. */
static size_t chunk_of(const struct sorted *set, const void *key)
{
    size_t low = 0;
    size_t high = set->chunk_count - 1;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        const struct sorted_chunk *chunk = set->chunks[middle];
        if (set->compare(chunk->items[chunk->count - 1], key) < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

static struct place place_of(const struct sorted *set, const void *key)
{
    if (set->chunk_count == 0) {
        return (struct place){0, 0, false};
    }
    size_t index = chunk_of(set, key);
    const struct sorted_chunk *chunk = set->chunks[index];
    size_t low = 0;
    size_t high = chunk->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = set->compare(chunk->items[middle], key);
        if (order == 0) {
            return (struct place){index, middle, true};
        }
        if (order < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return (struct place){index, low, false};
}

static struct sorted_chunk *add_chunk(struct sorted *set, size_t index)
{
    if (set->chunk_count == set->chunk_room) {
        set->chunk_room = set->chunk_room ? set->chunk_room * 2 : CHUNKS_FIRST;
        set->chunks = mem_grow(set->chunks, set->chunk_room, sizeof set->chunks[0]);
    }
    struct sorted_chunk **hole = &set->chunks[index];
    memmove(hole + 1, hole, (set->chunk_count - index) * sizeof *hole);
    *hole = mem_alloc(sizeof **hole);
    set->chunk_count++;
    return *hole;
}

static void drop_chunk(struct sorted *set, size_t index)
{
    struct sorted_chunk **hole = &set->chunks[index];
    mem_free(*hole);
    set->chunk_count--;
    memmove(hole, hole + 1, (set->chunk_count - index) * sizeof *hole);
}

/* Make room at a full chunk's place; returns where the element goes now. */
static struct place split(struct sorted *set, struct place place)
{
    struct sorted_chunk *next = add_chunk(set, place.chunk + 1);
    struct sorted_chunk *chunk = set->chunks[place.chunk];
    /* Input that comes in order only ever appends: leave the full chunk full behind it. */
    size_t keep = place.at == CHUNK ? CHUNK : CHUNK / 2;
    next->count = CHUNK - keep;
    memcpy(next->items, chunk->items + keep, next->count * sizeof(void *));
    chunk->count = keep;
    if (place.at > keep || keep == CHUNK) {
        place.chunk++;
        place.at -= keep;
    }
    return place;
}

bool sorted_add(struct sorted *set, void *item)
{
    struct place place = place_of(set, item);
    if (place.equal) {
        return false;
    }
    if (set->chunk_count == 0) {
        (void)add_chunk(set, 0);
    }
    if (set->chunks[place.chunk]->count == CHUNK) {
        place = split(set, place);
    }
    struct sorted_chunk *chunk = set->chunks[place.chunk];
    void **hole = &chunk->items[place.at];
    memmove(hole + 1, hole, (chunk->count - place.at) * sizeof *hole);
    *hole = item;
    chunk->count++;
    set->count++;
    return true;
}

/* Append chunk index + 1 to chunk index when both are small. */
static void join(struct sorted *set, size_t index)
{
    if (index + 1 >= set->chunk_count) {
        return;
    }
    struct sorted_chunk *chunk = set->chunks[index];
    const struct sorted_chunk *next = set->chunks[index + 1];
    if (chunk->count + next->count > CHUNK_JOIN) {
        return;
    }
    memcpy(chunk->items + chunk->count, next->items, next->count * sizeof(void *));
    chunk->count += next->count;
    drop_chunk(set, index + 1);
}

void *sorted_remove(struct sorted *set, const void *key)
{
    struct place place = place_of(set, key);
    if (!place.equal) {
        return NULL;
    }
    struct sorted_chunk *chunk = set->chunks[place.chunk];
    void **hole = &chunk->items[place.at];
    void *item = *hole;
    chunk->count--;
    set->count--;
    memmove(hole, hole + 1, (chunk->count - place.at) * sizeof *hole);
    if (chunk->count == 0) {
        drop_chunk(set, place.chunk);
        return item;
    }
    join(set, place.chunk);
    if (place.chunk > 0) {
        join(set, place.chunk - 1);
    }
    return item;
}

void *sorted_find(const struct sorted *set, const void *key)
{
    struct place place = place_of(set, key);
    return place.equal ? set->chunks[place.chunk]->items[place.at] : NULL;
}

static void walk(const struct sorted *set, struct place from,
                 bool (*visit)(void *item, void *context), void *context)
{
    for (size_t i = from.chunk, j = from.at; i < set->chunk_count; i++, j = 0) {
        const struct sorted_chunk *chunk = set->chunks[i];
        for (; j < chunk->count; j++) {
            if (!visit(chunk->items[j], context)) {
                return;
            }
        }
    }
}

void sorted_walk(const struct sorted *set, bool (*visit)(void *item, void *context), void *context)
{
    walk(set, (struct place){0, 0, false}, visit, context);
}

void sorted_walk_from(const struct sorted *set, const void *key,
                      bool (*visit)(void *item, void *context), void *context)
{
    walk(set, place_of(set, key), visit, context);
}
