/* server/regions: places by address: division codes, centres, locations, numbers, and the MaxMind file. */
#include "server/regions.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "base/err.h"
#include "sched/choose/pools_hash.h"
#include "server/regions_mmdb.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define MMDB_FILE    "tests/data/places.mmdb" /* made by tests/live/mmdb.py */

static const struct hash_key key = {0x1234, 0x5678};

static const struct regions_place places[] = {
    {"440305", NULL, true, 22.53, 113.93}, {"440300", "Pcl", false, 0, 0},
    {"440000", NULL, true, 22.53, 113.93}, {"Bay.Area", NULL, false, 0, 0},
    {"440305", NULL, true, 22.54, 113.93},
};
static const struct regions_table_row rows[] = {
    {{4, 8, {10}}, 0},  {{4, 8, {11}}, 1},       {{4, 8, {12}}, 2},
    {{4, 16, {13}}, 3}, {{4, 16, {10, 255}}, 4}, {{6, 32, {0x20, 1, 0xd, 0xb8}}, 1},
};

static struct regions *make(struct regions_mmdb *mmdb)
{
    struct regions *regions = NULL;
    size_t twice;
    assert_int_equal(
        regions_create(places, COUNT(places), rows, COUNT(rows), mmdb, &regions, &twice), 0);
    regions_take_key(regions, &key);
    return regions;
}

static uint64_t text(const char *text)
{
    return pools_text_hash(&key, text, strlen(text));
}

static struct choose_place place_at(const struct regions *regions, unsigned family,
                                    const uint8_t *address, struct regions_match *match)
{
    struct choose_place place;
    regions_find(regions, family, address, family == 4 ? 32 : 128, match);
    regions_get(regions, match, &place);
    return place;
}

static void a_code_lies_in_its_city_and_province(void **state)
{
    (void)state;
    static const struct {
        const char *label;
        uint8_t family, address[16];
        const char *regions[3];
    } cases[] = {
        {"a district", 4, {10, 1}, {"440305", "440300", "440000"}},
        {"a city", 4, {11, 1}, {"440300", "440000", NULL}},
        {"a province", 4, {12, 1}, {"440000", NULL, NULL}},
        {"another name, as a label could spell it", 4, {13, 0, 1}, {"bay-area", NULL, NULL}},
        {"IPv6", 6, {0x20, 1, 0xd, 0xb8, 1}, {"440300", "440000", NULL}},
        {"in no network", 4, {14}, {NULL, NULL, NULL}},
    };
    struct regions *regions = make(NULL);
    for (size_t i = 0; i < COUNT(cases); i++) {
        print_message("%s\n", cases[i].label);
        struct regions_match match;
        struct choose_place place = place_at(regions, cases[i].family, cases[i].address, &match);
        for (size_t j = 0; j < 3; j++) {
            const char *name = cases[i].regions[j];
            assert_int_equal(place.regions[j], name ? text(name) : 0);
        }
        assert_int_equal(match.number != 0, cases[i].regions[0] != NULL);
    }
    regions_unref(regions);
}

static void centre_and_location_come_with_it(void **state)
{
    (void)state;
    struct regions *regions = make(NULL);
    struct regions_match match;
    struct choose_place place = place_at(regions, 4, (const uint8_t *)"\x0a\1\1\1", &match);
    assert_true(place.has_loc);
    assert_true(place.latitude == 22.53 && place.longitude == 113.93);
    assert_int_equal(place.centre, 0);
    assert_int_equal(match.scope, 9);
    place = place_at(regions, 4, (const uint8_t *)"\x0b\1\1\1", &match);
    assert_false(place.has_loc);
    assert_int_equal(place.centre, text("pcl"));
    assert_int_equal(match.scope, 8);
    regions_unref(regions);
}

static void equal_places_have_equal_numbers_and_others_do_not(void **state)
{
    (void)state;
    struct regions *regions = make(NULL), *again = NULL;
    const struct regions_place turned[] = {places[4], places[0]}; /* other positions */
    const struct regions_table_row turned_rows[] = {{{4, 8, {20}}, 0}, {{4, 8, {21}}, 1}};
    size_t twice;
    assert_int_equal(regions_create(turned, 2, turned_rows, 2, NULL, &again, &twice), 0);
    regions_take_key(again, &key);
    static const uint8_t addresses[][4] = {{10}, {11}, {12}, {13}, {10, 255}};
    uint64_t numbers[COUNT(addresses)];
    struct regions_match match;
    for (size_t i = 0; i < COUNT(addresses); i++) {
        regions_find(regions, 4, addresses[i], 32, &match);
        numbers[i] = match.number;
        for (size_t j = 0; j < i; j++) {
            assert_int_not_equal(numbers[i], numbers[j]);
        }
    }
    regions_find(again, 4, (const uint8_t *)"\x14\0\0\0", 32, &match);
    assert_int_equal(match.number, numbers[4]);
    regions_find(again, 4, (const uint8_t *)"\x15\0\0\0", 32, &match);
    assert_int_equal(match.number, numbers[0]);
    regions_unref(regions);
    regions_unref(again);
}

static void nobody_who_does_not_say_is_anywhere(void **state)
{
    (void)state;
    struct regions *regions = make(NULL);
    static const struct {
        const char *label;
        bool has_table;
        unsigned family, bits;
    } cases[] = {
        {"no table", false, 4, 32},
        {"no bits", true, 4, 0},
        {"a unix socket", true, 0, 128},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        print_message("%s\n", cases[i].label);
        struct regions_match match;
        struct choose_place place;
        const struct regions *of = cases[i].has_table ? regions : NULL;
        regions_find(of, cases[i].family, (const uint8_t *)"\x0a\1\1\1", cases[i].bits, &match);
        assert_int_equal(match.number, 0);
        assert_int_equal(match.scope, 0);
        regions_get(of, &match, &place);
        assert_int_equal(place.regions[0], 0);
        assert_false(place.has_loc);
    }
    regions_unref(regions);
    regions_unref(NULL);
    assert_null(regions_ref(NULL));
    regions_take_key(NULL, &key);
}

static void a_network_given_twice_is_refused_in_each_family(void **state)
{
    (void)state;
    const struct regions_table_row doubled[] = {
        {{4, 8, {10}}, 0}, {{6, 8, {32}}, 0}, {{6, 8, {32}}, 1}, {{4, 8, {11}}, 0}};
    struct regions *regions = NULL;
    size_t twice = 0;
    assert_int_equal(regions_create(places, 2, doubled, COUNT(doubled), NULL, &regions, &twice),
                     ERR_EXISTS);
    assert_int_equal(twice, 2);
    assert_null(regions);
}

/* --- the MaxMind file ------------------------------------------------------------------------------ */

static struct regions_mmdb *open_file(void)
{
    struct regions_mmdb *mmdb = NULL;
    const char *why = "";
    if (regions_mmdb_open(MMDB_FILE, &mmdb, &why)) {
        fail_msg("%s: %s", MMDB_FILE, why);
    }
    return mmdb;
}

static void the_file_is_asked_where_the_table_says_nothing(void **state)
{
    (void)state;
    static const struct {
        const char *label;
        uint8_t family, address[16];
        unsigned scope;
        enum regions_source source;
        const char *regions[3];
        bool has_loc;
    } cases[] = {
        {"of the table", 4, {10, 1}, 9, REGIONS_TABLE, {"440305", "440300", "440000"}, true},
        {"a city", 4, {192, 0, 2, 1}, 24, REGIONS_MMDB, {"cn-gd", "cn", NULL}, true},
        {"two subdivisions",
         4,
         {198, 51, 100, 130},
         25,
         REGIONS_MMDB,
         {"gb-wsm", "gb-eng", "gb"},
         true},
        {"a country", 4, {203, 0, 113, 9}, 24, REGIONS_MMDB, {"sg", NULL, NULL}, false},
        {"a location that can not be",
         4,
         {203, 0, 112, 9},
         24,
         REGIONS_MMDB,
         {"sg", NULL, NULL},
         false},
        {"IPv6",
         6,
         {0x20, 1, 0xd, 0xb8, 0xff},
         128,
         REGIONS_TABLE,
         {"440300", "440000", NULL},
         false},
        {"IPv6 of the file", 6, {0x3f, 0xff}, 20, REGIONS_MMDB, {"cn-gd", "cn", NULL}, true},
        {"nowhere", 4, {192, 0, 3, 1}, 24, REGIONS_NOWHERE, {NULL, NULL, NULL}, false},
    };
    struct regions *regions = make(open_file());
    for (size_t i = 0; i < COUNT(cases); i++) {
        print_message("%s\n", cases[i].label);
        struct regions_match match;
        struct choose_place place = place_at(regions, cases[i].family, cases[i].address, &match);
        assert_int_equal(match.source, cases[i].source);
        assert_int_equal(match.number != 0, cases[i].source != REGIONS_NOWHERE);
        for (size_t j = 0; j < 3; j++) {
            const char *name = cases[i].regions[j];
            assert_int_equal(place.regions[j], name ? text(name) : 0);
        }
        assert_int_equal(place.has_loc, cases[i].has_loc);
        if (cases[i].scope < 128) { /* of IPv6 in the table the scope is looked at elsewhere */
            assert_int_equal(match.scope, cases[i].scope);
        }
    }
    regions_unref(regions);
}

static void records_of_the_file_have_numbers_of_their_own(void **state)
{
    (void)state;
    struct regions *regions = make(open_file());
    static const uint8_t addresses[][4] = {
        {192, 0, 2, 1}, {192, 0, 2, 200}, {198, 51, 100, 130}, {203, 0, 113, 9}, {10}};
    uint64_t numbers[COUNT(addresses)];
    for (size_t i = 0; i < COUNT(addresses); i++) {
        struct regions_match match;
        regions_find(regions, 4, addresses[i], 32, &match);
        numbers[i] = match.number;
    }
    assert_int_equal(numbers[0], numbers[1]);
    assert_int_not_equal(numbers[0], numbers[2]);
    assert_int_not_equal(numbers[2], numbers[3]);
    assert_int_not_equal(numbers[3], numbers[4]);
    regions_unref(regions);
}

static void what_is_no_such_file_is_refused_with_a_reason(void **state)
{
    (void)state;
    struct regions_mmdb *mmdb = NULL;
    const char *why = "";
    assert_true(regions_mmdb_open("tests/data/absent.mmdb", &mmdb, &why) < 0);
    assert_string_equal(why, "No such file or directory");
    assert_int_equal(regions_mmdb_open("CMakeLists.txt", &mmdb, &why), ERR_VALUE);
    assert_true(strlen(why) > 0);
    assert_null(mmdb);
    regions_mmdb_close(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_code_lies_in_its_city_and_province),
        cmocka_unit_test(centre_and_location_come_with_it),
        cmocka_unit_test(equal_places_have_equal_numbers_and_others_do_not),
        cmocka_unit_test(nobody_who_does_not_say_is_anywhere),
        cmocka_unit_test(a_network_given_twice_is_refused_in_each_family),
        cmocka_unit_test(the_file_is_asked_where_the_table_says_nothing),
        cmocka_unit_test(records_of_the_file_have_numbers_of_their_own),
        cmocka_unit_test(what_is_no_such_file_is_refused_with_a_reason),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
