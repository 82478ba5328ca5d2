#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/bytes.h"
#include "base/err.h"
#include "base/mem.h"
#include "base/rcu.h"
#include "tests/lib/scratch.h"
#include "tests/lib/zones.h"
#include "zones/dns_name.h"
#include "zones/zone_diff.h"
#include "zones/zone_store_past.h"
#include "zones/zone_store_row.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

enum { MAP = 16 << 20, NOW_S = 1700000000, DAY_S = 86400 };

static char *folder, *path;
static struct zone_store *store;
static struct zone *zone;
static struct zone_store_state at;

static int enter(void **state)
{
    (void)state;
    rcu_enter();
    folder = scratch_make();
    path = scratch_path(folder, "store");
    at = (struct zone_store_state){0};
    return zone_store_open(path, MAP, &store);
}

static int leave(void **state)
{
    (void)state;
    zone_unref(zone);
    zone = NULL;
    zone_store_close(store);
    store = NULL;
    mem_free(path);
    scratch_remove(folder);
    zones_settle();
    rcu_leave();
    return 0;
}

static void save(uint32_t serial)
{
    char text[100];
    (void)snprintf(text, sizeof(text), "@ SOA m r %u 1 1 1 1\n", serial);
    zone = zones_make("t.", text);
    assert_int_equal(zone_store_save(store, zone, &at, NOW_S), 0);
}

/* A change set that takes the zone to a serial, in the group under way; returns its octets. */
static size_t append(uint32_t serial, int64_t now_s)
{
    char text[100];
    struct zone_edit *edit = zone_edit_begin(zone, &zones_limits);
    uint8_t *data;
    size_t len;
    (void)snprintf(text, sizeof(text), "@ SOA m r %u 1 1 1 1\nn CNAME v%llu\n", serial,
                   (unsigned long long)at.seq);
    zones_add(edit, text);
    zone_diff_make(edit, (uint64_t)now_s, &data, &len);
    zone_store_append(store, zone, &at, data, len);
    assert_true(zone_edit_commit(edit));
    mem_free(data);
    return len;
}

static size_t commit(uint32_t serial, int64_t now_s)
{
    assert_int_equal(zone_store_begin(store), 0);
    size_t len = append(serial, now_s);
    assert_int_equal(zone_store_commit(store), 0);
    return len;
}

/* As a checkpoint does: names on disk, then the journal's past. */
static void write_names(void)
{
    assert_int_equal(zone_store_begin(store), 0);
    zone_store_put_name(store, &at, zones_get(zone, zone_version(zone), "t."));
    const struct zone_node *node = zones_get(zone, zone_version(zone), "n.t.");
    if (node) {
        zone_store_put_name(store, &at, node);
    }
    zone_store_set_saved(store, zone, &at, at.seq);
    assert_int_equal(zone_store_commit(store), 0);
}

static void trim(uint64_t octets_max, uint64_t age_s, int64_t now_s)
{
    const struct zone_journal_keep keep = {octets_max, age_s};
    for (bool more = true; more;) {
        assert_int_equal(zone_store_past_trim(store, zone, &at, &keep, now_s, &more), 0);
    }
}

struct met {
    uint64_t first, last, count;
};

static int meet(void *context, const struct zone_journal_entry *entry)
{
    struct met *met = context;
    met->first = met->count ? met->first : entry->seq;
    met->last = entry->seq;
    met->count++;
    return 0;
}

/* The change sets on disk are those, and a start agrees. */
static void expect_sets(uint64_t first, uint64_t last)
{
    struct zone_store_state loaded;
    struct zone *again = NULL;
    struct met met = {0};
    assert_int_equal(zone_store_past_walk(store, &at, 0, meet, &met), 0);
    assert_int_equal(met.count, last - first + 1);
    assert_true(met.count == 0 || (met.first == first && met.last == last));
    assert_int_equal(zone_store_load(store, zones_name("t."), &zones_key, &again, &loaded), 0);
    assert_int_equal(zone_serial(again, zone_version(again)),
                     zone_serial(zone, zone_version(zone)));
    assert_int_equal(loaded.seq, at.seq);
    assert_int_equal(loaded.saved_seq, at.saved_seq);
    assert_int_equal(loaded.span.first_seq, at.span.first_seq);
    assert_int_equal(loaded.span.first_serial, at.span.first_serial);
    assert_int_equal(loaded.span.octets, at.span.octets);
    zone_unref(again);
}

static int find(uint32_t serial, uint64_t *out_seq)
{
    *out_seq = 0;
    return zone_store_past_find(store, &at, serial, out_seq);
}

static void every_serial_of_the_journal_is_found(void **state)
{
    static const struct {
        const char *label;
        uint32_t first, step, count;
    } rows[] = {
        {"one by one", 1, 1, 40},
        {"in leaps", 1000, 1000003, 40},
        {"over the end of numbers", 4294967290u, 1, 40},
        {"over the end in leaps", 4200000000u, 50000000, 40},
        {"almost half of all numbers", 5, 0x7fffffff / 7, 7},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        uint64_t seq;
        save(rows[i].first);
        uint64_t first = at.seq + 1;
        assert_int_equal(find(rows[i].first, &seq), ERR_MISSING); /* nothing follows it */
        for (uint32_t n = 1; n <= rows[i].count; n++) {
            commit(rows[i].first + n * rows[i].step, NOW_S);
            if (n % 16 == 0) {
                write_names();
            }
        }
        assert_int_equal(at.span.first_seq, first);
        for (uint32_t n = 0; n < rows[i].count; n++) {
            if (find(rows[i].first + n * rows[i].step, &seq) || seq != first + n) {
                fail_msg("%s: serial %u", rows[i].label, rows[i].first + n * rows[i].step);
            }
        }
        static const uint32_t others[] = {1, 2, 1000, 0x40000000};
        for (size_t j = 0; j < COUNT(others); j++) { /* from before it begins */
            assert_int_equal(find(rows[i].first - others[j], &seq), ERR_MISSING);
        }
        if (rows[i].step > 1) {
            assert_int_equal(find(rows[i].first + rows[i].step + 1, &seq), ERR_MISSING);
        }
        assert_int_equal(find(rows[i].first + rows[i].count * rows[i].step, &seq), ERR_MISSING);
        expect_sets(first, at.seq);
        zone_unref(zone);
        zone = NULL;
    }
}

static void a_serial_that_does_not_rise_begins_the_past_anew(void **state)
{
    static const struct {
        const char *label;
        uint32_t serials[4]; /* of commits after 100 */
        uint32_t found;      /* the first that can be told from the newest one */
    } rows[] = {
        {"it rises", {101, 102, 103, 104}, 100},
        {"it stays", {101, 101, 102, 103}, 101},
        {"it falls", {101, 90, 102, 103}, 90},
        {"far ahead, again and again", {0x7fffffff, 0xfffffff0u, 50, 60}, 0xfffffff0u},
        {"at last", {101, 102, 103, 103}, 103},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        uint64_t seq;
        save(100);
        for (unsigned n = 0; n < 4; n++) {
            commit(rows[i].serials[n], NOW_S);
        }
        assert_int_equal(at.span.first_serial, rows[i].found);
        for (unsigned n = 0; n < 4; n++) {
            uint32_t serial = n ? rows[i].serials[n - 1] : 100;
            bool expected = false;
            for (unsigned m = 0; m < 4; m++) {
                uint32_t begins = m ? rows[i].serials[m - 1] : 100;
                expected |= begins == serial && at.span.first_seq <= at.seq - 3 + m;
            }
            if ((find(serial, &seq) == 0) != expected) {
                fail_msg("%s: %u", rows[i].label, serial);
            }
        }
        uint64_t first = at.span.first_seq;
        expect_sets(at.seq - 3, at.seq); /* a start needs them all */
        write_names();
        trim(1 << 30, DAY_S, NOW_S);
        expect_sets(first, at.seq); /* nobody needs those before */
        zone_unref(zone);
        zone = NULL;
    }
}

static void the_oldest_go_when_there_are_too_many_octets(void **state)
{
    enum { SETS = 20 };
    size_t lens[SETS], all = 0;
    uint64_t seq;
    (void)state;
    save(100);
    uint64_t first = at.seq + 1;
    for (unsigned i = 0; i < SETS; i++) {
        lens[i] = commit(101 + i, NOW_S);
        all += lens[i];
    }
    assert_int_equal(at.span.octets, all);
    trim(0, 0, NOW_S);
    expect_sets(first, first + SETS - 1); /* a start needs them */
    write_names();
    commit(200, NOW_S);
    all = at.span.octets;
    trim(all, DAY_S, NOW_S);
    expect_sets(first, first + SETS);
    trim(all - 1, DAY_S, NOW_S);
    expect_sets(first + 1, first + SETS);
    assert_int_equal(find(100, &seq), ERR_MISSING);
    assert_int_equal(find(101, &seq), 0);
    assert_int_equal(seq, first + 1);
    assert_int_equal(at.span.first_serial, 101);
    trim(all - lens[0] - lens[1] - lens[2], DAY_S, NOW_S);
    expect_sets(first + 3, first + SETS);
    trim(0, DAY_S, NOW_S);
    expect_sets(first + SETS, first + SETS); /* not saved yet */
    write_names();
    trim(0, DAY_S, NOW_S);
    expect_sets(first + SETS + 1, first + SETS);
    assert_int_equal(at.span.octets, 0);
    assert_int_equal(find(200, &seq), ERR_MISSING);
    commit(201, NOW_S);
    assert_int_equal(find(200, &seq), 0); /* and it begins again */
}

static void the_oldest_go_when_they_are_old(void **state)
{
    (void)state;
    save(100);
    uint64_t first = at.seq + 1;
    for (unsigned i = 0; i < 10; i++) {
        commit(101 + i, NOW_S + (int64_t)i * DAY_S);
    }
    write_names();
    static const struct {
        const char *label;
        int64_t now_s;
        uint64_t age_s, gone;
    } rows[] = {
        {"young", NOW_S + 9 * DAY_S, 10 * DAY_S, 0},
        {"a clock that went back", NOW_S - 100 * DAY_S, DAY_S, 0},
        {"a clock before time began", -1, DAY_S, 0},
        {"just below", NOW_S + 7 * DAY_S - 1, 7 * DAY_S, 0},
        {"just so old", NOW_S + 7 * DAY_S, 7 * DAY_S, 1},
        {"three days", NOW_S + 9 * DAY_S, 7 * DAY_S, 3},
        {"none are kept", NOW_S + 9 * DAY_S, 0, 10},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        trim(1 << 30, rows[i].age_s, rows[i].now_s);
        if (at.span.first_seq != first + rows[i].gone) {
            fail_msg("%s: %d", rows[i].label, (int)(at.span.first_seq - first));
        }
        expect_sets(first + rows[i].gone, first + 9);
    }
}

static void much_goes_in_slices(void **state)
{
    enum { SETS = 225, SLICE = 100 };
    const struct zone_journal_keep none = {0, 0};
    bool more = true;
    (void)state;
    save(100);
    assert_int_equal(zone_store_begin(store), 0);
    for (unsigned i = 0; i < SETS; i++) {
        append(101 + i, NOW_S);
    }
    assert_int_equal(zone_store_commit(store), 0);
    write_names();
    uint64_t first = at.span.first_seq;
    for (unsigned i = 1; i <= 3; i++) {
        assert_true(more);
        assert_int_equal(zone_store_past_trim(store, zone, &at, &none, NOW_S, &more), 0);
        uint64_t gone = i * SLICE < SETS ? i * SLICE : SETS;
        assert_int_equal(at.span.first_seq, first + gone);
        assert_int_equal(at.span.first_serial, 100 + gone);
    }
    assert_false(more);
    expect_sets(first + SETS, first + SETS - 1);
}

static void a_large_change_set_is_found_and_goes(void **state)
{
    static uint8_t rdata[60000];
    struct zone_edit *edit;
    uint8_t *data;
    size_t len;
    uint64_t seq;
    (void)state;
    save(100);
    edit = zone_edit_begin(zone, &zones_limits);
    zones_add(edit, "@ SOA m r 101 1 1 1 1\n");
    assert_int_equal(zone_edit_add(edit, zones_name("n.t."), 4711, 60, rdata, sizeof(rdata)), 0);
    zone_diff_make(edit, NOW_S, &data, &len);
    assert_int_equal(zone_store_begin(store), 0);
    zone_store_append(store, zone, &at, data, len);
    assert_int_equal(zone_store_commit(store), 0);
    assert_true(zone_edit_commit(edit));
    mem_free(data);
    assert_int_equal(find(100, &seq), 0);
    assert_int_equal(at.span.octets, len);
    expect_sets(seq, seq);
    write_names();
    trim(len - 1, DAY_S, NOW_S);
    expect_sets(seq + 1, seq);
}

/* Make the store what an earlier server would have left: rows without a span. */
static void make_format_1(void)
{
    static const char key[] = "zone/\1t";
    struct kv_txn *txn = NULL;
    struct kv_slice value;
    uint8_t old[60];
    assert_int_equal(kv_begin(zone_store_kv(store), true, &txn), 0);
    assert_true(kv_get(txn, ZONE_STORE_ROW_META, key, sizeof(key), &value));
    assert_int_equal(value.len, sizeof(old) + 20);
    memcpy(old, value.data, sizeof(old));
    kv_put(txn, ZONE_STORE_ROW_META, key, sizeof(key), old, sizeof(old));
    zone_store_row_set_number(txn, "format", 1);
    assert_int_equal(kv_commit(txn), 0);
    zone_store_close(store);
    store = NULL;
}

static void a_store_of_format_1_opens(void **state)
{
    (void)state;
    for (unsigned sets = 0; sets < 3; sets++) {
        uint64_t seq;
        save(100);
        if (sets > 0) {
            commit(101, NOW_S);
            write_names();
            trim(0, 0, NOW_S); /* as the checkpoint of format 1 did */
        }
        for (unsigned i = 0; i < 3 * sets; i++) {
            commit(102 + i, NOW_S);
        }
        struct zone_store_state before = at, loaded;
        struct zone *again = NULL;
        make_format_1();
        assert_int_equal(zone_store_open(path, MAP, &store), 0);
        assert_int_equal(zone_store_load(store, zones_name("t."), &zones_key, &again, &loaded), 0);
        assert_int_equal(loaded.seq, before.seq);
        assert_int_equal(loaded.saved_seq, before.saved_seq);
        assert_int_equal(loaded.span.first_seq, before.saved_seq + 1);
        assert_int_equal(loaded.span.first_serial, sets ? 101 : 100);
        assert_int_equal(loaded.span.octets, before.span.octets);
        assert_int_equal(zone_serial(again, zone_version(again)),
                         zone_serial(zone, zone_version(zone)));
        assert_int_equal(find(101, &seq), sets ? 0 : ERR_MISSING);
        at = loaded;
        expect_sets(before.saved_seq + 1, before.seq);
        zone_unref(again);
        zone_unref(zone);
        zone = NULL;
        zone_store_close(store); /* once more: it is of the new format now */
        store = NULL;
        assert_int_equal(zone_store_open(path, MAP, &store), 0);
    }
}

static void a_damaged_store_of_format_1_stays_as_it_is(void **state)
{
    struct kv_txn *txn = NULL;
    (void)state;
    save(100);
    commit(101, NOW_S);
    make_format_1();
    static const char *const tables[] = {"meta", "names", "journal", NULL};
    static const char key[] = "zone/\1t";
    struct kv *kv = NULL;
    assert_int_equal(kv_open(path, MAP, tables, &kv), 0);
    assert_int_equal(kv_begin(kv, true, &txn), 0);
    kv_put(txn, ZONE_STORE_ROW_META, key, sizeof(key), "short", 5);
    assert_int_equal(kv_commit(txn), 0);
    kv_close(kv);
    assert_int_equal(zone_store_open(path, MAP, &store), ERR_STORE_CORRUPT);
    assert_int_equal(zone_store_open(path, MAP, &store), ERR_STORE_CORRUPT);
    store = NULL;
}

static void the_span_is_read_as_the_store_has_it(void **state)
{
    (void)state;
    save(100);
    commit(101, NOW_S);
    commit(102, NOW_S);
    write_names();
    struct zone_store_state before = at;
    trim(at.span.octets - 1, DAY_S, NOW_S);
    struct zone_journal_span trimmed = at.span;
    assert_int_not_equal(trimmed.first_seq, before.span.first_seq);
    at = before; /* as if the trimming had not been heard of */
    assert_int_equal(zone_store_past_read(store, zone, &at), 0);
    assert_int_equal(at.span.first_seq, trimmed.first_seq);
    assert_int_equal(at.span.first_serial, trimmed.first_serial);
    assert_int_equal(at.span.octets, trimmed.octets);
    assert_int_equal(zone_store_remove(store, zones_name("t.")), 0);
    assert_int_equal(zone_store_past_read(store, zone, &at), ERR_MISSING);
    assert_int_equal(at.span.first_seq, trimmed.first_seq);
}

static void a_gone_row_is_told(void **state)
{
    const struct zone_journal_keep none = {0, 0};
    struct zone_store_state before;
    bool more = true;
    (void)state;
    save(100);
    commit(101, NOW_S);
    write_names();
    struct kv_txn *txn = NULL;
    assert_int_equal(kv_begin(zone_store_kv(store), true, &txn), 0);
    zone_store_row_remove(txn, zones_name("t."));
    assert_int_equal(kv_commit(txn), 0);
    before = at;
    assert_int_equal(zone_store_past_trim(store, zone, &at, &none, NOW_S, &more), ERR_MISSING);
    assert_int_equal(at.span.first_seq, before.span.first_seq);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, enter, leave)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(every_serial_of_the_journal_is_found),
        TEST(a_serial_that_does_not_rise_begins_the_past_anew),
        TEST(the_oldest_go_when_there_are_too_many_octets),
        TEST(the_oldest_go_when_they_are_old),
        TEST(much_goes_in_slices),
        TEST(a_large_change_set_is_found_and_goes),
        TEST(a_store_of_format_1_opens),
        TEST(a_damaged_store_of_format_1_stays_as_it_is),
        TEST(the_span_is_read_as_the_store_has_it),
        TEST(a_gone_row_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
