/* server/regions_table: longest prefix and scope, against a model that looks at every address. */
#include "server/regions_table.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "base/err.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const struct regions_table_row nested[] = {
    {{4, 8, {10}}, 0},
    {{4, 16, {10, 1}}, 1},
    {{4, 24, {10, 1, 2}}, 2},
    {{4, 32, {10, 1, 2, 3}}, 0},
    {{4, 9, {128}}, 3},
    {{4, 9, {128, 128}}, 3}, /* both halves of 128.0.0.0/8 */
    {{6, 32, {0x20, 0x01, 0x0d, 0xb8}}, 4},
    {{6, 65, {0x20, 0x01, 0x0d, 0xb8}}, 5},
    {{6, 128, {0x20, 0x01, 0x0d, 0xb8, [15] = 1}}, 6},
    {{6, 8, {0xff}}, 7},
};

static void the_longest_network_counts_and_the_scope_says_how_far(void **state)
{
    (void)state;
    static const struct {
        const char *label;
        uint8_t family, address[16];
        unsigned bits;
        uint32_t place; /* and 1 */
        unsigned scope;
    } rows[] = {
        {"in no network, the first bit tells", 4, {64}, 32, 0, 2},
        {"behind the last one", 4, {200}, 32, 0, 2},
        {"a /8 with a /16 in it", 4, {10, 2}, 32, 1, 15},
        {"far from what is inside", 4, {10, 128}, 32, 1, 9},
        {"a /16 with a /24 in it", 4, {10, 1, 3}, 32, 2, 24},
        {"a /24 with an address in it", 4, {10, 1, 2, 4}, 32, 3, 30},
        {"the address", 4, {10, 1, 2, 3}, 32, 1, 32},
        {"neighbours with one place are one", 4, {128, 1, 1, 1}, 32, 4, 8},
        {"too few bits: what holds them all", 4, {10, 1, 2}, 16, 2, 31},
        {"fewer", 4, {10, 1}, 12, 1, 23},
        {"none that holds them all", 4, {10}, 4, 0, 16},
        {"bits that suffice", 4, {10, 128}, 9, 1, 9},
        {"IPv6, more than half of the bits", 6, {0x20, 0x01, 0x0d, 0xb8, [15] = 2}, 128, 6, 127},
        {"its neighbour", 6, {0x20, 0x01, 0x0d, 0xb8, [15] = 1}, 128, 7, 128},
        {"the other half", 6, {0x20, 0x01, 0x0d, 0xb8, [8] = 0x80}, 128, 5, 65},
        {"a /48 of it", 6, {0x20, 0x01, 0x0d, 0xb8, 1}, 48, 5, 40},
        {"up to the last address", 6, {0xff, [15] = 0xff}, 128, 8, 8},
    };
    struct regions_table *four, *six;
    size_t twice;
    assert_int_equal(regions_table_create(nested, COUNT(nested), 4, &four, &twice), 0);
    assert_int_equal(regions_table_create(nested, COUNT(nested), 6, &six, &twice), 0);
    for (size_t i = 0; i < COUNT(rows); i++) {
        print_message("%s\n", rows[i].label);
        uint8_t scope;
        const struct regions_table *table = rows[i].family == 4 ? four : six;
        uint32_t place = regions_table_find(table, rows[i].address, rows[i].bits, &scope);
        assert_int_equal(place, rows[i].place);
        assert_int_equal(scope, rows[i].scope);
    }
    regions_table_destroy(four);
    regions_table_destroy(six);
}

static void an_empty_table_says_nothing_of_everybody(void **state)
{
    (void)state;
    struct regions_table *table;
    size_t twice;
    uint8_t scope = 1;
    assert_int_equal(regions_table_create(NULL, 0, 6, &table, &twice), 0);
    assert_int_equal(regions_table_find(table, (uint8_t[16]){1}, 128, &scope), REGIONS_TABLE_NONE);
    assert_int_equal(scope, 0);
    regions_table_destroy(table);
    regions_table_destroy(NULL);
}

static void a_network_for_all_leaves_no_scope(void **state)
{
    (void)state;
    const struct regions_table_row all = {{4, 0, {0}}, 5};
    struct regions_table *table;
    size_t twice;
    uint8_t scope = 1;
    assert_int_equal(regions_table_create(&all, 1, 4, &table, &twice), 0);
    assert_int_equal(regions_table_find(table, (const uint8_t *)"\xff\xff\xff\xff", 32, &scope), 6);
    assert_int_equal(scope, 0);
    regions_table_destroy(table);
}

static void the_second_of_two_equal_networks_is_named(void **state)
{
    (void)state;
    const struct regions_table_row rows[] = {{{4, 8, {10}}, 0},
                                             {{6, 8, {10}}, 0},
                                             {{4, 9, {10}}, 0},
                                             {{4, 8, {11}}, 0},
                                             {{4, 8, {10}}, 1}};
    struct regions_table *table = NULL;
    size_t twice = 0;
    assert_int_equal(regions_table_create(rows, COUNT(rows), 4, &table, &twice), ERR_EXISTS);
    assert_int_equal(twice, 4);
    assert_null(table);
    assert_int_equal(regions_table_create(rows, COUNT(rows), 6, &table, &twice), 0);
    regions_table_destroy(table);
}

static void every_network_of_a_large_table_is_found(void **state)
{
    (void)state;
    enum { MANY = 3000 };
    static struct regions_table_row rows[MANY];
    for (unsigned i = 0; i < MANY; i++) { /* of one half of them the first 64 bits are all ones */
        uint8_t high = i < MANY / 2 ? 0x20 : 0xff;
        rows[i] = (struct regions_table_row){{6, 128, {0}}, i};
        memset(rows[i].network.address, high, 8);
        rows[i].network.address[i % 2 ? 12 : 7] = (uint8_t)(i >> 8 | 0x80);
        rows[i].network.address[15] = (uint8_t)i;
    }
    struct regions_table *table;
    size_t twice;
    uint8_t scope;
    assert_int_equal(regions_table_create(rows, MANY, 6, &table, &twice), 0);
    for (unsigned i = 0; i < MANY; i++) {
        uint8_t address[16];
        memcpy(address, rows[i].network.address, 16);
        assert_int_equal(regions_table_find(table, address, 128, &scope), i + 1);
        address[14] = 1;
        assert_int_equal(regions_table_find(table, address, 128, &scope), REGIONS_TABLE_NONE);
        memset(address + 8, 0xff, 8);
        assert_int_equal(regions_table_find(table, address, 128, &scope), REGIONS_TABLE_NONE);
    }
    regions_table_destroy(table);
}

/* --- a model: CELLS addresses behind a common beginning of `base` bits ----------------------------- */

enum { CELL_BITS = 7, CELLS = 1 << CELL_BITS, NETWORKS_MAX = 24, ROUNDS = 400 };

struct model {
    unsigned family, base;
    uint8_t beginning[16];
    struct regions_table_row rows[NETWORKS_MAX];
    unsigned cells[NETWORKS_MAX]; /* first cell of each */
    size_t count;
};

static uint32_t seed = 20;

static unsigned any(unsigned below)
{
    seed = seed * 1664525u + 1013904223u;
    return (seed >> 8) % below;
}

static void fill(const struct model *model, unsigned cell, uint8_t out[16])
{
    memcpy(out, model->beginning, 16);
    for (unsigned i = 0; i < CELL_BITS; i++) {
        unsigned bit = model->base + i;
        if (cell >> (CELL_BITS - 1 - i) & 1) {
            out[bit / 8] = (uint8_t)(out[bit / 8] | 0x80u >> bit % 8);
        }
    }
}

static bool has(const struct model *model, unsigned bits, unsigned cell)
{
    for (size_t i = 0; i < model->count; i++) {
        if (model->rows[i].network.bits == bits && model->cells[i] == cell) {
            return true;
        }
    }
    return false;
}

static void make_model(struct model *model, unsigned family, unsigned base)
{
    *model = (struct model){.family = family, .base = base};
    for (unsigned bit = 0; bit < base; bit++) {
        unsigned set = any(2) * 0x80u >> bit % 8;
        model->beginning[bit / 8] = (uint8_t)(model->beginning[bit / 8] | set);
    }
    size_t wanted = any(NETWORKS_MAX + 1);
    for (size_t i = 0; i < wanted; i++) {
        unsigned free_bits = any(CELL_BITS + 1);
        unsigned cell = any(CELLS) >> free_bits << free_bits;
        unsigned bits = base + CELL_BITS - free_bits;
        if (!has(model, bits, cell)) {
            struct regions_table_row *row = &model->rows[model->count];
            row->network.family = (uint8_t)family;
            row->network.bits = (uint8_t)bits;
            fill(model, cell, row->network.address);
            row->place = any(4);
            model->cells[model->count++] = cell;
        }
    }
}

/* Longest network of at most `bits` bits around a cell. */
static uint32_t model_place(const struct model *model, unsigned cell, unsigned bits)
{
    uint32_t place = REGIONS_TABLE_NONE;
    unsigned best = 0;
    for (size_t i = 0; i < model->count; i++) {
        unsigned length = model->rows[i].network.bits;
        unsigned size = CELLS >> (length - model->base);
        bool is_in = cell >= model->cells[i] && cell < model->cells[i] + size;
        if (is_in && length <= bits && (place == REGIONS_TABLE_NONE || length > best)) {
            best = length;
            place = model->rows[i].place + 1;
        }
    }
    return place;
}

static bool is_one_place(const struct model *model, unsigned cell, unsigned bits)
{
    unsigned free_bits = bits >= model->base ? model->base + CELL_BITS - bits : CELL_BITS;
    unsigned first = cell >> free_bits << free_bits;
    uint32_t place = model_place(model, cell, UINT8_MAX);
    for (unsigned i = first; i < first + (1u << free_bits); i++) {
        if (model_place(model, i, UINT8_MAX) != place) {
            return false;
        }
    }
    return bits >= model->base || place == REGIONS_TABLE_NONE;
}

static unsigned model_scope(const struct model *model, unsigned cell)
{
    unsigned bits = 0;
    while (!is_one_place(model, cell, bits)) {
        bits++;
    }
    return bits;
}

static void compare(const struct model *model, const struct regions_table *table)
{
    for (unsigned cell = 0; cell < CELLS; cell++) {
        uint8_t address[16], scope;
        fill(model, cell, address);
        unsigned known = model->base + CELL_BITS;
        uint32_t place = regions_table_find(table, address, known, &scope);
        assert_int_equal(place, model_place(model, cell, UINT8_MAX));
        assert_int_equal(scope, model_scope(model, cell));
        for (unsigned bits = known; bits >= model->base; bits--) {
            unsigned free_bits = known - bits;
            if (cell >> free_bits << free_bits == cell) {
                place = regions_table_find(table, address, bits, &scope);
                assert_int_equal(scope, model_scope(model, cell));
                assert_int_equal(place, model_place(model, cell, scope > bits ? bits : UINT8_MAX));
            }
            if (bits == 0) {
                break;
            }
        }
    }
}

static void random_tables_agree_with_the_model(void **state)
{
    (void)state;
    static const struct {
        unsigned family, base;
    } kinds[] = {{4, 0}, {4, 13}, {4, 25}, {6, 0}, {6, 57}, {6, 61}, {6, 64}, {6, 121}};
    for (unsigned round = 0; round < ROUNDS; round++) {
        struct model model;
        struct regions_table *table;
        size_t twice;
        const uint32_t begun = seed;
        make_model(&model, kinds[round % COUNT(kinds)].family, kinds[round % COUNT(kinds)].base);
        print_message("seed %u\n", begun);
        assert_int_equal(
            regions_table_create(model.rows, model.count, model.family, &table, &twice), 0);
        compare(&model, table);
        regions_table_destroy(table);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_longest_network_counts_and_the_scope_says_how_far),
        cmocka_unit_test(an_empty_table_says_nothing_of_everybody),
        cmocka_unit_test(a_network_for_all_leaves_no_scope),
        cmocka_unit_test(the_second_of_two_equal_networks_is_named),
        cmocka_unit_test(every_network_of_a_large_table_is_found),
        cmocka_unit_test(random_tables_agree_with_the_model),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
