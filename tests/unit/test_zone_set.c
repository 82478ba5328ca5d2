#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "tests/lib/zones.h"
#include "zones/zone_set.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* A set of empty zones that belong to it alone. */
static struct zone_set *make(const char *const *names, size_t count)
{
    struct zone *zones[16];
    for (size_t i = 0; i < count; i++) {
        zones[i] = zone_create(zones_name(names[i]), &zones_key);
    }
    struct zone_set *set = zone_set_create(zones, count, &zones_key);
    for (size_t i = 0; i < count; i++) {
        zone_unref(zones[i]);
    }
    return set;
}

static struct zone *find(const struct zone_set *set, const char *name, unsigned skip)
{
    const uint8_t *wire = zones_name(name);
    struct dns_labels labels;
    dns_name_index(&zones_key, wire, &labels);
    return zone_set_find(set, wire, &labels, skip);
}

static const char *const some[] = {"t.", "a.t.", "c.b.a.t.", "u.", "x.y.z.", "at."};

static void the_longest_name_at_or_above_wins(void **state)
{
    (void)state;
    static const struct {
        const char *label, *name;
        unsigned skip;
        const char *expected; /* NULL: none */
    } rows[] = {
        {"the name itself", "a.t.", 0, "a.t."},
        {"below", "www.a.t.", 0, "a.t."},
        {"between two", "b.a.t.", 0, "a.t."},
        {"the deepest", "d.c.b.a.t.", 0, "c.b.a.t."},
        {"beside", "b.t.", 0, "t."},
        {"only labels count", "bat.", 0, NULL},
        {"a longer label", "at.", 0, "at."},
        {"above all", "z.", 0, NULL},
        {"above one", "y.z.", 0, NULL},
        {"the root", ".", 0, NULL},
        {"another top", "com.", 0, NULL},
        {"the parent", "a.t.", 1, "t."},
        {"the parent over a gap", "c.b.a.t.", 1, "a.t."},
        {"the parent of a top", "t.", 1, NULL},
        {"two labels up", "c.b.a.t.", 3, "t."},
        {"all labels off", "a.t.", 2, NULL},
    };
    struct zone_set *set = make(some, COUNT(some));
    for (size_t i = 0; i < COUNT(rows); i++) {
        const struct zone *zone = find(set, rows[i].name, rows[i].skip);
        const uint8_t *expected = rows[i].expected ? zones_name(rows[i].expected) : NULL;
        bool good =
            zone && expected ? dns_name_equal(zone_name(zone), expected) : !zone && !expected;
        if (!good) {
            print_message("case: %s\n", rows[i].label);
        }
        assert_true(good);
    }
    zone_set_destroy(set);
}

static void the_root_zone_takes_what_no_other_takes(void **state)
{
    (void)state;
    static const char *const names[] = {".", "a.t."};
    struct zone_set *set = make(names, COUNT(names));
    assert_int_equal(zone_labels(find(set, ".", 0)), 0);
    assert_int_equal(zone_labels(find(set, "x.y.", 0)), 0);
    assert_int_equal(zone_labels(find(set, "x.a.t.", 0)), 2);
    assert_int_equal(zone_labels(find(set, "a.t.", 1)), 0);
    zone_set_destroy(set);
}

static void a_zone_is_got_by_its_name_in_any_case(void **state)
{
    (void)state;
    struct zone_set *set = make(some, COUNT(some));
    assert_non_null(zone_set_get(set, (const uint8_t *)"\1C\1B\1a\1T"));
    assert_null(zone_set_get(set, (const uint8_t *)"\1B\1a\1T"));
    assert_null(zone_set_get(set, (const uint8_t *)"\1x\1C\1B\1a\1T"));
    assert_null(zone_set_get(set, (const uint8_t *)""));
    zone_set_destroy(set);
}

static void zones_are_listed_in_canonical_order(void **state)
{
    (void)state;
    static const char *const order[] = {"at.", "t.", "a.t.", "c.b.a.t.", "u.", "x.y.z."};
    struct zone_set *set = make(some, COUNT(some));
    assert_int_equal(zone_set_count(set), COUNT(order));
    for (size_t i = 0; i < COUNT(order); i++) {
        assert_true(dns_name_equal(zone_name(zone_set_at(set, i)), zones_name(order[i])));
    }
    zone_set_destroy(set);
}

static void an_empty_set_finds_nothing(void **state)
{
    (void)state;
    struct zone_set *set = zone_set_create(NULL, 0, &zones_key);
    assert_int_equal(zone_set_count(set), 0);
    assert_null(find(set, "a.t.", 0));
    assert_null(find(set, ".", 0));
    assert_null(zone_set_get(set, zones_name("t.")));
    zone_set_destroy(set);
    zone_set_destroy(NULL);
}

static void names_of_all_depths_are_found(void **state)
{
    (void)state;
    struct zone *zones[130];
    uint8_t name[DNS_NAME_MAX] = {0};
    size_t count = 0;
    for (unsigned depth = 50; depth <= 127; depth++) { /* beyond 63 labels, too */
        for (unsigned i = 0; i < depth; i++) {
            memcpy(name + 2 * (size_t)i, "\1l", 3);
        }
        name[1] = '*'; /* so that none lies above another */
        zones[count++] = zone_create(name, &zones_key);
    }
    struct zone_set *set = zone_set_create(zones, count, &zones_key);
    for (size_t i = 0; i < count; i++) {
        struct dns_labels labels;
        dns_name_index(&zones_key, zone_name(zones[i]), &labels);
        assert_ptr_equal(zone_set_find(set, zone_name(zones[i]), &labels, 0), zones[i]);
        assert_null(zone_set_find(set, zone_name(zones[i]), &labels, 1));
        zone_unref(zones[i]);
    }
    zone_set_destroy(set);
}

static void many_zones_are_all_found(void **state)
{
    (void)state;
    enum { MANY = 3000 };
    static struct zone *zones[MANY];
    for (unsigned i = 0; i < MANY; i++) {
        char text[32];
        (void)snprintf(text, sizeof(text), "z%u.t.", i);
        zones[i] = zone_create(zones_name(text), &zones_key);
    }
    struct zone_set *set = zone_set_create(zones, MANY, &zones_key);
    for (unsigned i = 0; i < MANY; i++) {
        char text[32];
        (void)snprintf(text, sizeof(text), "w.z%u.t.", i);
        assert_ptr_equal(find(set, text, 0), zones[i]);
        zone_unref(zones[i]); /* the set has a reference of its own */
    }
    assert_null(find(set, "z3000.t.", 0));
    zones_settle();
    assert_int_equal(zone_labels(find(set, "z7.t.", 0)), 2);
    zone_set_destroy(set);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, zones_enter, zones_leave)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_longest_name_at_or_above_wins),
        TEST(the_root_zone_takes_what_no_other_takes),
        TEST(a_zone_is_got_by_its_name_in_any_case),
        TEST(zones_are_listed_in_canonical_order),
        TEST(an_empty_set_finds_nothing),
        TEST(names_of_all_depths_are_found),
        TEST(many_zones_are_all_found),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
