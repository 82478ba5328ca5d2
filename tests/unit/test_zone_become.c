#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/err.h"
#include "base/mem.h"
#include "base/rand.h"
#include "tests/lib/zone_model.h"
#include "tests/lib/zones.h"
#include "zones/zone_become.h"
#include "zones/zone_diff.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const char base[] = "@ SOA m r 100 1 1 1 1\n"
                           "@ NS ns1\n"
                           "a A 192.0.2.1\n"
                           "a A 192.0.2.2\n"
                           "a TXT x\n"
                           "al CNAME a\n"
                           "mx MX 10 Host.T.\n"
                           "x.ent TXT y\n";

static int count_change(void *context, const struct zone_edit_change *change)
{
    *(unsigned *)context += zone_diff_is_change(change) ? 1 : 0;
    return 0;
}

static int count_touched(void *context, const struct zone_edit_change *change)
{
    (void)change;
    ++*(unsigned *)context;
    return 0;
}

/* Make `zone` what `wanted` is and publish it; returns how many names change in their records. */
static unsigned become(struct zone *zone, const struct zone *wanted, const char *label)
{
    struct zone_edit *edit = zone_edit_begin(zone, &zones_limits);
    unsigned changed = 0;
    int err = zone_become(edit, wanted);
    if (err) {
        fail_msg("%s: error %d", label, err);
    }
    zone_edit_each(edit, count_change, &changed);
    (void)zone_edit_commit(edit);
    char *x = zones_print(zone, zone_version(zone)), *y = zones_print(wanted, zone_version(wanted));
    if (strcmp(x, y) != 0) {
        fail_msg("%s: \n%sis not\n%s", label, x, y);
    }
    zones_check(zone);
    mem_free(x);
    mem_free(y);
    return changed;
}

static void a_zone_becomes_another(void **state)
{
    static const struct {
        const char *label, *gone, *come;
        unsigned changed; /* names */
    } rows[] = {
        {"the SOA alone", NULL, "@ SOA m r 101 1 1 1 1\n", 1},
        {"an older SOA", NULL, "@ SOA m r 99 1 1 1 1\n", 1},
        {"a record more", NULL, "a A 192.0.2.3\n", 1},
        {"a record less", "a A 192.0.2.1\n", NULL, 1},
        {"a TTL", NULL, "a 60 A 192.0.2.1\n", 1},
        {"other letters", "mx MX 10 host\n", "mx MX 10 host\n", 1},
        {"a type more, a type less", "a TXT x\n", "a MX 10 a\n", 1},
        {"a CNAME for the rest", "a A 192.0.2.1\na A 192.0.2.2\na TXT x\n", "a CNAME b\n", 1},
        {"the rest for a CNAME", "al CNAME a\n", "al A 192.0.2.9\nal TXT z\n", 1},
        {"a name less, with the one above", "x.ent TXT y\n", NULL, 1},
        {"a name more, with those above", NULL, "u.v.w A 192.0.2.9\n", 1},
        {"a name above instead", "x.ent TXT y\n", "ent A 192.0.2.9\n", 2},
        {"names more and less", "mx MX 10 host\nx.ent TXT y\n", "b A 192.0.2.9\nc A 192.0.2.9\n",
         4},
        {"all but the SOA", base, "@ SOA m r 100 1 1 1 1\n", 5},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct zone *zone = zones_make("t.", base), *wanted = zones_make("t.", base);
        zones_change(wanted, rows[i].gone, rows[i].come);
        assert_int_equal(become(zone, wanted, rows[i].label), rows[i].changed);
        assert_int_equal(zone_version(zone), 2);
        zone_unref(zone);
        zone_unref(wanted);
    }
}

static void an_equal_zone_is_left_alone(void **state)
{
    static const char turned[] = "x.ent TXT y\n"
                                 "mx MX 10 Host.T.\n"
                                 "al CNAME a\n"
                                 "a TXT x\n"
                                 "a A 192.0.2.2\n"
                                 "a A 192.0.2.1\n"
                                 "@ NS ns1\n"
                                 "@ SOA m r 100 1 1 1 1\n";
    const char *const rows[] = {base, turned};
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct zone *zone = zones_make("t.", base), *wanted = zones_make("t.", rows[i]);
        struct zone_edit *edit = zone_edit_begin(zone, &zones_limits);
        unsigned touched = 0;
        assert_int_equal(zone_become(edit, wanted), 0);
        zone_edit_each(edit, count_touched, &touched);
        assert_int_equal(touched, 0);
        assert_false(zone_edit_commit(edit));
        zone_unref(zone);
        zone_unref(wanted);
    }
}

static void an_empty_zone_becomes_any(void **state)
{
    struct zone *zone = zone_create(zones_name("t."), &zones_key);
    struct zone *wanted = zones_make("t.", base);
    (void)state;
    assert_int_equal(become(zone, wanted, "from nothing"), 5);
    zone_unref(zone);
    zone_unref(wanted);
}

static void keys_of_hashes_may_differ(void **state)
{
    static const struct hash_key other_key = {7, 8};
    struct zone *zone = zones_make("t.", base);
    struct zone *wanted = zone_create(zones_name("t."), &other_key);
    struct zone_edit *edit = zone_edit_begin(wanted, &zones_limits);
    (void)state;
    zones_add(edit, "@ SOA m r 100 1 1 1 1\n@ NS ns1\na A 192.0.2.1\na A 192.0.2.2\n");
    (void)zone_edit_commit(edit);
    assert_int_equal(become(zone, wanted, "another key"), 4);
    zone_unref(zone);
    zone_unref(wanted);
}

static void another_name_is_refused(void **state)
{
    struct zone *zone = zones_make("t.", base), *wanted = zones_make("u.t.", "@ A 192.0.2.1\n");
    struct zone_edit *edit = zone_edit_begin(zone, &zones_limits);
    (void)state;
    assert_int_equal(zone_become(edit, wanted), ERR_OUT_OF_ZONE);
    zone_edit_abort(edit);
    zone_unref(zone);
    zone_unref(wanted);
}

static void types_of_a_name_are_limited_after_what_goes(void **state)
{
    static const struct zone_edit_limits limits = {10, 2, 0};
    struct zone *zone = zones_make("t.", base), *wanted = zones_make("t.", base);
    (void)state;
    zones_change(wanted, "a A 192.0.2.1\na A 192.0.2.2\na TXT x\n", "a MX 10 a\na AAAA ::1\n");
    struct zone_edit *edit = zone_edit_begin(zone, &limits);
    assert_int_equal(zone_become(edit, wanted), 0);
    zone_edit_abort(edit);
    zones_change(wanted, NULL, "a A 192.0.2.9\n");
    edit = zone_edit_begin(zone, &limits);
    assert_int_equal(zone_become(edit, wanted), ERR_LIMIT);
    zone_edit_abort(edit);
    zone_unref(zone);
    zone_unref(wanted);
}

static void random_zones_become_each_other(void **state)
{
    enum { ROUNDS = 60, RECORDS = 80 };
    struct zone *zone = zone_create(zones_name("t."), &zones_key);
    struct rand_fake rand;
    (void)state;
    rand_fake_init(&rand, 5936);
    for (int round = 0; round < ROUNDS; round++) {
        struct zone *wanted = zone_create(zones_name("t."), &zones_key);
        struct zone_edit *edit = zone_edit_begin(wanted, &zones_limits);
        for (uint64_t n = rand_u64(&rand.rand) % RECORDS; n > 0; n--) {
            struct zone_model_record record = zone_model_draw(&rand.rand);
            zone_edit_add(edit, zone_model_name(record.name), record.type, record.ttl_s,
                          record.rdata, record.len);
        }
        (void)zone_edit_commit(edit);
        (void)become(zone, wanted, "random");
        assert_int_equal(become(zone, wanted, "again"), 0);
        zone_unref(wanted);
    }
    zone_unref(zone);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, zones_enter, zones_leave)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_zone_becomes_another),         TEST(an_equal_zone_is_left_alone),
        TEST(an_empty_zone_becomes_any),      TEST(keys_of_hashes_may_differ),
        TEST(another_name_is_refused),        TEST(types_of_a_name_are_limited_after_what_goes),
        TEST(random_zones_become_each_other),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
