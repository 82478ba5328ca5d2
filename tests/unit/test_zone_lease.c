#include "zones/zone_lease.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "base/rand.h"
#include "tests/lib/zones.h"
#include "zones/dns_name.h"
#include "zones/dns_type.h"

enum { MANY = 2000, STEPS = 200000 };

static struct zone_lease_table *table;

static int enter(void **state)
{
    (void)state;
    table = zone_lease_create(&zones_key);
    return 0;
}

static int leave(void **state)
{
    (void)state;
    zone_lease_destroy(table);
    return 0;
}

static struct zone_lease_id id_of(const char *name, uint16_t type, uint64_t digest)
{
    return (struct zone_lease_id){zones_name(name), type, digest};
}

static void set(const char *name, uint16_t type, uint64_t digest, int64_t due_s, uint32_t length_s)
{
    struct zone_lease_id id = id_of(name, type, digest);
    struct zone_lease_term term = {.end_s = due_s + 1000, .due_s = due_s, .length_s = length_s};
    zone_lease_set(table, &id, &term);
}

static const struct zone_lease *find(const char *name, uint16_t type, uint64_t digest)
{
    struct zone_lease_id id = id_of(name, type, digest);
    return zone_lease_find(table, &id);
}

static size_t due(int64_t now_s)
{
    const struct zone_lease *leases[MANY];
    return zone_lease_due(table, now_s, leases, MANY);
}

static void a_record_has_one_lease_that_may_change(void **state)
{
    (void)state;
    assert_null(find("a.", DNS_TYPE_A, 1));
    set("a.", DNS_TYPE_A, 1, 10, 5);
    set("a.", DNS_TYPE_A, 1, 20, 7);
    set("a.", DNS_TYPE_A, 2, 30, 5);
    set("a.", DNS_TYPE_TXT, 1, 40, 5);
    set("b.a.", DNS_TYPE_A, 1, 50, 5);
    assert_int_equal(zone_lease_count(table), 4);
    assert_int_equal(find("a.", DNS_TYPE_A, 1)->term.due_s, 20);
    assert_int_equal(find("a.", DNS_TYPE_A, 1)->term.end_s, 1020);
    assert_int_equal(find("a.", DNS_TYPE_A, 1)->term.length_s, 7);
    struct zone_lease_id id = id_of("a.", DNS_TYPE_A, 1);
    zone_lease_remove(table, &id);
    zone_lease_remove(table, &id);
    assert_null(find("a.", DNS_TYPE_A, 1));
    assert_int_equal(zone_lease_count(table), 3);
    zone_lease_clear(table);
    assert_int_equal(zone_lease_count(table), 0);
    assert_null(find("a.", DNS_TYPE_A, 2));
    set("a.", DNS_TYPE_A, 2, 30, 5);
    assert_int_equal(due(30), 1);
}

static void the_same_record_has_the_same_digest_in_every_process(void **state)
{
    (void)state;
    static const struct {
        const char *label;
        uint16_t type;
        const char *a, *b; /* text of a name */
        bool is_same;
    } rows[] = {
        {"letters of a name that folds", DNS_TYPE_PTR, "Host.Example.", "host.example.", true},
        {"another name", DNS_TYPE_PTR, "host.example.", "hose.example.", false},
        {"letters of an unknown type", 65280, "Host.", "host.", false},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        uint8_t a[DNS_NAME_MAX], b[DNS_NAME_MAX];
        size_t a_len, b_len;
        dns_name_parse(rows[i].a, strlen(rows[i].a), NULL, a, &a_len);
        dns_name_parse(rows[i].b, strlen(rows[i].b), NULL, b, &b_len);
        if ((zone_lease_digest(rows[i].type, a, a_len) ==
             zone_lease_digest(rows[i].type, b, b_len)) != rows[i].is_same) {
            fail_msg("%s", rows[i].label);
        }
    }
    /* what stands in stores: SipHash-2-4 of four octets under our key */
    assert_int_equal(zone_lease_digest(DNS_TYPE_A, (const uint8_t *)"\300\0\2\1", 4),
                     0x69cda19bdffc4394u);
}

static void loads_go_first_and_centres_last(void **state)
{
    (void)state;
    const struct zone_lease *leases[8];
    set("c.", DNS_TYPE_CENTRE, 1, 1, 5);
    set("p.c.", DNS_TYPE_CRES, 1, 2, 5);
    set("c.", DNS_TYPE_A, 1, 3, 5);
    set("p.c.", DNS_TYPE_CLOAD, 1, 4, 5);
    set("q.c.", DNS_TYPE_CLOAD, 1, 6, 5);
    static const uint16_t order[] = {DNS_TYPE_CLOAD, DNS_TYPE_A, DNS_TYPE_CRES, DNS_TYPE_CENTRE};
    assert_int_equal(zone_lease_due(table, 5, leases, 8), 4);
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(leases[i]->id.type, order[i]);
    }
    assert_int_equal(zone_lease_due(table, 5, leases, 3), 3);
    assert_int_equal(leases[2]->id.type, DNS_TYPE_CRES);
    assert_int_equal(zone_lease_due(table, 0, leases, 8), 0);
    assert_int_equal(zone_lease_due(table, 6, leases, 8), 5);
    assert_int_equal(zone_lease_count(table), 5); /* they stay until they are removed */
}

static void nothing_ends_before_one_refresh_interval_after_a_pause(void **state)
{
    (void)state;
    static const struct {
        const char *label;
        int64_t due_s;
        uint32_t length_s;
        int64_t after_s;
    } rows[] = {
        {"ended long ago", -5000, 100, 1080},
        {"ends soon", 1001, 100, 1080},
        {"ends at the grace's end", 1080, 100, 1080},
        {"ends later", 1081, 100, 1081},
        {"a long one has a bounded grace", 0, 1209600, 1000 + ZONE_LEASE_GRACE_MAX_S},
        {"the longest of all", 0, UINT32_MAX, 1000 + ZONE_LEASE_GRACE_MAX_S},
        {"none at all", 0, 0, 1000},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        set("a.", DNS_TYPE_A, i, rows[i].due_s, rows[i].length_s);
    }
    zone_lease_defer(table, 1000);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const struct zone_lease *lease = find("a.", DNS_TYPE_A, i);
        if (lease->term.due_s != rows[i].after_s || lease->term.end_s != rows[i].due_s + 1000) {
            fail_msg("%s: %lld", rows[i].label, (long long)lease->term.due_s);
        }
    }
    assert_int_equal(due(999), 0);
    assert_int_equal(due(1079), 1);
    assert_int_equal(due(1080), 4);
}

/* A plain array as the second opinion. */
struct model {
    bool is_there;
    int64_t due_s;
};

static void compare(const struct model *model, int64_t now_s)
{
    size_t count = 0, late = 0;
    for (size_t i = 0; i < MANY; i++) {
        const struct zone_lease *lease = find("x.", (uint16_t)(1 + i % 4 * 16), i);
        assert_int_equal(lease != NULL, model[i].is_there);
        count += model[i].is_there;
        if (lease) {
            assert_int_equal(lease->term.due_s, model[i].due_s);
            late += model[i].due_s <= now_s;
        }
    }
    assert_int_equal(zone_lease_count(table), count);
    assert_int_equal(due(now_s), late);
}

static void a_random_walk_agrees_with_a_plain_array(void **state)
{
    (void)state;
    static struct model model[MANY];
    struct rand_fake rand;
    memset(model, 0, sizeof(model));
    rand_fake_init(&rand, 7);
    for (size_t step = 0; step < STEPS; step++) {
        uint32_t numbers[2];
        rand.rand.fill(&rand.rand, numbers, sizeof(numbers));
        size_t i = numbers[0] % MANY;
        struct zone_lease_id id = id_of("x.", (uint16_t)(1 + i % 4 * 16), i);
        if (numbers[1] % 3 == 0) {
            zone_lease_remove(table, &id);
            model[i].is_there = false;
        } else {
            model[i] = (struct model){true, numbers[1] >> 8 & 0xfff};
            set("x.", id.type, i, model[i].due_s, 0);
        }
        if (step % (STEPS / 20) == 0) {
            compare(model, 0x7ff);
        }
        if (step == STEPS / 2) {
            zone_lease_defer(table, 1000);
            for (size_t j = 0; j < MANY; j++) {
                model[j].due_s = model[j].due_s > 1000 ? model[j].due_s : 1000;
            }
            compare(model, 1000);
        }
    }
    compare(model, 0x1000);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, enter, leave)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_record_has_one_lease_that_may_change),
        TEST(the_same_record_has_the_same_digest_in_every_process),
        TEST(loads_go_first_and_centres_last),
        TEST(nothing_ends_before_one_refresh_interval_after_a_pause),
        TEST(a_random_walk_agrees_with_a_plain_array),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
