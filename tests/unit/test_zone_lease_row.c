#include "zones/zone_lease_row.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/err.h"
#include "base/mem.h"
#include "tests/lib/scratch.h"
#include "tests/lib/zones.h"
#include "zones/dns_type.h"
#include "zones/zone_store_row.h"

enum { MAP = 1 << 20, ZONE_ID = 7, NOW_S = 1700000000, MONO_S = 500 };

static char *folder;
static struct kv *kv;
static struct kv_txn *txn;
static struct zone_lease_table *table;

static int enter(void **state)
{
    (void)state;
    static const char *const tables[] = {"meta", "names", "journal", "leases", NULL};
    folder = scratch_make();
    table = zone_lease_create(&zones_key);
    return kv_open(folder, MAP, tables, &kv) || kv_begin(kv, true, &txn);
}

static int leave(void **state)
{
    (void)state;
    zone_lease_destroy(table);
    kv_abort(txn);
    kv_close(kv);
    scratch_remove(folder);
    return 0;
}

static int load(void)
{
    return zone_lease_row_load(txn, ZONE_ID, zones_name("suanyu.test."), table, NOW_S, MONO_S);
}

static const struct zone_lease *find(const char *name, uint64_t digest)
{
    struct zone_lease_id id = {zones_name(name), DNS_TYPE_A, digest};
    return zone_lease_find(table, &id);
}

static void put(uint32_t zone_id, const char *name, uint64_t digest, int64_t end_s,
                uint32_t length_s)
{
    struct zone_lease_id id = {zones_name(name), DNS_TYPE_A, digest};
    struct zone_lease_term term = {.end_s = end_s, .length_s = length_s, .signed_s = NOW_S - 9};
    zone_lease_row_put(txn, zone_id, &id, &term);
}

static void what_is_written_is_read(void **state)
{
    (void)state;
    put(ZONE_ID, "suanyu.test.", UINT64_MAX, NOW_S + 60, 100);
    put(ZONE_ID, "a.suanyu.test.", 1, NOW_S + 30, 50);
    put(ZONE_ID, "a.suanyu.test.", 1, NOW_S + 40, 50); /* in its place */
    put(ZONE_ID, "a.suanyu.test.", 2, NOW_S + 50, 50);
    put(ZONE_ID + 1, "b.suanyu.test.", 1, NOW_S + 50, 50);
    struct zone_lease_id gone = {zones_name("a.suanyu.test."), DNS_TYPE_A, 2};
    zone_lease_row_remove(txn, ZONE_ID, &gone);
    zone_lease_row_remove(txn, ZONE_ID, &gone);
    assert_int_equal(load(), 0);
    assert_int_equal(zone_lease_count(table), 2);
    const struct zone_lease_term *term = &find("a.suanyu.test.", 1)->term;
    assert_int_equal(term->end_s, NOW_S + 40);
    assert_int_equal(term->due_s, MONO_S + 40);
    assert_int_equal(term->length_s, 50);
    assert_int_equal(term->signed_s, NOW_S - 9);
    assert_true(term->is_restored);
    assert_non_null(find("suanyu.test.", UINT64_MAX));
    zone_store_row_clear(txn, ZONE_ID); /* a zone that goes takes them along */
    zone_lease_clear(table);
    assert_int_equal(load(), 0);
    assert_int_equal(zone_lease_count(table), 0);
    assert_int_equal(kv_error(txn), 0);
}

static void no_lease_lives_longer_than_was_granted(void **state)
{
    (void)state;
    static const struct {
        const char *label;
        int64_t end_s;
        int64_t due_s;
    } rows[] = {
        {"ends in time", NOW_S + 100, MONO_S + 100},
        {"the clock was set back by an hour", NOW_S + 3600, MONO_S + 100},
        {"the clock was set back by ten years", NOW_S + 10ll * 31556952, MONO_S + 100},
        {"the latest of all", INT64_MAX, MONO_S + 100},
        {"ends now", NOW_S, MONO_S},
        {"ended while we were down", NOW_S - 7200, MONO_S},
        {"the clock was set forward by ten years", NOW_S - 10ll * 31556952, MONO_S},
        {"the earliest of all", INT64_MIN, MONO_S},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        put(ZONE_ID, "suanyu.test.", i, rows[i].end_s, 100);
    }
    assert_int_equal(load(), 0);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        if (find("suanyu.test.", i)->term.due_s != rows[i].due_s) {
            fail_msg("%s", rows[i].label);
        }
    }
}

static void damaged_rows_are_refused(void **state)
{
    (void)state;
    static const uint8_t key[] = "\0\0\0\7\6suanyu\4test\0\0\1\1\2\3\4\5\6\7\10";
    static const uint8_t value[20] = {0, 0, 0, 0, 1};
    static const struct {
        const char *label;
        size_t key_len, value_len;
        size_t at; /* octet of the key that is another */
        uint8_t octet;
        int err;
    } rows[] = {
        {"as it should be", 27, 20, 0, 0, 0},
        {"key too short", 26, 20, 0, 0, ERR_STORE_CORRUPT},
        {"key too long", 28, 20, 0, 0, ERR_STORE_CORRUPT},
        {"key without a name", 4, 20, 0, 0, ERR_STORE_CORRUPT},
        {"name that does not end", 27, 20, 4, 60, ERR_STORE_CORRUPT},
        {"name with a pointer", 27, 20, 4, 0xc0, ERR_STORE_CORRUPT},
        {"name not in lower case", 27, 20, 5, 'S', ERR_STORE_CORRUPT},
        {"name of another zone", 27, 20, 5, 'x', ERR_STORE_CORRUPT},
        {"meta type", 27, 20, 18, 255, ERR_STORE_CORRUPT},
        {"value too short", 27, 19, 0, 0, ERR_STORE_CORRUPT},
        {"value too long", 27, 21, 0, 0, ERR_STORE_CORRUPT},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        uint8_t damaged[sizeof(key) + 4] = {0}, padded[24] = {0};
        memcpy(damaged, key, sizeof(key) - 1);
        memcpy(padded, value, sizeof(value));
        damaged[rows[i].at] = rows[i].at ? rows[i].octet : damaged[0];
        kv_put(txn, ZONE_STORE_ROW_LEASES, damaged, rows[i].key_len, padded, rows[i].value_len);
        zone_lease_clear(table);
        if (load() != rows[i].err) {
            fail_msg("%s", rows[i].label);
        }
        kv_remove(txn, ZONE_STORE_ROW_LEASES, damaged, rows[i].key_len);
    }
    assert_int_equal(kv_error(txn), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, enter, leave)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(what_is_written_is_read),
        TEST(no_lease_lives_longer_than_was_granted),
        TEST(damaged_rows_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
