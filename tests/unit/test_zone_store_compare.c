#include "zones/zone_store_compare.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/mem.h"
#include "base/rcu.h"
#include "tests/lib/disk.h"
#include "tests/lib/scratch.h"
#include "tests/lib/zones.h"
#include "zones/zone_diff.h"
#include "zones/zone_store_row.h"

enum { MAP = 16 << 20, NOW_S = 1700000000 };

static char *folder, *path;
static struct zone_store *store;
static struct zone *zone;
static struct zone_store_state held;

static int enter(void **state)
{
    (void)state;
    rcu_enter();
    folder = scratch_make();
    path = scratch_path(folder, "store");
    zone = zones_make("a.", "@ SOA m r 9 1 1 1 1\nx A 192.0.2.1\n");
    held = (struct zone_store_state){0};
    return zone_store_open(path, MAP, &store);
}

static int leave(void **state)
{
    (void)state;
    zone_store_close(store);
    store = NULL;
    zone_unref(zone);
    mem_free(path);
    scratch_remove(folder);
    zones_settle();
    rcu_leave();
    return 0;
}

/* A change set in the store and, unless it is only there, in memory. */
static void change(const char *remove, const char *add, bool only_stored)
{
    uint8_t *diff;
    size_t len;
    struct zone_edit *edit = zone_edit_begin(zone, &zones_limits);
    struct zone_store_state before = held;
    zones_remove(edit, remove);
    zones_add(edit, add);
    zone_diff_make(edit, NOW_S, &diff, &len);
    assert_int_equal(zone_store_begin(store), 0);
    zone_store_append(store, zone, &held, diff, len);
    assert_int_equal(zone_store_commit(store), 0);
    mem_free(diff);
    if (only_stored) {
        zone_edit_abort(edit);
        held = before;
    } else {
        zone_edit_commit(edit);
    }
}

static bool is_same(uint64_t seq)
{
    bool same = false;
    uint64_t found = 99;
    assert_int_equal(zone_store_compare(store, zone, &held, &same, &found), 0);
    assert_int_equal(found, seq);
    return same;
}

#define SOA(serial) "@ SOA m r " serial " 1 1 1 1\n"

static void what_was_acknowledged_is_the_same_and_anything_else_is_not(void **state)
{
    (void)state;
    assert_false(is_same(0)); /* not in the store at all */
    assert_int_equal(zone_store_save(store, zone, &held, NOW_S), 0);
    assert_true(is_same(1));
    change(SOA("9"), SOA("10"), false);
    change(SOA("10"), SOA("11"), false);
    assert_true(is_same(3));
    struct zone_store_state now = held;
    held.seq = 2; /* the disk is newer than the holder */
    assert_false(is_same(3));
    held = now;
    held.id++;
    assert_false(is_same(3));
    held = now;
    held.index_max = 5;
    assert_false(is_same(3));
    held = now;
    change(SOA("11"), SOA("12"), true); /* a commit that failed, and yet landed */
    assert_false(is_same(4));
}

static void a_journal_with_a_hole_is_not_the_same(void **state)
{
    (void)state;
    assert_int_equal(zone_store_save(store, zone, &held, NOW_S), 0);
    change(SOA("9"), SOA("10"), false);
    change(SOA("10"), SOA("11"), false);
    for (uint64_t seq = 3; seq >= 2; seq--) {
        struct kv_txn *txn = NULL;
        assert_true(is_same(3) == (seq == 3));
        assert_int_equal(kv_begin(zone_store_kv(store), true, &txn), 0);
        zone_journal_remove(txn, ZONE_STORE_ROW_JOURNAL, held.id, seq);
        assert_int_equal(kv_commit(txn), 0);
        assert_false(is_same(3));
    }
}

static void opening_again_proves_that_it_can_be_written(void **state)
{
    (void)state;
    assert_int_equal(zone_store_save(store, zone, &held, NOW_S), 0);
    disk_break(0);
    int first = zone_store_save(store, zone, &held, NOW_S), second = zone_store_reopen(store);
    disk_mend();
    assert_int_not_equal(first, 0);
    assert_int_not_equal(second, 0);
    assert_int_equal(zone_store_begin(store), second);
    assert_int_equal(zone_store_reopen(store), 0);
    assert_true(is_same(1));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(what_was_acknowledged_is_the_same_and_anything_else_is_not,
                                        enter, leave),
        cmocka_unit_test_setup_teardown(a_journal_with_a_hole_is_not_the_same, enter, leave),
        cmocka_unit_test_setup_teardown(opening_again_proves_that_it_can_be_written, enter, leave),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
