#include "tests/lib/pools_text.h"

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "zones/dns_name.h"

static int compare_lines(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static void print_centre(FILE *out, const struct pools_centre *centre)
{
    char name[DNS_NAME_TEXT_MAX];
    dns_name_print(centre->name, name);
    fprintf(out,
            " | %s %" PRIx64 " %" PRIx64 " %" PRIx64 " %" PRIx64 " %" PRIu64 "-%" PRIu64
            " %d %d %.9g %.9g",
            name, centre->hash, centre->exact, centre->regions[0], centre->jur,
            centre->maint_from_s, centre->maint_until_s, centre->hub, centre->has_loc,
            centre->latitude, centre->longitude);
    for (size_t i = 0; i < centre->path_count; i++) {
        const struct pools_path *path = &centre->paths[i];
        fprintf(out, " (%" PRIx64 " %" PRIx64 " %" PRIx64 " %" PRIx64, path->target, path->exact,
                path->region, path->has);
        fprintf(out, " %" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64, path->bw_mbits,
                path->bwf_mbits, path->rtt_us, path->jitter_us, path->loss_ppm);
        fprintf(out, " %" PRIx64 " %" PRIx64 " %u)", path->enc, path->slice, path->medium);
    }
}

static void print_columns(FILE *out, const struct pools *pools, uint32_t slot)
{
    for (unsigned column = 0; column < POOLS_COLUMNS; column++) {
        const struct pools_block *block = pools->blocks[slot / POOLS_BLOCK];
        uint64_t value = 0;
        if (column != POOLS_PLACE && block->has[column] >> slot % POOLS_BLOCK & 1) {
            bool has_value = pools_value(pools, slot, column, &value);
            fprintf(out, " %s=%d:%" PRIx64, column < ATTR_COUNT ? attr_get(column)->name : "hash",
                    has_value, value);
        }
    }
}

static char *print_pool(const struct pools *pools, uint32_t slot)
{
    char *text = NULL, name[DNS_NAME_TEXT_MAX];
    size_t len;
    const struct pools_pool *pool = pools_at(pools, slot);
    FILE *out = open_memstream(&text, &len);
    dns_name_print(pool->name, name);
    fprintf(out, "%s %" PRIu64 "-%" PRIu64, name, pool->maint_from_s, pool->maint_until_s);
    print_columns(out, pools, slot);
    for (size_t i = 0; i < pool->item_count; i++) {
        fprintf(out, " %u:%" PRIx64, pool->items[i].key, pool->items[i].hash);
    }
    print_centre(out, pools->centres[pool->centre]);
    fprintf(out, "\n");
    fclose(out);
    return text;
}

static char *print_set(const struct pools *pools, const char *label)
{
    char *text = NULL;
    size_t len;
    FILE *out = open_memstream(&text, &len);
    const struct pools_set *set =
        pools_find_set(pools, pools_text_hash(&pools->key, label, strlen(label)));
    fprintf(out, "~%s", label);
    for (size_t i = 0; set && i < set->copy_count; i++) {
        const struct pools_copy *copy = &set->copies[i];
        fprintf(out, " (%" PRIx64 " %" PRIx64 " %d:%" PRIu64 " %d)", copy->centre, copy->jur,
                copy->has_size, copy->size_octets, copy->pin);
    }
    fprintf(out, "\n");
    fclose(out);
    return text;
}

/* Centres without pools, too. */
static char *print_place(const struct pools *pools, size_t place)
{
    char *text = NULL;
    size_t len;
    FILE *out = open_memstream(&text, &len);
    fprintf(out, "=");
    print_centre(out, pools->centres[place]);
    fprintf(out, "\n");
    fclose(out);
    return text;
}

char *pools_text_print(const struct pools *pools, const char *const *sets)
{
    char **lines = mem_alloc((pools->pool_count + pools->centre_count + 1) * sizeof(*lines));
    char *text = NULL;
    size_t count = 0, len;
    FILE *out = open_memstream(&text, &len);
    for (uint32_t slot = 0; slot < pools->block_count * POOLS_BLOCK; slot++) {
        if (pools_at(pools, slot)) {
            assert_true(count < pools->pool_count);
            lines[count++] = print_pool(pools, slot);
        }
    }
    assert_int_equal(count, pools->pool_count);
    for (size_t i = 0; i < pools->centre_count; i++) {
        if (pools->centres[i]) {
            lines[count++] = print_place(pools, i);
        }
    }
    qsort(lines, count, sizeof(*lines), compare_lines);
    for (size_t i = 0; i < count; i++) {
        fputs(lines[i], out);
        free(lines[i]);
    }
    for (; *sets; sets++) {
        char *line = print_set(pools, *sets);
        fputs(line, out);
        free(line);
    }
    fclose(out);
    mem_free(lines);
    return text;
}

static bool has_item(const struct pools_pool *pool, uint16_t key, uint64_t hash)
{
    for (size_t i = 0; i < pool->item_count; i++) {
        if (pool->items[i].key == key && pool->items[i].hash == hash) {
            return true;
        }
    }
    return false;
}

/* By looking at the pool alone. */
static bool is_match(const struct pools *pools, uint32_t slot, unsigned column, uint64_t value)
{
    const struct attr_row *row = column < ATTR_COUNT ? attr_get(column) : NULL;
    const struct pools_pool *pool = pools_at(pools, slot);
    uint64_t found;
    if (!pool) {
        return false;
    }
    if (row && row->kind == ATTR_LIST) {
        return has_item(pool, row->key, value);
    }
    if (!pools_value(pools, slot, column, &found)) {
        return false;
    }
    return row && row->kind == ATTR_SET ? (found & value) != 0 : found == value;
}

static void check_posting(const struct pools *pools, unsigned column, uint64_t value)
{
    bool is_indexed;
    const uint64_t *masks = pools_posting(pools, column, value, &is_indexed);
    for (uint32_t slot = 0; is_indexed && slot < pools->block_count * POOLS_BLOCK; slot++) {
        bool in_posting = masks && masks[slot / POOLS_BLOCK] >> slot % POOLS_BLOCK & 1;
        if (in_posting != is_match(pools, slot, column, value)) {
            fail_msg("posting of column %u, slot %u: %d", column, slot, in_posting);
        }
    }
}

static void check_values(const struct pools *pools, const struct pools *of, uint32_t slot)
{
    const struct pools_pool *pool = pools_at(of, slot);
    uint64_t value;
    for (unsigned column = 0; column < POOLS_COLUMNS; column++) {
        if (!pools_value(of, slot, column, &value)) {
            continue;
        }
        bool is_set = column < ATTR_COUNT && attr_get(column)->kind == ATTR_SET;
        if (!is_set) {
            check_posting(pools, column, value);
        }
        for (uint64_t left = is_set ? value : 0; left; left &= left - 1) {
            check_posting(pools, column, left & -left);
        }
    }
    for (size_t i = 0; i < pool->item_count; i++) {
        check_posting(pools, (unsigned)(attr_find(pool->items[i].key) - attr_get(0)),
                      pool->items[i].hash);
    }
}

static void check_block(const struct pools *pools, size_t at)
{
    const struct pools_block *block = pools->blocks[at];
    for (unsigned i = 0; i < POOLS_BLOCK; i++) {
        const struct pools_pool *pool = block->pool[i];
        uint32_t slot = (uint32_t)at * POOLS_BLOCK + i;
        assert_int_equal(block->used >> i & 1, pool != NULL);
        if (pool) {
            assert_int_equal(pools_find(pools, pool->name), slot);
            assert_non_null(pools->centres[pool->centre]);
            assert_int_equal(block->value[POOLS_PLACE][i], pool->centre);
        }
    }
    for (unsigned column = 0; column < POOLS_COLUMNS; column++) {
        assert_int_equal(block->has[column] & ~block->used, 0);
        assert_true(block->has[column] != 0 || block->value[column] == NULL);
    }
}

void pools_text_check(const struct pools *pools, const struct pools *of)
{
    for (size_t i = 0; i < pools->block_count; i++) {
        check_block(pools, i);
    }
    for (uint32_t slot = 0; slot < of->block_count * POOLS_BLOCK; slot++) {
        if (pools_at(of, slot)) {
            check_values(pools, of, slot);
        }
    }
}
